"""The judge of `country.py` finds what it is there to find; the long run with kills is a command of its own."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.country import Machine
from tests.line import country
from tracker.db import db
from tracker.people import actions as people
from tracker.people.models import Apprentice
from tracker.policy import OPERATOR


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[dict[str, Machine]]:
    made = country.found(tmp_path)
    yield made
    for each in made.values():
        with each.app.app_context():
            db.session.remove()
            db.engine.dispose()


def tell(folder: Path, name: str, **entry: object) -> None:
    with country.journal_of(folder / name).open("a") as journal:
        journal.write(json.dumps(entry) + "\n")


def test_the_judge_finds_each_kind_of_fault(tmp_path: Path, machines: dict[str, Machine]) -> None:
    with machines["first"].on() as make:
        home = make.centre
        row = min(each.id for each in db.session.query(Apprentice))
    assert country.judge(tmp_path, machines).wrong == []
    tell(tmp_path, "first", does="read", row=row, stamp=[9, "b-1"], value="b")
    tell(tmp_path, "first", does="read", row=row, stamp=[9, "a-1"], value="a")
    tell(tmp_path, "first", does="saving", of=home, row=row, value="gone", base=None)
    tell(tmp_path, "first", does="saved", of=home, row=row, value="gone")
    with machines["first"].on() as make:
        people.correct_apprentice(OPERATOR, row, {"nida": "unheard of"}, None)
    found = {each.partition(":")[0] for each in country.judge(tmp_path, machines).wrong}
    assert found == {"backwards", "lost", "from nowhere", "apart"}


def test_the_judge_finds_a_value_that_was_replaced_unseen(tmp_path: Path, machines: dict[str, Machine]) -> None:
    with machines["first"].on() as make:
        home = make.centre
        row = min(each.id for each in db.session.query(Apprentice))
        for value in ("one", "two"):
            people.correct_apprentice(OPERATOR, row, {"nida": value}, None)
            tell(tmp_path, "first", does="saving", of=home, row=row, value=value, base=None)  # it says that it had seen nothing
            tell(tmp_path, "first", does="saved", of=home, row=row, value=value)
    assert any(each.startswith("unmerged") for each in country.judge(tmp_path, machines).wrong)
