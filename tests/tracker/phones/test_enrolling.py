"""Enrolling a phone: one code, one phone, ten minutes; and what of it is stored."""

import re
from html import unescape

import pytest
from sqlalchemy import select

from tests.conftest import Browser, PinnedClock
from tests.make import Make
from tests.tracker.phones.conftest import code_for, credential_of, Phone, PIN
from tracker.db import db
from tracker.phones import models, queries
from tracker.web.transport import Reach


def test_a_code_from_the_screen_opens_the_register_on_the_phone(client: Browser, on_wifi: Reach, phone: Phone) -> None:
    page = client.sign_in("baraka").send("/phones/enrol").text
    address = re.search(rf"<li>({on_wifi.urls[0]}phones/e/\w{{26}})</li>", page)
    assert address
    assert 'src="data:image/svg+xml' in page
    answer = phone.enrol(address[1].rpartition("/")[2])
    assert (answer.status_code, answer.location) == (302, "/")
    assert "Baraka Mollel" in phone.get("/accounts/me").text


def test_the_phone_s_key_is_kept_for_400_days_out_of_reach_of_scripts(make: Make, phone: Phone) -> None:
    cookies = phone.enrol(code_for(make)).headers.getlist("Set-Cookie")
    cookie = next(each for each in cookies if each.startswith("__Host-d="))
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=Lax", f"Max-Age={400 * 86_400}"} <= {part.strip() for part in cookie.split(";")}
    assert len(phone.cookie("__Host-d")) >= 43  # 256 bits


def test_nothing_stored_opens_a_phone(make: Make, phone: Phone) -> None:
    code = code_for(make)
    assert [row.code_hash for row in db.session.scalars(select(models.EnrolmentCode))] == [queries.hashed(code)]
    phone.enrol(code)
    row = db.session.scalar(select(models.Phone))
    pin = db.session.scalar(select(models.Pin))
    assert row
    assert pin
    assert row.key_hash == queries.hashed(phone.cookie("__Host-d"))
    assert row.name == "Chrome, Android"
    assert pin.pin_hash.startswith("$argon2id$")


def test_looking_at_a_code_spends_nothing(make: Make, phone: Phone, another_phone: Phone) -> None:
    code = code_for(make)
    assert another_phone.get(f"/phones/e/{code}").status_code == 200
    assert phone.enrol(code).status_code == 302


def test_a_code_may_be_typed_in_capitals(make: Make, phone: Phone) -> None:
    phone.enrol(code_for(make).upper())
    assert phone.is_open


def test_a_code_enrols_one_phone_only(make: Make, phone: Phone, another_phone: Phone) -> None:
    code = code_for(make)
    early = another_phone.get(f"/phones/e/{code}").text  # who photographed the screen has the form open already
    phone.enrol(code)
    token = early.split('name="csrf_token" value="')[1].split('"')[0]
    late = another_phone.browser.post(f"/phones/e/{code}", data={"csrf_token": token, "pin": PIN, "again": PIN}, **another_phone.how)
    assert (late.status_code, "used already" in late.text, another_phone.is_open) == (410, True, False)
    assert another_phone.get(f"/phones/e/{code}").status_code == 410


@pytest.mark.parametrize("seconds", [601, -301], ids=["older than ten minutes", "from a clock that was set back"])
def test_a_code_is_over_after_ten_minutes(seconds: int, make: Make, phone: Phone, clock: PinnedClock) -> None:
    code = code_for(make)
    clock.wall_s += seconds
    assert phone.get(f"/phones/e/{code}").status_code == 410


def test_a_new_code_ends_the_one_before(make: Make, phone: Phone) -> None:
    first, second = code_for(make), code_for(make)
    assert phone.get(f"/phones/e/{first}").status_code == 410
    assert phone.enrol(second).status_code == 302


@pytest.mark.parametrize(
    ("pin", "again", "sentence"),
    [
        ("1234", "1234", "easy to guess"),
        ("8765", "8765", "easy to guess"),
        ("7890", "7890", "easy to guess"),
        ("0000", "0000", "easy to guess"),
        ("121212", "121212", "easy to guess"),
        ("123", "123", "4 to 8 digits"),
        ("258a", "258a", "4 to 8 digits"),
        ("٢٥٨٠", "٢٥٨٠", "4 to 8 digits"),
        ("2580", "2581", "The two PINs differ"),
        ("", "", "Enter a PIN"),
    ],
)
def test_a_bad_pin_is_said_and_spends_no_code(pin: str, again: str, sentence: str, make: Make, phone: Phone) -> None:
    code = code_for(make)
    assert sentence in unescape(phone.send(f"/phones/e/{code}", pin=pin, again=again).text)
    assert not phone.is_open
    assert phone.enrol(code, "1987").status_code == 302  # a year of birth will do


def test_two_people_share_a_phone_and_each_has_a_pin(make: Make, phone: Phone) -> None:
    phone.enrol(code_for(make, "baraka"), "2580")
    phone.enrol(code_for(make, "amina"), "1987")
    assert len(db.session.scalars(select(models.Phone)).all()) == 1
    page = phone.get("/phones/pin").text
    assert page.index("Amina Juma") < page.index("Baraka Mollel")
    phone.open(credential_of("baraka"), "2580")
    assert "Baraka Mollel" in phone.get("/accounts/me").text
    assert phone.open(credential_of("amina"), "2580").status_code == 401


def test_nobody_gets_a_code_without_a_password(make: Make, on_wifi: Reach, phone: Phone) -> None:
    del on_wifi
    assert phone.send("/phones/enrol", form="/accounts/sign-in").status_code == 401
    phone.enrol(code_for(make))
    answer = phone.send("/phones/enrol", form="/phones/pin")
    assert (answer.status_code, "A PIN is not enough" in answer.text) == (403, True)
