"""`python -m modeldeck.cli`."""

import sys

from modeldeck.cli import main

if __name__ == "__main__":
    sys.exit(main())
