"""Prints engine, privilege model and the time of each boot phase from a --stats file (used by ./run.sh)."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))

from lib import stats  # noqa: E402  (after the path)

if __name__ == "__main__":
    print("\n".join(stats.phase_lines(stats.parse(json.loads(Path(sys.argv[1]).read_text())))))
