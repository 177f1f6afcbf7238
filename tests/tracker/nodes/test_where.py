"""Where a change is, by receipts: on this computer only, at the region, at the central office; and back, when a disk was lost."""

import sqlite3
from pathlib import Path

from sqlalchemy import delete, select

from tests.country import Country, Machine, on_files_only
from tracker import replication
from tracker.db import db, write
from tracker.nodes import actions, queries
from tracker.nodes.background import Background
from tracker.nodes.models import Exchange
from tracker.people import actions as people
from tracker.policy import OPERATOR


def _register(laptop: Machine, name: str) -> str:
    with laptop.on() as make:
        return people.register_apprentice(OPERATOR, make.centre, {"given_name": name, "family_name": "Mushi"}).id


def _page(laptop: Machine, url: str) -> str:
    with laptop.on():
        return laptop.browser().sign_in("amina").get(url).text


def _only_here(laptop: Machine) -> int:
    with laptop.on():
        return queries.machine(OPERATOR).only_here.changes


def _database(machine: Machine) -> Path:
    return Path(machine.app.extensions["settings"].home) / "daftari.sqlite3"


def test_a_change_is_only_here_until_a_receipt_says_otherwise(country: Country) -> None:
    country.first.sync()
    asha = _register(country.first, "Asha")
    assert _only_here(country.first) > 0
    assert "On this computer only" in _page(country.first, f"/people/{asha}")
    assert "Only here: " in _page(country.first, f"/people/{asha}")
    country.first.sync()
    assert _only_here(country.first) == 0
    page = _page(country.first, f"/people/{asha}")
    assert "On this computer only" not in page
    assert "Safe at the central office since 2 March 2026, 08:00" in page
    assert "Safe at the central office: up to 08:00 today" in page
    assert "Everything; last receipt 2 March 2026, 08:00" in _page(country.first, "/nodes/")


@on_files_only
def test_a_restored_central_office_turns_safe_back_until_it_is_filled_again(country: Country, tmp_path: Path) -> None:
    country.first.sync()
    country.second.sync()
    with sqlite3.connect(_database(country.central)) as live, sqlite3.connect(tmp_path / "older") as copy:
        live.backup(copy)
    asha = _register(country.first, "Asha")
    country.first.sync()
    assert "Safe at the central office since" in _page(country.first, f"/people/{asha}")
    with country.central.app.app_context():
        db.engine.dispose()
    with sqlite3.connect(tmp_path / "older") as copy, sqlite3.connect(_database(country.central)) as live:
        copy.backup(live)
    country.central.clock.set_by_s += 60  # of two statements with one number the later counts
    _register(country.second, "Neema")
    country.second.sync()
    _carry(country.second, country.first, "Chuo cha Moshi", tmp_path / "stick.daftari")  # and with it what the server says now
    assert _only_here(country.first) > 0
    assert "On this computer only" in _page(country.first, f"/people/{asha}")
    assert "Only here: " in _page(country.first, f"/people/{asha}")
    assert "All but " in _page(country.first, "/nodes/")
    country.first.sync()
    assert _only_here(country.first) == 0
    assert "Safe at the central office since 2 March 2026, 08:0" in _page(country.first, f"/people/{asha}")


def _carry(giver: Machine, taker: Machine, name: str, stick: Path) -> None:
    with giver.on():
        key = next(node.key for node in replication.nodes() if node.name == name)
        replication.write_bundle(stick, key)
    with taker.on():
        assert replication.read_bundle(stick).is_whole


def test_the_nations_facts_are_said_to_be_nowhere_else(country: Country) -> None:
    country.first.sync()
    with country.first.on():
        held = {each.status.partition: each for each in queries.machine(OPERATOR).held}
        assert held["nation"].here is None
        assert held[replication.home()].here is not None


def test_a_computer_that_exchanges_by_stick_alone_says_what_the_stick_has_brought(country: Country, tmp_path: Path) -> None:
    _without_a_server(country.first)
    _register(country.first, "Asha")
    with country.first.on():
        hub, own = replication.hub_key(), replication.own_key()
        assert hub is not None
        actions.write_bundle(OPERATOR, tmp_path / "there.daftari", hub, most=1 << 20)
    page = _page(country.first, "/nodes/")
    assert "1 bundle is out, and no answer has come back" in page
    assert "exchanges by stick" in page
    assert "Sync now" not in page
    with country.central.on():
        actions.read_bundle(OPERATOR, tmp_path / "there.daftari")
        actions.write_bundle(OPERATOR, tmp_path / "back.daftari", own, most=1 << 20)
    with country.first.on():
        actions.read_bundle(OPERATOR, tmp_path / "back.daftari")
    page = _page(country.first, "/nodes/")
    assert "no answer has come back" not in page
    assert "Safe at the central office: up to 08:00 today" in page


def test_where_no_server_is_known_the_background_tries_none(country: Country) -> None:
    _without_a_server(country.first)
    with country.first.on():
        assert Background(country.first.app)._exchange()
        assert db.session.scalars(select(Exchange)).all() == []


def _without_a_server(laptop: Machine) -> None:
    """As a laptop stands that has joined by files: it has never exchanged over a line."""
    with laptop.on():
        actions.keep_settings(server="")
        with write(OPERATOR) as session:
            session.execute(delete(Exchange))
