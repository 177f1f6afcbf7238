"""import and export on the command line."""

import csv
import json
from pathlib import Path

import pytest

from tests.tracker.commands import Terminal, terminal
from tests.tracker.files.files import APPRENTICES, csv_bytes
from tracker.files.rules import SHOWN

__all__ = ["terminal"]


@pytest.fixture
def people(tmp_path: Path) -> str:
    path = tmp_path / "people.csv"
    path.write_bytes(APPRENTICES)
    return str(path)


def test_an_import_says_what_it_did(terminal: Terminal, people: str) -> None:
    terminal.centre()
    trial = terminal.json("import", "apprentices", people, "--dry-run")
    done = terminal.json("import", "apprentices", people)
    again = terminal.json("import", "apprentices", people)
    assert [each["added"] for each in (trial, done, again)] == [2, 2, 0]
    assert (trial["dry_run"], done["problems"], again["unchanged"]) == (True, [], 2)


def test_problems_are_listed_and_counted(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(csv_bytes("number,given_name,sex", *(f"{k},Asha,X" for k in range(SHOWN + 5))))
    told = terminal.centre()("import", "apprentices", str(path), "--json")
    assert (told.code, told.json["error"]["code"], told.json["problem_count"]) == (1, "files.problems", SHOWN + 5)
    assert told.json["problems"][0] == {
        "row": 2,
        "column": "sex",
        "sentence": "X is not a sex that the register knows. Write F or M.",
    }
    plain = terminal("import", "apprentices", str(path))
    assert "Row 2, sex: X is not a sex" in plain.err
    assert plain.err.rstrip().endswith("And 5 more.")


def test_a_file_that_is_not_there_is_a_sentence(terminal: Terminal, tmp_path: Path) -> None:
    terminal.centre()
    assert terminal("import", "apprentices", str(tmp_path / "none.csv"), "--json").json["error"]["code"] == "files.no_file"
    assert terminal("export", "apprentices", str(tmp_path / "none" / "x.csv"), "--json").json["error"]["code"] == "files.no_file"


def test_the_ending_chooses_the_form(terminal: Terminal, people: str, tmp_path: Path) -> None:
    terminal.centre().json("import", "apprentices", people)
    for name in ("out.csv", "out.json"):
        assert terminal.json("export", "apprentices", str(tmp_path / name))["rows"] == 2
    rows = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [row["number"] for row in rows] == [line["number"] for line in lines] == ["VTC/1", "VTC/2"]
    assert (rows[0]["phone"], lines[0]["phone"], lines[0]["centre"]) == ("+255712345678", "'+255712345678", "Chuo cha Meru")
    assert not list(tmp_path.glob("*.unfinished"))


def test_an_empty_table_is_a_heading_alone(terminal: Terminal, tmp_path: Path) -> None:
    terminal.centre().json("export", "attendance", str(tmp_path / "out.csv"))
    assert (tmp_path / "out.csv").read_bytes().count(b"\n") == 1
    terminal.json("export", "attendance", str(tmp_path / "out.json"))
    assert json.loads((tmp_path / "out.json").read_text()) == []


def test_records_are_imported_at_their_centre_only(terminal: Terminal, people: str) -> None:
    terminal.json("init", "--seat", "central", "--name", "Makao Makuu")
    assert terminal("import", "apprentices", people, "--json").json["error"]["code"] == "files.no_centre"


def test_the_report_is_written_in_both_forms(terminal: Terminal, people: str, tmp_path: Path) -> None:
    terminal.centre().json("import", "apprentices", people)
    for name in ("report.csv", "report.json"):
        assert terminal.json("export", "report", str(tmp_path / name))["rows"] > 0
    rows = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert all(len(row["first"]) == len("2020-07-30") for row in rows if row["first"])
