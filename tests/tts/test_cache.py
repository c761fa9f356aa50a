"""Speech that was spoken before: when it is found, how it is served, who is billed."""

from __future__ import annotations

import asyncio
import os
import stat
import threading
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from modeldeck import Retry, Timeouts, Transport
from modeldeck._transport.limits import without_pauses
from modeldeck.credential import DashScopeCredential, LocalCredential, OpenAICredential
from modeldeck.errors import ConnectionFailedError, ParameterError, TimeoutExceededError, UnsupportedError
from modeldeck.sandbox import Sandbox
from modeldeck.tts import (
    Audio,
    AudioFormat,
    DashScopeTTSModel,
    FallbackTTSModel,
    OpenAITTSModel,
    Recovery,
    TTSCache,
    TTSModelBase,
    TTSResponse,
    TTSUsage,
)
from modeldeck.tts.cache.key import key_of
from modeldeck.tts.facts import Live, Voice
from modeldeck.tts.hook import SpeechRequest
from tests.tts.conftest import PER_CHARACTER, RATE, Numbered, numbers
from tests.tts.test_attempts import Echo

TEXT = "Hello big world"
SALT = b"s" * 32


@pytest.fixture(params=["memory", "folder"])
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> TTSCache:
    return TTSCache(tmp_path / "speech" if request.param == "folder" else None)


async def parts_of(tts: TTSModelBase[Any], text: str = TEXT, **kwargs: Any) -> list[TTSResponse]:
    return [part async for part in tts.synthesize(text, **kwargs)]


def how(parts: list[TTSResponse]) -> str | None:
    return (parts[-1].metadata or {}).get("cache")


def heard(parts: list[TTSResponse]) -> bytes:
    return b"".join(part.audio for part in parts)


# -- a hit


async def test_what_was_spoken_is_not_asked_for_again(cache: TTSCache) -> None:
    tts = Numbered(cache=cache)
    first, second = await parts_of(tts), await parts_of(tts)
    assert (how(first), how(second), len(tts.requests)) == ("miss", "hit", 1)
    assert heard(first) == heard(second)
    assert [word for part in first for word in part.timings] == [word for part in second for word in part.timings]
    assert len(second) > 1
    assert [part.is_last for part in second] == [False] * (len(second) - 1) + [True]
    assert heard(second).count(b"RIFF") == 1
    assert sum(part.samples or 0 for part in second) == len(TEXT) * PER_CHARACTER
    assert second[-1].offset == len(TEXT) * PER_CHARACTER
    usages = first[-1].usage, second[-1].usage
    assert usages[0] is not None
    assert usages[1] is not None
    assert (usages[0].characters, usages[0].cost) == (len(TEXT), None)
    assert (usages[1].characters, usages[1].cost, usages[1].input_tokens) == (0, 0.0, 0)
    assert (cache.counts.hits, cache.counts.misses, cache.counts.failures) == (1, 1, 0)


async def test_a_hit_is_heard_in_pieces_though_the_provider_gave_it_in_smaller_ones() -> None:
    tts = Numbered(cache=TTSCache(), piece=10)
    text = "word " * 200
    first, second = await parts_of(tts, text), await parts_of(tts, text)
    assert heard(first) == heard(second)
    assert 3 < len(second) < 20 < len(first)


async def test_one_entry_serves_every_format_that_is_made_here(tmp_path: Path) -> None:
    cache = TTSCache(tmp_path)
    tts = Numbered(cache=cache, output=AudioFormat("pcm_s16le", RATE))
    assert (await parts_of(tts))[0].audio[:4] != b"RIFF"
    saved = await tts.save(TEXT, tmp_path / "a.wav")
    assert saved.duration == pytest.approx(len(TEXT) / 100)
    assert len(tts.requests) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"speed": 1.0}, {"speed": 1.5}),
        ({"voice": "one"}, {"voice": "two"}),
        ({}, {"speed": None, "voice": "other"}),
        ({"extra": {"a": 1}}, {"extra": {"a": 2}}),
    ],
)
async def test_another_request_is_another_entry(cache: TTSCache, one: Any, other: Any) -> None:
    tts = Numbered(cache=cache)
    assert how(await parts_of(tts, **one)) == "miss"
    assert how(await parts_of(tts, **other)) == "miss"
    assert how(await parts_of(tts, **one)) == "hit"
    assert how(await parts_of(tts, text=TEXT + ".", **one)) == "miss"


