"""Reading a file: columns, delimiters, encodings, the formula guard."""

import pytest

from tests.tracker.files.files import csv_bytes
from tracker.files import rules
from tracker.files.rules import Found


def _read(content: bytes, kind: str = "apprentices") -> tuple[rules.Table, list[tuple[int | None, str | None, str]]]:
    problems = Found()
    table = rules.read_table(content, kind, problems)
    return table, [(each.row, each.column, each.sentence) for each in problems.shown]


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_it_reads_what_spreadsheets_write(bom: bytes, delimiter: str, newline: str) -> None:
    text = newline.join([delimiter.join(["Number", "given name"]), delimiter.join(["7", "Zuwena Ng'ombe"]), ""])
    table, problems = _read(bom + text.encode())
    assert (table.columns, problems) == (("number", "given_name"), [])
    assert [(line.row, dict(line.cells)) for line in table.lines] == [(2, {"number": "7", "given_name": "Zuwena Ng'ombe"})]


def test_a_quoted_cell_may_hold_the_delimiter_and_a_line_break() -> None:
    table, _ = _read(b'number,given_name\n1,"Asha, Saada"\n2,"Neema\nRehema"\n3,Juma\n')
    assert [(line.row, line.cells["given_name"]) for line in table.lines] == [(2, "Asha, Saada"), (3, "Neema\nRehema"), (5, "Juma")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("number\n1\n".encode("utf-16"), rules.UTF_16),
        ("number\n1\n".encode("utf-16-le"), rules.UTF_16),
        (b"PK\x03\x04rest", rules.EXCEL_FILE),
        (b"number\n1\n" + b"x" * 300 + b"\0", rules.NOT_TEXT),
        (b"", rules.EMPTY),
        (b"\n\n", rules.EMPTY),
    ],
)
def test_it_says_what_kind_of_file_it_is_instead(content: bytes, sentence: str) -> None:
    assert _read(content)[1] == [(None, None, sentence)]


@pytest.mark.parametrize("rest", [b'3,"Juma\n', b'3,"Juma', b'3,"Juma\n4,Neema\n5,Rehema\n'])
def test_a_quotation_mark_that_is_never_closed_swallows_no_rows(rest: bytes) -> None:
    assert _read(b"number,given_name\n1,Asha\n" + rest)[1] == [(3, None, rules.OPEN_QUOTE)]


def test_an_old_windows_encoding_is_named_with_its_row() -> None:
    assert _read("number,given_name\n1,Asha\n2,Renée\n".encode("cp1252"))[1] == [(3, None, rules.NOT_UTF_8)]


def test_all_faults_of_the_heading_are_listed() -> None:
    found = _read(b"name,given_name,given_name,shoe size\nx,y,z,w\n")[1]
    assert found == [
        (1, "name", rules.UNKNOWN_COLUMN),
        (1, "given_name", rules.COLUMN_TWICE),
        (1, "shoe_size", rules.UNKNOWN_COLUMN),
        (1, "number", rules.MISSING_COLUMN),
    ]


def test_a_row_with_more_cells_than_the_heading_is_a_problem_but_empty_ones_are_not() -> None:
    assert _read(b"number,given_name,,\n1,Asha,,\n2,Juma,x,\n")[1] == [(3, None, rules.TOO_MANY_CELLS)]


def test_a_quote_that_is_never_closed_does_not_swallow_the_file() -> None:
    text = 'number,given_name\n1,"Asha\n' + "2,Juma\n" * 2000
    assert _read(text.encode())[1] == [(2, None, rules.OPEN_QUOTE)]


def test_a_file_above_the_cap_is_refused_before_its_rows_are_kept() -> None:
    table, problems = _read(b"number\n" + b"1\n" * (rules.MOST_ROWS["apprentices"] + 1))
    assert (list(table.lines), [sentence for _, _, sentence in problems]) == ([], [rules.TOO_MANY_ROWS])


@pytest.mark.parametrize("text", ["=1+1", "+255712345678", "-5", "@x", "\tx", "＝1", "'=1", "''+1", "'Alim", "plain", ""])
def test_the_formula_guard_is_taken_off_again(text: str) -> None:
    kept = rules.guarded(text)
    assert rules.unguarded(kept) == text
    assert not kept.startswith(("=", "+", "-", "@", "\t", "＝"))


def test_problems_are_counted_beyond_those_that_are_kept() -> None:
    lines = [f"{k},a,b" for k in range(1000)]
    problems = Found()
    rules.read_table(csv_bytes("number", *lines), "apprentices", problems)
    assert (len(problems.shown), problems.count) == (rules.SHOWN, 1000)
