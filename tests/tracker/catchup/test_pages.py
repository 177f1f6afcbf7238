"""The pages of catching up: who sees what, and what a registrar does there without script."""

from datetime import date

import pytest

from tests.conftest import Browser
from tests.make import Make
from tests.tracker.catchup.conftest import END, OPEN, SHUT, Shut, TODAY
from tracker.accounts import actions as accounts
from tracker.calendar import actions as calendar
from tracker.catchup import actions, queries
from tracker.catchup.rules import Kind, Way
from tracker.policy import Actor, NATION, OPERATOR

LATER = date(2026, 7, 3)


@pytest.fixture
def page(client: Browser, shut: Shut) -> Browser:
    """Amina's browser, after the closed week."""
    shut.close()
    return client.sign_in("amina")


def _id(shut: Shut) -> str:
    return shut.cohort.id


def test_the_list_says_what_each_cohort_owes_and_when_it_is_made_up(page: Browser) -> None:
    """Two in theory owe 35 hours each; two at the hotel 48 each; five days after 26 June is 3 July."""
    text = page.get("/catchup/").text
    for words in ("Hotel 2026 A", "70:00", "96:00", "26 June 2026", "3 July 2026"):
        assert words in text


def test_the_page_of_a_cohort_explains_its_figures(page: Browser, shut: Shut) -> None:
    text = page.get(f"/catchup/{_id(shut)}").text
    for words in ("9 February 2026 to 13 February 2026 (5 days)", "35:00", "Asha Juma", "Chema Juma", "48:00", "7:00 hours"):
        assert words in text


def test_the_page_of_an_apprentice_explains_both_debts(page: Browser, shut: Shut) -> None:
    pack = actions.give_pack(OPERATOR, shut.cohort.id, "Reservations", 600, SHUT)
    actions.mark_returned(OPERATOR, pack.id, shut.people["Asha"].id, TODAY)
    text = page.get(f"/catchup/{_id(shut)}/people/{shut.people['Asha'].id}").text
    for words in ("Remote packs brought back", "−10:00", "25:00"):
        assert words in text


def test_the_effect_of_every_way_stands_there_before_anything_is_chosen(page: Browser, shut: Shut) -> None:
    """From tomorrow two hours more on 80 training days make 35 hours up long before the end."""
    text = page.get(f"/catchup/{_id(shut)}/choose").text
    for words in ("Nothing more is chosen", "3 July 2026", "2:00 hours more", "All of them together", "26 June 2026"):
        assert words in text
    assert shut.debt.ways == []


def test_seeing_the_effect_announces_nothing(page: Browser, shut: Shut) -> None:
    form = {"longer_days": "y", "more": "1", "since": "23/06/2026", "see": "1"}
    text = page.send(f"/catchup/{_id(shut)}/choose", **form).text
    assert "1:00 hours more on each training day" in text
    assert "Saturdays are taught, " not in text
    assert shut.debt.ways == []


def test_ways_are_announced_for_the_cohort_in_one_step_and_withdrawn_with_a_reason(page: Browser, shut: Shut) -> None:
    form = {"longer_days": "y", "more": "2", "saturdays": "y", "saturday": "4", "since": "03/03/2026", "authority": "Ministry"}
    assert page.send(f"/catchup/{_id(shut)}/choose", **form).status_code == 302
    first, second = shut.debt.ways
    assert {(row.kind, row.minutes, row.authority) for row in (first, second)} == {
        ("longer_days", 120, "Ministry"),
        ("saturdays", 240, "Ministry"),
    }
    assert page.send(f"/catchup/ways/{first.id}/end", why="No transport").status_code == 302
    text = page.get(f"/catchup/{_id(shut)}").text
    assert all(words in text for words in ("Reason: No transport", "Ministry"))
    assert page.send(f"/catchup/ways/{first.id}/restore").status_code == 302
    assert page.send(f"/catchup/ways/{second.id}/end", why="Rain", last_day="14/03/2026").status_code == 302
    assert [(row.void_reason, row.until) for row in shut.debt.ways if row.id == second.id] == [(None, date(2026, 3, 14))]


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"since": "03/03/2026"}, "Choose at least one way"),
        ({"longer_days": "y", "more": "", "since": "03/03/2026"}, "how much longer"),
        ({"longer_days": "y", "more": "x", "since": "03/03/2026"}, "8 or 7:30"),
        ({"saturdays": "y", "since": "03/03/2026", "until": "01/03/2026"}, "cannot be before 3 March 2026"),
        ({"saturdays": "y", "since": "03/03/2226"}, "Check the year"),
        ({"saturdays": "y", "since": ""}, "Enter a date."),
    ],
)
def test_what_cannot_be_announced_is_said_beside_the_form(page: Browser, shut: Shut, form: dict[str, str], sentence: str) -> None:
    answer = page.send(f"/catchup/{_id(shut)}/choose", **form)
    assert answer.status_code == 200
    assert sentence in answer.text
    assert shut.debt.ways == []