async def test_a_call_may_leave_it_out_or_speak_anew(cache: TTSCache) -> None:
    tts = Numbered(cache=cache)
    await parts_of(tts)
    assert how(await parts_of(tts, cache=False)) is None
    anew = await parts_of(tts, cache="renew")
    assert how(anew) == "miss"
    assert len(tts.requests) == 3
    assert heard(await parts_of(tts)) == heard(anew)
    other = Numbered()
    assert how(await parts_of(other, cache=cache)) == "hit"
    with pytest.raises(ParameterError, match=r"cache must be modeldeck\.tts\.TTSCache"):
        other.synthesize(TEXT, cache=3)
    with pytest.raises(ParameterError, match="cache must be"):
        Numbered(cache="folder")


async def test_the_sentences_of_a_conversation_are_cached_one_by_one(cache: TTSCache) -> None:
    tts = Numbered(cache=cache)
    told = []
    async with tts.session() as session:
        for text in ("Hello there. How are you?", "Hello there. Good.", "Hello there. Good."):
            await session.send(text)
            await session.flush()
            told.append(how([part async for part in session.utterance()]))
    assert told == ["miss", "partly", "hit"]
    assert [one.text for one in tts.requests] == ["Hello there.", " How are you?", " Good."]
    assert how([part async for part in tts.stream(["Hello ", "there."])]) == "hit"


async def test_text_that_goes_to_a_realtime_model_in_pieces_is_not_cached(cache: TTSCache) -> None:
    tts = Echo(cache=cache)
    assert how(await parts_of(tts)) == "miss"
    assert how(await parts_of(tts)) == "hit"
    runs = tts.runs
    for _ in range(2):
        await asyncio.sleep(0)
        assert how([part async for part in tts.stream([TEXT])]) is None
    assert tts.runs == runs + 2


# -- the key


def key(model: TTSModelBase[Any], text: str = TEXT, **kwargs: Any) -> str | None:
    return key_of(model, model._request(text, kwargs), SALT)


def test_a_shared_voice_is_the_same_whoever_pays() -> None:
    one, other = (DashScopeTTSModel(DashScopeCredential(api_key=name)) for name in ("sk-one-key", "sk-other-key"))
    assert key(one) == key(other) != key(one, "other")
    assert key(one, voice="Serena") != key(one)


def test_what_may_be_an_accounts_own_belongs_to_it() -> None:
    one, other = (OpenAITTSModel(OpenAICredential(api_key=name), "ft:my-voice") for name in ("sk-one-a", "sk-other-a"))
    assert key(one) != key(other)
    assert key(one) == key(OpenAITTSModel(OpenAICredential(api_key="sk-one-a", name="again"), "ft:my-voice"))
    one, other = (OpenAITTSModel(OpenAICredential(api_key=name), "tts-1") for name in ("sk-one-a", "sk-other-a"))
    assert key(one) == key(other)
    assert key(one, extra={"voice": "cloned"}) != key(other, extra={"voice": "cloned"})


def test_what_one_account_was_found_to_have_belongs_to_it() -> None:
    """A cloned voice stands in the card that discovery makes, and in no other account's."""
    voices = [Voice(id="Cherry"), Voice(id="cloned-1", source="cloned")]
    card = DashScopeTTSModel.card("qwen3-tts-flash")
    card = card.model_copy(update={"voices": voices, "live": Live(at=datetime.now(UTC), voices="more")})
    keys = {
        voice: [
            key(DashScopeTTSModel(DashScopeCredential(api_key=name), card, {"voice": voice}, enforce="off"))
            for name in ("sk-one-key", "sk-other-key")
        ]
        for voice in ("Cherry", "cloned-1")
    }
    assert keys["cloned-1"][0] != keys["cloned-1"][1]
    assert {*keys["Cherry"]} == {key(DashScopeTTSModel(DashScopeCredential(api_key="sk-one-key")), voice="Cherry")}


