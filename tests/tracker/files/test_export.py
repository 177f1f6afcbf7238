"""Exports: the import's columns, the centre, and a way back."""

import csv
import io

import pytest

from tests.make import Make
from tests.tracker.files.files import APPRENTICES, ATTENDANCE, csv_bytes, EMPLOYERS, PLACEMENTS
from tracker.db import db
from tracker.errors import NotAllowed
from tracker.files import queries, rules
from tracker.files.actions import import_table
from tracker.policy import Actor, OPERATOR

FILES = {"apprentices": APPRENTICES, "employers": EMPLOYERS, "placements": PLACEMENTS, "attendance": ATTENDANCE}


@pytest.fixture(autouse=True)
def _everything(amina: Actor, make: Make) -> None:
    for kind, content in FILES.items():
        import_table(amina, make.centre, kind, content)


def _exported(actor: Actor, table: str) -> str:
    return "".join(rules.csv_rows(queries.columns(table), queries.rows(actor, table)))


@pytest.mark.parametrize("table", rules.KINDS)
def test_an_export_can_be_imported_again_and_changes_nothing(amina: Actor, make: Make, table: str) -> None:
    text = _exported(amina, table)
    assert text.startswith("\ufeff" + ",".join([*rules.COLUMNS[table], "centre"]))
    done = import_table(amina, make.centre, table, text.encode())
    assert (done.rows, done.added, done.changed) == (text.count("\n") - 1, 0, 0)


def test_rows_stand_in_the_order_of_their_keys(amina: Actor, make: Make) -> None:
    import_table(amina, make.centre, "apprentices", csv_bytes("number,given_name", "VTC/10,Zuhura", "A/3,Omari"))
    numbers = [row["number"] for row in queries.rows(amina, "apprentices")]
    assert numbers == ["A/3", "VTC/1", "VTC/10", "VTC/2"]


def test_cells_that_a_spreadsheet_would_run_are_guarded(amina: Actor, make: Make) -> None:
    import_table(amina, make.centre, "apprentices", csv_bytes("number,given_name", "9,=HYPERLINK(1)"))
    cells = [cell for row in csv.reader(io.StringIO(_exported(amina, "apprentices"))) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []
    assert "'=HYPERLINK(1)" in cells


def test_only_those_who_may_export_do(amina: Actor, baraka: Actor, chausiku: Actor, dalali: Actor) -> None:
    assert len(list(queries.rows(amina, "apprentices"))) == 2
    assert list(queries.rows(chausiku, "apprentices")) == []
    assert len(list(queries.rows(OPERATOR, "apprentices"))) == 2
    for actor in (baraka, dalali):
        with pytest.raises(NotAllowed):
            list(queries.rows(actor, "apprentices"))


def test_withdrawn_people_are_not_exported(amina: Actor) -> None:
    from tracker.people.actions import void_apprentice
    from tracker.people.queries import by_number

    person = next(iter(by_number(amina, amina.home).values()))
    void_apprentice(amina, person.id, "entered twice")
    db.session.rollback()
    assert len(list(queries.rows(amina, "apprentices"))) == 1
