"""The profile of the centre and its campuses."""

import pytest

from tests.conftest import Browser
from tests.make import Make
from tracker.errors import NotAllowed, NotFound
from tracker.places import actions, queries, rules
from tracker.places.models import Centre
from tracker.policy import Actor, OPERATOR


@pytest.fixture
def centre(make: Make) -> Centre:
    return actions.set_up_centre(OPERATOR, make.centre, "Chuo cha Utalii Ziwa", "Ziwa", "TZ-07", "Mjini", "0712345678")


def test_a_centre_is_set_up_once(centre: Centre, make: Make, amina: Actor) -> None:
    with pytest.raises(rules.AlreadySetUp):
        actions.set_up_centre(OPERATOR, make.centre, "Another", "A", "TZ-07")
    assert queries.home_centre(amina) is centre


def test_a_region_has_to_exist(make: Make) -> None:
    with pytest.raises(rules.UnknownRegion):
        actions.set_up_centre(OPERATOR, make.centre, "Another", "A", "TZ-99")


def test_the_name_stands_at_the_top_for_everyone_who_works_there(client: Browser, centre: Centre) -> None:
    assert "<b>Ziwa</b>" in client.sign_in("dalali").get("/accounts/me").text
    assert centre.id


def test_others_do_not_see_the_centre(centre: Centre, make: Make, chausiku: Actor, dalali: Actor) -> None:
    assert queries.centre_in(chausiku, make.centre) is None
    assert queries.centres(dalali) == []
    with pytest.raises(NotFound):
        queries.campuses(chausiku, make.centre)
    with pytest.raises(NotFound):
        actions.correct_centre(chausiku, centre.id, {"name": "X"}, None)


def test_the_registrar_corrects_the_profile(client: Browser, centre: Centre, amina: Actor) -> None:
    form = {"name": "Chuo cha Utalii", "short_name": "Ziwa", "region": "TZ-07", "district": "wilaya ya mjini", "phone": "0784111222"}
    assert client.sign_in("amina").send(f"/places/{centre.id}/edit", **form).status_code == 302
    found = queries.home_centre(amina)
    assert found is not None
    assert (found.name, found.district, found.phone) == ("Chuo cha Utalii", "Mjini", "+255784111222")


def test_a_campus_is_added_corrected_withdrawn_and_restored(client: Browser, centre: Centre, make: Make, amina: Actor) -> None:
    client.sign_in("amina").send(f"/places/{centre.id}/campuses/new", name="Pwani", region="TZ-15", district="Kusini")
    (campus,) = queries.campuses(amina, make.centre)
    client.send(f"/places/campuses/{campus.id}", name="Pwani Mchangani", region="TZ-15", district="Kusini")
    assert "Pwani Mchangani" in client.get("/places/").text
    client.send(f"/places/campuses/{campus.id}/void", reason="Given back")
    assert queries.campuses(amina, make.centre) == []
    client.send(f"/places/campuses/{campus.id}/restore")
    assert len(queries.campuses(amina, make.centre)) == 1


def test_an_instructor_edits_no_place(client: Browser, centre: Centre, baraka: Actor) -> None:
    assert client.sign_in("baraka").get("/places/").status_code == 200
    assert client.get(f"/places/{centre.id}/edit").status_code == 403
    with pytest.raises(NotAllowed):
        actions.add_campus(baraka, centre.partition, "X", "TZ-07")
