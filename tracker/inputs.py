"""What people type or a file holds -> clean values: the fields that schemas are made of, in our own sentences.

A schema states once what a valid entity is. Forms show its problems beside their fields, an import lists them by row.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from marshmallow import EXCLUDE, fields, missing, Schema, ValidationError
from wtforms.form import BaseForm

from tracker.country import tz
from tracker.country.tz.identifiers import normal_phone, phone_warning
from tracker.errors import N_, Problem
from tracker.hours import minutes_of, NoHours
from tracker.i18n import say

LONGEST: Final = 200
FIRST_YEAR, LAST_YEAR = 1900, 2199
UNKNOWN_DISTRICT: Final = N_("The district %(text)s is not in the list. It is kept as written.")
UNKNOWN_SECTOR: Final = N_("The sector %(text)s is not in the list. It is kept as written.")
ODD_PHONE: Final = N_("%(text)s does not look like a phone number. It is kept as written.")


class Wrong(ValidationError):
    """One fault of a value, with the places of its sentence."""

    def __init__(self, sentence: str, field_name: str = "_schema", **params: object) -> None:
        self.problem = Problem(None, None, sentence, params)
        super().__init__([self.problem], field_name)


def plain(value: object) -> str:
    """A cell as text: one line, single spaces; a spreadsheet's 17.0 is 17 and its dates are ISO."""
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "" if value is None else unicodedata.normalize("NFC", str(value))
    return " ".join("".join(" " if unicodedata.category(sign) == "Cc" else sign for sign in text).split())


class Cell(fields.Field[Any]):
    """A value that comes as text; nothing typed is None, and no fault unless it is required.

    needed  the sentence for a required value that is not there
    """

    def __init__(self, *, needed: str | None = None) -> None:
        super().__init__(required=needed is not None, error_messages={"required": needed or ""})

    def deserialize(self, value: Any, attr: str | None = None, data: Mapping[str, Any] | None = None, **kwargs: Any) -> Any:
        """The clean value; raises ValidationError."""
        if value is missing:
            return super().deserialize(value, attr, data, **kwargs)
        text = plain(value)
        if text:
            return self.read(text)
        if self.required:
            raise self.make_error("required")
        return None

    def read(self, text: str) -> object:
        """The value of a text that is not empty; raises Wrong."""
        if len(text) > LONGEST:
            raise Wrong(N_("This is longer than %(longest)d characters."), longest=LONGEST)
        return text


class Text(Cell):
    """A line of text."""


class Hours(Cell):
    """A length of time typed as hours, given as minutes."""

    def read(self, text: str) -> int:
        """The minutes."""
        try:
            return minutes_of(text)
        except NoHours as refusal:
            raise Wrong(refusal.sentence) from None


class Day(Cell):
    """A date: ISO or DD/MM/YYYY; the day comes first whatever parts them, since nobody here writes the month first."""

    def read(self, text: str) -> date:
        """The date."""
        local = re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})|(\d{2})(\d{2})(\d{4})", text)
        iso = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", text)
        try:
            if local:
                day, month, year = (int(part) for part in local.groups() if part)
                return self.near(date(year, month, day), text)
            if iso:
                return self.near(date(int(iso[1]), int(iso[2]), int(iso[3])), text)
        except ValueError:
            pass
        raise Wrong(N_("%(text)s is not a date. Write it as 31/12/2003 or 2003-12-31."), text=text)

    def near(self, day: date, text: str) -> date:
        """The date unless its year cannot be meant: what is counted from it would leave the calendar of the machine."""
        if FIRST_YEAR <= day.year <= LAST_YEAR:
            return day
        raise Wrong(N_("%(on)s is too far away. Check the year."), on=text)


class Whole(Cell):
    """A whole number within bounds, both included."""

    def __init__(self, least: int = 0, most: int = 1_000_000, *, needed: str | None = None) -> None:
        super().__init__(needed=needed)
        self.least, self.most = least, most

    def read(self, text: str) -> int:
        """The number."""
        if not re.fullmatch(r"[0-9]{1,12}", text) or not self.least <= int(text) <= self.most:
            raise Wrong(N_("%(text)s is not a whole number between %(least)d and %(most)d."), text=text, least=self.least, most=self.most)
        return int(text)


class Phone(Cell):
    """A phone number in its normal form; what is not understood stays as written (see `odd_phone`)."""

    def read(self, text: str) -> str:
        """The number."""
        return normal_phone(text) or str(super().read(text))


