"""A phone in the test's hand: a browser of its own, over HTTPS from the centre's Wi-Fi unless a test says otherwise."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import Browser, TOKEN
from tests.make import Make
from tracker.accounts import queries as accounts
from tracker.accounts.models import Credential
from tracker.phones import actions
from tracker.web.transport import REACH, Reach

PIN = "2580"
CHROME = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"


class Phone:
    """A browser on a phone of the centre's Wi-Fi."""

    def __init__(self, app: Flask, scheme: str = "https") -> None:
        browser = app.test_client()
        assert isinstance(browser, Browser)
        self.browser = browser
        self.how: dict[str, Any] = {
            "base_url": f"{scheme}://localhost",
            "environ_overrides": {"REMOTE_ADDR": "192.168.1.20"},
            "headers": {"User-Agent": CHROME},
        }

    def get(self, url: str) -> TestResponse:
        return self.browser.get(url, **self.how)

    def send(self, url: str, form: str = "", **fields: object) -> TestResponse:
        """Fill in the form that stands at `form`, by default at `url` itself, and send it to `url`."""
        page = self.get(form or url)
        found = TOKEN.search(page.text)
        assert found, page.text
        return self.browser.post(url, data={"csrf_token": found[1], **fields}, **self.how)

    def enrol(self, code: str, pin: str = PIN) -> TestResponse:
        return self.send(f"/phones/e/{code}", pin=pin, again=pin)

    def open(self, credential: Credential, pin: str = PIN, **fields: object) -> TestResponse:
        return self.send("/phones/pin", form="", person=credential.id, pin=pin, **fields)

    @property
    def is_open(self) -> bool:
        return self.get("/accounts/me").status_code == 200

    def cookie(self, name: str) -> str:
        found = self.browser.get_cookie(name)
        return found.value if found else ""


@pytest.fixture
def phone(app: Flask) -> Phone:
    return Phone(app)


@pytest.fixture
def another_phone(app: Flask) -> Phone:
    return Phone(app)


def credential_of(username: str) -> Credential:
    found = accounts.credential_named(username)
    assert found
    return found


def code_for(make: Make, username: str = "baraka") -> str:
    return actions.make_code(make.actor(username), credential_of(username))


@pytest.fixture
def on_wifi(app: Flask) -> Reach:
    found = Reach(("https://192.168.1.5:8443/",), is_secure=True)
    app.extensions[REACH] = found
    return found
