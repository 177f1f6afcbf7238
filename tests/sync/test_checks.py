"""Damage: a body that a disk has lost is brought again, from either side, however many there are."""

from contextlib import suppress

import pytest

from sync import checks, exchange, fold, ledger, writing
from sync.errors import Forged, Stuck
from sync.messages import Message
from sync.segments import Segment
from tests.sync import forge
from tests.sync.realm import KEYS
from tests.sync.world import Node, sync, World

AT = 5_000


def lose(node: Node, partition: str, segments: list[bytes]) -> None:
    with node.begin() as connection:
        checks.mark_damaged(connection, segments)
        fold.refold(connection, node.replica, partition)


def written_by(node: Node, partition: str) -> list[bytes]:
    """The segments of a node's own."""
    with node.begin() as connection:
        return sorted(segment for segment, author in ledger.authors(connection, partition).items() if author == node.key.public)


def holes(node: Node) -> int:
    with node.begin() as connection:
        return len(ledger.holes(connection))


def large_segments(country: World, node: Node, hub: Node, count: int) -> list[str]:
    people = []
    for _ in range(count):
        people.append(node.new(node.home, "person", given=country.draw(5_000).hex()))
        with node.begin() as connection:
            writing.seal(connection, node.replica, AT)
    sync(node, hub)
    return people


@pytest.mark.parametrize("is_hub", [True, False])
def test_many_lost_bodies_are_brought_again(is_hub: bool, country: World, ziwa: Node, ziwa2: Node, central: Node) -> None:
    people = large_segments(country, ziwa, central, 150)
    victim = central if is_hub else ziwa
    expected = victim.dump(ziwa.home)
    lose(victim, ziwa.home, written_by(ziwa, ziwa.home))
    assert holes(victim) == 150
    assert not victim.state(ziwa.home, "person", (people[0],))
    for _ in range(3):
        sync(ziwa, central)
    assert holes(victim) == 0
    assert victim.dump(ziwa.home) == expected
    sync(ziwa2, central)
    assert ziwa2.dump(ziwa.home) == expected


def test_what_stands_on_a_lost_body_waits_and_goes_once_it_is_back(ziwa: Node, ziwa2: Node, central: Node) -> None:
    person = ziwa.new(ziwa.home, "person", given="Asha")
    sync(ziwa, central)
    lose(central, ziwa.home, written_by(ziwa, ziwa.home))
    with suppress(Stuck):
        sync(ziwa2, central)
    assert not ziwa2.state(ziwa.home, "person", (person,))
    sync(ziwa, central)
    sync(ziwa2, central)
    assert ziwa2.state(ziwa.home, "person", (person,))
    assert sync(ziwa2, central) == 1


def test_substitutes_that_nobody_can_replace_do_not_hide_what_is_damaged(
    ziwa: Node, central: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "WANTS_MAX", 3)
    person = ziwa.new(ziwa.home, "person", given="Asha")
    sync(ziwa, central)
    for k in range(20):
        made = forge.with_body(KEYS["thief"], central, ziwa.home, {"b": [], "m": [], "x": k})
        forge.receive(central, Segment(made.header, made.signature, b"forged", is_substitute=True))
    lose(central, ziwa.home, written_by(ziwa, ziwa.home))
    sync(ziwa, central)
    assert central.state(ziwa.home, "person", (person,))


def test_a_substitute_opens_no_other_centre(ziwa: Node, mlima: Node, central: Node) -> None:
    """Where a disk has lost a body anybody's segments are kept; but not where a stranger has made the gap himself."""
    made = forge.with_body(ziwa.key, central, mlima.home, {"b": [], "m": []})
    forged = Segment(made.header, made.signature, b"forged", is_substitute=True)
    message = Message(digest=bytes(16), segments=[forged])
    with central.begin() as connection, pytest.raises(Forged):
        exchange.answer(connection, central.replica, ziwa.key.public, message, at=AT, answers=b"12345678")
