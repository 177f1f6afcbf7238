"""Programmes: the pack's, and those that the central office adds."""

import pytest

from tests.conftest import Browser
from tests.make import Make
from tracker.errors import NotAllowed
from tracker.policy import Actor
from tracker.programmes import actions, queries, rules
from tracker.programmes.schemas import ProgrammeSchema

CENTRAL = Actor("central-person", "Dk. Neema", "central", frozenset({"nation"}), seat="central", home="nation")
VALUES: dict[str, object] = {"code": "spa-9m", "name_sw": "Uanagenzi wa spa", "name_en": "Spa apprenticeship", "months": 9}


def test_the_packs_programmes_are_there_from_the_start(make: Make) -> None:
    assert make.centre
    hotel = queries.programme("hotel-24m")
    assert hotel is not None
    assert (hotel.months, hotel.centre_weeks, hotel.workplace_weeks, hotel.threshold_percent) == (24, 26, 78, 75)


def test_a_code_is_taken_once(make: Make) -> None:
    assert make.centre
    with pytest.raises(rules.CodeTaken):
        actions.add_programme(CENTRAL, {**VALUES, "code": "hotel-24m"})


def test_a_centre_adds_no_programme(amina: Actor) -> None:
    with pytest.raises(NotAllowed):
        actions.add_programme(amina, VALUES)


def test_a_registrar_reads_the_list(client: Browser) -> None:
    page = client.sign_in("amina").get("/programmes/")
    assert "Hotel apprenticeship, 24 months" in page.text
    assert "Add a programme" not in page.text
    assert client.get("/programmes/new").status_code == 403


def test_months_are_a_whole_number() -> None:
    assert [each.column for each in ProgrammeSchema().read({**VALUES, "months": "nine"}).faults] == ["months"]


def test_a_withdrawn_programme_is_offered_no_more_and_keeps_its_name(make: Make) -> None:
    assert make.centre
    added = actions.add_programme(CENTRAL, VALUES)
    assert "spa-9m" in {each.code for each in queries.programmes()}
    actions.void_programme(CENTRAL, added.id, "Never started")
    assert "spa-9m" not in {each.code for each in queries.programmes()}
    found = queries.programme("spa-9m")
    assert found is not None
    assert found.label("sw") == "Uanagenzi wa spa"
