"""``python -m labapp``: the same as the installed command ``labapp``."""

from __future__ import annotations

import sys

from labapp.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
