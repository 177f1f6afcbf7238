"""Segments in pieces: cut anywhere they go on from what is here, and hostile pieces fold nothing and stay nowhere."""

import random
from contextlib import suppress
from dataclasses import replace

import pytest

from sync import decrees, exchange, messages, store, writing
from sync.errors import SyncError
from sync.messages import Fragment, Message
from sync.segments import Segment
from tests.sync import forge
from tests.sync.world import Node, sync, World

AT = 5_000


def a_large_segment(country: World, node: Node) -> tuple[str, Segment]:
    person = node.new(node.home, "person", given=country.draw(9_000).hex(), family=country.draw(9_000).hex())
    with node.begin() as connection:
        (made,) = writing.seal(connection, node.replica, AT)
    return person, made


def piece(made: Segment, start: int, end: int, **changed: object) -> Fragment:
    whole = Fragment(made.header, made.signature, len(made.body), start, made.body[start:end])
    return replace(whole, **changed)  # type: ignore[arg-type]


def push(to: Node, by: Node, fragment: Fragment) -> None:
    """One piece as a message brings it; a refusal rolls back, as the route does."""
    message = messages.unpack(messages.pack(Message(digest=bytes(16), fragment=fragment), by.key.public), by.key.public)
    with to.begin() as connection:
        exchange.answer(connection, to.replica, by.key.public, message, at=AT, answers=b"12345678")


def staged(node: Node) -> int:
    return forge.count(node, store.STAGED)


@pytest.mark.parametrize("seed", range(4))
def test_pieces_cut_anywhere_again_and_over_each_other_make_the_whole(seed: int, country: World, ziwa: Node, central: Node) -> None:
    rng = random.Random(seed)
    person, made = a_large_segment(country, ziwa)
    have = 0
    while have < len(made.body):
        start = rng.randint(0, have)
        end = min(len(made.body), have + rng.randint(1, 9_000))
        push(central, ziwa, piece(made, start, end))
        if rng.random() < 0.3:  # one that begins beyond what is here is left aside
            push(central, ziwa, piece(made, min(end + 1, len(made.body) - 1), len(made.body)))
        have = end
    assert staged(central) == 0
    assert central.state(ziwa.home, "person", (person,))


def test_an_exchange_that_is_cut_goes_on_from_what_is_staged(country: World, ziwa: Node, central: Node) -> None:
    person, made = a_large_segment(country, ziwa)
    cuts = 0
    while not central.state(ziwa.home, "person", (person,)):
        with suppress(AssertionError):
            sync(ziwa, central, most=4_000, rounds=3)
        cuts += 1
        assert cuts < len(made.body) // 4_000
    sync(ziwa, central)
    assert staged(central) == 0


@pytest.mark.parametrize("kind", ["signature", "total", "body", "beyond"])
def test_hostile_pieces_fold_nothing_and_hinder_no_honest_one(kind: str, country: World, ziwa: Node, ziwa2: Node, central: Node) -> None:
    person, made = a_large_segment(country, ziwa)
    size = len(made.body)
    hostile = {
        "signature": [piece(made, 0, 5_000, signature=bytes(64))],
        "total": [piece(made, 0, 5_000, total=6_000), piece(made, 5_000, 6_000, total=6_000)],
        "body": [piece(made, 0, 5_000, piece=b"!" * 5_000), piece(made, 5_000, size, piece=b"?" * (size - 5_000))],
        "beyond": [piece(made, 5_000, 9_000), piece(made, 9_000, size)],
    }[kind]
    for fragment in hostile:
        if kind == "signature":
            with pytest.raises(SyncError):
                push(central, ziwa2, fragment)
        else:
            push(central, ziwa2, fragment)
    assert made.id not in central.heads()[ziwa.home]
    push(central, ziwa2, hostile[0]) if kind == "body" else None
    for _ in range(2):
        sync(ziwa, central, most=4_000)
    assert central.state(ziwa.home, "person", (person,))
    assert central.dump(ziwa.home) == ziwa.dump(ziwa.home)


def test_what_is_staged_is_bounded(country: World, ziwa: Node, central: Node) -> None:
    for k in range(3 * messages.STAGED_MAX):
        made = forge.with_body(ziwa.key, central, ziwa.home, country.draw(2_000))
        push(central, ziwa, piece(made, 0, 1_000))
        assert staged(central) == min(k + 1, messages.STAGED_MAX)


def test_no_piece_is_kept_of_what_is_held(country: World, ziwa: Node, ziwa2: Node, central: Node) -> None:
    """It would outlive the erasure of what is held."""
    _, made = a_large_segment(country, ziwa)
    push(central, ziwa2, piece(made, 0, 5_000))
    sync(ziwa, central)
    assert staged(central) == 0
    push(central, ziwa, piece(made, 0, 5_000))
    assert staged(central) == 0


def test_no_erasure_is_confirmed_while_pieces_have_come_that_may_hold_it(country: World, ziwa: Node, central: Node) -> None:
    person = ziwa.new(ziwa.home, "person")
    sync(ziwa, central)
    _, late = a_large_segment(country, ziwa)
    with central.begin() as connection:
        decrees.erase(connection, central.replica, country.authority, ziwa.home, [("person", person)], nonce=country.draw(8), at=AT)
    push(central, ziwa, piece(late, 0, 5_000))
    with central.begin() as connection:
        assert decrees.confirm(connection, central.replica, AT) == []
    sync(ziwa, central)
    with central.begin() as connection:
        assert len(decrees.confirm(connection, central.replica, AT)) == 1


def test_a_body_that_an_order_trims_between_two_of_its_pieces_begins_again(country: World, ziwa: Node, ziwa2: Node, central: Node) -> None:
    names = [ziwa.new(ziwa.home, "person", given=country.draw(1_500).hex()) for _ in range(4)]
    sync(ziwa, central)
    with suppress(AssertionError):
        sync(ziwa2, central, most=2_048, rounds=4)
    assert staged(ziwa2) == 1
    with central.begin() as connection:
        decrees.erase(connection, central.replica, country.authority, ziwa.home, [("person", names[0])], nonce=country.draw(8), at=AT)
    sync(ziwa2, central, most=2_048)
    assert ziwa2.heads()[ziwa.home] == central.heads()[ziwa.home]
