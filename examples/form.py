"""What a frontend needs: credential forms, a model picker, a parameter form. All from schemas, no provider named."""

from __future__ import annotations

import json

from modeldeck.credential import CredentialFactory


def main() -> None:
    for schema in CredentialFactory.list_schemas():
        fields = {name: field.get("title") for name, field in schema["properties"].items()}
        print(f"{schema['title']}: {fields}")

    for credential in CredentialFactory.credential_classes():
        for card in credential.list_tts_models()[:2]:
            print(f"\n{card.label} ({card.status})")
            print(json.dumps({"schema": card.parameter_schema, "ui": card.ui_schema}, ensure_ascii=False)[:300])


if __name__ == "__main__":
    main()
