"""Write what examples/acme has in common with what `modeldeck provider new acme --kind both` writes.

Its credential, cards, checklist and README have grown; the rest of it is the skeleton as it is. The schemas that its
cards name are those of its classes.

Usage: python tools/skeleton.py [--check]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from generated import ROOT, settle
from modeldeck._cards.locate import module_name
from modeldeck.cli.provider import skeleton
from modeldeck.credential import CredentialBase
from modeldeck.tts.card_schema import card_file_schema

ACME = ROOT / "examples" / "acme"
GROWN = ("README.md", "checklist.yaml", "credential.py", ".yaml", ".json")


def schemas() -> Iterator[tuple[Path, str]]:
    """As `modeldeck cards schema acme/…` prints them where it is installed."""
    sys.path.insert(0, str(ACME / "src"))
    credential: type[CredentialBase] = import_module("acme_modeldeck.credential").AcmeCredential
    for model_class in credential.get_tts_model_classes():
        names = [card.name for card in model_class.list_models(strict=True)]
        made = card_file_schema([model_class.Parameters], names)
        path = ACME / "schemas" / "card" / "acme" / f"{module_name(model_class.__module__)}.json"
        yield path, json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    written = {ACME / path: text for path, text in skeleton("acme", "Acme Speech", "both") if not path.endswith(GROWN)}
    written.update(schemas())
    return settle(written, check="--check" in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
