"""The reopening checklist: what a centre answers, what the nation adds, and where its state is seen."""

from datetime import date
from io import BytesIO

import pytest

from tests.conftest import Browser
from tests.make import Make
from tests.tracker.safety.conftest import TODAY, World
from tests.tracker.scans.pictures import JPEG
from tracker.calendar import actions as calendar
from tracker.calendar.models import Closure
from tracker.calendar.queries import code_of_centre, story_for
from tracker.errors import NotAllowed, NotFound
from tracker.policy import Actor, NATION, OPERATOR
from tracker.safety import actions, queries, rules
from tracker.safety.actions import Answered
from tracker.safety.rules import Ready
from tracker.scans.queries import photos_of

FEB_9 = date(2026, 2, 9)


@pytest.fixture
def closure(amina: Actor, world: World) -> Closure:
    return calendar.close(amina, world.centre, "centre", code_of_centre(world.centre), "both", "covid-19", FEB_9)


def _answer(actor: Actor, world: World, closure: Closure, **answers: str) -> None:
    actions.answer(actor, world.centre, closure.id, {item: Answered(each) for item, each in answers.items()}, TODAY)


def test_the_checklist_counts_what_is_answered(amina: Actor, world: World, closure: Closure) -> None:
    assert queries.checklist(amina, world.centre, closure.id).ready == Ready(0, 0, 0, 6)
    _answer(amina, world, closure, water="yes", masks="partly", distances="no", isolation_room="not_needed")
    assert queries.checklist(amina, world.centre, closure.id).ready == Ready(1, 1, 1, 2)
    _answer(amina, world, closure, masks="yes", distances="yes", sanitizer="yes", staff_trained="yes")
    assert queries.checklist(amina, world.centre, closure.id).ready.is_ready


def test_the_nation_and_the_centre_add_items(amina: Actor, make: Make, world: World, closure: Closure) -> None:
    make.user("Chiku Said", "central", partition=NATION)
    actions.add_item(make.actor("chiku"), NATION, "Vipima joto", "Thermometers")
    own = actions.add_item(amina, world.centre, "Tangi la maji", "")
    lines = queries.checklist(amina, world.centre, closure.id).lines
    assert [item.label("en") for item, _row in lines[-2:]] == ["Thermometers", "Tangi la maji"]
    assert [item.label("sw") for item in queries.items(make.other)][-1] == "Vipima joto"
    actions.withdraw_item(amina, own.id, "There is one tank")
    assert len(queries.items(world.centre)) == 7


def test_only_the_centre_answers(make: Make, baraka: Actor, chausiku: Actor, world: World, closure: Closure) -> None:
    make.user("Chiku Said", "central", partition=NATION)
    for actor in (baraka, chausiku, make.actor("chiku")):
        with pytest.raises(NotAllowed):
            _answer(actor, world, closure, water="yes")
    with pytest.raises(NotFound):
        queries.checklist(chausiku, world.centre, closure.id)
    with pytest.raises(NotAllowed):
        actions.add_item(chausiku, world.centre, "Maji", "Water")


def test_answers_are_for_one_closure(amina: Actor, world: World, closure: Closure) -> None:
    _answer(amina, world, closure, water="yes")
    other = calendar.close(amina, world.centre, "centre", code_of_centre(world.centre), "both", "flood", TODAY)
    assert queries.checklist(amina, world.centre, other.id).ready.unanswered == 6
    with pytest.raises(NotFound):
        actions.answer(amina, world.centre, "nothing", {"water": Answered("yes")}, TODAY)


@pytest.mark.parametrize(("item", "answer"), [("water", "perhaps"), ("water", ""), ("stairs", "yes")])
def test_an_answer_that_nobody_offers_is_refused(amina: Actor, world: World, closure: Closure, item: str, answer: str) -> None:
    with pytest.raises(rules.UnknownAnswer):
        actions.answer(amina, world.centre, closure.id, {"masks": Answered("yes"), item: Answered(answer)}, TODAY)
    assert queries.checklist(amina, world.centre, closure.id).ready.unanswered == 6


