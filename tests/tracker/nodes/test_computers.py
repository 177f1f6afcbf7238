"""The other computers: what is on its way, one that is stopped, one that exists twice and becomes two."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

import sync
from tests.conftest import Browser
from tests.country import Country, enrol, Machine, machine
from tests.journeys.looking import conflicts, rows
from tracker import replication
from tracker.db import db
from tracker.errors import NotFound
from tracker.i18n import LANGUAGES, speaking
from tracker.nodes import actions, computers, queries, words
from tracker.nodes.models import TwinFinding
from tracker.people import actions as people
from tracker.people.models import Apprentice
from tracker.policy import OPERATOR

SECOND = "Kompyuta ya pili"


def _register(laptop: Machine, name: str) -> str:
    with laptop.on() as make:
        return people.register_apprentice(OPERATOR, make.centre, {"given_name": name, "family_name": "Mushi"}).id


def _at_central(country: Country) -> Browser:
    with country.central.on() as make:
        if db.session.execute(db.text("select 1 from credential where username = 'chiku'")).first() is None:
            make.user("Chiku Said", "central", partition="nation")
        return country.central.browser().sign_in("chiku")


def _seen_at_central(country: Country) -> str:
    browser = _at_central(country)
    with country.central.on():
        return browser.get("/nodes/centres").text


def _key(country: Country, name: str) -> str:
    with country.central.on():
        return next(each.key for each in computers.computers(OPERATOR) if each.name == name)


# ---- what is on its way


def test_a_receipt_is_on_its_way_until_the_laptop_is_seen_to_hold_it(country: Country) -> None:
    for _round in range(2):
        country.first.sync()
        country.second.sync()
    with country.central.on():
        assert [each.on_the_way for each in computers.computers(OPERATOR)] == [0, 0]
    _register(country.first, "Asha")
    country.first.sync()
    country.first.sync()
    with country.central.on():
        due = {each.name: each.on_the_way for each in computers.computers(OPERATOR)}
        assert due == {"Chuo cha Moshi": 0, SECOND: 1}
    assert "1 receipt" in _seen_at_central(country)


def test_a_bundle_is_out_until_its_receipt_comes(country: Country, tmp_path: Path) -> None:
    _register(country.first, "Asha")
    country.first.sync()
    key = bytes.fromhex(_key(country, SECOND))
    with country.central.on():
        for name in ("a.daftari", "b.daftari"):
            actions.write_bundle(OPERATOR, tmp_path / name, key, most=1 << 20)
    country.central.clock.wall_s += 12 * 86_400
    page = _seen_at_central(country)
    assert "2 out" in page
    assert "no receipt for 12 days" in page
    country.second.sync()
    country.second.sync()  # what it holds since the first it says with the second
    assert "no receipt for" not in _seen_at_central(country)


@pytest.fixture
def coordinator(country: Country, tmp_path: Path) -> Iterator[Machine]:
    with country.first.on() as make:
        centre = make.centre
    with country.central.on():
        code = actions.invite_coordinator(OPERATOR, "Mkoa wa Kilimanjaro", ["TZ-09"], [centre])
    found = machine(tmp_path / "coordinator", seat="region")
    enrol(country, found, code)
    yield found
    with found.app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_a_coordinator_sees_the_centres_computers(coordinator: Machine) -> None:
    with coordinator.on() as make:
        make.user("Eliya Mwita", "coordinator", partition="region/TZ-09")
        page = coordinator.browser().sign_in("eliya").get("/nodes/centres").text
    assert SECOND in page
    assert "Nothing that is known" in page
    assert "Invite a computer" not in page


def test_what_a_receipt_names_and_is_not_here_yet_is_missing(country: Country, coordinator: Machine, tmp_path: Path) -> None:
    """Receipts come with the first file of a bundle, and the records with both."""
    with country.first.on() as make:
        draw = random.Random(3)
        for _person in range(150):
            values = {"given_name": "Asha", "guardian": draw.randbytes(800).hex()}
            people.register_apprentice(OPERATOR, make.centre, values)
    country.first.sync()
    country.first.sync()
    with country.central.on():
        key = next(node.key for node in replication.nodes() if node.seat == "region")
        written = actions.write_bundle(OPERATOR, tmp_path / "b.daftari", key, most=1 << 16)
        assert len(written.files) > 1
    missing = []
    with coordinator.on():
        for file in written.files:
            actions.read_bundle(OPERATOR, file)
            missing.append(sum(each.missing for each in computers.computers(OPERATOR)))
    assert missing[0] > 0
    assert missing[-1] == 0


def test_many_computers_and_bundles_cost_no_more_questions(country: Country, tmp_path: Path) -> None:
    """A region has fifty computers, each with bundles on their way: the page may not ask the database anew for each."""

    def write(number: int) -> None:
        with country.central.on():
            for each in replication.nodes():
                if each.seat == "centre":
                    actions.write_bundle(OPERATOR, tmp_path / f"{each.key.hex()}-{number}.daftari", each.key, most=1 << 20)

    def questions() -> int:
        asked: list[str] = []
        browser = _at_central(country)
        with country.central.on():
            browser.get("/nodes/centres")  # what is looked up once is left out
            sa.event.listen(db.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
            assert browser.get("/nodes/centres").status_code == 200
        return len(asked)

    write(0)
    before = questions()
    write(1)
    assert questions() == before
    with country.central.on():
        for number in range(10):
            code = actions.invite_centre(OPERATOR, f"Chuo {number}", "TZ-09")
            sync.join(sync.Line(country.url, sync.Report()), code, sync.NodeKey(bytes([number + 1] * 32)), None)
    assert questions() == before


def test_a_centre_has_no_such_page(country: Country) -> None:
    with country.first.on(), pytest.raises(NotFound):
        computers.computers(OPERATOR)


# ---- one that is stopped


def test_a_stolen_laptop_is_stopped(country: Country) -> None:
    with country.second.on() as make:
        make.user("Neema Said", "registrar")
    country.second.sync()
    key = _key(country, SECOND)
    browser = _at_central(country)
    with country.central.on():
        assert f"/nodes/centres/{key}/stop" in browser.get(f"/nodes/centres/{key}").text
        page = browser.get(f"/nodes/centres/{key}/stop").text
        assert "counts nowhere" in page
        assert "Tick the box" in browser.send(f"/nodes/centres/{key}/stop").text
        assert not computers.computer_for(OPERATOR, key).is_revoked
        assert browser.send(f"/nodes/centres/{key}/stop", sure="y").location == f"/nodes/centres/{key}"
        page = browser.get(f"/nodes/centres/{key}").text
        assert "This computer is stopped" in page
        assert f"/nodes/centres/{key}/stop" not in page
    asha = _register(country.second, "Asha")
    country.second.sync()
    with country.second.on():
        browser = country.second.browser().sign_in("neema")
        for url in ("/nodes/", f"/people/{asha}", "/people/"):
            assert "The central office has stopped this computer." in browser.get(url).text
        assert "Makao makuu yamesimamisha" in browser.get("/people/?lang=sw").text
    country.first.sync()
    with country.first.on():
        assert db.session.query(Apprentice).count() == 0
        page = country.first.browser().sign_in("amina").get("/nodes/").text
        assert "stopped this computer" not in page
        assert "Written by a computer after it was stopped: kept for review: " in page
        assert "Some changes were refused" not in page  # it was to be expected, and stays so for good


def test_a_second_word_lets_nothing_count_that_came_since(country: Country) -> None:
    """The button once more, the page of yesterday, two people at once: the first word stands."""
    key = _key(country, SECOND)
    browser = _at_central(country)
    with country.central.on():
        browser.send(f"/nodes/centres/{key}/stop", sure="y")
    _register(country.second, "Asha")
    country.second.sync()
    with country.central.on():
        assert browser.get(f"/nodes/centres/{key}/stop").location == f"/nodes/centres/{key}"
        assert browser.send(f"/nodes/centres/{key}/stop", sure="y").location == f"/nodes/centres/{key}"
        assert "This computer is stopped already." in browser.get(f"/nodes/centres/{key}").text
        assert actions.revoke(OPERATOR, bytes.fromhex(key)) == []  # the other of two who sent it at once
        assert db.session.query(Apprentice).count() == 0
        revocations = sync.metadata.tables["sync_revocation"]
        assert len(set(db.session.execute(sa.select(revocations.c.partition)).scalars())) == 2
        assert db.session.execute(sa.select(sa.func.count()).select_from(revocations)).scalar() == 2


def test_only_the_central_office_stops(country: Country) -> None:
    key = _key(country, SECOND)
    with country.first.on():
        assert country.first.browser().sign_in("amina").get(f"/nodes/centres/{key}/stop").status_code == 403


def test_every_reason_for_keeping_a_change_aside_has_words_in_both_languages() -> None:
    for code in LANGUAGES:
        with speaking(code):
            assert all(queries.reason_words(reason) not in ("", reason) for reason in words.REASONS)


# ---- one that exists twice


def _copy(original: Machine, url: str, to: Path) -> Machine:
    home = Path(original.app.extensions["settings"].home)
    with original.app.app_context():
        db.session.remove()
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copytree(home, to)
    return machine(to, server=url)


@pytest.fixture
def copy(country: Country, tmp_path: Path) -> Iterator[Machine]:
    """A second machine with the folder of the first; both have written and exchanged."""
    found = _copy(country.first, country.url, tmp_path / "copy")
    _register(country.first, "Baraka")
    _register(found, "Zuhura")
    for each in (country.first, found, country.first, country.second):
        each.sync()
    yield found
    with found.app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_twins_are_told_until_a_person_has_found_out(country: Country, copy: Machine) -> None:
    assert "Chuo cha Moshi seems to exist twice." in _seen_at_central(country)
    with country.first.on() as make:
        browser = country.first.browser().sign_in("amina")
        page = browser.get("/nodes/").text
        assert "This computer seems to exist twice." in page
        assert "neither knows of the other" in page
        (twin,) = computers.twins(OPERATOR, [make.centre])
        sent = {"partition": twin.partition, "node": twin.node, "fork": twin.fork}
        assert browser.send("/nodes/twins", **sent, finding="nonsense").status_code == 404
        assert browser.send("/nodes/twins", **sent, finding="copied").location == "/nodes/"
        page = browser.get("/nodes/").text
        assert "Found out: the folder was copied" in page
        assert "Amina Juma" in page
        assert "Ask the people at the centre" not in page
    for each in (country.first, country.second, copy):
        each.sync()
    for each in (country.central, country.second, copy):
        with each.on():
            (twin,) = computers.twins(OPERATOR)
            assert (twin.finding, twin.who) == ("copied", "Amina Juma")


def test_a_newer_fork_asks_anew(country: Country, copy: Machine) -> None:
    with country.first.on() as make:
        (twin,) = computers.twins(OPERATOR, [make.centre])
        actions.settle_twins(OPERATOR, twin.partition, twin.node, twin.fork, "restored")
    country.first.sync()
    copy.sync()
    _register(country.first, "Musa")
    _register(copy, "Ali")
    for each in (country.first, copy, country.first):
        each.sync()
    with country.first.on() as make:
        (twin,) = computers.twins(OPERATOR, [make.centre])
        assert twin.finding is None
        assert db.session.query(TwinFinding).count() == 1


@pytest.mark.usefixtures("copy")
def test_an_instructor_settles_nothing(country: Country) -> None:
    with country.first.on() as make:
        make.user("Baraka Mollel", "instructor")
        (twin,) = computers.twins(OPERATOR, [make.centre])
        sent = {"partition": twin.partition, "node": twin.node, "fork": twin.fork, "finding": "copied"}
        browser = country.first.browser().sign_in("baraka")
        assert "Ask the people at the centre" not in browser.get("/nodes/").text
        assert browser.send("/nodes/twins", **sent).status_code == 403


@pytest.mark.usefixtures("copy")
def test_who_only_keeps_the_machine_is_told_and_gives_it_another_name(country: Country) -> None:
    """He reads no records, but nobody else may join: without the notice he would never find the way."""
    with country.first.on() as make:
        make.user("Dalali Mrisho", "administrator")
        (twin,) = computers.twins(OPERATOR, [make.centre])
        sent = {"partition": twin.partition, "node": twin.node, "fork": twin.fork, "finding": "copied"}
        browser = country.first.browser().sign_in("dalali")
        assert "This computer seems to exist twice." in browser.get("/nodes/").text
        assert browser.send("/nodes/twins", **sent).location == "/nodes/"
        assert "/nodes/another" in browser.get("/nodes/").text


def test_places_that_are_not_there_are_not_remembered(country: Country) -> None:
    with country.first.on():
        browser = country.first.browser().sign_in("amina")
        browser.get("/nodes/")
        before = set(country.first.app.extensions[computers.LOOKED_AT])
        for partition in ("", "\0", "region/TZ-09", "centre/x", "x" * 10_000):
            assert browser.send("/nodes/twins", partition=partition, node="x", fork="\0", finding="copied").status_code == 404
        assert country.first.app.extensions[computers.LOOKED_AT].keys() == before


def test_the_copied_machine_gets_a_name_of_its_own(country: Country, copy: Machine) -> None:
    with country.central.on(), country.first.app.app_context():
        centre = replication.home()
    with country.central.on():
        code = actions.invite_laptop(OPERATOR, centre, "Kompyuta ya tatu")
    _register(copy, "Neema")  # still pending under the old name
    with copy.on():
        before = replication.own_key()
        actions.become_another(OPERATOR, code)
        assert replication.own_key() != before
        assert copy.app.extensions["settings"].name == "Kompyuta ya tatu"
        assert replication.home() == centre
    country.first.sync()
    forks = _forks(country, centre)
    _register(copy, "Ali")
    _register(country.first, "Musa")
    for each in (copy, country.first, country.second, copy, country.first):
        each.sync()
    assert _forks(country, centre) == forks  # the two write side by side under two names: no newer fork
    machines = (country.central, country.first, country.second, copy)
    assert all(rows(each, centre) == rows(country.central, centre) for each in machines)
    assert conflicts(copy, centre) == []
    for each in machines:
        with each.on():
            assert replication.quarantined() == {}
            assert {row.given_name for row in db.session.query(Apprentice)} == {"Baraka", "Zuhura", "Neema", "Ali", "Musa"}
    with country.central.on():
        assert {"Kompyuta ya tatu", SECOND, "Chuo cha Moshi"} == {each.name for each in computers.computers(OPERATOR)}
    again = machine(Path(copy.app.extensions["settings"].home), server=country.url)  # the next start finds its identity whole
    with again.on():
        assert replication.own_key() != before


def _forks(country: Country, centre: str) -> list[str]:
    with country.central.on():
        return [each.fork for each in computers.twins(OPERATOR, [centre])]


def test_a_code_for_another_place_changes_nothing(country: Country, copy: Machine) -> None:
    with country.central.on():
        code = actions.invite_centre(OPERATOR, "Chuo cha Tanga", "TZ-25")
    with copy.on():
        before = replication.own_key()
        with pytest.raises(replication.OtherCentre):
            actions.become_another(OPERATOR, code)
        assert replication.own_key() == before
    copy.sync()


def test_a_coordinators_code_for_another_region_changes_nothing(country: Country, tmp_path: Path) -> None:
    with country.central.on():
        own, other, again = (actions.invite_coordinator(OPERATOR, "Mkoa", [region], []) for region in ("TZ-09", "TZ-25", "TZ-09"))
    coordinator = machine(tmp_path / "coordinator", seat="region")
    enrol(country, coordinator, own)
    coordinator = machine(tmp_path / "coordinator", server=country.url)  # started anew, as the settings file says by now
    with coordinator.on():
        before = replication.own_key()
        with pytest.raises(replication.OtherCentre):
            actions.become_another(OPERATOR, other)
        assert replication.own_key() == before
        actions.become_another(OPERATOR, again)
        assert replication.own_key() != before


def test_two_people_who_found_out_different_things_are_asked(country: Country, copy: Machine) -> None:
    for each, finding in ((country.first, "copied"), (copy, "restored")):
        each.sync()
        with each.on() as make:
            (twin,) = computers.twins(OPERATOR, [make.centre])
            actions.settle_twins(OPERATOR, twin.partition, twin.node, twin.fork, finding)
    for each in (country.first, copy, country.first):
        each.sync()
    with country.first.on():
        page = country.first.browser().sign_in("amina").get("/conflicts/").text
    assert "What a computer that seems to exist twice was found to be" in page
    assert "The folder was copied: two machines" in page
    assert "One machine, restored from a backup" in page
