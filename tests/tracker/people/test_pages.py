"""The registrar's pages of apprentices and cohorts."""

import pytest

from tests.conftest import Browser
from tests.make import Make
from tracker.db import db
from tracker.people import actions, queries
from tracker.policy import Actor


def _seen(page: str) -> str:
    return page.split('name="seen" value="')[1].split('"', maxsplit=1)[0].replace("&#34;", '"')


def test_the_registrar_registers_an_apprentice(client: Browser, make: Make, amina: Actor) -> None:
    cohort = make.cohort()
    form = {"given_name": "Asha", "family_name": "Juma", "sex": "F", "birth_date": "2004-05-01", "phone": "0712 345 678"}
    response = client.sign_in("amina").send("/people/new", **form, cohort_id=cohort.id, occupation="housekeeping")
    assert response.status_code == 302
    page = client.get(response.location).text
    assert "Asha Juma" in page
    assert "+255712345678" in page
    assert [apprentice.full_name for apprentice, _ in queries.all_members(amina, cohort)] == ["Asha Juma"]


def test_the_next_in_the_queue_gets_a_form_with_the_same_cohort(client: Browser, make: Make) -> None:
    cohort = make.cohort()
    response = client.sign_in("amina").send("/people/new", given_name="Asha", cohort_id=cohort.id, again="y")
    assert response.location.startswith("/people/new?")
    assert f'<option selected value="{cohort.id}">' in client.get(response.location).text


def test_a_form_shows_what_is_wrong_beside_the_field_and_keeps_what_was_typed(client: Browser) -> None:
    response = client.sign_in("amina").send("/people/new", given_name="", family_name="Juma", birth_date="31/02/2004")
    assert "31/02/2004 is not a date. Write it as 31/12/2003 or 2003-12-31." in response.text
    assert 'value="Juma"' in response.text


def test_a_number_is_given_once(client: Browser, make: Make) -> None:
    make.apprentice("Asha Juma", number="Z-1")
    response = client.sign_in("amina").send("/people/new", given_name="Zuhura", number="Z-1")
    assert "The number Z-1 belongs to Asha Juma." in response.text


def test_a_possible_duplicate_is_shown_before_it_is_registered(client: Browser, make: Make, amina: Actor) -> None:
    make.apprentice("Khamis Ally", phone="+255712345678")
    form = {"given_name": "Hamisi", "family_name": "Ali", "phone": "0712345678"}
    assert "may be registered already" in client.sign_in("amina").send("/people/new", **form).text
    assert client.send("/people/new", **form, sure="1").status_code == 302
    assert len(queries.search(amina, "", make.centre)) == 2


def test_a_correction_keeps_what_somebody_else_changed_meanwhile(client: Browser, make: Make, amina: Actor) -> None:
    apprentice = make.apprentice("Asha Juma", phone="+255712345678")
    address = f"/people/{apprentice.id}/edit"
    seen = _seen(client.sign_in("amina").get(address).text)
    actions.correct_apprentice(amina, apprentice.id, {"phone": "+255784000111"}, None)
    client.send(address, given_name="Aisha", family_name="Juma", phone="+255712345678", seen=seen)
    db.session.expire_all()  # the request had a session of its own
    after = queries.apprentice_for(amina, apprentice.id)
    assert (after.given_name, after.phone) == ("Aisha", "+255784000111")


def test_the_history_names_who_changed_what(client: Browser, make: Make, amina: Actor) -> None:
    apprentice = make.apprentice("Asha Juma")
    actions.correct_apprentice(amina, apprentice.id, {"given_name": "Aisha", "family_name": "Juma"}, None)
    page = client.sign_in("baraka").get(f"/people/{apprentice.id}").text
    assert "First name: Asha → Aisha" in page
    assert "Amina Juma" in page


def test_a_stale_correction_of_the_same_value_shows_both_versions(client: Browser, make: Make, amina: Actor) -> None:
    apprentice = make.apprentice("Asha Juma", number="Z-1")
    address = f"/people/{apprentice.id}/edit"
    seen = _seen(client.sign_in("amina").get(address).text)
    actions.correct_apprentice(amina, apprentice.id, {"number": "Z-2"}, None)
    client.send(address, number="Z-3", given_name="Asha", family_name="Juma", seen=seen)
    assert "Two people changed the same thing: Admission number." in client.get(f"/people/{apprentice.id}").text
    assert "Two versions" in client.get("/people/").text


def test_an_odd_identifier_warns_and_is_kept(client: Browser, make: Make) -> None:
    apprentice = make.apprentice("Asha Juma", nida="123", phone="12")
    page = client.sign_in("amina").get(f"/people/{apprentice.id}").text
    assert "<li>A national ID number (NIDA) has 20 digits." in page
    assert "12 does not look like a phone number" in page


def test_a_withdrawn_apprentice_can_be_restored(client: Browser, make: Make) -> None:
    apprentice = make.apprentice("Asha Juma")
    client.sign_in("amina").send(f"/people/{apprentice.id}/void", reason="Entered twice")
    assert "Asha Juma" not in client.get("/people/").text
    assert "Asha Juma" in client.get("/people/?void=1").text
    assert "Withdrawn: Entered twice" in client.get(f"/people/{apprentice.id}").text
    client.send(f"/people/{apprentice.id}/restore")
    assert "Asha Juma" in client.get("/people/").text


