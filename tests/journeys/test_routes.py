"""Any route will do: by line, by stick, through a regional laptop that may read the centre or may not."""

import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from threading import Thread
from typing import TypeAlias

import pytest
from sqlalchemy.exc import OperationalError
from werkzeug.serving import make_server

from tests.country import Country, enrol, Machine, machine
from tests.journeys.looking import conflicts, rows
from tracker import replication
from tracker.calendar import actions as calendar
from tracker.db import db
from tracker.nodes import actions, queries, rules, start_actions
from tracker.people import actions as people
from tracker.people.models import Apprentice
from tracker.places.models import Listing
from tracker.policy import NATION, OPERATOR
from tracker.replication import Brought, node
from tracker.replication.sticks import CannotWrite

MOST = 32 << 20


def key_of(machine: Machine) -> bytes:
    """The public key of a machine."""
    with machine.on():
        return node.replica().key.public


def centre_of(machine: Machine) -> str:
    """The partition of a machine's own centre."""
    with machine.on() as make:
        return make.centre


def names(machine: Machine) -> list[str]:
    """The apprentices that a machine holds."""
    with machine.on():
        return [str(row.given_name) for row in db.session.query(Apprentice)]


def close(machine: Machine) -> None:
    """Let go of a machine's database."""
    with machine.app.app_context():
        db.session.remove()
        db.engine.dispose()


def register(laptop: Machine, name: str) -> None:
    """Write something."""
    with laptop.on() as make:
        people.register_apprentice(OPERATOR, make.centre, {"given_name": name, "family_name": "Mushi"})


def write(sender: Machine, recipient: Machine, stick: Path) -> list[Path]:
    """Write a bundle for another machine; its files."""
    key = key_of(recipient)
    with sender.on():
        return actions.write_bundle(OPERATOR, stick, key, most=MOST).files


def read(machine: Machine, file: Path) -> Brought:
    """Read a file of a bundle."""
    with machine.on():
        return actions.read_bundle(OPERATOR, file)


def carry(sender: Machine, recipient: Machine, stick: Path) -> Brought:
    """Write a bundle on one machine and read it on the other."""
    return [read(recipient, file) for file in write(sender, recipient, stick)][-1]


def out(machine: Machine) -> list[str]:
    """The files of which no word has come back."""
    with machine.on():
        return [bundle.file for bundle in queries.bundles_out()]


# ---- the record


def test_a_bundle_is_out_until_the_recipients_word_has_come_back(country: Country, tmp_path: Path) -> None:
    register(country.first, "Asha")
    assert carry(country.first, country.central, tmp_path / "1.daftari").changes > 0
    register(country.first, "Neema")
    write(country.first, country.central, tmp_path / "2.daftari")
    assert out(country.first) == ["1.daftari", "2.daftari"]
    carry(country.central, country.first, tmp_path / "answer.daftari")
    assert out(country.first) == ["2.daftari"]
    assert out(country.central) == ["answer.daftari"]
    country.first.sync()  # another route brings the word too
    assert out(country.first) == out(country.central) == []


# ---- a centre that began alone


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Machine]:
    """A centre that was founded without a server, with an apprentice."""
    laptop = machine(tmp_path / "alone", name="Hai")
    with laptop.on():
        start_actions.found("Chuo cha Hai", "Hai", "TZ-09")
    register(laptop, "Zawadi")
    yield laptop
    close(laptop)


@pytest.fixture
def coordinator(country: Country, tmp_path: Path) -> Iterator[Machine]:
    """A laptop that serves Kilimanjaro and reads its centre."""
    laptop = machine(tmp_path / "region", seat="region")
    with country.first.on() as make:
        centre = make.centre
    with country.central.on():
        code = actions.invite_coordinator(OPERATOR, "Ofisi ya Kilimanjaro", ["TZ-09"], [centre])
    enrol(country, laptop, code)
    yield laptop
    close(laptop)


def invited(country: Country) -> str:
    """The code for a new centre in Kilimanjaro."""
    with country.central.on():
        return actions.invite_centre(OPERATOR, "Chuo cha Hai", "TZ-09")


def read_by_all(country: Country, alone: Machine, coordinator: Machine) -> None:
    """See that the centre's history is at central and with the coordinator, and nothing was refused."""
    with alone.on() as make:
        centre = make.centre
    for each in (country.central, coordinator):
        assert rows(each, centre)["apprentice"] == rows(alone, centre)["apprentice"] != []
        assert len(rows(each, centre)["centre"]) == 1
        with each.on():
            assert replication.quarantined() == {}
    with country.central.on():
        assert db.session.get(Listing, {"partition": NATION, "centre": centre}) is not None


