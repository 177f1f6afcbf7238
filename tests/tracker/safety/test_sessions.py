"""Health and safety sessions: who records them, who was there, and who is covered."""

from datetime import date

import pytest

from tests.conftest import Browser
from tests.make import Make
from tests.tracker.safety.conftest import TODAY, World
from tracker.errors import NotAllowed, NotFound
from tracker.people import actions as people
from tracker.people.queries import enrolments_of
from tracker.policy import Actor
from tracker.safety import actions, queries, rules

FEB_2, FEB_16 = date(2026, 2, 2), date(2026, 2, 16)
COVID = "covid-19"


def _standings(actor: Actor, world: World, on: date = TODAY, cohort: str | None = None) -> dict[str, str]:
    return {each.apprentice.given_name or "": each.standing.value for each in queries.covered(actor, world.centre, COVID, on, cohort)}


def test_who_was_there_holds_a_valid_session_until_it_runs_out(amina: Actor, world: World) -> None:
    held = actions.hold_session(amina, world.centre, COVID, FEB_2, valid_days=30)  # to 4 March
    actions.mark_present(amina, held.id, world.asha.id, was_there=True)
    actions.mark_present(amina, held.id, world.juma.id, was_there=False)
    assert queries.valid_on(amina, world.centre, COVID, date(2026, 3, 4)) == {world.asha.id}
    assert queries.valid_on(amina, world.centre, COVID, date(2026, 3, 5)) == set()
    assert queries.valid_on(amina, world.centre, "first_aid", TODAY) == set()
    assert _standings(amina, world) == {"Juma": "never", "Neema": "never", "Asha": "runs_out"}
    assert _standings(amina, world, date(2026, 3, 5))["Asha"] == "expired"


def test_a_repeated_session_covers_again(amina: Actor, world: World) -> None:
    for on in (FEB_2, FEB_16):
        held = actions.hold_session(amina, world.centre, COVID, on, valid_days=14)
        actions.mark_present(amina, held.id, world.asha.id, was_there=True)
    assert queries.valid_on(amina, world.centre, COVID, TODAY) == {world.asha.id}  # 16 February and 14 days is 2 March


def test_all_present_marks_those_whom_nobody_has_marked(amina: Actor, world: World) -> None:
    held = actions.hold_session(amina, world.centre, COVID, FEB_16)
    actions.mark_present(amina, held.id, world.juma.id, was_there=False)
    assert actions.mark_all_present(amina, held.id) == 2
    assert {each.apprentice.given_name: each.was_there for each in queries.invited(amina, held)} == {
        "Asha": True,
        "Juma": False,
        "Neema": True,
    }
    assert queries.holders([world.centre], COVID, TODAY) == {(world.centre, world.asha.id), (world.centre, world.neema.id)}


def test_a_withdrawn_session_covers_nobody_until_it_is_restored(amina: Actor, world: World) -> None:
    held = actions.hold_session(amina, world.centre, COVID, FEB_16)
    actions.mark_all_present(amina, held.id)
    actions.withdraw_session(amina, held.id, "Of another centre")
    assert queries.valid_on(amina, world.centre, COVID, TODAY) == set()
    actions.restore_session(amina, held.id)
    assert len(queries.valid_on(amina, world.centre, COVID, TODAY)) == 3


def test_who_has_left_is_waited_for_no_more(amina: Actor, world: World) -> None:
    (enrolment,) = enrolments_of(world.neema)
    people.end_enrolment(amina, enrolment.id, "left", date(2026, 2, 27), "family")
    assert "Neema" not in _standings(amina, world)
    assert _standings(amina, world, cohort=world.keepers.id) == {}


def test_an_instructor_records_sessions_of_the_own_cohort_only(make: Make, amina: Actor, world: World) -> None:
    baraka = make.actor("baraka")  # who teaches by now
    held = actions.hold_session(baraka, world.centre, "fire", FEB_16, cohort_id=world.cooks.id)
    assert [each.apprentice.given_name for each in queries.invited(baraka, held)] == ["Asha", "Juma"]
    assert actions.mark_all_present(baraka, held.id) == 2
    for cohort_id in (world.keepers.id, None):
        with pytest.raises(NotAllowed):
            actions.hold_session(baraka, world.centre, "fire", FEB_16, cohort_id=cohort_id)
    of_all = actions.hold_session(amina, world.centre, "fire", FEB_16)
    with pytest.raises(NotAllowed):
        actions.mark_all_present(baraka, of_all.id)


def test_another_centre_sees_nothing(chausiku: Actor, amina: Actor, world: World) -> None:
    held = actions.hold_session(amina, world.centre, COVID, FEB_16)
    for ask in (
        lambda: queries.valid_on(chausiku, world.centre, COVID, TODAY),
        lambda: queries.sessions(chausiku, world.centre),
        lambda: queries.session_for(chausiku, held.id),
        lambda: actions.mark_all_present(chausiku, held.id),
    ):
        with pytest.raises(NotFound):
            ask()


