"""Importing the four kinds of file: whole or not at all, again without effect, different as a correction."""

import unicodedata
from collections.abc import Sequence
from datetime import date

import pytest
from sqlalchemy import func, select

from tests.make import Make
from tests.tracker.files.files import APPRENTICES, ATTENDANCE, csv_bytes, EMPLOYERS, PLACEMENTS
from tracker import replication
from tracker.attendance.models import Mark, Register
from tracker.db import db
from tracker.employers.models import Employer
from tracker.errors import NotAllowed, Problem
from tracker.files.actions import import_table
from tracker.files.importers import Imported
from tracker.files.rules import Refused
from tracker.people.models import Apprentice, Cohort, Enrolment
from tracker.placements.models import Placement
from tracker.policy import Actor


@pytest.fixture
def everything(amina: Actor, make: Make) -> None:
    """One centre's small files, imported."""
    for kind, content in _files():
        import_table(amina, make.centre, kind, content)


def _files() -> Sequence[tuple[str, bytes]]:
    return [("apprentices", APPRENTICES), ("employers", EMPLOYERS), ("placements", PLACEMENTS), ("attendance", ATTENDANCE)]


def _refused(actor: Actor, make: Make, kind: str, content: bytes) -> list[tuple[int | None, str | None]]:
    with pytest.raises(Refused) as refusal:
        import_table(actor, make.centre, kind, content)
    return [(each.row, each.column) for each in refusal.value.found.shown]


def _counts(done: Imported) -> tuple[int, int, int]:
    return done.added, done.changed, done.unchanged