def test_new_ends_are_proposed_and_announced_in_one_step(page: Browser, shut: Shut) -> None:
    text = page.get(f"/catchup/{_id(shut)}/ends").text
    assert 'value="03/07/2026"' in text  # of the cohort
    assert text.count('value="03/04/2026"') == 2  # of both placements
    ends = {f"p{row.id}": "03/04/2026" for row in shut.placements.values()}
    form = {"cohort_end": "03/07/2026", "announced_on": "02/03/2026", "closure_id": queries.latest_closure(shut.debt), **ends}
    assert page.send(f"/catchup/{_id(shut)}/ends", **form).status_code == 302
    assert "3 July 2026 (first planned: 26 June 2026)" in page.get("/catchup/").text
    assert "UVIKO-19, tangu 9 Februari 2026" in page.get(f"/catchup/{_id(shut)}/notices").text
    assert "3 April 2026 (first planned: 27 March 2026)" in page.get(f"/placements/{shut.placements['Chema'].id}").text
    assert "3 July 2026 (first planned: 26 June 2026)" in page.get(f"/people/cohorts/{_id(shut)}").text


def test_a_wrong_new_end_is_said_beside_its_field_and_nothing_is_moved(page: Browser, shut: Shut) -> None:
    key = f"p{shut.placements['Chema'].id}"
    form = {"cohort_end": "03/07/2026", "announced_on": "02/03/2026", "closure_id": "", key: "35/04/2026"}
    text = page.send(f"/catchup/{_id(shut)}/ends", **form).text
    assert all(words in text for words in ("is not a date", 'value="35/04/2026"'))
    assert shut.debt.ends_on == END
    text = page.send(f"/catchup/{_id(shut)}/ends", **{**form, key: "01/03/2026"}).text
    assert "The new end of Chema Juma has to be after 27 March 2026" in text
    assert shut.debt.ends_on == END


def test_an_end_whose_closure_was_withdrawn_asks_and_its_notice_names_no_closure(page: Browser, shut: Shut) -> None:
    closure = shut.close()
    actions.move_ends(OPERATOR, shut.cohort.id, LATER, {}, TODAY, closure_id=closure)
    question = "The closure that it answered is withdrawn"
    assert question not in page.get(f"/catchup/{_id(shut)}").text
    calendar.withdraw_closure(OPERATOR, closure, "Another centre was meant")
    assert question in page.get(f"/catchup/{_id(shut)}").text
    assert "UVIKO-19" not in page.get(f"/catchup/{_id(shut)}/notices").text


def test_closures_of_one_reason_and_day_are_told_apart_by_their_place(page: Browser, shut: Shut) -> None:
    shut.close("centres")
    calendar.close(OPERATOR, shut.partition, "employer", shut.hotel.id, "workplaces", "covid-19", SHUT)
    text = page.get(f"/catchup/{_id(shut)}/ends").text
    assert f"{shut.hotel.name}: COVID-19, since 9 February 2026" in text


def test_the_notices_speak_both_languages_and_carry_no_name_in_the_address(page: Browser, shut: Shut) -> None:
    actions.move_ends(OPERATOR, shut.cohort.id, LATER, {shut.placements["Chema"].id: date(2026, 4, 3)}, TODAY, note="Closed in February")
    text = page.get(f"/catchup/{_id(shut)}/notices").text
    assert text.count('class="letter"') == 4
    for words in (
        "Notice of a new end of training",
        "Taarifa ya mwisho mpya wa mafunzo",
        "27 Machi 2026",
        "Hoteli ya Bahari",
        "Chema Juma",
    ):
        assert words in text


def test_a_moved_end_is_withdrawn_and_restored(page: Browser, shut: Shut) -> None:
    (row,) = actions.move_ends(OPERATOR, shut.cohort.id, LATER, {}, TODAY)
    assert page.send(f"/catchup/extensions/{row.id}/withdraw", why="Too long").status_code == 302
    assert shut.debt.ends_on == END
    assert "Too long" in page.get(f"/catchup/{_id(shut)}").text
    page.send(f"/catchup/extensions/{row.id}/restore")
    assert shut.debt.ends_on == LATER


