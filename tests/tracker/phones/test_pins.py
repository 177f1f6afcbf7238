"""Opening an enrolled phone with a PIN: who may, for how long, what it may not do, and when it ends."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from tests.conftest import Browser, PinnedClock
from tests.make import Make, PASSWORD
from tests.tracker.phones.conftest import code_for, credential_of, Phone, PIN
from tracker.accounts import actions as accounts
from tracker.accounts import queries
from tracker.accounts.models import Credential, Session, Staff, Throttle
from tracker.db import db, write
from tracker.errors import NotAllowed
from tracker.phones.models import EnrolmentCode, Pin
from tracker.phones.models import Phone as PhoneRow
from tracker.policy import check, may, NEEDS_PASSWORD, NeedsPassword, OPERATOR, VERBS


@pytest.fixture
def baraka_s(make: Make, phone: Phone) -> Phone:
    """Baraka's phone, open."""
    phone.enrol(code_for(make))
    return phone


@pytest.fixture
def credential(make: Make) -> Credential:
    del make
    return credential_of("baraka")


def _count(model: type) -> int:
    return len(db.session.scalars(select(model)).all())


# ---- opening


def test_half_an_hour_later_the_pin_is_asked_and_leads_back(baraka_s: Phone, clock: PinnedClock, credential: Credential) -> None:
    clock.wall_s += 31 * 60
    asked = baraka_s.get("/attendance/")
    assert asked.location == "/accounts/sign-in?next=/attendance/"
    asked = baraka_s.get(asked.location)
    assert asked.location == "/phones/pin?next=/attendance/"
    assert 'name="next" type="hidden" value="/attendance/"' in baraka_s.get(asked.location).text
    assert baraka_s.open(credential, next="/attendance/").location == "/attendance/"
    assert baraka_s.is_open


def test_the_pin_leads_to_no_other_site(baraka_s: Phone, credential: Credential) -> None:
    assert baraka_s.open(credential, next="https://evil.example/").location == "/"


def test_a_session_ends_after_twelve_hours_however_busy(baraka_s: Phone, clock: PinnedClock) -> None:
    for _ in range(12 * 3):
        assert baraka_s.is_open
        clock.wall_s += 20 * 60
    clock.wall_s += 60
    assert not baraka_s.is_open


def test_another_person_takes_over_with_one_form(make: Make, baraka_s: Phone) -> None:
    baraka_s.enrol(code_for(make, "amina"), "1987")
    assert 'href="/phones/pin"' in baraka_s.get("/accounts/me").text
    baraka_s.open(credential_of("baraka"))
    assert "Baraka Mollel" in baraka_s.get("/accounts/me").text
    assert _count(Session) == 1  # the one before is over


def test_without_a_phone_s_key_there_is_no_pin_page(another_phone: Phone) -> None:
    assert another_phone.get("/phones/pin").location == "/accounts/sign-in?by=password"


def test_a_phone_that_knows_its_person_can_still_ask_for_the_password(baraka_s: Phone) -> None:
    assert "Username" in baraka_s.get("/accounts/sign-in?by=password").text


# ---- attacks


def test_a_session_s_cookie_is_worth_nothing_without_the_phone_s(baraka_s: Phone, another_phone: Phone) -> None:
    another_phone.browser.set_cookie("__Host-s", baraka_s.cookie("__Host-s"))
    assert not another_phone.is_open
    assert baraka_s.is_open


def test_a_session_s_cookie_is_worth_nothing_on_another_enrolled_phone(make: Make, baraka_s: Phone, another_phone: Phone) -> None:
    another_phone.enrol(code_for(make, "amina"))
    another_phone.browser.set_cookie("__Host-s", baraka_s.cookie("__Host-s"))
    assert not another_phone.is_open


def test_a_phone_s_cookie_alone_opens_nothing(baraka_s: Phone, another_phone: Phone) -> None:
    another_phone.browser.set_cookie("__Host-d", baraka_s.cookie("__Host-d"))
    assert not another_phone.is_open