def test_a_centre_that_began_alone_joins_by_line_with_its_history(country: Country, alone: Machine, coordinator: Machine) -> None:
    with alone.on():
        actions.join(OPERATOR, country.url, invited(country))
    for each in (alone, coordinator, alone):
        each.sync()
    read_by_all(country, alone, coordinator)
    register(alone, "Neema")  # a former root writes on
    for each in (alone, coordinator):
        each.sync()
    read_by_all(country, alone, coordinator)


def test_a_centre_that_began_alone_joins_by_stick_with_its_history(
    country: Country, alone: Machine, coordinator: Machine, tmp_path: Path
) -> None:
    code = invited(country)
    with alone.on():
        actions.ask_by_file(OPERATOR, tmp_path / "ombi", code)
    with country.central.on():
        actions.answer_by_file(OPERATOR, tmp_path / "ombi", tmp_path / "jibu")
    with alone.on():
        actions.join_by_answer(OPERATOR, tmp_path / "jibu")
    assert carry(alone, country.central, tmp_path / "1.daftari").is_whole
    assert carry(country.central, alone, tmp_path / "2.daftari").is_whole
    assert out(alone) == []
    coordinator.sync()
    read_by_all(country, alone, coordinator)


def test_a_coordinator_who_is_invited_before_the_history_comes_reads_it_later(country: Country, alone: Machine, tmp_path: Path) -> None:
    with alone.on() as make:
        centre = make.centre
        actions.join(OPERATOR, country.url, invited(country))
    with country.central.on():
        code = actions.invite_coordinator(OPERATOR, "Ofisi ya Kilimanjaro", ["TZ-09"], [centre])
    coordinator = machine(tmp_path / "region", seat="region")
    enrol(country, coordinator, code)
    for each in (alone, coordinator, alone):
        each.sync()
    read_by_all(country, alone, coordinator)
    close(coordinator)


def test_a_centre_that_has_joined_does_not_join_again(country: Country, alone: Machine) -> None:
    with alone.on():
        actions.join(OPERATOR, country.url, invited(country))
        with pytest.raises(rules.HasCentre):
            actions.join(OPERATOR, country.url, "whatever")
    with country.first.on(), pytest.raises(rules.HasCentre):
        actions.ask_by_file(OPERATOR, Path("nowhere"), "whatever")


# ---- the same story by every route


SECRETS = (b"Asha", b"Neema", b"Baraka", b"Mushi", b"255712000111", b"255712000222", b"Amina")
PHONES = {"+255712000111", "+255712000222"}


@dataclass
class Story:
    """Who takes part; `post` names the next stick."""

    country: Country
    regional: Machine
    sticks: Iterator[Path]
    centre: str

    def carry(self, sender: Machine, recipient: Machine, *, over: Machine | None = None) -> None:
        """A bundle for the recipient, perhaps carried on by a third, who writes its own."""
        files = write(sender, recipient, next(self.sticks))
        if over is not None:
            for file in files:
                assert read(over, file).mail > 0
            files = write(over, recipient, next(self.sticks))
        for file in files:
            assert read(recipient, file).is_whole


Route: TypeAlias = Callable[[Story], None]


def by_line(story: Story) -> None:
    """All reach the server; what the region has received it states with its next exchange."""
    for each in (story.country.first, story.country.second, story.regional) * 3:
        each.sync()


def by_stick_over_the_region(story: Story) -> None:
    """Centre -> stick -> regional laptop, which reads -> stick -> central, and back."""
    laptops = (story.country.first, story.country.second)
    for laptop in laptops:
        story.carry(laptop, story.regional)
    story.carry(story.regional, story.country.central)
    story.carry(story.country.central, story.regional)
    for laptop in laptops:
        story.carry(story.regional, laptop)


def by_stick_over_a_relay(story: Story) -> None:
    """Centre -> stick -> relay, which may not read -> stick -> central, and back the same way."""
    laptops = (story.country.first, story.country.second)
    for laptop in laptops:
        story.carry(laptop, story.country.central, over=story.regional)
    for laptop in laptops:
        story.carry(story.country.central, laptop, over=story.regional)
    story.carry(story.regional, story.country.central)
    story.carry(story.country.central, story.regional)


def by_relay_with_a_line(story: Story) -> None:
    """Centre -> stick -> relay, which may not read -> line -> central, and back; twice, for the answers to who came first."""
    laptops = (story.country.first, story.country.second)
    for _ in range(2):
        for laptop in laptops:
            for file in write(laptop, story.country.central, next(story.sticks)):
                read(story.regional, file)
        story.regional.sync()
        for laptop in laptops:
            story.carry(story.regional, laptop)


