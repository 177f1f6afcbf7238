"""What a valid line of an attendance file is. Twelve thousand of them come at once, so no field objects here.

The other kinds of file are valid where their own slices' schemas say so.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from marshmallow import ValidationError

from tracker import inputs
from tracker.attendance import rules, words
from tracker.attendance.rules import MarkLine
from tracker.errors import N_, Problem
from tracker.files.rules import Line

UNKNOWN_NUMBER: Final = N_("There is no apprentice with the number %(text)s.")
NO_NUMBER: Final = N_("Enter the apprentice's number.")
WRONG_STATUS: Final = N_("%(text)s is no mark. Write present, late, absent, excused or remote.")
WRONG_SLOT: Final = N_("%(text)s is no part of a day. Write day, am or pm.")
WRONG_PLACE: Final = N_("%(text)s is no place. Write centre, workplace or remote.")
NO_DATE: Final = N_("Enter the date.")
TOO_EARLY: Final = N_("%(on)s is long before this register. Check the year.")
NO_STATUS: Final = N_("Enter the mark.")
MINUTES: Final = inputs.Whole(0, rules.DAY_MINUTES)
FIRST_DAY: Final = date(1990, 1, 1)  # an earlier mark is a slip of the year: 0202 for 2020
DAY: Final = inputs.Day(needed=NO_DATE)
REASON: Final = inputs.Text()


@dataclass
class MarkReader:
    """Reads lines of attendance; each spelling of a date, a status or a number is understood once.

    ids    apprentices by number
    today  the last day that can be marked; leave may be entered beforehand
    """

    ids: Mapping[str, str]
    today: date
    _read: dict[tuple[str, str], object] = field(default_factory=dict)

    def read(self, line: Line) -> tuple[MarkLine | None, list[Problem]]:
        """The mark of a line, or None with what is wrong with it."""
        problems: list[Problem] = []

        def value(column: str, read: Callable[[str], object]) -> object:
            text = line.cells.get(column, "")
            if (column, text) not in self._read:
                try:
                    self._read[column, text] = read(text)
                except ValidationError as error:
                    self._read[column, text] = error
            known = self._read[column, text]
            if isinstance(known, ValidationError):
                problems.extend(_problems(known, line.row, column))
                return None
            return known

        apprentice_id = value("apprentice_number", self._apprentice)
        on = value("date", DAY.deserialize)
        status = value("status", _code("mark_statuses", WRONG_STATUS, NO_STATUS, words.letters_everywhere()))
        slot = value("slot", _code("slots", WRONG_SLOT)) or "day"
        place = value("place", _code("places", WRONG_PLACE))
        reason = value("reason", REASON.deserialize)
        minutes = value("minutes", MINUTES.deserialize)
        if isinstance(on, date) and on < FIRST_DAY:
            problems.append(Problem(line.row, "date", TOO_EARLY, {"on": line.cells["date"].strip()}))
        if isinstance(on, date) and on > self.today and status != "excused":
            problems.append(Problem(line.row, "date", rules.NotYet.sentence))
        if problems:
            return None, problems
        return MarkLine(apprentice_id, on, status, slot, place, reason, minutes), []  # type: ignore[arg-type]  # each reader gives its own kind

    def _apprentice(self, text: str) -> str:
        number = inputs.plain(text)
        if not number:
            raise inputs.Wrong(NO_NUMBER)
        if number not in self.ids:
            raise inputs.Wrong(UNKNOWN_NUMBER, text=number)
        return self.ids[number]


def _code(list_name: str, sentence: str, needed: str | None = None, also: Mapping[str, str] | None = None) -> Callable[[str], object]:
    return inputs.CodeOf(list_name, sentence, needed=needed, also=also).deserialize


def _problems(error: ValidationError, row: int, column: str) -> Iterator[Problem]:
    for each in error.messages if isinstance(error.messages, list) else [error.messages]:
        if isinstance(each, Problem):
            yield Problem(row, column, each.sentence, each.params)
        else:
            yield Problem(row, column, str(each))
