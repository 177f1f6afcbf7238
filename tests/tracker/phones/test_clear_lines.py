"""Lines that others can read: no password travels over one, and without `lan_http` nothing does but a sentence."""

from dataclasses import replace

import pytest
from flask import Flask

from tests.conftest import Browser
from tests.make import Make, PASSWORD
from tests.tracker.phones.conftest import code_for, Phone
from tracker import config
from tracker.app import create_app
from tracker.db import db
from tracker.web.transport import NoPasswordInClear, NotFromAfar, Reach

AFAR = {"environ_overrides": {"REMOTE_ADDR": "192.168.1.20"}}


@pytest.fixture
def lan_http(app: Flask) -> None:
    app.extensions["settings"] = replace(app.extensions["settings"], lan_http=True)


@pytest.fixture
def plain(app: Flask) -> Phone:
    return Phone(app, "http")


# ---- without lan_http


@pytest.mark.parametrize("url", ["/", "/accounts/sign-in", "/phones/", "/phones/authority", "/attendance/", "/nowhere"])
def test_plain_http_from_another_machine_gets_only_the_right_address(url: str, on_wifi: Reach, plain: Phone) -> None:
    answer = plain.get(url)
    assert answer.status_code == 403
    assert f'<a href="{on_wifi.urls[0]}"' in answer.text
    assert "<form" not in answer.text


def test_it_names_the_address_that_was_asked_with_https(app: Flask, on_wifi: Reach, plain: Phone) -> None:
    app.extensions["reach"] = replace(on_wifi, urls=("https://10.0.0.5:8443/", "https://192.168.1.5:8443/"))
    app.config["TRUSTED_HOSTS"] = ["192.168.1.5"]
    plain.how["base_url"] = "http://192.168.1.5:8321"
    assert "https://192.168.1.5:8443/" in plain.get("/").text


def test_where_there_is_no_https_it_says_what_to_do(plain: Phone) -> None:
    answer = plain.get("/")
    assert (answer.status_code, str(NotFromAfar()) in answer.text) == (403, True)


def test_a_password_sent_all_the_same_is_not_even_looked_at(client: Browser) -> None:
    page = client.get("/accounts/sign-in").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"csrf_token": token, "username": "amina", "password": PASSWORD}
    answer = client.post("/accounts/sign-in", data=form, **AFAR)
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (403, False)


def test_a_session_of_the_laptop_shows_nothing_over_a_clear_line(client: Browser) -> None:
    answer = client.sign_in("amina").get("/people/", **AFAR)
    assert (answer.status_code, "Amina" in answer.text) == (403, False)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.9", "::1", "::ffff:127.0.0.1", ""])
def test_this_computer_itself_is_no_clear_line(address: str, client: Browser) -> None:
    assert client.get("/accounts/sign-in", environ_overrides={"REMOTE_ADDR": address}).status_code == 200


@pytest.mark.parametrize("address", ["192.168.1.20", "::ffff:192.168.1.20", "fe80::1", "8.8.8.8", "unknown"])
def test_every_other_machine_is(address: str, client: Browser) -> None:
    assert client.get("/accounts/sign-in", environ_overrides={"REMOTE_ADDR": address}).status_code == 403


def test_other_nodes_still_exchange(client: Browser) -> None:
    """Their messages are sealed and signed; this one is refused by the engine, in its own words."""
    assert client.post("/sync", data=b"x", **AFAR).status_code == 200


# ---- with lan_http


@pytest.mark.usefixtures("lan_http")
class TestWithLanHttp:
    def test_an_enrolled_phone_gets_in_with_a_banner_on_every_page(self, make: Make, plain: Phone) -> None:
        assert plain.enrol(code_for(make)).status_code == 302
        assert "Do not type a password" in plain.get("/attendance/").text
        assert plain.is_open
        assert len(plain.cookie("d")) >= 43

    def test_the_laptop_s_own_pages_carry_no_banner(self, client: Browser) -> None:
        assert "Do not type a password" not in client.sign_in("amina").get("/accounts/me").text

    def test_https_carries_no_banner(self, make: Make, phone: Phone) -> None:
        phone.enrol(code_for(make))
        assert "Do not type a password" not in phone.get("/accounts/me").text

    def test_a_phone_that_nobody_enrolled_is_asked_for_no_password(self, plain: Phone) -> None:
        answer = plain.get("/accounts/sign-in")
        assert (answer.status_code, str(NoPasswordInClear()) in answer.text) == (403, True)

    @pytest.mark.parametrize("url", ["/accounts/sign-in?by=password", "/accounts/password"])
    def test_nor_is_one_that_is_enrolled(self, url: str, make: Make, plain: Phone) -> None:
        plain.enrol(code_for(make))
        answer = plain.get(url)
        assert (answer.status_code, str(NoPasswordInClear()) in answer.text) == (403, True)

    def test_a_password_is_refused_whatever_form_it_comes_from(self, make: Make, plain: Phone) -> None:
        plain.enrol(code_for(make))
        form = "/phones/pin"
        for url, fields in (
            ("/accounts/sign-in", {"username": "amina", "password": PASSWORD}),
            ("/accounts/password", {"current": PASSWORD, "new": "maneno mapya manne ya siri"}),
        ):
            answer = plain.send(url, form=form, **fields)
            assert (answer.status_code, str(NoPasswordInClear()) in answer.text) == (403, True)

    @pytest.mark.parametrize("url", ["/accounts/users", "/accounts/users/new", "/accounts/users/1/reset"])
    def test_the_users_pages_are_closed(self, url: str, make: Make, plain: Phone) -> None:
        plain.enrol(code_for(make, "dalali"))
        assert plain.get(url).status_code == 403

    def test_a_session_that_a_password_opened_counts_only_where_nobody_listens(self, client: Browser) -> None:
        client.sign_in("amina")
        assert client.get("/accounts/me", **AFAR).status_code == 302
        assert client.get("/accounts/me").status_code == 200


# ---- behind a proxy


@pytest.mark.parametrize(("proto", "status"), [("https", 200), ("http", 403)])
def test_a_proxy_s_word_counts_where_the_setting_says_so(proto: str, status: int, app: Flask) -> None:
    behind = create_app(config.load(app.extensions["settings"].home, environ={}, secret_key="not secret", proxies=1))
    headers = {"X-Forwarded-For": "41.59.1.2", "X-Forwarded-Proto": proto, "X-Forwarded-Host": "localhost"}
    with behind.app_context():
        assert behind.test_client().get("/accounts/sign-in", headers=headers).status_code == status
        db.session.remove()
        db.engine.dispose()


def test_nobody_forges_https_where_no_proxy_was_named(client: Browser) -> None:
    answer = client.get("/accounts/sign-in", headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.0.1"}, **AFAR)
    assert answer.status_code == 403
