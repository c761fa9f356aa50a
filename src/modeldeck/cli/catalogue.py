"""`modeldeck models`, `voices` and `schema`: what there is, and what it lets you set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from modeldeck import credential, tts
from modeldeck._near import shortened
from modeldeck.cli.show import print_json, print_table, say_to_user
from modeldeck.errors import ModelDeckError, ModelNotFoundError
from modeldeck.tts.languages import speaks

if TYPE_CHECKING:
    from modeldeck.credential import CredentialBase
    from modeldeck.tts import FoundVoice, SimilarVoice, TTSModelCard
    from modeldeck.tts.reference import FoundModel

_SHORT = 6  # languages that a table names

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
of_provider = click.option("--provider", metavar="NAME", help="Only this provider's: dashscope, local, …")
of_accounts = click.option(
    "--live", is_flag=True, help="Ask the providers what the accounts of the environment's keys really have."
)
in_language = click.option("--language", metavar="TAG", help="Only what speaks it: en is any English, en-GB one.")


@click.command(short_help="List the models.")
@click.option("--family", type=click.Choice(["tts"]), default="tts", show_default=True, help="Kind of models.")
@of_provider
@in_language
@of_accounts
@as_json
def models(family: str, provider: str | None, language: str | None, live: bool, as_json: bool) -> None:
    """List the models.

    Their references are what `modeldeck say --model`, `voices` and `schema` take. With --live, those that the
    accounts of the environment's keys have.
    """
    found = [card for card in cards(provider, live) if language is None or speaks(card.all_languages, language)]
    if as_json:
        print_json([_facts(card) for card in found])
        return
    rows = [
        (
            reference(card),
            card.label,
            "" if card.status == "active" else card.status,
            "yes" if card.realtime else "",
            card.voice_count,
            shortened(dict.fromkeys(tag.split("-")[0] for tag in card.all_languages), _SHORT),
            "" if card.live is None else "model" if card.live.listed else "voices",
        )
        for card in found
    ]
    head = ("Reference", "Label", "Status", "Realtime", "Voices", "Languages", "Live")
    print_table(head, rows, spare=("Label", "Languages", "Realtime"))
    _nothing_found(found, "models", language)


@click.command(short_help="List the voices of a model, or of all.")
@click.argument("reference", metavar="[REF]", required=False)
@of_provider
@in_language
@click.option("--near", is_flag=True, help="With --language: also another region of it, or none said.")
@click.option("--gender", type=click.Choice(["female", "male", "neutral"]), help="Only such voices.")
@click.option("--style", "styles", metavar="WORD", multiple=True, help="Only what is called so; may be repeated.")
@click.option("--realtime/--no-realtime", default=None, help="Only of models that take text while they speak, or not.")
@click.option("--status", type=click.Choice(["active", "deprecated", "sunset"]), help="Only of such models.")
@click.option("--search", metavar="WORDS", default="", help="Only what has these words in its names.")
@click.option("--like", metavar="REF:VOICE", help="The same kind of voice elsewhere, the most alike first.")
@click.option("--limit", type=click.IntRange(1), default=10, show_default=True, help="With --like: how many.")
@of_accounts
@as_json
def voices(
    reference: str | None,
    provider: str | None,
    like: str | None,
    limit: int,
    live: bool,
    as_json: bool,
    **wanted: Any,
) -> None:
    """List the voices of the model REF (provider/model), or of all models but those that are switched off.

    REF:VOICE is a reference too: modeldeck say --model local/espeak-ng:en-gb "Hello". A language is a tag: en is any
    English, zh-HK Cantonese; voices whose first language it is come first.
    """
    if reference is not None and provider is not None:
        raise click.UsageError("REF names its provider; leave --provider out")
    if like is not None:
        _alike(reference, provider, like, limit, live, as_json, wanted)
        return
    looked_at = _looked_at(reference, provider, live)
    found = tts.find_voices(model=reference, cards=looked_at, **wanted)
    merged = _merged(found)
    if as_json:
        print_json(merged)
        return
    head = ("Voice", "Label", "Languages", "Gender", "Styles", "Source", "Models", "Why")
    print_table(head, [_row(one) for one in merged], spare=("Styles", "Models", "Label", "Why"))
    _nothing_found(merged, "voices", wanted["language"], near=not wanted["near"])
    if any(card.custom_voices for card in looked_at):
        names = shortened([card.name for card in looked_at if card.custom_voices], 3)
        say_to_user(f"Voices that are not listed are taken too by: {names}")


@click.command(short_help="Print the JSON Schema of what a model lets you set.")
@click.argument("reference", metavar="REF")
@click.option("--call", "view", flag_value="call", help="What is enforced: also what forms hide.")
@click.option("--ui", "view", flag_value="ui", help="Hints for the form: order, widgets, labels of the choices.")
@click.option("--json", is_flag=True, expose_value=False, help="Print JSON, as it always does.")
def schema(reference: str, view: str | None) -> None:
    """Print the JSON Schema of what the model REF (provider/model) lets you set."""
    found = tts.find_model(reference)
    if view == "ui":
        print_json(found.card.ui_schema if found.card else {})
    elif view == "call" or found.card is None:
        print_json(call_schema(found))
    else:
        print_json(found.card.parameter_schema)


# -- shared with the other commands


def call_schema(found: FoundModel) -> dict[str, Any]:
    """What is enforced: the card's, or, for a model that no card describes, the class's."""
    from modeldeck._cards.enforce import base_schema

    return found.card.call_schema if found.card else base_schema(found.model_class.Parameters)


def reference(card: TTSModelCard) -> str:
    return f"{card.provider}/{card.name}"


def credentials(provider: str | None) -> list[type[CredentialBase]]:
    """One provider's class, or all. Says on standard error which registrations were left out."""
    factory = credential.CredentialFactory
    if provider is None:
        classes = factory.credential_classes()
        say_problems()
        return classes
    found = factory.get_credential_class(provider)
    if found is None:
        raise ModelNotFoundError(factory.unknown(provider))
    return [found]


