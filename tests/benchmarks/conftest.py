"""The benchmarks are programs, not a package: their folder is searched for modules, after all others."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