class CodeOf(Cell):
    """A code of the country pack, written as a code or as a label of either language."""

    def __init__(self, list_name: str, sentence: str, *, needed: str | None = None, also: Mapping[str, str] | None = None) -> None:
        super().__init__(needed=needed)
        self.list_name, self.sentence, self.also = list_name, sentence, also or {}

    def read(self, text: str) -> str:
        """The code."""
        code = self.also.get(text.casefold()) or tz.code_of(self.list_name, text)
        if code is None:
            raise Wrong(self.sentence, text=text)
        return code


class Among(Cell):
    """A code that somebody else knows, such as a programme's."""

    def __init__(self, is_known: Callable[[str], bool], sentence: str, *, needed: str | None = None) -> None:
        super().__init__(needed=needed)
        self.is_known, self.sentence = is_known, sentence

    def read(self, text: str) -> str:
        """The code."""
        if not self.is_known(text):
            raise Wrong(self.sentence, text=text)
        return text


class District(Cell):
    """The name of a district in the pack's spelling; one that is not there stays as written (see `odd_district`)."""

    def read(self, text: str) -> str:
        """The name."""
        found = tz.district_by_name(text)
        return found.name if found else str(super().read(text))


@dataclass(frozen=True)
class Entry:
    """What came of an input: the values that are clean, and all problems, warnings included."""

    values: dict[str, Any]
    problems: list[Problem]

    @property
    def faults(self) -> list[Problem]:
        """The problems that stop the work."""
        return [problem for problem in self.problems if not problem.is_warning]


class Sheet(Schema):
    """The base of all schemas. Columns that it does not know are left out; the importer says so."""

    class Meta:
        """Options of marshmallow."""

        unknown = EXCLUDE

    def read(self, raw: Mapping[str, object], *, row: int | None = None, partial: bool = False) -> Entry:
        """Clean values and problems of one form or one line of a file; never raises.

        row      line of the file, for the problems
        partial  columns that are not there are no fault: a file that corrects some of them
        """
        problems: list[Problem] = []
        try:
            values: dict[str, Any] = self.load(raw, partial=partial)
        except ValidationError as error:
            values = {name: value for name, value in dict(error.valid_data or {}).items() if name not in error.messages_dict}
            problems = [_problem(column, each) for column, found in error.messages_dict.items() for each in found]
        problems += self.warnings(values)
        return Entry(values, [replace(problem, row=row) for problem in problems])

    def warnings(self, values: Mapping[str, Any]) -> Iterator[Problem]:
        """What deserves a look but stops nothing; each says its column."""
        del values
        yield from ()


def _problem(column: str, found: object) -> Problem:
    where = None if column == "_schema" else column
    return replace(found, column=where) if isinstance(found, Problem) else Problem(None, where, str(found))


def warn(column: str, sentence: str, **params: object) -> Problem:
    """A warning for a column."""
    return Problem(None, column, sentence, params, is_warning=True)


def odd_district(values: Mapping[str, Any], column: str = "district") -> Iterator[Problem]:
    """A warning where the pack does not know the district."""
    if (text := values.get(column)) and tz.district_by_name(text) is None:
        yield warn(column, UNKNOWN_DISTRICT, text=text)


def odd_phone(values: Mapping[str, Any], column: str = "phone") -> Iterator[Problem]:
    """A warning where the text can be no phone number."""
    if (text := values.get(column)) and phone_warning(text):
        yield warn(column, ODD_PHONE, text=text)


def accept(form: BaseForm, schema: Sheet, row: object = None) -> dict[str, Any] | None:
    """The clean values of a form that was sent; None with the problems beside its fields, or where nothing was sent.

    row  what the form edits: a value that stands there already, such as a newer version's code, is no new fault
    """
    if not form.is_submitted():  # type: ignore[attr-defined]  # flask-wtf ships no types
        return None
    form.validate()
    raw = {name: form[name].data for name in schema.fields if name in form}
    entry = schema.read(raw)
    for problem in entry.faults:
        name = problem.column or ""
        if row is not None and name in raw and raw[name] and plain(raw[name]) == plain(getattr(row, name, None)):
            entry.values[name] = getattr(row, name)
        elif name not in form:
            form.form_errors.append(say(problem))
        elif not form[name].errors:
            form[name].errors = [say(problem)]
    return None if form.errors or form.form_errors else {name: value for name, value in entry.values.items() if name in form}
