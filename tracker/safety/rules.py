"""How long a health and safety session holds, who is covered, and what of a checklist is ready. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from tracker.errors import DomainError, N_

# Long enough to plan the next session before the last one has run out.
SOON: Final = timedelta(days=14)
LONGEST_SESSION_MINUTES: Final = 24 * 60
LONGEST_VALID_DAYS: Final = 3650
EARLIEST: Final = date(1990, 1, 1)

READY, PARTLY, NOT_READY, NOT_NEEDED = "yes", "partly", "no", "not_needed"


class NotHeldYet(DomainError):
    """A session that is still to come has been attended by nobody."""

    code, status = "safety.not_held_yet", 422
    sentence = N_("A session can be recorded from the day on which it was held. Check the date %(on)s.")


class FarSession(DomainError):
    """Most likely a wrong year."""

    code, status = "safety.far_session", 422
    sentence = N_("%(on)s is too far away. Check the year.")


class UnknownTopic(DomainError):
    """No topic of the country pack."""

    code, status = "safety.unknown_topic", 422
    sentence = N_("Choose a topic from the list.")


class UnknownAnswer(DomainError):
    """No answer that a checklist takes."""

    code, status = "safety.unknown_answer", 422
    sentence = N_("Choose one of the answers that are offered.")


class NoLabel(DomainError):
    """An item has to be called something in at least one language."""

    code, status = "safety.no_label", 422
    sentence = N_("Write what has to be checked, in Kiswahili or in English.")


class NoReason(DomainError):
    """Nothing is withdrawn without saying why."""

    code, status = "safety.no_reason", 422
    sentence = N_("Say why.")


class Standing(StrEnum):
    """How an apprentice stands on a topic, the most urgent first."""

    NEVER = "never"
    EXPIRED = "expired"
    RUNS_OUT = "runs_out"
    VALID = "valid"


class Held(NamedTuple):
    """A session that was held: its day, and for how many days it holds (None: for good)."""

    on: date
    valid_days: int | None = None

    @property
    def until(self) -> date:
        """The last day on which it holds: of 30 days the thirtieth after the session; `date.max` for good."""
        return date.max if self.valid_days is None else self.on + timedelta(days=self.valid_days)

    def is_valid(self, on: date) -> bool:
        """Whether it holds on a day."""
        return self.on <= on <= self.until


def best(held: Iterable[Held], on: date) -> Held | None:
    """Of the sessions that somebody was at up to a day, the one that holds longest; None without any."""
    return max((each for each in held if each.on <= on), key=lambda each: (each.until, each.on), default=None)


def standing(held: Held | None, on: date) -> Standing:
    """How somebody stands on a day, given his `best` session."""
    if held is None:
        return Standing.NEVER
    if not held.is_valid(on):
        return Standing.EXPIRED
    return Standing.RUNS_OUT if held.until - on <= SOON else Standing.VALID


class Ready(NamedTuple):
    """How many items of a checklist stand how. Items that are not needed are in none of the numbers."""

    ready: int
    partly: int
    not_ready: int
    unanswered: int

    @property
    def all(self) -> int:
        """How many items are needed."""
        return sum(self)

    @property
    def is_ready(self) -> bool:
        """Whether nothing is left to do."""
        return self.ready == self.all


def readiness(items: Iterable[str], answers: Mapping[str, str | None]) -> Ready:
    """How a checklist stands: its items by id, and the answers given; an answer of a newer version counts as not ready."""
    counts = Counter(answers.get(item) or "" for item in items)
    other = sum(n for answer, n in counts.items() if answer not in ("", READY, PARTLY, NOT_NEEDED))
    return Ready(counts[READY], counts[PARTLY], other, counts[""])


def check_held(on: date, today: date) -> None:
    """Raise NotHeldYet or FarSession for a day on which no session can have been."""
    if on > today:
        raise NotHeldYet(on=on)
    if on < EARLIEST:
        raise FarSession(on=on)


def check_reason(reason: str) -> str:
    """The reason without its outer spaces; raises NoReason when nothing is left."""
    if not reason.strip():
        raise NoReason
    return reason.strip()