def test_a_pack_is_given_and_brought_back_by_one_tap_each(page: Browser, shut: Shut) -> None:
    answer = page.send(f"/catchup/{_id(shut)}/packs", title="Reservations", hours="10", given_on="09/02/2026")
    assert answer.status_code == 302
    asha = shut.people["Asha"].id
    page.send(f"{answer.location}/returned", apprentice=asha, back="1")
    text = page.get(answer.location).text
    assert "1 of 4 brought it back." in text
    assert shut.owed("Asha")[0] == 1500
    page.send(f"{answer.location}/returned", apprentice=asha, back="0")
    assert shut.owed("Asha")[0] == 2100
    page.send(f"{answer.location}/all")
    assert "4 of 4 brought it back." in page.get(answer.location).text
    assert page.send(f"{answer.location}/withdraw", why="Never given").status_code == 302
    assert shut.owed("Asha")[0] == 2100


def test_a_pack_of_no_hours_is_refused(page: Browser, shut: Shut) -> None:
    text = page.send(f"/catchup/{_id(shut)}/packs", title="Reservations", hours="0", given_on="09/02/2026").text
    assert "is not a whole number between 1 and 1000" in text
    assert queries.packs(OPERATOR, shut.cohort) == []


def test_a_stranger_brings_no_pack_back(page: Browser, shut: Shut) -> None:
    pack = actions.give_pack(OPERATOR, shut.cohort.id, "Reservations", 600, SHUT)
    assert page.send(f"/catchup/packs/{pack.id}/returned", apprentice="nobody", back="1").status_code == 422


def test_every_withdrawal_asks_why(page: Browser, shut: Shut) -> None:
    pack = actions.give_pack(OPERATOR, shut.cohort.id, "Reservations", 600, SHUT)
    (way,) = actions.announce(OPERATOR, shut.cohort.id, [Way(Kind.NO_BREAK, OPEN, None)])
    (moved,) = actions.move_ends(OPERATOR, shut.cohort.id, LATER, {}, TODAY)
    for address in (f"packs/{pack.id}/withdraw", f"ways/{way.id}/end", f"extensions/{moved.id}/withdraw"):
        assert 'name="why"' in page.get(f"/catchup/{address}").text
        assert "Say why." in page.send(f"/catchup/{address}").text
    assert shut.debt.ends_on == LATER


def test_nothing_is_shown_to_another_centre(client: Browser, shut: Shut) -> None:
    pack = actions.give_pack(OPERATOR, shut.cohort.id, "Reservations", 600, SHUT)
    (way,) = actions.announce(OPERATOR, shut.cohort.id, [Way(Kind.NO_BREAK, OPEN, None)])
    (moved,) = actions.move_ends(OPERATOR, shut.cohort.id, LATER, {}, TODAY)
    page, key = client.sign_in("chausiku"), _id(shut)
    addresses = [key, *(f"{key}/{name}" for name in ("choose", "ends", "notices", "packs")), f"{key}/people/{shut.people['Asha'].id}"]
    addresses += [f"packs/{pack.id}", f"packs/{pack.id}/withdraw", f"ways/{way.id}/end", f"extensions/{moved.id}/withdraw"]
    assert {each: page.get(f"/catchup/{each}").status_code for each in addresses} == dict.fromkeys(addresses, 404)
    acts = [f"packs/{pack.id}/all", f"packs/{pack.id}/returned", f"packs/{pack.id}/restore", f"ways/{way.id}/restore"]
    assert {each: page.send(f"/catchup/{each}").status_code for each in acts} == dict.fromkeys(acts, 404)


def test_the_central_office_chooses_a_centre_and_changes_nothing(client: Browser, shut: Shut, make: Make) -> None:
    shut.close()
    make.user("Rehema Said", "central", partition=NATION)
    page = client.sign_in("rehema")
    assert "Choose a centre to see its cohorts." in page.get("/catchup/").text
    assert "70:00" in page.get(f"/catchup/?centre={shut.partition}").text
    text = page.get(f"/catchup/{_id(shut)}").text
    assert "/choose" not in text
    assert page.get(f"/catchup/{_id(shut)}/choose").status_code == 403


def test_an_instructor_reads_all_and_takes_packs_back_of_the_own_cohort_only(client: Browser, shut: Shut, baraka: Actor) -> None:
    pack = actions.give_pack(OPERATOR, shut.cohort.id, "Reservations", 600, SHUT)
    page = client.sign_in("baraka")
    assert page.get(f"/catchup/{_id(shut)}").status_code == 200
    assert page.get(f"/catchup/{_id(shut)}/choose").status_code == 403
    assert page.send(f"/catchup/packs/{pack.id}/all").status_code == 403
    accounts.set_teaching(OPERATOR, shut.partition, baraka.id, shut.cohort.id)
    assert page.send(f"/catchup/packs/{pack.id}/all").status_code == 302
