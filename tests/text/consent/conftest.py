"""The table of near misses is a module beside the tests."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
