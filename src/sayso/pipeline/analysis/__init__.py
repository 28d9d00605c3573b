"""Scores every recording and says which ones harm the voice."""

from sayso.pipeline.analysis.analyse import Item, analyse
from sayso.pipeline.analysis.measure import Tools
from sayso.pipeline.analysis.report import RecordingReport, SetReport, report_of

__all__ = ["Item", "RecordingReport", "SetReport", "Tools", "analyse", "report_of"]