def test_another_server_is_never_served_this_ones() -> None:
    urls = ("http://localhost:8880/v1", "http://localhost:8881/v1")
    one, other = (OpenAITTSModel(OpenAICredential(base_url=url), "kokoro") for url in urls)
    assert key(one) != key(other)


def test_a_class_that_makes_other_requests_has_entries_of_its_own() -> None:
    class Loud(Numbered):
        pass

    assert key(Numbered()) != key(Loud())


async def test_a_request_that_no_key_can_say_is_spoken_all_the_same() -> None:
    tts = Numbered(cache=TTSCache(), extra={"handle": object()})
    for _ in range(2):
        parts = await parts_of(tts)
        assert how(parts) is None
        assert heard(parts)
    assert len(tts.requests) == 2
    tts.failures.append(5.0)
    with pytest.raises(TimeoutExceededError, match="total"):
        await parts_of(tts, timeouts=Timeouts(total=0.02))


async def test_neither_key_nor_text_is_in_the_folder(tmp_path: Path) -> None:
    secret, text = "sk-canary-4711", "A most remarkable sentence."
    async with Sandbox() as box:
        credential = OpenAICredential(api_key=secret, base_url=box.url)
        tts = OpenAITTSModel(credential, "tts-1", {"response_format": "pcm"}, cache=TTSCache(tmp_path))
        await parts_of(tts, text, extra={"new": 1})
        await tts.transport.aclose()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 2
    for path in files:
        said = str(path).encode() + path.read_bytes()
        assert secret.encode() not in said
        assert b"remarkable" not in said


# -- many at once


async def test_a_hundred_at_once_are_one_request_upstream(tmp_path: Path) -> None:
    async with Sandbox() as box:
        credential = DashScopeCredential(api_key="sk-a", base_url=box.url)
        tts = DashScopeTTSModel(credential, cache=TTSCache(tmp_path), stream=False)
        for expected in (["joined"] * 99 + ["miss"], ["hit"] * 100):
            answers = await asyncio.gather(*(whole(tts) for _ in range(100)))
            assert len({answer.audio for answer in answers}) == 1
            assert sorted((answer.metadata or {})["cache"] for answer in answers) == expected
            billed = [answer.usage.characters for answer in answers if answer.usage and answer.usage.characters]
            assert len(billed) == expected.count("miss")
        assert len(box.requests()) == 1
        await tts.transport.aclose()


async def whole(tts: TTSModelBase[Any]) -> TTSResponse:
    answer: TTSResponse = await tts.synthesize(TEXT)
    return answer


async def test_who_comes_later_hears_what_is_there_and_then_the_rest(cache: TTSCache) -> None:
    tts = Numbered(cache=cache)
    tts.gate = asyncio.Event()
    first = tts.synthesize(TEXT)
    heard_first = [await anext(first)]
    second = tts.synthesize(TEXT)
    heard_second = [await anext(second)]
    assert heard_first[0].audio == heard_second[0].audio
    tts.gate.set()
    heard_second += [part async for part in second]
    heard_first += [part async for part in first]
    assert heard(heard_first) == heard(heard_second)
    assert (how(heard_first), how(heard_second)) == ("miss", "joined")
    assert len(tts.requests) == 1


