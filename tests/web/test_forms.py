"""Every form that there is, in the form library and in a strict validator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hatch_build
from modeldeck.credential import CredentialFactory
from tools.picker import ready


def forms() -> Iterator[dict[str, Any]]:
    for schema in CredentialFactory.list_schemas():
        kind = schema["properties"]["type"]["const"]
        yield {"name": kind, "schema": schema, "ui_schema": {}}
        for model_class in CredentialFactory.get_credential_class(kind).get_tts_model_classes():
            for card in model_class.list_models(strict=True):
                name = f"{card.model_type} {card.name}"
                yield {"name": name, "schema": card.parameter_schema, "ui_schema": card.ui_schema}


def test_every_form_renders_without_a_warning_and_is_strictly_valid(tmp_path: Path) -> None:
    """ajv (strict) takes each schema and its defaults, React renders it and says nothing: see test/forms.test.tsx."""
    file = tmp_path / "forms.json"
    file.write_text(json.dumps(list(forms())), encoding="utf-8")
    ready()
    hatch_build.npm("test", "--", "test/forms.test.tsx", cwd=hatch_build.SOURCE, MODELDECK_FORMS=str(file))
