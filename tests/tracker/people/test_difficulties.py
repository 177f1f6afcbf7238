"""The six questions about difficulties: who is counted, who sees the answers, and how they come in and go out."""

from collections.abc import Iterable
from typing import Any

import pytest

from tests.conftest import Browser
from tests.make import Make
from tests.tracker.files.files import csv_bytes
from tracker.db import db, groups_of
from tracker.errors import NotAllowed
from tracker.files import queries as files
from tracker.files.actions import import_table
from tracker.files.rules import COLUMNS, csv_rows, Refused
from tracker.people import actions, queries
from tracker.people.models import Apprentice
from tracker.people.rules import DIFFICULTIES, has_great_difficulty
from tracker.people.schemas import ApprenticeSchema
from tracker.policy import Actor, OPERATOR

NO_DIFFICULTY: dict[str, Any] = dict.fromkeys(DIFFICULTIES, "none")


@pytest.mark.parametrize(
    ("answers", "is_counted"),
    [
        (["none"] * 6, False),
        (["some"] * 6, False),
        (["none", "a_lot", "none", "none", "none", "none"], True),
        (["none", "none", "none", "none", "none", "cannot"], True),
        ([None, None, "cannot"], True),
        ([None, "some", None], False),
        ([None] * 6, None),
        ([""] * 6, None),
        (["unheard-of"], False),
    ],
)
def test_one_great_difficulty_is_enough_and_nobody_counts_who_was_not_asked(answers: Iterable[str | None], is_counted: bool | None) -> None:
    assert has_great_difficulty(answers) is is_counted


def test_the_six_answers_are_one_group_of_the_apprentice() -> None:
    assert tuple(groups_of(Apprentice)["difficulties"]) == DIFFICULTIES


# What is typed


@pytest.mark.parametrize("written", ["a_lot", "A lot of difficulty", "Ugumu mkubwa"])
@pytest.mark.usefixtures("app")
def test_an_answer_is_read_as_code_and_in_both_languages(written: str) -> None:
    entry = ApprenticeSchema().read({"given_name": "Asha", **NO_DIFFICULTY, "walking": written})
    assert (entry.values["walking"], entry.problems) == ("a_lot", [])


@pytest.mark.usefixtures("app")
def test_half_the_questions_warn_and_an_unknown_answer_is_a_fault() -> None:
    half = ApprenticeSchema().read({"given_name": "Asha", "seeing": "some"})
    assert [(each.column, each.is_warning) for each in half.problems] == [("hearing", True)]
    wrong = ApprenticeSchema().read({"given_name": "Asha", **NO_DIFFICULTY, "hearing": "badly"})
    assert [each.column for each in wrong.faults] == ["hearing"]


def test_the_registrar_writes_the_answers_and_nobody_has_to(client: Browser, make: Make, amina: Actor) -> None:
    address = client.sign_in("amina").send("/people/new", given_name="Asha", **{**NO_DIFFICULTY, "seeing": "a_lot"}).location
    (found,) = queries.search(amina, "Asha", make.centre)
    assert [getattr(found, name) for name in DIFFICULTIES] == ["a_lot", *["none"] * 5]
    assert "A lot of difficulty" in client.get(address).text
    assert client.send("/people/new", given_name="Zuhura").status_code == 302


# Who sees them


def test_an_instructor_sees_no_answer_neither_now_nor_in_the_history(client: Browser, make: Make, amina: Actor) -> None:
    asha = make.apprentice("Asha Juma", seeing="cannot")
    actions.correct_apprentice(amina, asha.id, {"seeing": "a_lot"}, None)
    page = client.sign_in("baraka").get(f"/people/{asha.id}").text
    for told in ("Cannot do it at all", "A lot of difficulty", "Difficult", "six questions"):
        assert told not in page
    page = client.sign_in("amina").get(f"/people/{asha.id}").text
    assert "Difficulty seeing: Cannot do it at all → A lot of difficulty" in page
    assert "six questions" in page  # five were not asked


# Files


def test_a_file_of_apprentices_may_bring_the_answers(amina: Actor, make: Make) -> None:
    make.apprentice("Asha Juma", number="VTC/1")
    heading = ",".join(["number", *DIFFICULTIES])
    import_table(amina, make.centre, "apprentices", csv_bytes(heading, "VTC/1,none,some,Ugumu mkubwa,none,none,cannot"))
    db.session.expire_all()
    found = queries.by_number(amina, make.centre)["VTC/1"]
    assert [getattr(found, name) for name in DIFFICULTIES] == ["none", "some", "a_lot", "none", "none", "cannot"]
    with pytest.raises(Refused):
        import_table(amina, make.centre, "apprentices", csv_bytes(heading, "VTC/1,well,some,none,none,none,none"))


def test_the_list_of_apprentices_goes_out_without_them_and_their_own_table_comes_back(amina: Actor, make: Make) -> None:
    make.apprentice("Asha Juma", number="VTC/1", **{**NO_DIFFICULTY, "hearing": "cannot"})
    make.apprentice("Zuhura Ally", number="VTC/2")
    (row, _other) = files.rows(amina, "apprentices")
    assert set(row) == {*COLUMNS["apprentices"], "centre"}
    text = "".join(csv_rows(files.columns("difficulties"), files.rows(amina, "difficulties")))
    assert text.splitlines()[0].removeprefix("\ufeff") == ",".join(["number", *DIFFICULTIES, "centre"])
    assert len(text.splitlines()) == 2  # of those who were asked
    done = import_table(amina, make.centre, "apprentices", text.encode())
    assert (done.added, done.changed, done.unchanged) == (0, 0, 1)


def test_nobody_but_the_centres_own_registrar_takes_them_out(
    client: Browser, make: Make, amina: Actor, baraka: Actor, chausiku: Actor
) -> None:
    make.apprentice("Asha Juma", partition=make.other, number="Z/1", **NO_DIFFICULTY)
    assert list(files.rows(amina, "difficulties")) == []
    assert len(list(files.rows(chausiku, "difficulties"))) == 1
    assert [row["number"] for row in files.rows(OPERATOR, "difficulties")] == []  # this computer's centre asked nobody
    with pytest.raises(NotAllowed):
        list(files.rows(baraka, "difficulties"))
    assert client.sign_in("baraka").get("/files/export/difficulties.csv").status_code == 403
    assert client.sign_in("amina").get("/files/export/difficulties.csv").status_code == 200
