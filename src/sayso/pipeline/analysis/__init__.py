"""Scores every recording and says which ones harm the voice."""

from sayso.domain.analysis import RecordingReport, SetReport, report_of
from sayso.pipeline.analysis.analyse import Item, analyse
from sayso.pipeline.analysis.measure import Meter, Tools

__all__ = ["Item", "Meter", "RecordingReport", "SetReport", "Tools", "analyse", "report_of"]
