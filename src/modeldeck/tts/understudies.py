"""A conversation in which one model takes another's place: between utterances, and before the first audio of one."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from modeldeck._transport.limits import Retry
from modeldeck._transport.observe import Watch
from modeldeck.errors import ModelDeckError
from modeldeck.tts.hook import Told
from modeldeck.tts.members import Member, Plan, Round, moves_on
from modeldeck.tts.pace import again
from modeldeck.tts.speaker import Speaker


class Talk:
    """What lasts as long as the session, through its interruptions: who spoke so far, whose connections are held."""

    def __init__(self, members: Sequence[Member], plan: Plan, retry: Retry, total: float | None) -> None:
        """`total`: seconds for each utterance, all models together."""
        self._members = members
        self._plan = plan
        self._retry = retry
        self._total = total
        self._speakers: dict[Member, Speaker] = {}
        self._held = ExitStack()
        self._attended: set[Member] = set()
        self.watch = TalkWatch()

    def round(self) -> Round:
        return Round(self._members, self._plan)

    def speaker(self, member: Member) -> Speaker:
        if member not in self._speakers:
            request = self._plan.request(member, "")
            speaker = member.speaker(request, self._plan.given(member), self._retry)
            self._speakers[member] = replace(speaker, timeouts=replace(speaker.timeouts, total=self._total))
        return self._speakers[member]

    @contextmanager
    def attended(self) -> Generator[None]:
        """While the session is open: the first model's connections, and those of models that took its place."""
        with ExitStack() as self._held:
            self._attended.clear()
            self.attend(self._plan.taker)
            yield

    def attend(self, member: Member) -> None:
        if member not in self._attended:
            self._attended.add(member)
            self._held.enter_context(member.model._attend(self.speaker(member).request))


class TalkWatch(Watch):
    """Tells each model's observer of its own part; to them it is a session each."""

    def __init__(self) -> None:
        super().__init__(None, None)
        self._begun: list[Watch] = []
        self._now: Watch | None = None

    def begin(self, watch: Watch) -> None:
        if watch not in self._begun:
            self._begun.append(watch)
            watch.request()
        self._now = watch

    def interrupted(self, played: float | None) -> None:
        if self._now is not None:
            self._now.interrupted(played)

    def end(self, error: BaseException | None, seconds: float) -> None:
        for watch in self._begun:
            watch.end(error if watch is self._now else None, seconds)
        self._begun.clear()


class Understudies:
    """The cast of one conversation."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._round = talk.round()
        self._member: Member | None = None  # who speaks
        self._next: Member | None = None  # who is to
        self._attempt = self._unheard = 0
        self._spoke = False  # in this utterance

    def begin(self) -> Speaker:
        member, self._next = self._next or self._chosen(), None
        if member is not self._member:
            self._member = member
            self._attempt = self._unheard = 0
            self._talk.attend(member)
        speaker = self._talk.speaker(member)
        self._talk.watch.begin(speaker.request.watch)
        return speaker

    def _chosen(self) -> Member:
        """In a new round. There is one: that the plan has found one was seen when the session was made."""
        self._round = self._talk.round()
        found = self._round.next("")
        assert found is not None
        return found[0]

    def leaves(self) -> bool:
        """Whether one that comes before is up again."""
        return self._member is not None and self._round.better(self._member)

    def spoke(self) -> Told | None:
        assert self._member is not None
        self._spoke = True
        self._member.spoke()
        return self._round.told(self._member)

    def utterance_over(self) -> None:
        if self._member is not None and self._spoke:
            self._member.well()
        self._round = self._talk.round()
        self._attempt = self._unheard = 0
        self._spoke = False

    def again(self, error: ModelDeckError, left: float | None, *, heard: bool) -> float | None:
        member = self._member
        assert member is not None
        if heard:
            member.failed(error)
            return None
        watch, retry = self._talk.speaker(member).request.watch, self._talk.speaker(member).retry
        pause, counted = again(retry, self._attempt, self._unheard, error, left)
        if pause is not None:
            self._attempt, self._unheard = self._attempt + counted, self._unheard + 1 - counted
            watch.retry(error, pause)
            self._next = member
            return pause
        self._round.failed(member, error)
        watch.fallback(error)
        found = None if left is not None and left <= 0 else self._round.next("")
        if found is None:
            raise self._round.error() from error
        self._next = found[0]
        return 0.0

    def lost(self, error: ModelDeckError) -> float | None:
        """Between utterances a connection may end; a model that says no fails."""
        if self._member is not None and not error.retryable:
            self._member.failed(error)
        self._next = None
        return 0.0 if moves_on(error) else None
