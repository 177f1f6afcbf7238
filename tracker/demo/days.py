"""How the days of an apprentice go: who comes, who is late, who never came back. Pure, and the same every time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Final, NamedTuple

from tracker.demo import plan

EXCUSES: Final = ("sick", "family", "transport", "religious", "bereavement", "official")
# Most come nearly always, some are often missing: (share of apprentices, absent, late, excused).
HABITS: Final = ((0.7, 0.02, 0.03, 0.015), (0.22, 0.06, 0.07, 0.03), (0.08, 0.24, 0.08, 0.03))
REASON_GIVEN: Final = 0.3


class Day(NamedTuple):
    """A mark, with the reason of an excuse."""

    status: str
    reason: str | None = None


PRESENT: Final = Day("present")


@dataclass(frozen=True)
class Member:
    """An apprentice of the story.

    fate         "" came back, "late" only on LATE, "never" not at all
    is_placed    was in a hotel from the cohort's `placed_since`
    days_behind  how many training days after the reopening he came
    """

    id: str
    number: str
    sex: str
    is_placed: bool
    fate: str
    days_behind: int

    def returned_on(self, reopened: Sequence[date]) -> date | None:
        """The first day back; None: never. reopened: the training days since the reopening, oldest first."""
        if self.fate == "late":
            return plan.LATE
        return reopened[self.days_behind] if self.fate == "" else None


def fates(cohort: plan.Cohort, sexes: Sequence[str]) -> list[str]:
    """What became of each, in the order of the list: the last women and men of it did not come back, or late."""
    found = [""] * len(sexes)
    for sex, never, late in zip("FM", cohort.never, cohort.late, strict=True):
        places = [place for place, each in enumerate(sexes) if each == sex]
        for place in places[len(places) - never :]:
            found[place] = "never"
        for place in places[len(places) - never - late : len(places) - never]:
            found[place] = "late"
    return found


def days_behind(number: str) -> int:
    """How many training days after the reopening somebody came: most on the first."""
    return Random(f"{number} back").choices((0, 1, 2, 4), (12, 3, 2, 1))[0]


def day_of(member: Member, on: date, reopened: Sequence[date]) -> Day:
    """How a training day went for somebody who was expected at the centre or in a hotel.

    reopened  the training days since the reopening, oldest first; empty before it
    """
    if reopened:
        back = member.returned_on(reopened)
        if back is None or on < back:
            return Day("absent")
        if on == back:
            return PRESENT
    return _usual(member.number, on)


def _usual(number: str, on: date) -> Day:
    absent, late, excused = Random(number).choices([habit[1:] for habit in HABITS], [habit[0] for habit in HABITS])[0]
    draw = Random(f"{number} {on}")
    luck = draw.random()
    if luck < absent:
        return Day("absent")
    if luck < absent + late:
        return Day("late")
    if luck < absent + late + excused:
        # Often the reason is not said, or not yet.
        return Day("excused", draw.choice(EXCUSES) if draw.random() < REASON_GIVEN else None)
    return PRESENT
