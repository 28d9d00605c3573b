"""The report of a voice: measured evidence, as figures and as a page."""