def test_a_pin_opens_only_the_phone_it_was_chosen_on(make: Make, baraka_s: Phone, another_phone: Phone) -> None:
    del baraka_s
    another_phone.enrol(code_for(make, "amina"), "1987")
    answer = another_phone.open(credential_of("baraka"), PIN)
    assert not another_phone.get("/accounts/me").text.count("Baraka")
    assert "Not a valid choice" in answer.text


def test_a_wrong_pin_says_how_many_tries_are_left(baraka_s: Phone, credential: Credential) -> None:
    answer = baraka_s.open(credential, "1111")
    assert (answer.status_code, "Wrong tries that are left: 9." in answer.text) == (401, True)


def test_after_five_wrong_pins_one_has_to_wait(baraka_s: Phone, credential: Credential) -> None:
    for _ in range(5):
        assert baraka_s.open(credential, "1111").status_code == 401
    answer = baraka_s.open(credential)
    assert (answer.status_code, "Too many tries" in answer.text) == (429, True)


def _guess_wrongly(phone: Phone, credential: Credential, clock: PinnedClock) -> int:
    for _ in range(9):
        assert phone.open(credential, "1111").status_code == 401
        clock.wall_s += 60
    return phone.open(credential, "1111").status_code


def test_after_ten_wrong_pins_the_phone_has_to_be_enrolled_anew(
    make: Make, baraka_s: Phone, credential: Credential, clock: PinnedClock
) -> None:
    assert _guess_wrongly(baraka_s, credential, clock) == 403
    assert not baraka_s.is_open
    assert (_count(Pin), _count(PhoneRow), _count(Session)) == (0, 0, 0)
    assert baraka_s.enrol(code_for(make)).status_code == 302


def test_a_phone_that_is_guessed_at_stays_open_for_the_other_person(
    make: Make, baraka_s: Phone, credential: Credential, clock: PinnedClock
) -> None:
    baraka_s.enrol(code_for(make, "amina"), "1987")
    _guess_wrongly(baraka_s, credential, clock)
    assert baraka_s.open(credential_of("amina"), "1987").status_code == 302


def test_the_right_pin_forgives_the_wrong_ones(baraka_s: Phone, credential: Credential) -> None:
    for _ in range(4):
        baraka_s.open(credential, "1111")
    baraka_s.open(credential)
    assert "are left: 9." in baraka_s.open(credential, "1111").text


# ---- what a PIN may not do


def test_a_pin_gives_all_but_the_verbs_of_administration(make: Make, phone: Phone) -> None:
    phone.enrol(code_for(make, "dalali"))
    signed_in = queries.signed_in(phone.cookie("__Host-s"), db.session.scalar(select(PhoneRow.id)))
    assert signed_in
    by_password = replace(signed_in.actor, by_pin=False)
    assert {verb for verb in VERBS if may(by_password, verb) and not may(signed_in.actor, verb)} == {
        "accounts", "backup", "enrol", "erase", "join"
    }  # fmt: skip


@pytest.mark.parametrize("verb", sorted(NEEDS_PASSWORD))
def test_only_who_might_with_a_password_is_told_to_give_it(verb: str, make: Make) -> None:
    with pytest.raises(NeedsPassword):
        check(replace(OPERATOR, by_pin=True), verb)
    if not may(make.actor("baraka"), verb):
        with pytest.raises(NotAllowed) as refusal:
            check(replace(make.actor("baraka"), by_pin=True), verb)
        assert type(refusal.value) is NotAllowed


@pytest.mark.parametrize("url", ["/accounts/users", "/accounts/users/new", "/accounts/users/1", "/accounts/users/1/reset", "/nodes/join"])
def test_pages_that_administer_ask_for_the_password(url: str, make: Make, phone: Phone) -> None:
    phone.enrol(code_for(make, "dalali"))
    answer = phone.get(url)
    assert (answer.status_code, str(NeedsPassword()) in answer.text) == (403, True)