def _how_many(model: type[object]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.usefixtures("everything")
def test_people_arrive_with_their_cohort_and_trade() -> None:
    asha = db.session.scalars(select(Apprentice).where(Apprentice.number == "VTC/1")).one()
    assert (asha.full_name, asha.sex, asha.phone) == ("Asha Mushi", "F", "+255712345678")
    cohort = db.session.scalars(select(Cohort)).one()
    enrolments = db.session.scalars(select(Enrolment).order_by(Enrolment.occupation)).all()
    assert [(each.cohort_id, each.occupation) for each in enrolments] == [(cohort.id, "food-production"), (cohort.id, "housekeeping")]


@pytest.mark.usefixtures("everything")
def test_placements_and_marks_find_their_people_and_employers() -> None:
    placement = db.session.scalars(select(Placement)).one()
    asha = db.session.scalars(select(Apprentice).where(Apprentice.number == "VTC/1")).one()
    assert (placement.apprentice_id, placement.supervisor) == (asha.id, "Neema Shayo")
    assert db.session.scalars(select(Mark.status).order_by(Mark.status)).all() == ["absent", "present"]
    assert db.session.scalars(select(Register.method)).all() == ["import"]


@pytest.mark.usefixtures("everything")
def test_the_same_file_again_changes_nothing(amina: Actor, make: Make) -> None:
    before = replication.status()
    assert [_counts(import_table(amina, make.centre, kind, content)) for kind, content in _files()] == [
        (0, 0, 2),
        (0, 0, 1),
        (0, 0, 1),
        (0, 0, 2),
    ]
    assert replication.status() == before


@pytest.mark.usefixtures("everything")
def test_another_value_is_a_correction_and_an_empty_cell_says_nothing(amina: Actor, make: Make) -> None:
    content = csv_bytes("number,phone,sex,occupation", "VTC/1,,f,laundry", "VTC/2,0756000111,,")
    done = import_table(amina, make.centre, "apprentices", content)
    assert _counts(done) == (0, 2, 0)
    asha, juma = db.session.scalars(select(Apprentice).order_by(Apprentice.number)).all()
    assert (asha.phone, juma.phone, juma.sex) == ("+255712345678", "+255756000111", "M")
    assert _counts(import_table(amina, make.centre, "employers", csv_bytes("name,capacity", "Meru View Lodge,6"))) == (0, 1, 0)
    late = csv_bytes("apprentice_number,date,status", "VTC/2,2026-03-02,late")
    assert _counts(import_table(amina, make.centre, "attendance", late)) == (0, 1, 0)
    ended = csv_bytes("apprentice_number,employer,start,end", "VTC/1,Meru View Lodge,2026-02-02,2026-05-29")
    assert _counts(import_table(amina, make.centre, "placements", ended)) == (0, 1, 0)


def test_all_problems_are_listed_with_row_and_column(amina: Actor, make: Make) -> None:
    content = csv_bytes(
        "number,given_name,sex,birth_date,occupation",
        "1,Asha,X,2003-05-17,housekeeping",
        "2,Juma,M,31/02/2003,housekeeping",
        "3,Neema,F,,rocketry",
        ",Saada,F,,",
        "5,,F,,",
        "1,Rehema,F,,",
    )
    assert _refused(amina, make, "apprentices", content) == [
        (2, "sex"),
        (3, "birth_date"),
        (4, "occupation"),
        (5, "number"),
        (6, "given_name"),
        (7, "number"),
    ]


def test_problems_of_marks_are_listed_with_row_and_column(amina: Actor, make: Make) -> None:
    import_table(amina, make.centre, "apprentices", APPRENTICES)
    content = csv_bytes(
        "apprentice_number,date,status,slot,place,minutes",
        "VTC/9,2026-03-02,present,,,",
        "VTC/1,2026-13-02,present,,,",
        "VTC/1,2026-03-02,asleep,,,",
        "VTC/1,2026-03-02,present,night,,",
        "VTC/1,2026-03-02,present,,moon,",
        "VTC/1,2026-03-02,present,,,2000",
        "VTC/1,2026-03-03,present,,,",
        "VTC/2,2026-03-02,present,am,,",
        "VTC/2,02/03/2026,absent,am,,",
        ",,,,,",
        ",2026-03-02,,,,",
    )
    assert _refused(amina, make, "attendance", content) == [
        (2, "apprentice_number"),
        (3, "date"),
        (4, "status"),
        (5, "slot"),
        (6, "place"),
        (7, "minutes"),
        (8, "date"),
        (10, "apprentice_number"),
        (12, "apprentice_number"),
        (12, "status"),
    ]
    assert _how_many(Mark) == 0


def test_unknown_people_and_employers_of_a_placement_are_problems(amina: Actor, make: Make) -> None:
    import_table(amina, make.centre, "apprentices", APPRENTICES)
    content = csv_bytes("apprentice_number,employer,start", "VTC/9,Nowhere Inn,2026-02-02", "VTC/1,Nowhere Inn,2026-02-02")
    assert _refused(amina, make, "placements", content) == [(2, "apprentice_number"), (2, "employer"), (3, "employer")]


@pytest.mark.usefixtures("everything")
def test_what_an_action_refuses_is_a_problem_with_its_row(amina: Actor, make: Make) -> None:
    content = csv_bytes("apprentice_number,employer,start", "VTC/2,Meru View Lodge,2026-02-02", "VTC/1,Meru View Lodge,2026-02-16")
    assert _refused(amina, make, "placements", content) == [(3, None)]
    assert _how_many(Placement) == 1


def test_one_bad_row_keeps_the_whole_file_out(amina: Actor, make: Make) -> None:
    pending = [each.pending for each in replication.status()]
    _refused(amina, make, "apprentices", csv_bytes("number,given_name,cohort,sex", "1,Asha,New,F", "2,Juma,Other,X"))
    assert (_how_many(Apprentice), _how_many(Cohort)) == (0, 0)
    assert [each.pending for each in replication.status()] == pending


def test_a_dry_run_counts_and_writes_nothing(amina: Actor, make: Make) -> None:
    pending = [each.pending for each in replication.status()]
    assert _counts(import_table(amina, make.centre, "apprentices", APPRENTICES, dry_run=True)) == (2, 0, 0)
    assert (_how_many(Apprentice), [each.pending for each in replication.status()]) == (0, pending)
    assert _counts(import_table(amina, make.centre, "apprentices", APPRENTICES)) == (2, 0, 0)


def test_an_unknown_district_or_sector_is_a_warning(amina: Actor, make: Make) -> None:
    done = import_table(amina, make.centre, "employers", csv_bytes("name,sector,district", "Lodge,Moon,Atlantis"))
    assert [(each.row, each.column, each.is_warning) for each in done.warnings.shown] == [(2, "sector", True), (2, "district", True)]
    assert db.session.scalars(select(Employer.district)).all() == ["Atlantis"]


def test_marks_on_a_day_without_training_are_one_warning_for_the_day(amina: Actor, make: Make) -> None:
    import_table(amina, make.centre, "apprentices", APPRENTICES)
    content = csv_bytes("apprentice_number,date,status", "VTC/1,2026-02-27,present", "VTC/1,2026-03-01,present", "VTC/2,2026-03-01,present")
    done = import_table(amina, make.centre, "attendance", content)
    found: Sequence[Problem] = done.warnings.shown
    assert [(each.row, each.column, each.params["count"]) for each in found] == [(3, "date", 2)]
    assert done.added == 3


def test_marks_of_days_before_the_apprentice_came_are_one_warning_for_the_day(amina: Actor, make: Make) -> None:
    make.apprentice(cohort=make.cohort(), number="VTC/8")
    content = csv_bytes("apprentice_number,date,status,slot", *(f"VTC/8,{each}" for each in ("2025-02-27,late,am", "2025-02-27,late,pm")))
    done = import_table(amina, make.centre, "attendance", content)
    assert [(each.row, each.params["count"]) for each in done.warnings.shown] == [(2, 2)]
    assert "in no cohort on that day" in done.warnings.shown[0].sentence


def test_a_row_of_another_centre_is_refused(amina: Actor, make: Make) -> None:
    content = csv_bytes("number,given_name,centre", "1,Asha,", "2,Juma,Somewhere else", f"3,Neema,{make.centre}")
    assert _refused(amina, make, "apprentices", content) == [(3, "centre")]


def test_only_a_registrar_of_the_centre_imports(baraka: Actor, chausiku: Actor, dalali: Actor, make: Make) -> None:
    for actor in (baraka, chausiku, dalali):
        with pytest.raises(NotAllowed):
            import_table(actor, make.centre, "apprentices", APPRENTICES)


def test_formulas_in_a_file_are_text(amina: Actor, make: Make) -> None:
    import_table(amina, make.centre, "apprentices", csv_bytes("number,given_name,phone", "1,'=cmd,'+255712345678"))
    row = db.session.scalars(select(Apprentice)).one()
    assert (row.given_name, row.phone) == ("=cmd", "+255712345678")


def test_a_row_that_stands_twice_is_also_told_its_other_faults(amina: Actor, make: Make) -> None:
    people = csv_bytes("number,given_name,sex", "1,Asha,F", "1,Juma,X")
    assert _refused(amina, make, "apprentices", people) == [(3, "number"), (3, "sex")]
    hotels = csv_bytes("name,capacity", "Meru,12", "meru,many")
    assert _refused(amina, make, "employers", hotels) == [(3, "capacity"), (3, "name")]


def test_a_number_is_the_same_however_its_accents_are_stored(amina: Actor, make: Make) -> None:
    first, second = (csv_bytes("number,given_name", f"{unicodedata.normalize(form, 'É/1')},Asha") for form in ("NFC", "NFD"))
    assert _counts(import_table(amina, make.centre, "apprentices", first)) == (1, 0, 0)
    assert _counts(import_table(amina, make.centre, "apprentices", second)) == (0, 0, 1)


@pytest.mark.usefixtures("everything")
def test_a_mark_of_a_mistyped_century_is_a_problem(amina: Actor, make: Make) -> None:
    assert _refused(amina, make, "attendance", csv_bytes("apprentice_number,date,status", "VTC/1,02/03/0202,present")) == [(2, "date")]


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize(
    ("letter", "status"), [("P", "present"), ("l", "late"), ("H", "absent"), ("K", "excused"), ("M", "remote"), ("R", "remote")]
)
def test_the_letters_of_the_paper_are_marks_in_a_file_too(amina: Actor, make: Make, letter: str, status: str) -> None:
    content = csv_bytes("apprentice_number,date,status", f"VTC/1,2026-02-27,{letter}")
    assert _counts(import_table(amina, make.centre, "attendance", content)) == (1, 0, 0)
    assert db.session.scalars(select(Mark.status).where(Mark.on == date(2026, 2, 27))).one() == status


@pytest.mark.usefixtures("everything")
def test_a_number_is_found_whatever_its_capitals(amina: Actor, make: Make) -> None:
    marks = csv_bytes("apprentice_number,date,status", "vtc/1,2026-03-02,present")
    assert _counts(import_table(amina, make.centre, "attendance", marks)) == (0, 0, 1)
    people = csv_bytes("number,phone", "Vtc/1,0712 345 679")
    assert _counts(import_table(amina, make.centre, "apprentices", people)) == (0, 1, 0)
    assert _how_many(Apprentice) == 2
    assert db.session.scalars(select(Apprentice.phone).where(Apprentice.number == "VTC/1")).one() == "+255712345679"


@pytest.mark.usefixtures("everything")
def test_two_numbers_that_differ_by_capitals_alone_are_two_people(amina: Actor, make: Make) -> None:
    make.apprentice("Zuhura Ally", number="vtc/1")
    content = csv_bytes("apprentice_number,date,status", "vtc/1,2026-03-02,late")
    assert _counts(import_table(amina, make.centre, "attendance", content)) == (1, 0, 0)
    unclear = csv_bytes("apprentice_number,date,status", "Vtc/1,2026-03-02,late")
    assert _refused(amina, make, "attendance", unclear) == [(2, "apprentice_number")]
