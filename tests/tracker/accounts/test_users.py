"""The administrator's pages, first passwords, and the own password."""

import pytest

from tests.conftest import Browser
from tests.make import Make, PASSWORD
from tracker.accounts import actions, queries, rules
from tracker.accounts.models import Credential
from tracker.errors import NotAllowed
from tracker.policy import Actor, may, OPERATOR

FIRST = "mti mkubwa wa bluu"


def _credential(username: str) -> Credential:
    found = queries.credential_named(username)
    assert found is not None
    return found


def test_the_administrator_adds_a_user(client: Browser) -> None:
    form = {"username": "zawadi", "name": "Zawadi Mushi", "role": "instructor", "password": FIRST}
    assert client.sign_in("dalali").send("/accounts/users/new", **form).status_code == 302
    assert "Zawadi Mushi" in client.get("/accounts/users").text


def test_a_first_password_opens_only_the_page_that_changes_it(client: Browser, make: Make, dalali: Actor) -> None:
    actions.add_user(dalali, make.centre, "zawadi", "Zawadi Mushi", "registrar", FIRST)
    client.set_cookie("s", actions.sign_in("zawadi", FIRST, device="test", address="10.0.0.2"))
    assert client.get("/accounts/me").location == "/accounts/password"
    client.send("/accounts/password", current=FIRST, new="ngazi tatu za mwamba")
    assert client.get("/accounts/me").status_code == 200


@pytest.mark.parametrize("username", ["amina", "baraka", "chausiku"])
def test_nobody_else_keeps_the_accounts(client: Browser, username: str) -> None:
    assert client.sign_in(username).get("/accounts/users").status_code == 403


def test_a_registrar_adds_no_user(amina: Actor, make: Make) -> None:
    with pytest.raises(NotAllowed):
        actions.add_user(amina, make.centre, "zawadi", "Zawadi Mushi", "registrar", FIRST)


def test_a_username_is_taken_once_whatever_its_letters(dalali: Actor, make: Make) -> None:
    with pytest.raises(rules.UsernameTaken):
        actions.add_user(dalali, make.centre, " AMINA ", "Amina Two", "registrar", FIRST)


def test_a_centre_has_no_coordinator(dalali: Actor, make: Make) -> None:
    with pytest.raises(rules.WrongRole):
        actions.add_user(dalali, make.centre, "zawadi", "Zawadi Mushi", "coordinator", FIRST)


def test_a_reset_asks_for_the_administrators_own_password(client: Browser) -> None:
    address = f"/accounts/users/{_credential('amina').id}/reset"
    client.sign_in("dalali").send(address, new=FIRST, own="not mine at all")
    assert actions.sign_in("amina", PASSWORD, device="test", address="10.0.0.2")
    client.send(address, new=FIRST, own=PASSWORD)
    assert _credential("amina").must_change


def test_a_reset_ends_the_sessions_of_the_person(client: Browser, dalali: Actor) -> None:
    token = actions.sign_in("amina", PASSWORD, device="test", address="10.0.0.2")
    actions.reset_password(dalali, _credential("amina").id, FIRST)
    assert queries.signed_in(token) is None
    assert client.get("/accounts/me").status_code == 302


def test_a_stale_form_does_not_overwrite_what_it_did_not_touch(client: Browser, dalali: Actor) -> None:
    address = f"/accounts/users/{_credential('baraka').id}"
    page = client.sign_in("dalali").get(address).text
    seen = page.split('name="seen" value="')[1].split('"')[0].replace("&#34;", '"')
    actions.change_user(dalali, _credential("baraka").id, {"name": "Baraka Elia", "role": "instructor", "active": True}, None)
    client.send(address, name="Baraka Mollel", role="registrar", active="y", seen=seen)
    staff = queries.user_for(dalali, _credential("baraka").id).staff
    assert staff is not None
    assert (staff.name, staff.role) == ("Baraka Elia", "registrar")


def test_changing_the_own_password_signs_out_other_devices(client: Browser) -> None:
    elsewhere = actions.sign_in("amina", PASSWORD, device="phone", address="10.0.0.2")
    client.sign_in("amina").send("/accounts/password", current=PASSWORD, new=FIRST)
    assert queries.signed_in(elsewhere) is None
    assert client.get("/accounts/me").status_code == 200


def test_one_ends_ones_own_sessions_only(client: Browser) -> None:
    token = actions.sign_in("baraka", PASSWORD, device="phone", address="10.0.0.2")
    found = queries.signed_in(token)
    assert found is not None
    assert client.sign_in("amina").send(f"/accounts/sessions/{found.session.id}/end").status_code == 404
    assert queries.signed_in(token) is not None


@pytest.mark.parametrize(
    "password", ["short", "12345678", "Karibu2020!", "PASSWORD1", "nakupenda", "zawadi", "zawadi2024", "aaaaaaaaab", "x" * 200]
)
def test_a_password_that_anybody_would_try_is_refused(dalali: Actor, make: Make, password: str) -> None:
    with pytest.raises(rules.WeakPassword):
        actions.add_user(dalali, make.centre, "zawadi", "Zawadi Mushi", "registrar", password)


@pytest.mark.parametrize("password", ["mti mkubwa wa bluu", "jua-kali-na-maji", "x7#kQ9!vLp", "ndizi" * 13])
def test_any_other_password_is_accepted(dalali: Actor, make: Make, password: str) -> None:
    assert actions.add_user(dalali, make.centre, "zawadi", "Zawadi Mushi", "registrar", password).id


def test_the_instructor_teaches_only_the_cohorts_named(amina: Actor, baraka: Actor, make: Make) -> None:
    actions.set_teaching(amina, make.centre, baraka.id, "cohort-1")
    assert make.actor("baraka").cohorts == {"cohort-1"}


def test_a_registrar_may_keep_the_machine_as_well(make: Make) -> None:
    actions.add_user(OPERATOR, make.centre, "zawadi", "Zawadi Mushi", "registrar", FIRST, administers=True)
    zawadi = make.actor("zawadi")
    assert may(zawadi, "accounts")
    assert may(zawadi, "edit-people", make.centre)
    assert not may(zawadi, "edit-people", make.other)


def test_a_page_can_add_a_registrar_who_keeps_the_machine(client: Browser, make: Make) -> None:
    form = {"username": "zawadi", "name": "Zawadi Mushi", "role": "registrar", "password": FIRST, "administers": "y"}
    client.sign_in("dalali").send("/accounts/users/new", **form)
    assert may(make.actor("zawadi"), "accounts")


def test_the_first_password_cannot_stay(client: Browser, make: Make, dalali: Actor) -> None:
    actions.add_user(dalali, make.centre, "zawadi", "Zawadi Mushi", "registrar", FIRST)
    client.set_cookie("s", actions.sign_in("zawadi", FIRST, device="test", address="10.0.0.2"))
    assert "another one than before" in client.send("/accounts/password", current=FIRST, new=FIRST).text
    assert _credential("zawadi").must_change
