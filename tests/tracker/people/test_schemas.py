"""What a valid apprentice is, for forms and for files."""

from datetime import date, datetime, UTC
from typing import Any

import pytest

from tracker.errors import Problem
from tracker.i18n import say, speaking
from tracker.people.schemas import ApprenticeSchema

pytestmark = pytest.mark.usefixtures("app")


def _problems(**values: Any) -> list[Problem]:
    return ApprenticeSchema().read({"given_name": "Asha", **values}, row=7).problems


@pytest.mark.parametrize(
    "written",
    [
        "2004-05-01",
        "01/05/2004",
        "1/5/2004",
        "1.5.2004",
        "01-05-2004",
        "01052004",
        " 01/05/2004 ",
        datetime(2004, 5, 1, tzinfo=UTC),
        date(2004, 5, 1),
    ],
)
def test_a_date_is_read_as_written_here(written: object) -> None:
    assert ApprenticeSchema().read({"given_name": "Asha", "birth_date": written}).values["birth_date"] == date(2004, 5, 1)


@pytest.mark.parametrize("written", ["31/02/2004", "2004-13-01", "May 2004", "05-01-04", "2100-01-01"])
def test_a_bad_date_is_a_problem_of_its_row_and_column(written: str) -> None:
    (problem,) = _problems(birth_date=written)
    assert (problem.row, problem.column, problem.is_warning) == (7, "birth_date", False)


@pytest.mark.parametrize(("written", "code"), [("F", "F"), ("m", "M"), ("Ke", "F"), ("ME", "M"), ("Mwanamke", "F"), ("male", "M")])
def test_sex_is_read_in_both_languages(written: str, code: str) -> None:
    assert ApprenticeSchema().read({"given_name": "Asha", "sex": written}).values["sex"] == code


@pytest.mark.parametrize(("column", "written"), [("sex", "x"), ("occupation", "astronaut")])
def test_an_unknown_code_is_a_problem(column: str, written: str) -> None:
    (problem,) = _problems(**{column: written})
    assert (problem.column, problem.is_warning) == (column, False)


def test_one_name_is_asked_for() -> None:
    assert [problem.column for problem in ApprenticeSchema().read({"number": "1"}).faults] == ["given_name"]
    assert ApprenticeSchema().read({"family_name": "Juma"}).problems == []
    assert ApprenticeSchema().read({"number": "1"}, partial=True).problems == []


def test_all_problems_of_a_row_are_told_at_once() -> None:
    assert {problem.column for problem in _problems(sex="x", birth_date="x", occupation="x")} == {"sex", "birth_date", "occupation"}


def test_what_looks_odd_warns_and_is_kept() -> None:
    entry = ApprenticeSchema().read({"given_name": "Asha", "phone": "ask the aunt", "nida": "12", "home_district": "Atlantis"})
    assert {problem.column for problem in entry.problems} == {"phone", "nida", "home_district"}
    assert entry.faults == []
    assert entry.values["phone"] == "ask the aunt"


def test_a_spreadsheets_numbers_are_text() -> None:
    values = ApprenticeSchema().read({"given_name": "Asha", "number": 17.0, "phone": 712345678}).values
    assert (values["number"], values["phone"]) == ("17", "+255712345678")


def test_empty_cells_are_nothing() -> None:
    values = ApprenticeSchema().read({"given_name": " Asha\u00a0 Bi ", "phone": "", "sex": None}).values
    assert (values["given_name"], values["phone"], values["sex"]) == ("Asha Bi", None, None)


def test_problems_speak_kiswahili() -> None:
    with speaking("sw"):
        assert say(_problems(birth_date="x")[0]) == "x si tarehe. Andika hivi: 31/12/2003 au 2003-12-31."
