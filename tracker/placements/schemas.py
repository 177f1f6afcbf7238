"""What a valid placement is: the terms that a form asks for, and the import columns of design.md 7."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from marshmallow import validates_schema

from tracker import inputs
from tracker.employers.rules import folded
from tracker.errors import N_, Problem
from tracker.hours import NoHours
from tracker.placements import rules

# Columns of the file and what the register calls them.
FIELDS: Final = {
    "apprentice_number": "apprentice_id",
    "employer": "employer_id",
    "start": "starts_on",
    "end": "ends_on",
    "supervisor": "supervisor",
    "contract_signed": "contract_signed_on",
}
UNKNOWN_NUMBER: Final = N_("There is no apprentice with the number %(text)s.")
UNKNOWN_NAME: Final = N_("There is no employer called %(text)s.")


class TermsSchema(inputs.Sheet):
    """A placement as a form asks for it."""

    apprentice_id = inputs.Text(needed=rules.UnknownApprentice.sentence)
    employer_id = inputs.Text(needed=rules.UnknownEmployer.sentence)
    starts_on = inputs.Day(needed=rules.NoStart.sentence)
    ends_on = inputs.Day()
    supervisor = inputs.Text()
    department = inputs.Text()
    contract_signed_on = inputs.Day()
    contract_registered_on = inputs.Day()
    allowance_tzs = inputs.Whole(0, 10_000_000)
    insurer = inputs.Text()

    @validates_schema
    def _ends_after_start(self, values: Mapping[str, Any], **_options: object) -> None:
        _check_span(values, "starts_on", "ends_on")


class SuspensionSchema(inputs.Sheet):
    """A pause that a person decided; without a last day it lasts until somebody ends it."""

    since = inputs.Day(needed=rules.NO_DATE)
    until = inputs.Day()
    reason = inputs.Text(needed=rules.NoReason.sentence)


class DaySchema(inputs.Sheet):
    """One date."""

    on = inputs.Day(needed=rules.NO_DATE)


class RosterSchema(inputs.Sheet):
    """The first day of a roster and its hours; the days are ticked, not typed."""

    since = inputs.Day(needed=rules.NO_DATE)
    hours = inputs.Hours(needed=NoHours.sentence)


class WhySchema(inputs.Sheet):
    """Why something is withdrawn."""

    why = inputs.Text(needed=rules.NoReason.sentence)


class PlacementSchema(inputs.Sheet):
    """A line of an import file. Its problems speak of the columns, its values have the names of the register's fields.

    apprentices  ids by number
    employers    ids by `employers.rules.folded(name)`
    """

    apprentice_number = inputs.Text(needed=N_("Enter the apprentice's number."))
    employer = inputs.Text(needed=N_("Enter the name of the employer."))
    start = inputs.Day(needed=rules.NoStart.sentence)
    end = inputs.Day()
    supervisor = inputs.Text()
    contract_signed = inputs.Day()

    def __init__(self, *, apprentices: Mapping[str, str], employers: Mapping[str, str]) -> None:
        super().__init__()
        self.apprentices, self.employers = apprentices, employers

    @validates_schema
    def _ends_after_start(self, values: Mapping[str, Any], **_options: object) -> None:
        _check_span(values, "start", "end")

    def read(self, raw: Mapping[str, object], *, row: int | None = None, partial: bool = False) -> inputs.Entry:
        """Values by field with ids for number and name; problems by column."""
        entry = super().read(raw, row=row, partial=partial)
        problems = list(entry.problems)
        values: dict[str, Any] = dict(entry.values)
        for column, known, sentence in self._lookups():
            text = values.get(column)
            if text is None:
                continue
            found = known.get(text if column == "apprentice_number" else folded(text))
            if found is None:
                del values[column]
                problems.append(Problem(row, column, sentence, {"text": text}))
            else:
                values[column] = found
        return replace(entry, values={FIELDS[name]: value for name, value in values.items()}, problems=problems)

    def _lookups(self) -> Iterator[tuple[str, Mapping[str, str], str]]:
        yield "apprentice_number", self.apprentices, UNKNOWN_NUMBER
        yield "employer", self.employers, UNKNOWN_NAME


def _check_span(values: Mapping[str, Any], start: str, end: str) -> None:
    if values.get(start) and values.get(end) and values[end] < values[start]:
        raise inputs.Wrong(rules.EndsBeforeStart.sentence, end, starts_on=values[start])