def test_nothing_is_withdrawn_without_a_reason(client: Browser, make: Make, amina: Actor) -> None:
    apprentice = make.apprentice("Asha Juma")
    client.sign_in("amina").send(f"/people/{apprentice.id}/void", reason="  ")
    assert queries.apprentice_for(amina, apprentice.id).void_reason is None


def test_a_long_list_has_pages(client: Browser, make: Make) -> None:
    for number in range(queries.PAGE_ROWS + 1):
        make.apprentice(f"Asha {number:03}")
    client.sign_in("amina")
    assert "Asha 050" not in client.get("/people/").text
    assert "Asha 050" in client.get("/people/?page=2").text


@pytest.mark.parametrize("address", ["/people/", "/people/cohorts"])
def test_an_instructor_reads_and_sees_no_buttons(client: Browser, address: str) -> None:
    page = client.sign_in("baraka").get(address).text
    assert "Register an apprentice" not in page
    assert "Open a cohort" not in page


@pytest.mark.parametrize(("username", "status"), [("baraka", 403), ("chausiku", 404), ("dalali", 403)])
def test_nobody_else_corrects_an_apprentice(client: Browser, make: Make, username: str, status: int) -> None:
    apprentice = make.apprentice("Asha Juma")
    client.sign_in(username)
    assert client.send(f"/people/{apprentice.id}/edit", given_name="X").status_code == status


@pytest.mark.parametrize(("username", "status"), [("chausiku", 404), ("dalali", 403)])
def test_an_outsider_sees_neither_apprentice_nor_cohort(client: Browser, make: Make, username: str, status: int) -> None:
    cohort = make.cohort()
    apprentice = make.apprentice("Asha Juma", cohort)
    client.sign_in(username)
    assert client.get(f"/people/{apprentice.id}").status_code == status
    assert client.get(f"/people/cohorts/{cohort.id}").status_code == status
    assert "Asha" not in client.get("/people/").text


def test_the_registrar_opens_a_cohort_and_says_who_teaches_it(client: Browser, make: Make, baraka: Actor) -> None:
    form = {"name": "Housekeeping 2026 A", "programme": "hotel-24m", "starts_on": "2026-01-05", "ends_on": ""}
    address = client.sign_in("amina").send("/people/cohorts/new", **form).location
    client.send(f"{address}/instructors", staff_id=baraka.id)
    assert "Baraka Mollel" in client.get(address).text
    assert make.actor("baraka").cohorts == {address.rsplit("/", 1)[1]}
    client.send(f"{address}/instructors/{baraka.id}/end")
    assert make.actor("baraka").cohorts == set()


def test_a_cohort_ends_after_it_starts(client: Browser) -> None:
    form = {"name": "A", "programme": "hotel-24m", "starts_on": "2026-01-05", "ends_on": "2025-01-05"}
    assert "The last day is before the first day." in client.sign_in("amina").send("/people/cohorts/new", **form).text


def test_leaving_asks_for_the_reason(client: Browser, make: Make) -> None:
    apprentice = make.apprentice("Asha Juma", make.cohort())
    enrolment = queries.enrolments_of(apprentice)[0]
    address = f"/people/enrolments/{enrolment.id}/end"
    assert "Choose the reason." in client.sign_in("amina").send(address, status="left", ended_on="2026-02-27").text
    client.send(address, status="left", ended_on="2026-02-27", end_reason="employment")
    page = client.get(f"/people/{apprentice.id}").text
    assert "From 5 January 2026 to 27 February 2026" in page
    client.send(f"/people/enrolments/{enrolment.id}/reopen")
    assert "Since 5 January 2026" in client.get(f"/people/{apprentice.id}").text


@pytest.mark.parametrize("nobody", ["x" * 20_000, "a\0b", "0123456789abcdef-1"])
def test_nobody_teaches_who_does_not_work_here(client: Browser, make: Make, nobody: str) -> None:
    assert client.sign_in("amina").send(f"/people/cohorts/{make.cohort().id}/instructors", staff_id=nobody).status_code == 404


def test_a_strange_address_breaks_no_long_list(client: Browser, make: Make) -> None:
    for number in range(queries.PAGE_ROWS + 1):
        make.apprentice(f"Asha Juma {number}")
    assert client.sign_in("amina").get("/people/?endpoint=x&_scheme=javascript&_external=1").text.count("javascript:") == 0


def test_a_day_is_typed_and_shown_with_the_day_first(client: Browser, make: Make) -> None:
    cohort = make.cohort()
    page = client.sign_in("amina").get(f"/people/cohorts/{cohort.id}/edit").text
    assert 'value="05/01/2026"' in page
    assert 'type="date"' not in page


@pytest.mark.parametrize("far", ["1/1/0001", "31/12/9999"])
def test_a_year_that_cannot_be_meant_is_asked_again(client: Browser, far: str) -> None:
    form = {"name": "A", "programme": "hotel-24m", "starts_on": far}
    assert f"{far} is too far away. Check the year." in client.sign_in("amina").send("/people/cohorts/new", **form).text
