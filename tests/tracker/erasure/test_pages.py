"""The pages of an erasure: who sees them, what has to be typed, what they say afterwards."""

from pathlib import Path
from threading import Thread
from typing import cast

from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import Browser, TOKEN
from tests.country import Country
from tests.make import Make
from tracker import replication
from tracker.db import db, write
from tracker.erasure.models import ErasureNote
from tracker.files.models import Upload
from tracker.people.models import Apprentice
from tracker.policy import OPERATOR


def _keeper(make: Make) -> str:
    """A registrar who also keeps the machine of a centre that stands alone."""
    credential = make.user("Zawadi Mushi", "registrar")
    with write(OPERATOR):
        credential.administers = True
    return credential.username


def test_a_centre_that_stands_alone_erases_by_itself(app: Flask, client: Browser, make: Make) -> None:
    asha = make.apprentice("Ashakanari Juma", number="MS/0041")
    with write(OPERATOR) as session:
        session.add(Upload(staff_id="x", token="t", kind="people", file_name="orodha.csv", content=b"Ashakanari Juma"))
    browser = client.sign_in(_keeper(make))
    url = f"/erasure/person/{asha.id}"
    assert url in browser.get(f"/people/{asha.id}").text
    page = browser.get(url).text
    assert "Apprentices: 1" in page
    assert "Type: MS/0041" in page
    assert "What you typed is not MS/0041" in browser.send(url, reason="own-request", typed="MS/0042").text
    assert "Choose the reason." in browser.send(url, reason="", typed="MS/0041").text
    assert browser.send(url, reason="own-request", typed=" ms/0041").location == "/erasure/"
    page = browser.get("/erasure/").text
    assert "The person asked for it" in page
    assert "Zawadi Mushi" in page
    assert "Ashakanari" not in page
    assert browser.get(url).status_code == 404
    assert db.session.query(Apprentice).count() == 0
    assert db.session.query(Upload).count() == 0
    files = [path for path in Path(app.extensions["settings"].home).rglob("*") if path.is_file()]
    assert [path.name for path in files if b"Ashakanari" in path.read_bytes()] == []  # not even of what was never sealed


def test_only_those_who_may_see_it(client: Browser, make: Make) -> None:
    asha = make.apprentice("Asha Juma", number="MS/0041")
    for username in ("amina", "baraka"):
        browser = client.sign_in(username)
        assert browser.get(f"/erasure/person/{asha.id}").status_code == 403
        assert browser.get("/erasure/").status_code == 403
    assert "/erasure/" not in client.sign_in("amina").get(f"/people/{asha.id}").text


def test_a_centre_that_has_joined_is_told_who_may(country: Country) -> None:
    with country.first.on() as make:
        asha = make.apprentice("Asha Juma", number="MS/0041")
        browser = country.first.browser().sign_in(_keeper(make))
        answer = browser.get(f"/erasure/person/{asha.id}")
        assert answer.status_code == 409
        assert "Ask the central office" in answer.text


def test_the_central_office_sees_which_computers_are_outstanding(country: Country) -> None:
    with country.first.on() as make:
        asha = make.apprentice("Asha Juma", number="MS/0041").id
    country.first.sync()
    with country.central.on() as make:
        make.user("Chiku Said", "central", partition="nation")
        browser = country.central.browser().sign_in("chiku")
        browser.send(f"/erasure/person/{asha}", reason="authority", typed="MS/0041")
        page = browser.get("/erasure/").text
        assert "Chuo cha Moshi" in page
        assert "2 computers have not confirmed it yet" in page
        assert "Kompyuta ya pili: outstanding since 2 March 2026, 08:00" in page
    for _round in range(2):
        country.first.sync()
        country.second.sync()
    with country.central.on():
        page = country.central.browser().sign_in("chiku").get("/erasure/").text
        assert "All computers have confirmed it" in page
        assert "Kompyuta ya pili: confirmed on 2 March 2026, 08:00" in page
        assert replication.quarantined() == {}


def test_a_stopped_computer_is_said_to_keep_what_it_has(country: Country) -> None:
    with country.first.on() as make:
        asha = make.apprentice("Asha Juma", number="MS/0041").id
    for each in (country.first, country.second):
        each.sync()
    with country.central.on() as make:
        make.user("Chiku Said", "central", partition="nation")
        browser = country.central.browser().sign_in("chiku")
        key = next(each.key for each in replication.nodes() if each.name == "Kompyuta ya pili")
        replication.revoke(key)
        browser.send(f"/erasure/person/{asha}", reason="authority", typed="MS/0041")
        assert "1 computer has not confirmed it yet" in browser.get("/erasure/").text
    country.first.sync()
    country.first.sync()
    with country.central.on():
        page = browser.get("/erasure/").text
        assert "All computers that can be reached have confirmed it" in page
        assert "Kompyuta ya pili: stopped before it could: what lies on its disk stays there" in page


def test_a_second_click_finds_it_done(client: Browser, make: Make) -> None:
    url = f"/erasure/person/{make.apprentice('Asha Juma', number='MS/0041').id}"
    browser = client.sign_in(_keeper(make))
    sent = {"reason": "own-request", "typed": "MS/0041"}
    assert browser.send(url, **sent).location == "/erasure/"
    assert browser.send(url, **sent).location == "/erasure/"
    assert "This person is erased already. Nothing was changed." in browser.get("/erasure/").text
    assert db.session.query(ErasureNote).count() == 1
    assert browser.send("/erasure/person/x", **sent).status_code == 404


def test_two_people_at_once_erase_a_person_once(app: Flask, client: Browser, make: Make) -> None:
    url = f"/erasure/person/{make.apprentice('Asha Juma', number='MS/0041').id}"
    browsers = [client.sign_in(_keeper(make)), cast(Browser, app.test_client())]
    browsers[1].sign_in("zawadi")
    answers: list[TestResponse] = []

    def send(browser: Browser, token: str) -> None:
        with app.app_context():
            answers.append(browser.post(url, data={"csrf_token": token, "reason": "own-request", "typed": "MS/0041"}))

    # Both have looked at the person, and wait for a third who is writing.
    tokens = [found[1] for each in browsers if (found := TOKEN.search(each.get("/accounts/sign-in").text))]
    threads = [Thread(target=send, args=each) for each in zip(browsers, tokens, strict=True)]
    with write(OPERATOR):
        for each in threads:
            each.start()
        for each in threads:
            each.join(0.5)
        assert answers == []
    for each in threads:
        each.join()
    assert [each.location for each in answers] == ["/erasure/", "/erasure/"]
    db.session.rollback()
    assert db.session.query(ErasureNote).count() == 1
