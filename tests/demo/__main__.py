# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run the demo: ``python -m demo``; ``--keep`` leaves the cluster running."""

from __future__ import annotations

import signal
import sys

from .stage import staged
from .story import tell


def main() -> int:
    """Tell the story; return 0 when every step was as it should be."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the stage is cleared however the demo ends
    with staged(keep="--keep" in sys.argv[1:]) as world:
        return 0 if tell(world) else 1


if __name__ == "__main__":
    sys.exit(main())
