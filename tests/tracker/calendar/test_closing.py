"""Closing and opening as people do it: whom it touches before it is saved, photos, cohorts on their own days, half at a time."""

from datetime import date
from io import BytesIO

import pytest

from tests.conftest import Browser
from tests.make import Make
from tests.tracker.scans.pictures import JPEG, png
from tracker.calendar import actions, queries
from tracker.calendar.queries import code_of_centre
from tracker.db import write
from tracker.people.models import Cohort
from tracker.places.models import Centre
from tracker.policy import Actor, OPERATOR
from tracker.scans.queries import photos_of

MONDAY, FRIDAY = date(2026, 3, 2), date(2026, 3, 6)
NEW = "/calendar/closures/new"


@pytest.fixture(autouse=True)
def cohort(make: Make) -> Cohort:
    """Two women and a man."""
    with write(OPERATOR) as session:
        session.add(Centre(partition=make.centre, name="Chuo cha Bustani", region="TZ-03"))
    found = make.cohort("Mapishi 2026", date(2026, 1, 5))
    for name, sex in (("Asha Juma", "F"), ("Neema Ali", "F"), ("Juma Said", "M")):
        make.apprentice(name, found, sex=sex, starts_on=date(2026, 1, 5))
    return found


def _form(make: Make, **more: object) -> dict[str, object]:
    place = f"centre:{code_of_centre(make.centre)}"
    return {"place": place, "sites": "centres", "reason": "covid-19", "since": "02/03/2026", **more}


def _shown(text: str) -> str:
    return text.split('name="shown" value="')[1].split('"', maxsplit=1)[0]


def test_the_form_says_whom_it_touches_before_anything_was_typed(client: Browser) -> None:
    text = client.sign_in("amina").get(NEW).text
    assert "What this closure touches" in text
    assert "3 apprentices: women 2, men 1" in text


def test_another_day_is_not_recorded_before_it_was_seen_whom_it_touches(client: Browser, amina: Actor, make: Make) -> None:
    shown = _shown(client.sign_in("amina").get(NEW).text)
    page = client.send(NEW, **_form(make, since="23/02/2026"), shown=shown).text
    assert "6 registers are no longer due" not in page  # a month is counted where no end is expected
    assert "23 February 2026" in page
    assert queries.closures(amina, make.centre) == []
    assert client.send(NEW, **_form(make, since="23/02/2026"), shown=_shown(page)).status_code == 302
    assert queries.closures(amina, make.centre)[0].since == date(2026, 2, 23)


def test_looking_records_nothing(client: Browser, amina: Actor, make: Make) -> None:
    text = client.sign_in("amina").send(NEW, **_form(make, expected_until="06/03/2026"), do="look").text
    assert "5 days of training are lost: 2 March 2026 to 6 March 2026" in text
    assert queries.closures(amina, make.centre) == []


def test_a_script_gets_only_what_changes(client: Browser, amina: Actor, make: Make) -> None:
    text = client.sign_in("amina").send(NEW, **_form(make), part="1").text
    assert "3 apprentices" in text
    assert "<h1>" not in text
    wrong = client.send(NEW, **_form(make, since="31/02/2026"), part="1").text
    assert "apprentices" not in wrong
    assert queries.closures(amina, make.centre) == []


def test_central_sees_it_when_it_has_said_what_closes(client: Browser, make: Make) -> None:
    make.user("Fatma Salim", "central", partition="nation")
    page = client.sign_in("fatma").get(f"{NEW}?centre=nation").text
    assert "What this closure touches" not in page
    closing = {"place": "nation:", "sites": "both", "reason": "covid-19", "since": "02/03/2026", "centre": "nation"}
    again = client.send(NEW, **closing, shown=_shown(page)).text
    assert "What this closure touches" in again
    assert client.send(NEW, **closing, shown=_shown(again)).status_code == 302


def test_a_closure_keeps_what_goes_on_meanwhile_and_the_photo_of_its_notice(client: Browser, amina: Actor, make: Make) -> None:
    form = _form(make, meanwhile="remote_packs", photo=(BytesIO(JPEG), "barua.jpg"))
    answer = client.sign_in("amina").send(NEW, **form)
    (story,) = queries.closures(amina, make.centre)
    assert story.row.meanwhile == "remote_packs"
    ((photo,),) = photos_of(make.centre, [story.notices[0].id]).values()
    text = client.get(answer.location).text
    assert f"/scans/{photo.id}" in text
    assert "Packs of work to take home" in text
    client.send(f"/calendar/photos/{photo.id}/withdraw", why="Of another letter")
    assert f"/scans/{photo.id}" not in client.get(answer.location).text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"%PDF-1.7", "This file is not a photo"), (JPEG[:-40], "damaged or not whole"), (png(400, 300), "This photo has 121 KB")],
)
def test_what_cannot_be_kept_closes_nothing_and_says_why(client: Browser, amina: Actor, make: Make, content: bytes, sentence: str) -> None:
    text = client.sign_in("amina").send(NEW, **_form(make, photo=(BytesIO(content), "barua.jpg"))).text
    assert 'id="photo-error"' in text
    assert sentence in text
    assert queries.closures(amina, make.centre) == []


