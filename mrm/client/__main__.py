"""``python -m mrm.client``."""

import sys

from mrm.client.cli import main

if __name__ == "__main__":
    sys.exit(main())
