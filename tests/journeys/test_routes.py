"""Any route will do: by line, by stick, through a regional laptop that may read the centre or may not."""

from pathlib import Path

from tests.country import Country, Machine
from tracker.nodes import actions, queries
from tracker.people import actions as people
from tracker.policy import OPERATOR
from tracker.replication import Brought, node

MOST = 32 << 20


def key_of(machine: Machine) -> bytes:
    """The public key of a machine."""
    with machine.on():
        return node.replica().key.public


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
