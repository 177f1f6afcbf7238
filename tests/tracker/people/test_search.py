"""Names are found whatever their spelling."""

import pytest

from tests.make import Make
from tracker.errors import NotFound
from tracker.people import queries
from tracker.people.rules import folded
from tracker.policy import Actor


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mohd", "Mohammed"),
        ("Muhamed", "Mohamed"),
        ("Moh'd", "Muhammad"),
        ("Khamis", "Hamisi"),
        ("Ally", "Ali"),
        ("Aly", "Ali"),
        ("Abdalla", "Abdallah"),
        ("Abdulla", "Abdallah"),
        ("Ng'ombe", "Ng’ombe"),
        ("Yussuf", "Yusufu"),
        ("Othman", "Athumani"),
        ("Ramadhani", "Ramadan"),
        ("Hussein", "Huseni"),
        ("Said", "Saidi"),
        ("Issa", "Isa"),
        ("Seleman", "Suleiman"),
        ("FATMA", "fatuma"),
        ("Rashidi", "Rashid"),
        ("Renée", "Renee"),
    ],
)
def test_spellings_of_one_name_fold_alike(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Juma", "Jamila"), ("Asha", "Zuhura"), ("Khamis", "Khalfan"), ("Said", "Saada"), ("Omar", "Amour")]
)
def test_different_names_stay_different(one: str, other: str) -> None:
    assert folded(one) != folded(other)


@pytest.mark.parametrize(
    "text", ["hamisi", "khamis ali", "ALLY", "ally hamis", "ham", "Z-007", "z7", "0712 345", "+255712345678", "345678"]
)
def test_it_finds_by_name_number_and_phone(amina: Actor, make: Make, text: str) -> None:
    wanted = make.apprentice("Khamis Ally", number="Z-007" if text != "z7" else "Z/7", phone="+255712345678")
    make.apprentice("Zuhura Makame", number="Z-900", phone="+255784111222")
    assert [each.id for each in queries.search(amina, text, make.centre)] == [wanted.id]


def test_the_exact_name_stands_first(amina: Actor, make: Make) -> None:
    make.apprentice("Alinanuswe Bakari")
    exact = make.apprentice("Zainab Ally")
    assert queries.search(amina, "ali", make.centre)[0].id == exact.id


def test_a_cohort_narrows_the_search(amina: Actor, make: Make) -> None:
    cohort = make.cohort()
    inside = make.apprentice("Asha Juma", cohort)
    make.apprentice("Asha Makame")
    assert [each.id for each in queries.search(amina, "asha", make.centre, cohort.id)] == [inside.id]


def test_it_searches_only_where_one_may_read(chausiku: Actor, make: Make) -> None:
    make.apprentice("Asha Juma")
    assert queries.search(chausiku, "asha") == []
    with pytest.raises(NotFound):
        queries.search(chausiku, "asha", make.centre)


def test_a_duplicate_has_the_same_name_and_birth_date_or_phone(amina: Actor, make: Make) -> None:
    one = make.apprentice("Mohd Khamis", phone="+255712345678")
    make.apprentice("Mohamed Hamisi", phone="+255784111222")
    found = queries.possible_duplicates(amina, make.centre, "Muhammed Hamis", birth_date=None, phone="+255712345678")
    assert [each.id for each in found] == [one.id]
    assert queries.possible_duplicates(amina, make.centre, "Mohd Khamis", birth_date=None, phone=None) == []


def test_a_coordinator_searches_all_centres_that_the_laptop_holds(make: Make) -> None:
    coordinator = Actor("somebody", "Mratibu", "coordinator", frozenset({"region/TZ-07"}), seat="region", home="region/TZ-07")
    make.apprentice("Asha Juma")
    make.apprentice("Asha Makame", partition=make.other)
    assert len(queries.search(coordinator, "asha")) == 2
    assert len(queries.search(coordinator, "asha", make.other)) == 1
