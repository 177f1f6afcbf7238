"""Signing in and out, sessions, and what wrong passwords cost."""

import pytest
from sqlalchemy import event, insert, select
from sqlalchemy.orm import Session as OrmSession

from tests.conftest import Browser, PinnedClock
from tests.make import Make, PASSWORD
from tracker.accounts import actions, queries, rules
from tracker.accounts.models import Session, Throttle
from tracker.db import db
from tracker.policy import OPERATOR


def _try(password: str, username: str = "amina", address: str = "10.0.0.1") -> str:
    return actions.sign_in(username, password, device="test", address=address)


def test_the_right_password_opens_the_own_account(client: Browser) -> None:
    response = client.send("/accounts/sign-in", username="Amina", password=PASSWORD)
    assert response.status_code == 302
    assert "Amina Juma" in client.get("/accounts/me").text


def test_a_wrong_password_and_an_unknown_name_get_the_same_sentence(client: Browser) -> None:
    wrong = client.send("/accounts/sign-in", username="amina", password="something else")
    unknown = client.send("/accounts/sign-in", username="nobody", password="something else")
    assert wrong.status_code == unknown.status_code == 401
    assert "The username or the password is not right." in wrong.text
    assert "The username or the password is not right." in unknown.text


def test_the_cookie_is_out_of_reach_of_scripts(client: Browser) -> None:
    cookies = client.send("/accounts/sign-in", username="amina", password=PASSWORD).headers.getlist("Set-Cookie")
    cookie = next(each for each in cookies if each.startswith("s="))
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}


def test_over_https_the_cookie_is_bound_to_this_host(client: Browser) -> None:
    page = client.get("/accounts/sign-in", base_url="https://localhost").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"csrf_token": token, "username": "amina", "password": PASSWORD}
    response = client.post("/accounts/sign-in", data=form, base_url="https://localhost")
    cookie = next(each for each in response.headers.getlist("Set-Cookie") if each.startswith("__Host-s="))
    assert "Secure" in cookie


def test_only_the_hash_of_the_token_is_stored(make: Make) -> None:
    make.actor("amina")
    token = _try(PASSWORD)
    assert [row.token_hash for row in db.session.scalars(select(Session))] == [queries.token_hash(token)]
    assert len(token) >= 43  # 256 bits


def test_each_sign_in_gets_a_new_token_and_ends_the_old_one(make: Make) -> None:
    make.actor("amina")
    old = _try(PASSWORD)
    new = actions.sign_in("amina", PASSWORD, device="test", address="10.0.0.1", old_token=old)
    assert (queries.signed_in(old), queries.signed_in(new) is None) == (None, False)


def test_signing_out_really_ends_the_session(client: Browser, make: Make) -> None:
    del make
    token = _try(PASSWORD)
    client.set_cookie("s", token)
    client.send("/accounts/sign-out")
    client.set_cookie("s", token)
    assert client.get("/accounts/me").status_code == 302


def test_five_wrong_passwords_are_free_and_the_next_must_wait(make: Make, clock: PinnedClock) -> None:
    make.actor("amina")
    for _ in range(5):
        with pytest.raises(rules.WrongSignIn):
            _try("wrong")
    with pytest.raises(rules.WaitFirst):
        _try(PASSWORD)
    clock.wall_s += 2
    assert _try(PASSWORD)


def test_a_new_address_does_not_help_to_guess_one_account(make: Make) -> None:
    make.actor("amina")
    for host in range(5):
        with pytest.raises(rules.WrongSignIn):
            _try("wrong", address=f"10.0.0.{host}")
    with pytest.raises(rules.WaitFirst):
        _try("wrong", address="10.0.0.99")


def test_many_names_do_not_help_one_device(make: Make) -> None:
    make.actor("amina")
    for number in range(5):
        with pytest.raises(rules.WrongSignIn):
            _try("wrong", username=f"guess{number}")
    with pytest.raises(rules.WaitFirst):
        _try("wrong", username="amina")


def test_a_clock_that_was_set_back_locks_nobody_out(make: Make, clock: PinnedClock) -> None:
    make.actor("amina")
    for _ in range(5):
        with pytest.raises(rules.WrongSignIn):
            _try("wrong")
    clock.wall_s -= 365 * 24 * 3600
    with pytest.raises(rules.WaitFirst):
        _try(PASSWORD)
    clock.wall_s += 2
    assert _try(PASSWORD)


def test_who_is_idle_for_half_an_hour_signs_in_again(make: Make, clock: PinnedClock) -> None:
    make.actor("amina")
    token = _try(PASSWORD)
    clock.wall_s += 30 * 60 + 1
    assert queries.signed_in(token) is None


def test_who_works_stays_signed_in_but_not_longer_than_half_a_day(make: Make, clock: PinnedClock) -> None:
    make.actor("amina")
    token, hours = _try(PASSWORD), 0
    while found := queries.signed_in(token):
        actions.touch(found.session)
        clock.wall_s += 20 * 60
        hours += 1
    assert hours == 37  # 12 h of 20 minutes each, and the last look


def test_who_works_here_no_longer_is_out_at_once(make: Make) -> None:
    token = _try(PASSWORD)
    credential = queries.credential_named("amina")
    assert credential is not None
    actions.change_user(OPERATOR, credential.id, {"name": "Amina Juma", "role": "registrar", "active": False}, None)
    assert queries.signed_in(token) is None
    with pytest.raises(rules.WrongSignIn):
        _try(PASSWORD)
    assert make.centre


def test_it_leads_back_to_where_one_came_from(client: Browser) -> None:
    response = client.get("/accounts/password")
    assert response.location == "/accounts/sign-in?next=/accounts/password"
    response = client.send("/accounts/sign-in", username="amina", password=PASSWORD, next="/accounts/password")
    assert response.location == "/accounts/password"


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "evil"])
def test_it_never_leads_to_another_site(client: Browser, elsewhere: str) -> None:
    assert client.send("/accounts/sign-in", username="amina", password=PASSWORD, next=elsewhere).location == "/"


def test_a_first_try_that_meets_another_first_try_is_counted_behind_it(make: Make) -> None:
    make.actor("amina")
    met: list[bool] = []

    def meet(session: OrmSession, *_rest: object) -> None:
        if any(isinstance(row, Throttle) for row in session.new) and not met:
            met.append(True)
            session.connection().execute(insert(Throttle).values(subject="account:amina", tries=1, last_s=0.0))

    event.listen(OrmSession, "before_flush", meet)
    try:
        with pytest.raises(rules.WrongSignIn):
            _try("something else")
    finally:
        event.remove(OrmSession, "before_flush", meet)
    assert met
    assert db.session.get_one(Throttle, "account:amina").tries == 1  # the other one's transaction went with ours here
