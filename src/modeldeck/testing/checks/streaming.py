"""Audio leaves when it arrives, is what it says it is, and nothing else waits meanwhile."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from modeldeck import Retry, Timeouts, Transport
from modeldeck.errors import TimeoutExceededError
from modeldeck.sandbox import Sandbox
from modeldeck.testing.advice import check_content, check_rate, expect, numbers, unanswered
from modeldeck.testing.cases import REALTIME, each_cell, over
from modeldeck.testing.rows import TEXT, Got, Row, Way, options
from modeldeck.testing.suite import Suite
from modeldeck.testing.witness import check_whole

_SILENT = {"x-modeldeck-fault": "silence;after=1"}
_PATIENT = Timeouts(20, 5, 0.3)


class Streaming(Suite):
    @each_cell
    async def test_all_of_it_in_order_as_it_is_said_to_be(self, box: Sandbox, row: Row, way: Way) -> None:
        """Every sample, the rate, base64, exactly one last response; to the emulator, and nowhere else."""
        got = Got()
        async with self.nothing_left(box), Transport() as transport, asyncio.timeout(20):
            try:
                await way(row.build(box.url, transport, **options(way)), TEXT, got)
            except TimeoutExceededError as error:
                raise AssertionError(unanswered(row, error)) from error
        expect(
            box.requests(),
            f"{row.name} sent nothing to the emulator ({row.id}): let the URL follow `credential.base_url`, and make "
            "requests with `self.transport`",
        )
        kinds = {one["kind"] for one in box.requests()}
        expect(
            kinds == {"websocket" if row.socket else "http"},
            f"{row.name} uses {' and '.join(sorted(kinds))} ({row.id}): say `socket={not row.socket}` in its Row",
        )
        check_whole(row, way, got)
        check_content(row, got)

    @over("row", lambda suite: [row for row in suite.table if row.streams], "nothing of it comes while it is made")
    async def test_the_first_chunk_leaves_at_once(self, box: Sandbox, row: Row) -> None:
        """The service sends one chunk and falls silent: it has been delivered all the same."""
        got = Got()
        async with self.nothing_left(box), Transport(headers=_SILENT) as transport, asyncio.timeout(20):
            model = row.build(box.url, transport, timeouts=_PATIENT, retry=Retry(max_retries=0))
            async with aclosing(model.synthesize(TEXT)) as speech:
                try:
                    async for part in speech:
                        got.append(part)
                except TimeoutExceededError:
                    pass
        expect(
            len(numbers(got)) >= row.rate // 5,
            f"{row.name} held the first chunk back until the second had come ({row.id}): yield `Audio` as it arrives, "
            "the base finds `is_last`",
        )
        check_rate(row, got)

    @over("row", lambda suite: [row for row in suite.table if row.pushes and not row.paced], REALTIME)
    async def test_audio_comes_while_text_is_still_pushed(self, box: Sandbox, row: Row) -> None:
        """A sentence is heard before the next one is there; the utterance goes on."""
        parts = Got()
        async with (
            self.nothing_left(box),
            Transport() as transport,
            row.build(box.url, transport).session() as talk,
        ):
            await talk.send("The first sentence is here. The second ")
            await talk.commit()
            try:
                parts.append(await asyncio.wait_for(anext(talk), 10))
            except TimeoutError:
                raise AssertionError(
                    f"{row.name} says nothing until the text has ended ({row.id}): send each `Text` on as it comes "
                    "out of the inbox, answer `Commit`, and yield `Audio` while you read on (two tasks, or links of "
                    "modeldeck.tts)"
                ) from None
            await talk.send("one comes now.")
            await talk.flush()
            parts += [part async for part in talk.utterance()]
        expect(parts[0].audio, f"{row.name}: the first response of a session is empty ({row.id})")
        wanted = sum(map(row.samples, ("The first sentence is here. The second ", "one comes now.")))
        expect(
            len(numbers(parts)) == wanted,
            f"{row.name} spoke {len(numbers(parts))} of {wanted} samples of a text that came in two ({row.id}): after "
            "`Commit` the utterance goes on, and `UtteranceEnd` comes when all of it was spoken",
        )
