"""The first steps: an empty data folder becomes a centre in the browser, on the machine itself, once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.conftest import Browser, TOKEN
from tests.country import Country, Machine, machine
from tests.make import PASSWORD
from tracker import config, replication
from tracker.accounts import queries as accounts
from tracker.country import tz
from tracker.db import db
from tracker.nodes import actions
from tracker.people.models import Cohort
from tracker.places.models import Centre
from tracker.policy import OPERATOR

CENTRE = {"name": "Chuo cha Ufundi Moshi", "short_name": "Moshi", "region": "TZ-09"}
PERSON = {"name": "Amina Juma", "username": "amina", "password": PASSWORD}


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Machine]:
    """A machine whose data folder holds nothing yet."""
    found = machine(tmp_path / "new")
    with found.app.app_context():
        yield found
        db.session.remove()
        db.engine.dispose()


def _send(browser: Browser, url: str, /, **fields: object) -> str | None:
    """Fill the form of a step in; gives where it leads."""
    token = TOKEN.search(browser.get(url).text)
    assert token
    return browser.post(url, data={"csrf_token": token[1], **fields}).location


def test_every_page_leads_to_the_first_steps(empty: Machine) -> None:
    browser = empty.browser()
    for url in ("/", "/people/", "/accounts/sign-in", "/nodes/", "/no/such/page"):
        assert browser.get(url).location == "/start/"
    page = browser.get("/start/").text
    assert "Endelea kwa Kiswahili" in page
    assert "Continue in English" in page


def test_a_centre_begins_alone_in_four_steps(empty: Machine) -> None:
    browser = empty.browser()
    assert _send(browser, "/start/centre?lang=en", **CENTRE) == "/start/cohort"
    assert (
        _send(browser, "/start/cohort", name="Mapishi 2026", programme=tz.programmes()[0].code, starts_on="2026-01-12") == "/start/person"
    )
    assert _send(browser, "/start/person", **PERSON) == "/"
    assert browser.get("/accounts/me").status_code == 200  # signed in at once
    assert db.session.scalars(select(Centre.name)).one() == CENTRE["name"]
    assert db.session.scalars(select(Cohort.name)).one() == "Mapishi 2026"
    credential = accounts.credential_named("amina")
    assert credential is not None
    assert (credential.administers, credential.partition) == (True, replication.home())
    saved = config.load(empty.app.extensions["settings"].home, environ={})
    assert (saved.name, saved.seat, saved.language) == ("Moshi", "centre", "en")


def test_afterwards_they_are_closed_for_good(empty: Machine) -> None:
    browser = empty.browser()
    _send(browser, "/start/centre", **CENTRE)
    _send(browser, "/start/person", **PERSON)
    for url in ("/start/", "/start/centre", "/start/join", "/start/cohort", "/start/person"):
        assert browser.get(url).status_code == 404
        assert url == "/start/" or browser.send(url).status_code == 404


def test_a_browser_that_was_closed_goes_on_where_it_was(empty: Machine) -> None:
    browser = empty.browser()
    _send(browser, "/start/centre", **CENTRE)
    assert empty.browser().get("/people/").location == "/start/"
    assert empty.browser().get("/start/").location == "/start/cohort"
    assert empty.browser().get("/start/centre").location == "/start/cohort"


def test_a_weak_password_is_said_beside_its_field(empty: Machine) -> None:
    browser = empty.browser()
    _send(browser, "/start/centre", **CENTRE)
    assert _send(browser, "/start/person", **{**PERSON, "password": "12345678"}) is None
    assert accounts.credential_named("amina") is None


@pytest.mark.parametrize(
    "elsewhere",
    [{"environ_base": {"REMOTE_ADDR": "192.168.1.20"}}, {"headers": {"X-Forwarded-For": "10.0.0.9"}}],
    ids=["another machine", "behind a proxy"],
)
def test_only_the_machine_itself_takes_them(empty: Machine, elsewhere: dict[str, dict[str, str]]) -> None:
    for url in ("/", "/start/", "/start/person"):
        answer = empty.browser().get(url, **elsewhere)
        assert answer.status_code == 403
        assert "on the computer itself" in answer.text
    assert empty.browser().post("/start/person", data=PERSON, **elsewhere).status_code in {400, 403}


def test_a_machine_that_was_set_up_elsewhere_offers_none(client: Browser) -> None:
    assert client.get("/start/").status_code == 404


def test_an_invited_laptop_joins_and_fetches(country: Country, empty: Machine) -> None:
    with country.central.on():
        code = actions.invite_centre(OPERATOR, "Chuo cha Tanga", "TZ-25")
    browser = empty.browser()
    wrong = code[:-5] + ("AAAAA" if code[-5:] != "AAAAA" else "BBBBB")
    assert _send(browser, "/start/join", url=country.url, code=wrong) is None
    assert not replication.is_set_up()
    assert _send(browser, "/start/join", url=country.url, code=code.lower()) == "/start/cohort"
    assert db.session.scalars(select(Centre.name)).one() == "Chuo cha Tanga"
    assert _send(browser, "/start/person", **PERSON) == "/"
    assert empty.app.extensions["settings"].server == country.url


def test_a_code_that_fails_leaves_the_other_way_open(country: Country, empty: Machine) -> None:
    browser = empty.browser()
    assert _send(browser, "/start/join", url=country.url, code="ABCDE") is None
    assert _send(browser, "/start/centre", **CENTRE) == "/start/cohort"