def test_the_page_of_phones_shows_no_code_to_a_pin(make: Make, phone: Phone) -> None:
    phone.enrol(code_for(make, "dalali"))
    page = phone.get("/phones/").text
    assert "This phone" in page
    assert "/phones/enrol" not in page


# ---- ending


def _ends(phone: Phone) -> bool:
    return not phone.is_open and _count(Pin) == 0 and _count(Session) == 0


def test_a_person_ends_the_own_phone(client: Browser, baraka_s: Phone) -> None:
    phone_id = db.session.scalar(select(PhoneRow.id))
    assert client.sign_in("baraka").send(f"/phones/{phone_id}/end").status_code == 302
    assert not baraka_s.is_open
    assert _count(PhoneRow) == 0


def test_nobody_ends_another_person_s_phone(client: Browser, baraka_s: Phone) -> None:
    phone_id = db.session.scalar(select(PhoneRow.id))
    assert client.sign_in("amina").send(f"/phones/{phone_id}/end").status_code == 404
    assert "Chrome, Android" not in client.get("/phones/").text
    assert baraka_s.is_open


def test_who_keeps_the_accounts_sees_and_ends_every_phone(client: Browser, baraka_s: Phone) -> None:
    phone_id = db.session.scalar(select(PhoneRow.id))
    assert "Baraka Mollel" in client.sign_in("dalali").get("/phones/").text
    client.send(f"/phones/{phone_id}/end")
    assert not baraka_s.is_open


def test_of_a_shared_phone_only_the_own_part_ends(make: Make, client: Browser, baraka_s: Phone) -> None:
    baraka_s.enrol(code_for(make, "amina"), "1987")
    phone_id = db.session.scalar(select(PhoneRow.id))
    client.sign_in("amina").send(f"/phones/{phone_id}/end")
    assert not baraka_s.is_open
    assert baraka_s.open(credential_of("baraka")).status_code == 302


def test_a_new_password_from_the_administrator_ends_pins_codes_and_sessions(make: Make, baraka_s: Phone, credential: Credential) -> None:
    code_for(make)
    accounts.reset_password(make.actor("dalali"), credential.id, "maneno mapya manne ya siri")
    assert _ends(baraka_s)
    assert _count(EnrolmentCode) == 0


def test_who_works_here_no_longer_has_no_pin(make: Make, baraka_s: Phone, credential: Credential) -> None:
    values = {"name": "Baraka Mollel", "role": "instructor", "active": False}
    accounts.change_user(make.actor("dalali"), credential.id, values, None)
    assert _ends(baraka_s)


def test_who_was_struck_off_on_another_computer_is_let_in_no_more(make: Make, baraka_s: Phone, credential: Credential) -> None:
    page = baraka_s.get("/phones/pin").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    with write(OPERATOR) as session:
        staff = session.get(Staff, {"partition": make.centre, "id": credential.staff_id})
        assert staff
        staff.active = False
    form = {"csrf_token": token, "person": credential.id, "pin": PIN}
    assert baraka_s.browser.post("/phones/pin", data=form, **baraka_s.how).status_code == 302  # nobody is left on it
    assert not baraka_s.is_open


def test_the_next_phone_pays_for_no_tries_of_the_last_one(make: Make, baraka_s: Phone, credential: Credential) -> None:
    for _ in range(5):
        baraka_s.open(credential, "1111")
    baraka_s.enrol(code_for(make))
    assert db.session.scalars(select(Throttle)).all() == []
    assert baraka_s.open(credential).status_code == 302


def test_a_password_still_opens_a_session_of_its_own_on_the_phone(baraka_s: Phone) -> None:
    answer = baraka_s.send("/accounts/sign-in", form="/accounts/sign-in?by=password", username="dalali", password=PASSWORD)
    assert answer.status_code == 302
    assert baraka_s.get("/accounts/users").status_code == 200