def test_a_photo_is_added_to_a_notice_and_to_an_extension(client: Browser, amina: Actor, make: Make) -> None:
    closure = actions.close(amina, make.centre, "centre", code_of_centre(make.centre), "centres", "flood", MONDAY)
    client.sign_in("amina").send(
        f"/calendar/closures/{closure.id}/extend", expected_until="2026-03-20", photo=(BytesIO(png()), "tangazo.png")
    )
    extended = queries.story_for(amina, closure.id).counting
    assert extended is not None
    assert extended.expected_until == date(2026, 3, 20)
    assert len(photos_of(make.centre, [extended.id])) == 1
    first = next(each for each in queries.story_for(amina, closure.id).notices if each.id != extended.id)
    client.send(f"/calendar/notices/{first.id}/edit", since="2026-03-02", photo=(BytesIO(png(5, 5)), "barua.png"))
    assert len(photos_of(make.centre, [first.id])) == 1


def test_the_page_says_who_chose_the_notice_that_counts(client: Browser, amina: Actor, make: Make) -> None:
    closure = actions.close(amina, make.centre, "centre", code_of_centre(make.centre), "centres", "flood", MONDAY)
    later = actions.add_notice(amina, closure.id, FRIDAY, authority="The council")
    text = client.sign_in("amina").get(f"/calendar/closures/{closure.id}").text
    assert "Nobody has chosen yet" in text
    actions.choose_notice(amina, later.id)
    assert "Amina Juma chose it: 2 March 2026" in client.get(f"/calendar/closures/{closure.id}").text


def _reopening(make: Make, **more: object) -> dict[str, object]:
    return {**_form(make), "kind": "reopened", "closure_id": "", "conditions": "", **more}


def test_cohorts_open_on_their_own_days_from_one_form(client: Browser, amina: Actor, make: Make, cohort: Cohort) -> None:
    other = make.cohort("Upishi 2025", date(2025, 1, 6))
    actions.close(amina, make.centre, "centre", code_of_centre(make.centre), "centres", "covid-19", date(2026, 2, 9))
    page = client.sign_in("amina").get("/calendar/reopen").text
    assert f'name="open-{cohort.id}"' in page
    form = _reopening(make, **{f"open-{cohort.id}": "04/03/2026", f"open-{other.id}": "6/3/2026"})
    text = client.get(client.send("/calendar/reopen", **form).location).text
    assert text.count("Reopened: ") == 2
    calendar = queries.calendar_for(amina, make.centre)
    assert [calendar.day(each, date(2026, 3, 5)).kind for each in (cohort, other)] == ["training", "closed"]


def test_a_day_that_is_none_opens_no_cohort(client: Browser, amina: Actor, make: Make, cohort: Cohort) -> None:
    closure = actions.close(amina, make.centre, "centre", code_of_centre(make.centre), "centres", "covid-19", date(2026, 2, 9))
    text = client.sign_in("amina").send("/calendar/reopen", **_reopening(make, **{f"open-{cohort.id}": "Friday"})).text
    assert "Friday is not a date" in text
    assert 'value="Friday"' in text
    assert queries.story_for(amina, closure.id).resumptions == ()


def test_half_at_a_time_is_said_where_one_looks(client: Browser, amina: Actor, make: Make, cohort: Cohort) -> None:
    closure = actions.close(amina, make.centre, "centre", code_of_centre(make.centre), "centres", "covid-19", date(2026, 2, 9))
    client.sign_in("amina").send("/calendar/reopen", **_reopening(make, share_percent="50"))
    for address in ("/calendar/", f"/calendar/closures/{closure.id}", f"/attendance/{cohort.id}/2026-03-02"):
        assert "Half of the apprentices at a time" in client.get(address).text
    client.send(f"/calendar/reopen?closure={closure.id}", **_reopening(make, closure_id=closure.id, since="06/03/2026"))
    assert "Half of the apprentices" not in client.get(f"/attendance/{cohort.id}/2026-03-06").text


def test_who_may_not_close_withdraws_no_photo(client: Browser, amina: Actor, make: Make) -> None:
    closure = actions.close(amina, make.centre, "centre", code_of_centre(make.centre), "centres", "covid-19", MONDAY, photo=JPEG)
    (notice,) = queries.story_for(amina, closure.id).notices
    ((photo,),) = photos_of(make.centre, [notice.id]).values()
    address = f"/calendar/photos/{photo.id}/withdraw"
    assert client.sign_in("baraka").send(address, why="Mine").status_code == 403
    assert client.sign_in("chausiku").send(address, why="Mine").status_code == 404