def over_the_lan(story: Story) -> None:
    """The laptops reach the regional laptop, and that reaches the server; what it may not read it carries in envelopes."""
    with served(story.regional) as url:
        for _ in range(3):
            for laptop in (story.country.first, story.country.second):
                with laptop.on():
                    actions.sync_now(OPERATOR, url)
            story.regional.sync()


@contextmanager
def served(machine: Machine) -> Iterator[str]:
    """The machine answers on the LAN; its address."""
    server = make_server("127.0.0.1", 0, machine.app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def stranger(country: Country, home: Path) -> Machine:
    """A laptop of another region: it may carry, and read nothing of the centre."""
    laptop = machine(home, seat="region")
    with country.central.on():
        code = actions.invite_coordinator(OPERATOR, "Ofisi ya Arusha", ["TZ-01"], [])
    enrol(country, laptop, code)
    return laptop


READS, CARRIES = True, False


@pytest.mark.parametrize(
    ("route", "may_read"),
    [
        (by_line, READS),
        (by_line, CARRIES),
        (by_stick_over_the_region, READS),
        (by_stick_over_a_relay, CARRIES),
        (by_relay_with_a_line, CARRIES),
        (over_the_lan, READS),
        (over_the_lan, CARRIES),
    ],
)
def test_by_every_route_all_hold_the_same(route: Route, *, may_read: bool, country: Country, coordinator: Machine, tmp_path: Path) -> None:
    regional = coordinator if may_read else stranger(country, tmp_path / "stranger")
    with country.first.on() as make:
        story = Story(country, regional, (tmp_path / f"{k}.daftari" for k in count()), make.centre)
    tell(story)
    route(story)
    check_told(story, may_read=may_read)
    if not may_read:
        assert not any(rows(regional, story.centre).values())
        assert found_in(country.first) == set(SECRETS)  # so the look would see them
        assert found_in(regional) == set()
        close(regional)


def found_in(machine: Machine) -> set[bytes]:
    """What of SECRETS stands in clear in any file of a machine's data folder."""
    held = b"".join(file.read_bytes() for file in home_of(machine).iterdir() if file.is_file())
    return {secret for secret in SECRETS if secret in held}


def home_of(machine: Machine) -> Path:
    """The data folder of a machine."""
    return Path(machine.app.extensions["settings"].home)


def region_of(machine: Machine) -> str:
    """The code of the one region that a laptop serves."""
    return str(machine.app.extensions["settings"].regions)


def tell(story: Story) -> None:
    """Two laptops change one telephone number apart and each register somebody; the regional laptop announces a closure."""
    first, second = story.country.first, story.country.second
    with first.on() as make:
        asha = people.register_apprentice(OPERATOR, make.centre, {"given_name": "Asha", "family_name": "Mushi"}).id
    for laptop in (first, second):
        laptop.sync()  # the line fails after that
    for laptop, phone, name in ((first, "+255712000111", "Neema"), (second, "+255712000222", "Baraka")):
        with laptop.on():
            people.correct_apprentice(OPERATOR, asha, {"phone": phone}, None)
        register(laptop, name)
    with story.regional.on():
        region = region_of(story.regional)
        calendar.close(OPERATOR, f"region/{region}", "region", region, "both", "flood", date(2026, 2, 9), source="Barua", authority="RC")


def check_told(story: Story, *, may_read: bool) -> None:
    """See that all hold the same rows, the same conflict and the same receipts, and what those are."""
    first, second, central = story.country.first, story.country.second, story.country.central
    readers = [first, second, central, *([story.regional] if may_read else [])]
    for each in readers:
        assert rows(each, story.centre) == rows(first, story.centre)
        assert conflicts(each, story.centre) == conflicts(first, story.centre)
        with each.on():
            assert replication.quarantined() == {}
            assert sorted(str(row.given_name) for row in db.session.query(Apprentice)) == ["Asha", "Baraka", "Neema"]
            (conflict,) = replication.open_conflicts(story.centre)
            assert {version.values["phone"] for version in conflict.versions} == PHONES
    for each in (*readers, story.regional):
        assert len(rows(each, f"region/{region_of(story.regional)}")["closure"]) == 1
    keepers = {key_of(central), *([key_of(story.regional)] if may_read else [])}
    for laptop in (first, second):
        with laptop.on():
            heads = {each.partition: sorted(each.heads) for each in replication.status()}[story.centre]
            stated = {each.node: sorted(head.hex() for head in each.heads) for each in replication.receipts([story.centre])}
            assert stated == dict.fromkeys(keepers, heads)
            kept = replication.kept(story.centre)
            assert kept["central"].unsafe == 0
            assert (kept["region"].unsafe == 0) is may_read


# ---- sticks go astray


def test_two_sticks_that_cross_and_one_that_is_read_twice_change_nothing(country: Country, tmp_path: Path) -> None:
    for laptop, name in ((country.first, "Asha"), (country.second, "Neema")):
        register(laptop, name)
        write(laptop, country.central, tmp_path / f"{name}.daftari")
    there, back = tmp_path / "Asha.daftari", tmp_path / "answer.daftari"
    write(country.central, country.first, back)  # before it has read anything
    assert read(country.first, back).is_whole
    assert read(country.central, there).changes > 0
    before = rows(country.central, centre_of(country.first))
    assert (read(country.central, there).changes, read(country.first, back).is_whole) == (0, True)
    assert rows(country.central, centre_of(country.first)) == before
    read(country.central, tmp_path / "Neema.daftari")
    for laptop in (country.first, country.second):
        laptop.sync()
    assert rows(country.first, centre_of(country.first)) == rows(country.central, centre_of(country.first))
    assert sorted(names(country.second)) == ["Asha", "Neema"]


def test_a_later_bundle_that_comes_first_holds_what_the_earlier_one_holds(country: Country, tmp_path: Path) -> None:
    for name in ("Asha", "Neema"):
        register(country.first, name)
        write(country.first, country.central, tmp_path / f"{name}.daftari")
    assert read(country.central, tmp_path / "Neema.daftari").is_whole
    assert sorted(names(country.central)) == ["Asha", "Neema"]
    assert read(country.central, tmp_path / "Asha.daftari").changes == 0


def test_a_bundle_for_one_who_has_lost_what_it_stands_on_says_so_and_is_mended_by_an_answer(country: Country, tmp_path: Path) -> None:
    backup = tmp_path / "central.backup"
    with sqlite3.connect(home_of(country.central) / "daftari.sqlite3") as live, sqlite3.connect(backup) as copy:
        live.backup(copy)
    register(country.first, "Asha")
    country.first.sync()
    register(country.first, "Neema")
    files = write(country.first, country.central, tmp_path / "1.daftari")
    with sqlite3.connect(backup) as copy, sqlite3.connect(home_of(country.central) / "daftari.sqlite3") as live:
        copy.backup(live)
    brought = read(country.central, files[0])
    assert (len(brought.early), names(country.central)) == (1, [])
    carry(country.central, country.first, tmp_path / "2.daftari")
    with country.first.on() as make:
        assert replication.kept(make.centre)["central"].unsafe > 0  # "safe" is turned back
    assert carry(country.first, country.central, tmp_path / "3.daftari").is_whole
    assert sorted(names(country.central)) == ["Asha", "Neema"]


@pytest.mark.parametrize("by_line", [True, False])
def test_a_laptop_that_joined_after_the_servers_backup_finds_its_way_back(country: Country, tmp_path: Path, *, by_line: bool) -> None:
    backup = tmp_path / "central.backup"
    with sqlite3.connect(home_of(country.central) / "daftari.sqlite3") as live, sqlite3.connect(backup) as copy:
        live.backup(copy)
    newcomer = machine(tmp_path / "newcomer")
    enrol(country, newcomer, invited(country))
    register(newcomer, "Zawadi")
    newcomer.sync()
    with sqlite3.connect(backup) as copy, sqlite3.connect(home_of(country.central) / "daftari.sqlite3") as live:
        copy.backup(live)
    register(newcomer, "Upendo")
    if by_line:
        newcomer.sync()
    else:
        carry(newcomer, country.central, tmp_path / "1.daftari")
        carry(country.central, newcomer, tmp_path / "2.daftari")
        carry(newcomer, country.central, tmp_path / "3.daftari")
    assert rows(country.central, centre_of(newcomer)) == rows(newcomer, centre_of(newcomer))
    assert sorted(names(country.central)) == ["Upendo", "Zawadi"]
    with country.central.on():
        assert replication.quarantined() == {}
        assert key_of(newcomer) in {each.key for each in replication.nodes()}
    close(newcomer)


def test_a_full_stick_leaves_nothing_and_nothing_counts_as_sent(country: Country, tmp_path: Path) -> None:
    register(country.first, "Asha")
    resource = pytest.importorskip("resource")  # Windows has no such limit
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with country.first.on() as make:
        hub = replication.hub_key()
        assert hub is not None
        before = replication.unsent(hub).changes
        heard = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
        try:
            with pytest.raises((CannotWrite, OperationalError)):
                actions.write_bundle(OPERATOR, tmp_path / "1.daftari", hub, most=MOST)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            signal.signal(signal.SIGXFSZ, heard)
        assert replication.unsent(hub).changes >= before
        assert replication.kept(make.centre)["central"].unsafe > 0
    assert [file for file in tmp_path.iterdir() if "1.daftari" in file.name] == []
    assert carry(country.first, country.central, tmp_path / "1.daftari").is_whole