async def test_when_the_first_one_leaves_it_goes_on_for_the_others(cache: TTSCache) -> None:
    tts = Numbered(cache=cache)
    tts.gate = asyncio.Event()
    first, second = tts.synthesize(TEXT), tts.synthesize(TEXT)
    await anext(first)
    await anext(second)
    await first.aclose()
    tts.gate.set()
    rest = [part async for part in second]
    assert rest[-1].usage is not None
    assert rest[-1].usage.characters == len(TEXT)  # somebody has to know what was billed
    assert how(await parts_of(tts)) == "hit"
    assert len(tts.requests) == 1


async def test_a_bill_that_is_told_several_times_is_one_payers(cache: TTSCache) -> None:
    """DashScope's realtime models say what they billed so far, and once more at the end."""

    class Chatty(Numbered):
        async def _speak(self, request: SpeechRequest) -> AsyncIterator[Any]:
            async for event in super()._speak(request):
                yield event
                if isinstance(event, Audio):
                    yield TTSUsage(characters=1)

    tts = Chatty(cache=cache)
    alone = await parts_of(tts)
    assert how(alone) == "miss"
    assert alone[-1].usage is not None
    assert alone[-1].usage.characters == len(TEXT)

    tts.gate = asyncio.Event()
    calls = [tts.synthesize("Another text") for _ in range(3)]
    for call in calls:
        await anext(call)
    more = asyncio.create_task(anext(calls[0]))
    for _ in range(5):
        await asyncio.sleep(0)
    more.cancel()  # it was told a part of the bill, and never told anybody
    await asyncio.wait([more])
    tts.gate.set()
    heard_by = [[part async for part in call] for call in calls[1:]]
    assert [parts[-1].usage and parts[-1].usage.characters for parts in heard_by] == [len("Another text"), 0]


async def test_when_the_last_one_leaves_the_provider_is_stopped_and_nothing_is_kept(cache: TTSCache) -> None:
    tts = Numbered(cache=cache)
    tts.gate = asyncio.Event()
    first, second = tts.synthesize(TEXT), tts.synthesize(TEXT)
    await anext(first)
    await anext(second)
    await first.aclose()
    await second.aclose()
    assert tts.open == 0
    assert len(asyncio.all_tasks()) == 1
    tts.gate.set()
    assert how(await parts_of(tts)) == "miss"


async def test_a_cancelled_first_one_leaves_it_to_the_others(cache: TTSCache) -> None:
    tts = Numbered(cache=cache)
    tasks = [asyncio.create_task(parts_of(tts)) for _ in range(5)]
    await asyncio.sleep(0)
    tasks[0].cancel()  # it was still looking whether there is an entry
    parts = await asyncio.gather(*tasks[1:])
    assert len({heard(one) for one in parts}) == 1
    assert len(tts.requests) == 1


async def test_an_error_is_everybodys_and_the_next_call_tries_anew(cache: TTSCache) -> None:
    tts = Numbered(cache=cache, retry=Retry(0))
    tts.failures += [ConnectionFailedError("lost")]
    answers = await asyncio.gather(*(parts_of(tts) for _ in range(20)), return_exceptions=True)
    assert {repr(answer) for answer in answers} == {"ConnectionFailedError('lost')"}
    assert len({id(answer) for answer in answers}) == 20
    assert len(tts.requests) == 1
    assert how(await parts_of(tts)) == "miss"


async def test_attempts_are_made_for_all_of_them(cache: TTSCache) -> None:
    tts = Numbered(cache=cache)
    tts.failures += [ConnectionFailedError("lost")]
    with without_pauses():
        answers = await asyncio.gather(*(parts_of(tts) for _ in range(5)))
    assert len({heard(one) for one in answers}) == 1
    assert len(tts.requests) == 2


async def test_what_breaks_off_is_not_kept_and_each_is_told_how_much_came(cache: TTSCache) -> None:
    tts = Numbered(cache=cache)
    tts.fail_after = ConnectionFailedError("lost")
    answers = await asyncio.gather(*(parts_of(tts) for _ in range(3)), return_exceptions=True)
    assert {str(answer) for answer in answers} == {"lost; 0.04 s of audio had come"}
    tts.fail_after = None
    assert how(await parts_of(tts)) == "miss"


