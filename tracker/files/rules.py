"""A table file as bytes -> rows of text, and back. Pure: no database, no language, no clock.

Nothing is refused halfway: all faults of a file are collected with their row and column.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from tracker.errors import DomainError, N_, Problem
from tracker.people.rules import DIFFICULTIES

KINDS: Final = ("apprentices", "employers", "placements", "attendance")
# The import columns of design.md 7; an export adds `centre`, which import accepts for its own centre.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "apprentices": (
        "number",
        "given_name",
        "middle_name",
        "family_name",
        "sex",
        "birth_date",
        "phone",
        "occupation",
        "cohort",
        "guardian",
        "guardian_phone",
    ),
    "employers": ("name", "sector", "district", "phone", "departments", "capacity"),
    "placements": ("apprentice_number", "employer", "start", "end", "supervisor", "contract_signed"),
    "attendance": ("apprentice_number", "date", "status", "slot", "place", "reason", "minutes"),
}
# What a file may have besides; no export of the table gives it out. The answers about difficulties are sensitive: who takes
# them out asks for them by their own name, and gets those of the own centre alone.
BESIDES: Final[Mapping[str, tuple[str, ...]]] = {"apprentices": DIFFICULTIES}
DIFFICULTIES_TABLE: Final = "difficulties"
EXPORTS: Final = (*KINDS, DIFFICULTIES_TABLE)
REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "apprentices": ("number",),
    "employers": ("name",),
    "placements": ("apprentice_number", "employer", "start"),
    "attendance": ("apprentice_number", "date", "status"),
}
CENTRE: Final = "centre"
# A term of 400 apprentices is 24,000 marks; what is larger is most likely not one centre's file.
MOST_ROWS: Final[Mapping[str, int]] = {"apprentices": 10_000, "employers": 10_000, "placements": 10_000, "attendance": 50_000}
MOST_BYTES: Final = 16 << 20
LONGEST_CELL: Final = 4_000
SHOWN: Final = 200  # of each list of problems; the count is always whole

EXCEL_FILE: Final = N_("This is an Excel workbook. In Excel choose Save As, then CSV UTF-8, and import that file.")
UTF_16: Final = N_("The file is written in UTF-16 (Unicode text). Save it as CSV UTF-8.")
NOT_UTF_8: Final = N_("Row %(row)d has letters that are not in UTF-8. In Excel choose Save As, then CSV UTF-8.")
NOT_TEXT: Final = N_("This is not a text file. Save the table as CSV UTF-8.")
EMPTY: Final = N_("The file is empty. Its first row names the columns.")
TOO_MANY_ROWS: Final = N_("The file has more than %(most)d rows. Split it and import the parts.")
TOO_LARGE: Final = N_("The file is larger than %(most)d MB. Split it and import the parts.")
UNKNOWN_COLUMN: Final = N_("There is no column called %(name)s here.")
COLUMN_TWICE: Final = N_("The column %(name)s stands twice in the first row.")
MISSING_COLUMN: Final = N_("The column %(name)s is missing.")
TOO_MANY_CELLS: Final = N_("The row has more cells than the first row names.")
OPEN_QUOTE: Final = N_("A quotation mark is opened here and never closed, or a cell is far too long.")

END: Final = "\0"  # stands in no file that was decoded

GUARDED: Final = re.compile(r"'*[=+\-@\t\r＝＋－＠]")


class Refused(DomainError):
    """The file has problems; nothing of it was imported."""

    code, status = "files.problems", 422
    sentence = N_("The file was not imported. Problems found: %(count)d.")

    def __init__(self, problems: "Found") -> None:
        super().__init__(count=problems.count)
        self.found = problems


@dataclass
class Found:
    """A list of problems that stays short in memory, with its true length."""

    shown: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, *problems: Problem) -> None:
        """Count problems, and keep the first."""
        self.count += len(problems)
        self.shown += problems[: max(0, SHOWN - len(self.shown))]

    def __bool__(self) -> bool:
        return self.count > 0


@dataclass(frozen=True)
class Line:
    """One row of a file: its place, the heading being row 1, and its cells by column."""

    row: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """A file that could be read: the columns it has, and its lines."""

    columns: tuple[str, ...]
    lines: Sequence[Line]


# ---- reading


def read_table(content: bytes, kind: str, problems: Found) -> Table:
    """The lines of a CSV file with what is wrong with it as a whole; without a readable heading there are no lines."""
    text = _decoded(content, problems)
    if text is None:
        return Table((), ())
    rows = _rows(text, problems)
    heading = next(rows, None)
    if heading is None:
        if not problems:
            problems.add(Problem(None, None, EMPTY))
        return Table((), ())
    columns = _columns(heading[1], kind, problems)
    if problems:
        return Table((), ())
    return Table(columns, _lines(rows, columns, MOST_ROWS[kind], problems))


def _decoded(content: bytes, problems: Found) -> str | None:
    if len(content) > MOST_BYTES:
        problems.add(Problem(None, None, TOO_LARGE, {"most": MOST_BYTES >> 20}))
    elif content.startswith(b"PK\x03\x04"):
        problems.add(Problem(None, None, EXCEL_FILE))
    elif content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content[:200]:
        problems.add(Problem(None, None, UTF_16 if content.replace(b"\0", b"").strip() else NOT_TEXT))
    elif b"\0" in content:
        problems.add(Problem(None, None, NOT_TEXT))
    else:
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            problems.add(Problem(row := content.count(b"\n", 0, error.start) + 1, None, NOT_UTF_8, {"row": row}))
    return None


def _rows(text: str, problems: Found) -> Iterator[tuple[int, list[str]]]:
    """(row, cells) of each row that is not blank, the row being the line on which it begins.

    `csv` takes the end of the file for the missing quotation mark, and the rows after an open one for one long cell. So a
    last row of our own is read too: if it is not met as a row, something had swallowed it.
    """
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(chain(io.StringIO(text, newline=""), [END]), delimiter=delimiter, skipinitialspace=True)
    begins = 1
    try:
        for cells in reader:
            if cells == [END]:
                return
            if any(len(cell) > LONGEST_CELL or cell.endswith(END) for cell in cells):
                problems.add(Problem(begins, None, OPEN_QUOTE))
                return
            if any(cell.strip() for cell in cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error:
        problems.add(Problem(begins, None, OPEN_QUOTE))


def _columns(heading: Sequence[str], kind: str, problems: Found) -> tuple[str, ...]:
    names = [re.sub(r"[\s-]+", "_", cell.strip().casefold()) for cell in heading]
    while names and not names[-1]:
        names.pop()  # a spreadsheet leaves empty columns behind
    known = {*COLUMNS[kind], *BESIDES.get(kind, ()), CENTRE}
    for place, name in enumerate(names):
        if name not in known:
            problems.add(Problem(1, name or None, UNKNOWN_COLUMN, {"name": heading[place].strip() or f"({place + 1})"}))
        elif name in names[:place]:
            problems.add(Problem(1, name, COLUMN_TWICE, {"name": name}))
    for name in REQUIRED[kind]:
        if name not in names:
            problems.add(Problem(1, name, MISSING_COLUMN, {"name": name}))
    return tuple(names)


def _lines(rows: Iterable[tuple[int, list[str]]], columns: tuple[str, ...], most: int, problems: Found) -> list[Line]:
    lines: list[Line] = []
    for row, cells in rows:
        if len(lines) == most:
            problems.add(Problem(row, None, TOO_MANY_ROWS, {"most": most}))
            return []
        if any(cell.strip() for cell in cells[len(columns) :]):
            problems.add(Problem(row, None, TOO_MANY_CELLS))
        lines.append(Line(row, dict(zip(columns, map(unguarded, cells), strict=False))))
    return lines


# ---- writing


def guarded(text: str) -> str:
    """The cell with an apostrophe before what a spreadsheet would take for a formula (reliability.md 4.3)."""
    return f"'{text}" if GUARDED.match(text) else text


def unguarded(text: str) -> str:
    """The cell without the apostrophe of `guarded`."""
    return text[1:] if text.startswith("'") and GUARDED.match(text[1:]) else text


def csv_rows(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """The lines of a CSV file, the byte order mark first, by which Excel knows UTF-8."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield "\ufeff"
    for cells in _cells(columns, rows):
        writer.writerow(cells)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _cells(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> Iterator[Sequence[str]]:
    yield columns
    for row in rows:
        yield [guarded("" if row[name] is None else str(row[name])) for name in columns]