def say_problems() -> None:
    """Tell of registrations that were left out."""
    for problem in credential.CredentialFactory.problems():
        say_to_user(f"warning: {problem}")


def cards(provider: str | None, live: bool = False) -> Iterator[TTSModelCard]:
    """One provider's cards, or those of all that can be listed; `live`: as the environment's accounts have them."""
    if live:
        from modeldeck.cli.live import cards as of_accounts  # the network is paid for by those who ask

        yield from of_accounts(credentials(provider))
        return
    for owner in credentials(provider):
        try:
            yield from owner.list_tts_models()
        except ModelDeckError as error:
            if provider is not None:
                raise
            say_to_user(f"warning: {owner.provider_name()}: {error}")
        except Exception as error:  # a third party's class must not hide the others
            if provider is not None:
                raise
            say_to_user(f"warning: {owner.provider_name()}: {type(error).__name__}: {error}")


# -- inside


def _facts(card: TTSModelCard) -> dict[str, Any]:
    hidden = {"parameter_schema", "ui_schema", "parameter_overrides"}
    return {"reference": reference(card), **card.model_dump(mode="json", exclude=hidden)}


def _card_of(found: FoundModel) -> TTSModelCard:
    if found.card is None:
        raise ModelNotFoundError(f"no card describes {found.name!r}: its voices are not known here")
    return found.card


def _looked_at(reference: str | None, provider: str | None, live: bool) -> list[TTSModelCard]:
    if reference is None:
        return list(cards(provider, live))
    found = tts.find_model(reference)
    return [_live_card_of(found) if live else _card_of(found)]


def _live_card_of(found: FoundModel) -> TTSModelCard:
    for card in cards(found.credential_class.provider_name(), live=True):
        if card.name == found.name:
            return card
    raise ModelNotFoundError(f"the account has no model {found.name!r} that is known to speak")


def _alike(
    reference: str | None,
    provider: str | None,
    like: str,
    limit: int,
    live: bool,
    as_json: bool,
    wanted: dict[str, Any],
) -> None:
    """Print the same kind of voice elsewhere, and what makes it that."""
    others = ("near", "gender", "styles", "status", "search")
    if reference is not None or any(wanted[name] for name in others):
        raise click.UsageError("--like goes with --provider, --language, --realtime and --limit")
    known = [*cards(None, live)]
    of = None if provider is None else credentials(provider)[0].provider_name()
    asked = {"provider": of, "language": wanted["language"], "realtime": wanted["realtime"], "limit": limit}
    found = tts.similar_voices(like, cards=known, **asked)
    if as_json:
        print_json([_compared(one) for one in found])
        return
    head = ("Reference", "Score", "Equal", "Differs", "Not known")
    rows = [
        (one.found.reference, f"{one.score:.2f}", *map(", ".join, (one.equal, one.differs, one.unknown)))
        for one in found
    ]
    print_table(head, rows, spare=("Not known",))
    if not found:
        say_to_user("No voice of that kind.")


def _compared(one: SimilarVoice) -> dict[str, Any]:
    about = {"reference": one.found.reference, "score": one.score}
    said = {"equal": one.equal, "differs": one.differs, "unknown": one.unknown}
    return {**about, **said, **one.found.voice.model_dump(mode="json")}


def _merged(found: Sequence[FoundVoice]) -> list[dict[str, Any]]:
    """One record per voice, with the references of the models that have it."""
    records: dict[tuple[Any, ...], dict[str, Any]] = {}
    for one in found:
        voice = one.voice
        key = (one.provider, voice.id, voice.languages, voice.gender, voice.source, one.match)
        record = records.get(key)
        if record is None:
            judged = {"match": one.match, "why": one.why} if one.why else {}
            record = {"provider": one.provider, **voice.model_dump(mode="json"), **judged, "models": []}
            records[key] = record
        record["models"].append(f"{one.provider}/{one.model}")
    return list(records.values())


def _row(record: dict[str, Any]) -> tuple[str, ...]:
    names = [name.partition("/")[2] for name in record["models"]]
    return (
        record["id"],
        record["label"],
        shortened(record["languages"], _SHORT),
        record["gender"] or "",
        ", ".join(record["styles"]),
        "" if record["source"] == "card" else record["source"],
        f"{record['provider']}/{names[0]}" + (f" and {len(names) - 1} more" if len(names) > 1 else ""),
        "" if record.get("match", 1) == 1 else ", ".join(record["why"]),
    )


def _nothing_found(found: Sequence[object], what: str, language: str | None, *, near: bool = False) -> None:
    if not found:
        hint = "; languages are tags such as en or zh-HK" if language else ""
        hint += "; --near lists those of another region" if near and language and "-" in language else ""
        say_to_user(f"No such {what}{hint}.")
