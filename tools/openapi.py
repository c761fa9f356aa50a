"""Write schemas/openapi.json, the OpenAPI document of the server.

Usage: python tools/openapi.py [--check]
"""

from __future__ import annotations

import json
import sys

from generated import ROOT, settle
from modeldeck.server import Settings, create_app

DOCUMENT = ROOT / "schemas" / "openapi.json"


def text() -> str:
    return json.dumps(create_app(Settings()).openapi(), indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    return settle({DOCUMENT: text()}, check="--check" in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