async def test_total_is_each_calls_own(cache: TTSCache) -> None:
    tts = Numbered(cache=cache)
    tts.gate = asyncio.Event()
    patient = asyncio.create_task(parts_of(tts))
    await asyncio.sleep(0)
    with pytest.raises(TimeoutExceededError, match=r"total=0\.02"):
        await parts_of(tts, timeouts=Timeouts(total=0.02))
    tts.gate.set()
    assert how(await patient) == "miss"
    assert len(tts.requests) == 1


async def test_event_loops_of_several_threads_share_one_request() -> None:
    tts = Numbered(cache=TTSCache())
    tts.gate = asyncio.Event()
    mine = tts.synthesize(TEXT)
    parts = [await anext(mine)]
    heard_there: list[bytes] = []
    begun = threading.Barrier(5)

    async def there() -> None:
        speech = tts.synthesize(TEXT)
        found = [await anext(speech)]
        await asyncio.to_thread(begun.wait)
        heard_there.append(heard(found + [part async for part in speech]))

    threads = [threading.Thread(target=asyncio.run, args=(there(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    await asyncio.to_thread(begun.wait)
    tts.gate.set()
    parts += [part async for part in mine]
    for thread in threads:
        await asyncio.to_thread(thread.join)
    assert heard_there == [heard(parts)] * 4
    assert len(tts.requests) == 1


async def test_a_loop_that_ends_while_it_speaks_for_others_is_an_error_for_them_or_another_request() -> None:
    cache = TTSCache()
    theirs, mine = Numbered(cache=cache), Numbered(cache=cache)
    boarded, leave = threading.Event(), threading.Event()

    async def there() -> None:
        theirs.gate = asyncio.Event()
        speech = theirs.synthesize(TEXT)
        await anext(speech)
        boarded.set()
        await asyncio.to_thread(leave.wait)
        dropped.append(speech)  # the loop ends with it

    dropped: list[Any] = []
    thread = threading.Thread(target=asyncio.run, args=(there(),))
    thread.start()
    await asyncio.to_thread(boarded.wait)
    speech = mine.synthesize(TEXT)
    assert (await anext(speech)).audio
    leave.set()
    with pytest.raises(ConnectionFailedError, match="ended with its event loop"):
        await anext(speech)
    await asyncio.to_thread(thread.join)
    assert how(await parts_of(mine)) == "miss"


async def test_a_loop_that_was_closed_in_mid_speech_stands_in_nobodys_way() -> None:
    cache = TTSCache()
    tts = Numbered(cache=cache)
    key = key_of(tts, tts._request(TEXT, {}), cache._salt)

    async def begun() -> None:
        cache._boarded((str(key), False))

    def there() -> None:
        loop = asyncio.new_event_loop()
        loop.run_until_complete(begun())
        loop.close()

    await asyncio.to_thread(there)
    assert list(cache._flights) == [(key, False)]
    assert how(await parts_of(tts)) == "miss"
    assert not cache._flights


class Long(Numbered):
    """Ten seconds at a time, as often as is asked."""

    provider: ClassVar[str] = "long"
    given = 0

    async def _speak(self, request: SpeechRequest) -> AsyncIterator[Audio]:
        for _ in range(int(request.text)):
            self.given += 1
            yield Audio(b"\1\0" * RATE * 10, self.format)


async def test_what_is_too_long_to_be_kept_goes_at_the_pace_of_its_listeners() -> None:
    tts = Long(cache=TTSCache(max_bytes=8 * 1_000_000))
    speech = tts.synthesize("100")
    await anext(speech)
    await asyncio.sleep(0.05)
    assert tts.given <= 8  # 1 MB, at 160 kB each
    assert sum([part.samples or 0 async for part in speech]) == 99 * 10 * RATE
    assert how(await parts_of(tts, "2")) == "miss"
    assert how(await parts_of(tts, "2")) == "hit"
    assert how(await parts_of(tts, "100")) == "miss"


# -- bounds and places


async def test_what_was_not_used_the_longest_goes_first(cache_of: Any) -> None:
    cache = cache_of(max_bytes=100_000)
    tts = Numbered(cache=cache)
    texts = [f"{number:02}" + "x" * 50 for number in range(20)]  # 8,320 bytes each
    for number, text in enumerate(texts):
        await parts_of(tts, text)
        if number:
            assert how(await parts_of(tts, texts[0])) == "hit"
    spoken = len(tts.requests)
    for text in texts[-3:]:
        assert how(await parts_of(tts, text)) == "hit"
    assert len(tts.requests) == spoken
    assert how(await parts_of(tts, texts[1])) == "miss"


@pytest.fixture(params=["memory", "folder"])
def cache_of(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    def made(**options: Any) -> TTSCache:
        return TTSCache(tmp_path / "speech" if request.param == "folder" else None, **options)

    return made


async def test_a_folder_stays_within_its_bytes(tmp_path: Path) -> None:
    tts = Numbered(cache=TTSCache(tmp_path, max_bytes=100_000))
    for number in range(40):
        await parts_of(tts, f"{number:02}" + "x" * 50)
        assert sum(path.stat().st_size for path in tmp_path.rglob("*.speech")) <= 100_000 * 17 / 16 + 10_000


async def test_an_entry_ends_with_its_age(cache_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tts = Numbered(cache=cache_of(max_age=60))
    await parts_of(tts)
    assert how(await parts_of(tts)) == "hit"
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 61)
    assert how(await parts_of(tts)) == "miss"


async def test_files_are_the_users_own(tmp_path: Path) -> None:
    folder = tmp_path / "speech"
    tts = Numbered(cache=TTSCache(folder))
    await parts_of(tts)
    for path in (folder, *folder.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize("change", ["cut", "changed", "emptied", "renamed"])
async def test_an_entry_that_is_not_whole_is_removed(tmp_path: Path, change: str) -> None:
    tts = Numbered(cache=TTSCache(tmp_path))
    await parts_of(tts)
    (path,) = tmp_path.rglob("*.speech")
    data = path.read_bytes()
    match change:
        case "cut":
            path.write_bytes(data[:-1])
        case "changed":
            path.write_bytes(data[:-100] + b"?" + data[-99:])
        case "emptied":
            path.write_bytes(b"")
        case _:
            await parts_of(tts, "another")
            (other,) = (one for one in tmp_path.rglob("*.speech") if one != path)
            os.replace(other, path)
    requests = len(tts.requests)
    parts = await parts_of(tts)
    assert how(parts) == "miss"
    assert len(numbers(heard(parts)[44:])) == len(TEXT) * PER_CHARACTER
    assert len(tts.requests) == requests + 1
    assert how(await parts_of(tts)) == "hit"


async def test_two_caches_of_one_folder_find_each_others(tmp_path: Path) -> None:
    one, other = Numbered(cache=TTSCache(tmp_path)), Numbered(cache=TTSCache(tmp_path))
    await parts_of(one)
    assert how(await parts_of(other)) == "hit"
    assert other.cache is not None
    await other.cache.clear()
    assert how(await parts_of(one)) == "miss"


async def test_a_cache_that_cannot_be_written_costs_no_speech(tmp_path: Path) -> None:
    class Full:
        async def read(self, key: str) -> bytes | None:
            raise OSError("no route")

        async def write(self, key: str, data: bytes) -> None:
            raise OSError("full")

        async def remove(self, key: str) -> None: ...

    tts = Numbered(cache=TTSCache(Full()))
    with pytest.warns(RuntimeWarning, match="the speech cache cannot be read: OSError: no route"):
        parts = await parts_of(tts)
    assert heard(parts)
    await parts_of(tts)
    assert tts.cache is not None
    assert tts.cache.counts.failures == 4
    with pytest.raises(UnsupportedError, match="clear it there"):
        await tts.cache.clear()


async def test_bytes_may_be_kept_anywhere() -> None:
    class Shelf(dict[str, bytes]):
        async def read(self, key: str) -> bytes | None:
            return self.get(key)

        async def write(self, key: str, data: bytes) -> None:
            self[key] = data

        async def remove(self, key: str) -> None:
            del self[key]

    shelf = Shelf()
    tts = Numbered(cache=TTSCache(shelf, salt=SALT))
    first = await parts_of(tts)
    assert heard(await parts_of(tts)) == heard(first)
    (kept,) = shelf
    shelf[kept] = shelf[kept][:-2]
    assert how(await parts_of(tts)) == "miss"


@pytest.mark.parametrize("options", [{"max_bytes": 0}, {"max_age": -1}, {"max_bytes": "1G"}, {"place": 3}])
def test_wrong_options_are_told(options: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        TTSCache(**options)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ParameterError, match="cannot be used: Not a directory"):
        TTSCache(tmp_path / "file" / "folder")


def test_a_fingerprint_tells_accounts_apart_and_no_secret() -> None:
    one, other = OpenAICredential(api_key="sk-one-key"), OpenAICredential(api_key="sk-two-key")
    assert one.fingerprint(SALT) == OpenAICredential(api_key="sk-one-key").fingerprint(SALT)
    assert len({one.fingerprint(SALT), other.fingerprint(SALT), one.fingerprint(b"other")}) == 3
    assert LocalCredential().fingerprint(SALT) == LocalCredential().fingerprint(SALT)


# -- with several models


async def test_a_model_that_rests_speaks_what_was_kept_of_it() -> None:
    class Other(Numbered):
        provider: ClassVar[str] = "other"

    first, second = Numbered(), Other()
    tts = FallbackTTSModel(
        [first, second],
        output=AudioFormat("pcm_s16le", RATE),
        retry=Retry(0),
        recovery=Recovery(60),
        cache=TTSCache(),
    )
    kept = heard(await parts_of(tts))
    first.failures.append(ConnectionFailedError("lost"))
    parts = await parts_of(tts, "new text")
    assert parts[-1].metadata is not None
    assert parts[-1].metadata["fallback"]["model"] == "other/numbered"
    again = await parts_of(tts)
    assert again[-1].metadata is not None
    assert (again[-1].metadata["cache"], again[-1].metadata["fallback"]["model"]) == ("hit", "numbered/numbered")
    assert heard(again) == kept
    assert tts.standings[0].resting > 0
    assert how(await parts_of(tts, cache=False)) is None


async def test_what_was_kept_is_looked_for_in_the_format_of_the_call() -> None:
    """OpenAI's models make MP3 themselves: that is another request than the one that makes the format of the group."""
    mp3 = AudioFormat("mp3", 24000)
    async with Sandbox() as box, Transport() as transport:
        credential = OpenAICredential(api_key="sk-a", base_url=box.url)
        first = OpenAITTSModel(credential, "tts-1", {"response_format": "pcm"}, transport=transport)
        second = DashScopeTTSModel(DashScopeCredential(api_key="sk-b", base_url=box.url), transport=transport)
        tts = FallbackTTSModel(
            [first, second],
            output=AudioFormat("pcm_s16le", 24000),
            retry=Retry(0),
            recovery=Recovery(60),
            cache=TTSCache(),
        )
        await parts_of(tts, "One.", output=mp3)
        await parts_of(tts, "Two.")
        box.arm("status=503;times=1")
        await parts_of(tts, "Three.")
        assert tts.standings[0].resting > 0
        asked = len(box.requests())
        one, two = await parts_of(tts, "One.", output=mp3), await parts_of(tts, "Two.", output=mp3)
    spoke = [((parts[-1].metadata or {})["fallback"]["model"], how(parts)) for parts in (one, two)]
    assert spoke == [("openai/tts-1", "hit"), ("dashscope/qwen3-tts-flash", "miss")]
    assert len(box.requests()) == asked + 1
