"""Any route will do: by line, by stick, through a regional laptop that may read the centre or may not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.country import Country, enrol, Machine, machine
from tests.journeys.looking import rows
from tracker import replication
from tracker.db import db
from tracker.nodes import actions, queries, rules, start_actions
from tracker.people import actions as people
from tracker.places.models import Listing
from tracker.policy import NATION, OPERATOR
from tracker.replication import Brought, node

MOST = 32 << 20


def key_of(machine: Machine) -> bytes:
    """The public key of a machine."""
    with machine.on():
        return node.replica().key.public


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
