"""The inaudible mark in everything that sayso speaks, and the detector that knows it again."""

from sayso.engines.watermark.marking import MARKED, Finding, Watermark
from sayso.engines.watermark.spoken import SpokenMarks

__all__ = ["MARKED", "Finding", "SpokenMarks", "Watermark"]
