"""Write what examples/acme has in common with what `modeldeck provider new acme --kind both` writes.

Its credential, cards, checklist and README have grown; the rest of it is the skeleton as it is.

Usage: python tools/skeleton.py [--check]
"""

from __future__ import annotations

import sys

from generated import ROOT, settle
from modeldeck.cli.provider import skeleton

ACME = ROOT / "examples" / "acme"
GROWN = ("README.md", "checklist.yaml", "credential.py", ".yaml")


def main() -> int:
    written = {ACME / path: text for path, text in skeleton("acme", "Acme Speech", "both") if not path.endswith(GROWN)}
    return settle(written, check="--check" in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