def test_the_day_stays_that_of_the_answer(amina: Actor, world: World, closure: Closure) -> None:
    actions.answer(amina, world.centre, closure.id, {"water": Answered("yes")}, FEB_9)
    _answer(amina, world, closure, water="yes", masks="yes")
    days = {item.id: row.on for item, row in queries.checklist(amina, world.centre, closure.id).lines if row}
    assert days == {"water": FEB_9, "masks": TODAY}


# The pages


def _form(**answers: object) -> dict[str, object]:
    return {"on": "02/03/2026", **answers}


def test_a_registrar_answers_with_a_note_and_a_photo(client: Browser, world: World, closure: Closure) -> None:
    address = f"/safety/checklist/{closure.id}"
    form = _form(**{"answer-water": "yes", "note-water": "Mabomba sita", "photo-water": (BytesIO(JPEG), "maji.jpg"), "answer-masks": "no"})
    assert client.sign_in("amina").send(address, **form).status_code == 302
    text = client.get(address).text
    assert "1 of 6 items are ready, 1 not yet, 4 without an answer." in text
    assert 'value="Mabomba sita"' in text
    ((photo,),) = photos_of(world.centre, [queries.subject_of(closure.id, "water")]).values()
    assert client.get(f"/scans/{photo.id}").data.startswith(b"\xff\xd8")
    client.send(f"/safety/photos/{photo.id}/withdraw", why="Blurred")
    assert f"/scans/{photo.id}" not in client.get(address).text


def test_a_note_without_an_answer_is_not_lost_silently(client: Browser, amina: Actor, world: World, closure: Closure) -> None:
    text = client.sign_in("amina").send(f"/safety/checklist/{closure.id}", **_form(**{"note-water": "Mabomba sita"})).text
    assert "Choose one of the answers" in text
    assert 'value="Mabomba sita"' in text
    assert queries.checklist(amina, world.centre, closure.id).ready.unanswered == 6


def test_the_closure_and_the_reopening_say_how_ready_the_centre_is(client: Browser, amina: Actor, world: World, closure: Closure) -> None:
    _answer(amina, world, closure, water="yes")
    for address in (f"/calendar/closures/{closure.id}", "/calendar/reopen"):
        assert "1 of 6 items are ready, 5 without an answer." in client.sign_in("amina").get(address).text
    form = {"place": f"centre:{code_of_centre(world.centre)}", "sites": "both", "kind": "reopened", "since": "02/03/2026", "closure_id": ""}
    assert client.send("/calendar/reopen", **form).status_code == 302  # warned, not refused


def test_a_coordinator_sees_the_state_of_the_centres_of_a_regional_closure(make: Make, amina: Actor, world: World) -> None:
    closed = calendar.close(OPERATOR, "region/TZ-03", "region", "TZ-03", "both", "covid-19", FEB_9)
    elsewhere = calendar.close(OPERATOR, "nation", "region", "TZ-26", "both", "covid-19", FEB_9)
    _answer(amina, world, closed, water="yes")
    make.user("Chiku Said", "central", partition=NATION)
    chiku = make.actor("chiku")
    found = queries.readiness(chiku, story_for(chiku, closed.id), "region/TZ-03")
    assert found == [(world.centre, "Chuo cha Bustani", Ready(1, 0, 0, 5))]
    assert queries.readiness(chiku, story_for(chiku, elsewhere.id), NATION) == []


def test_items_are_added_and_withdrawn_on_a_page(client: Browser, world: World) -> None:
    del world
    client.sign_in("amina").send("/safety/items", label_sw="Vipima joto", label_en="Thermometers")
    text = client.get("/safety/items").text
    assert "Thermometers" in text
    address = text.split('href="/safety/items/')[1].split('"', maxsplit=1)[0]
    client.send(f"/safety/items/{address}", why="Broken")
    assert "Thermometers" not in client.get("/safety/items").text
    assert "Write what has to be checked" in client.send("/safety/items", label_sw=" ", label_en="").text
