"""Machines among each other: inviting, joining, exchanging, and what each page then says."""

from threading import Event, Semaphore

import pytest
from sqlalchemy import select

from tests.country import Country
from tracker import replication
from tracker.db import db, write
from tracker.i18n import speaking
from tracker.nodes import actions, computers, queries, rules
from tracker.nodes.background import Background
from tracker.nodes.models import Exchange, Heard
from tracker.nodes.running import running
from tracker.people.models import Cohort
from tracker.places.models import Centre, Listing
from tracker.policy import OPERATOR


def _add_cohort(name: str) -> None:
    with write(OPERATOR) as session:
        session.add(Cohort(partition=replication.home(), name=name, programme="nva2"))


def test_a_new_centre_is_listed_with_its_profile(country: Country) -> None:
    with country.central.on():
        listing = db.session.scalars(select(Listing)).one()
        assert (listing.name, listing.region) == ("Chuo cha Moshi", "TZ-09")
    with country.second.on():
        assert db.session.scalars(select(Centre.name)).one() == "Chuo cha Moshi"


def test_an_exchange_is_kept_with_its_bytes(country: Country) -> None:
    report = country.first.sync()
    with country.first.on():
        kept = queries.last_good()
        assert kept is not None
        assert (kept.bytes_up, kept.bytes_down, kept.messages) == (report.bytes_up, report.bytes_down, 1)


def test_an_idle_exchange_fits_its_budget(country: Country) -> None:
    country.first.sync()
    report = country.first.sync()
    assert report.messages == 1
    assert report.bytes_up + report.bytes_down <= 700


def test_what_waits_is_counted_until_the_server_has_it(country: Country) -> None:
    country.first.sync()
    with country.first.on():
        _add_cohort("Mapishi 2026")
        assert queries.machine(OPERATOR).only_here.changes == 1
        with speaking("en"):
            assert queries.machine(OPERATOR).waiting == [("Cohorts", 1)]
    country.first.sync()
    with country.first.on():
        assert queries.machine(OPERATOR).only_here.changes == 0


def test_what_was_sealed_for_a_server_that_is_away_still_waits(country: Country) -> None:
    country.first.sync()
    with country.first.on():
        _add_cohort("Mapishi 2026")
        actions.keep_settings(server="http://127.0.0.1:9")
        with pytest.raises(replication.SyncError):
            actions.sync_now(OPERATOR)
        assert queries.machine(OPERATOR).only_here.changes == 1
        failed = db.session.scalars(select(Exchange).order_by(Exchange.id.desc())).first()
        assert failed is not None
        assert failed.error == "sync.unreachable"


def test_the_server_notes_who_was_heard(country: Country) -> None:
    with country.central.on():
        assert len(db.session.scalars(select(Heard)).all()) == 2
        peers = computers.computers(OPERATOR)
        assert {peer.name for peer in peers} == {"Chuo cha Moshi", "Kompyuta ya pili"}
        assert not any(peer.is_silent for peer in peers)


def test_only_one_exchange_at_a_time(country: Country) -> None:
    with country.first.on(), running().lock, pytest.raises(rules.AlreadyRunning):
        actions.sync_now(OPERATOR)


def test_the_page_says_where_the_records_are(country: Country) -> None:
    with country.first.on():
        _add_cohort("Mapishi 2026")
        browser = country.first.browser().sign_in("amina")
        assert "1 change is safe nowhere else yet" in browser.get("/nodes/").text
        assert browser.send("/nodes/sync").location == "/nodes/"
        text = browser.get("/nodes/").text
        assert "Exchanged. Sent: 1" in text
        assert "Everything is safe elsewhere too" in text
        assert browser.get("/nodes/progress").json == {"running": False, "sentence": ""}


def test_a_failed_exchange_says_that_work_goes_on(country: Country) -> None:
    with country.first.on():
        actions.keep_settings(server="http://127.0.0.1:9")
        browser = country.first.browser().sign_in("amina")
        browser.send("/nodes/sync")
        assert "You can go on working" in browser.get("/nodes/").text


def test_central_invites_and_sees_who_is_silent(country: Country) -> None:
    with country.central.on() as make:
        make.user("Chiku Said", "central", partition="nation")
        browser = country.central.browser().sign_in("chiku")
        country.central.clock.wall_s += 8 * rules.DAY_S
        browser = country.central.browser().sign_in("chiku")
        assert "2 computers were not heard from in seven days" in browser.get("/nodes/centres").text
        page = browser.send("/nodes/invite", kind="centre", name="Chuo cha Tanga", regions="TZ-25")
        assert "Invitation code for Chuo cha Tanga" in page.text
        assert "Choose the one region" in browser.send("/nodes/invite", kind="centre", name="Chuo cha Tanga").text


def test_a_laptop_that_belongs_to_a_centre_joins_no_other(country: Country) -> None:
    with country.first.on(), pytest.raises(rules.HasCentre):
        actions.join(OPERATOR, country.url, "ABCDE")


def test_the_background_exchanges_by_itself_and_stops(country: Country, monkeypatch: pytest.MonkeyPatch) -> None:
    done = Event()
    monkeypatch.setattr("tracker.nodes.background.FIRST_WAIT_S", 0)
    monkeypatch.setattr("tracker.nodes.actions.sync_now", lambda _actor: done.set())
    background = Background(country.first.app)
    background.start()
    assert done.wait(5)
    background.stop()
    assert not background._thread.is_alive()


def test_the_background_looks_after_the_phones_however_often_it_fails(country: Country, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = Semaphore(0)
    monkeypatch.setattr("tracker.nodes.background.FIRST_WAIT_S", 1)
    monkeypatch.setattr("tracker.nodes.background.LOOK_EVERY_S", 0.01)

    def look() -> None:
        looks.release()
        raise OSError

    background = Background(country.first.app, look)
    background.start()
    assert all(looks.acquire(timeout=5) for _ in range(3))
    background.stop()
    assert not background._thread.is_alive()


@pytest.mark.parametrize(("failures", "longest_s"), [(0, 1125), (1, 2250), (2, 4500), (9, 4500)])
def test_failures_make_it_wait_longer_but_not_for_ever(failures: int, longest_s: int) -> None:
    assert rules.wait_s(900, failures, 1.0) == longest_s


@pytest.mark.parametrize("typed", ["", "ftp://x", "https://", "http://a b", "http://x:abc", "http://x:99999", "http://[::1", "http:///x"])
def test_a_wrong_address_is_refused(typed: str) -> None:
    with pytest.raises(rules.WrongAddress):
        rules.server_address(typed)