def test_nobody_is_marked_who_was_not_meant(amina: Actor, make: Make, world: World) -> None:
    held = actions.hold_session(amina, world.centre, COVID, FEB_16, cohort_id=world.cooks.id)
    stranger = make.apprentice("Zuhura Said", partition=make.other)
    for who in (world.neema.id, stranger.id, "nobody"):
        with pytest.raises(NotFound):
            actions.mark_present(amina, held.id, who, was_there=True)


@pytest.mark.parametrize(("on", "refusal"), [(date(2026, 3, 3), rules.NotHeldYet), (date(1900, 1, 1), rules.FarSession)])
def test_a_session_is_recorded_when_it_was_held(amina: Actor, world: World, on: date, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        actions.hold_session(amina, world.centre, COVID, on)


# The pages


def _record(client: Browser, **more: object) -> str:
    form = {"topic": COVID, "on": "16/02/2026", "valid_days": "30", "minutes": "45", "trainer": "Muuguzi Rehema", "cohort_id": ""}
    answer = client.send("/safety/sessions/new", **form | more)
    assert answer.status_code == 302, answer.text
    return str(answer.location)


def test_a_registrar_records_a_session_and_taps_who_was_there(client: Browser, amina: Actor, world: World) -> None:
    address = _record(client.sign_in("amina"))
    client.send(address, away=world.juma.id)
    client.send(address, do="all")
    text = client.get(address).text
    assert "<b>2</b> of 3 were there" in text
    assert "18 March 2026" in text  # 16 February and 30 days
    assert len(queries.valid_on(amina, world.centre, COVID, TODAY)) == 2
    overview = client.get("/safety/").text
    assert "Protection from COVID-19" in overview
    topic = client.get(f"/safety/topics/{COVID}").text
    assert topic.index("Juma Said") < topic.index("Asha Juma")  # who never had one stands first


def test_a_script_gets_only_the_row_that_was_tapped(client: Browser, world: World) -> None:
    address = _record(client.sign_in("amina"))
    text = client.send(address, there=world.asha.id, part="1").text
    assert "Asha Juma" in text
    assert "Neema Ali" not in text
    assert "<b>1</b> of 3 were there" in text
    assert "2 not marked" in text


def test_a_session_is_repeated_with_what_it_was(client: Browser, world: World) -> None:
    address = _record(client.sign_in("amina"), cohort_id=world.cooks.id)
    again = client.get(f"/safety/sessions/new?again={address.rsplit('/', 1)[-1]}").text
    assert 'value="Muuguzi Rehema"' in again
    assert 'value="45"' in again
    assert f'<option selected value="{world.cooks.id}">' in again
    assert 'value="02/03/2026"' in again  # held today


def test_a_session_is_corrected_withdrawn_and_restored(client: Browser, world: World) -> None:
    del world
    address = _record(client.sign_in("amina"))
    seen = client.get(f"{address}/edit").text.split('name="seen" value="')[1].split('"', maxsplit=1)[0].replace("&#34;", '"')
    client.send(f"{address}/edit", topic=COVID, on="17/02/2026", valid_days="", minutes="45", trainer="", note="", seen=seen)
    text = client.get(address).text
    assert "17 February 2026" in text
    assert "for good" in text
    client.send(f"{address}/withdraw", why="Entered twice")
    assert "Entered twice" in client.get(address).text
    client.send(f"{address}/restore")
    assert "Entered twice" not in client.get(address).text


def test_what_was_typed_wrong_is_said_beside_its_field(client: Browser, world: World) -> None:
    del world
    form = {"topic": COVID, "on": "03/03/2026", "cohort_id": ""}
    text = client.sign_in("amina").send("/safety/sessions/new", **form).text
    assert 'id="on-error"' in text
    assert "from the day on which it was held" in text
    assert 'id="valid_days-error"' in client.send("/safety/sessions/new", **form, valid_days="a month").text


def test_an_instructor_is_offered_the_own_cohort(client: Browser, world: World) -> None:
    text = client.sign_in("baraka").get("/safety/sessions/new").text
    assert world.cooks.id in text
    assert world.keepers.id not in text
    assert "All apprentices of the centre" not in text


@pytest.mark.parametrize("address", ["/safety/", f"/safety/topics/{COVID}", "/safety/items"])
def test_who_reads_the_centre_reads_it(client: Browser, world: World, address: str) -> None:
    del world
    assert client.sign_in("baraka").get(address).status_code == 200


def test_strangers_find_nothing(client: Browser, world: World) -> None:
    address = _record(client.sign_in("amina"))
    client.sign_in("chausiku")
    assert client.get(address).status_code == 404
    assert client.get(f"/safety/?centre={world.centre}").status_code == 404
    assert client.send(address, do="all").status_code == 404
    assert client.get("/safety/topics/nonsense").status_code == 404
