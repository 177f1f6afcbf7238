"""Receipts: what is safe is what a keeper's latest signed word covers, by whatever way it came."""

import json
import random
import struct

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from sync import decrees, exchange, joining, ledger, messages, receipts, store, writing
from sync.changes import decode
from sync.errors import Forged, Unreadable
from sync.keys import NodeKey
from sync.receipts import HOLDS, Receipt, Safety
from tests.sync import forge
from tests.sync.world import Database, Node, sync, World

AT = 5_000


def safety(node: Node, partition: str, *dots: str) -> list[Safety]:
    with node.begin() as connection:
        found = receipts.safety_of(connection, partition, dots)
    return [found[each] for each in dots]


def is_safe(node: Node, partition: str, dot: str) -> bool:
    return safety(node, partition, dot)[0].central is not None


def held(node: Node) -> list[Receipt]:
    with node.begin() as connection:
        return [receipt for _, receipt in receipts.held(connection, ledger.heads(connection))]


def take(node: Node, *arriving: Receipt) -> None:
    with node.begin() as connection:
        receipts.take(connection, arriving, ledger.heads(connection).keys())


def coordinator(world: World, *centres: str) -> Node:
    """A node of the seat "region" that may read some centres."""
    node = world._node("coordinator")
    with world.central.begin() as connection:
        own = world.central.replica
        for home in centres:
            decrees.found(connection, own, world.authority, home, [(node.key.public, "commenter")], nonce=world.draw(8), at=1)
        joining.enter(connection, own, node.key.public, name="coordinator", seat="region", home="", at=1)
    world.nodes["coordinator"] = node
    return node


# ---- against a naive computation


def naive(node: Node, partition: str) -> dict[str, set[bytes]]:
    """What is safe with each seat: all that any keeper's latest statement covers, straight from the graph."""
    with node.begin() as connection:
        graph, directory = ledger.graph(connection, partition), ledger.nodes(connection)
    found: dict[str, set[bytes]] = {"region": set(), "central": set()}
    for receipt in held(node):
        if receipt.partition == partition and receipt.about == HOLDS and (seat := directory[receipt.node].seat) in found:
            found[seat].update(graph.held_by(receipt.heads))
    return found


def check(node: Node, partition: str) -> None:
    expected = naive(node, partition)
    with node.begin() as connection:
        marked = connection.execute(sa.select(store.SAFE.c.seat, store.SAFE.c.segment).where(store.SAFE.c.partition == partition)).all()
        holders: dict[str, set[bytes]] = {}  # a change that was pending in a copied folder is sealed twice
        for segment in ledger.segments(connection, ledger.graph(connection, partition).ids):
            for change in decode(segment.body, segment.header.minters):
                holders.setdefault(change.dot, set()).add(segment.id)
        waiting = len(ledger.pending(connection, partition))
        for seat in receipts.KEEPERS:
            unsafe = sum(len(segments - expected[seat]) for segments in holders.values()) + waiting
            assert receipts.kept(connection, partition, seat).unsafe == unsafe
    assert {seat: {s for each, s in marked if each == seat} for seat in receipts.KEEPERS} == expected
    for (dot, segments), found in zip(holders.items(), safety(node, partition, *holders), strict=True):
        is_safe = (bool(segments & expected["region"]), bool(segments & expected["central"]))
        assert (found.region is not None, found.central is not None) == is_safe, dot


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(4, 24))
def test_what_is_safe_is_what_a_keeper_s_latest_word_covers(rng: random.Random, steps: int) -> None:
    world = forge.country()
    ziwa, ziwa2, central = (world.nodes[name] for name in ("ziwa", "ziwa2", "central"))
    region = coordinator(world, ziwa.home)
    nodes = [ziwa, ziwa2, region, central]
    backups: dict[str, bytes] = {}
    for _ in range(steps):
        node = rng.choice(nodes[:3])
        match rng.randrange(6):
            case 0 | 1:
                rng.choice((ziwa, ziwa2)).new(ziwa.home, "person", given="Asha")
            case 2 | 3:
                sync(node, central, most=rng.choice((400, 64_000)), lose_reply=rng.random() < 0.3)
            case 4 if node is not region:
                sync(node, region)
            case _:
                each = rng.choice(nodes)
                if each.name in backups and rng.random() < 0.5:
                    each.database.close()
                    each.database = Database(backups[each.name])
                    each.restart()
                else:
                    backups[each.name] = each.database.copy()
        for each in nodes:
            if ziwa.home in each.heads():
                check(each, ziwa.home)
    for node in nodes:
        node.database.close()


# ---- told in a story


def test_a_change_is_safe_when_the_server_has_said_so_and_not_before(ziwa: Node, ziwa2: Node, central: Node) -> None:
    person = ziwa.new(ziwa.home, "person", given="Asha")
    assert not is_safe(ziwa, ziwa.home, person)
    sync(ziwa, central, lose_reply=True)
    assert not is_safe(ziwa, ziwa.home, person)
    assert sync(ziwa, central) == 1  # the receipt that was lost comes with the next exchange
    assert is_safe(ziwa, ziwa.home, person)
    sync(ziwa2, central)
    assert is_safe(ziwa2, ziwa.home, person)


def test_a_second_laptop_that_is_filled_in_small_messages_knows_what_is_safe(country: World, ziwa: Node, central: Node) -> None:
    people = [ziwa.new(ziwa.home, "person", given=f"Asha {k}", family=country.draw(400).hex()) for k in range(30)]
    sync(ziwa, central)
    late = country.laptop("late", ziwa.home)
    sync(late, central, most=2_000)
    assert all(is_safe(late, ziwa.home, person) for person in people)


def test_a_restored_server_turns_safe_back_and_forth_again(ziwa: Node, ziwa2: Node, central: Node) -> None:
    sync(ziwa, central)
    backup = central.database.copy()
    person = ziwa2.new(ziwa.home, "person", given="Asha")
    sync(ziwa2, central)
    sync(ziwa, central)
    assert is_safe(ziwa, ziwa.home, person)
    central.database.close()
    central.database = Database(backup)
    with ziwa.begin() as connection:  # the server is shown its own newer word, and has not been filled yet
        say = exchange.first(connection, ziwa.replica, central.key.public, at=AT)
    shown = [receipt for receipt in held(ziwa) if receipt.node == central.key.public]
    take(central, *shown)
    assert say is not None
    with central.begin() as connection:
        receipts.issue(connection, central.replica, ledger.heads(connection), AT)
    take(ziwa, *(receipt for receipt in held(central) if receipt.node == central.key.public))
    assert not is_safe(ziwa, ziwa.home, person)
    sync(ziwa, central)
    assert is_safe(ziwa, ziwa.home, person)
    assert not [
        each
        for each in held(ziwa)
        if each.node == central.key.public and each.counter <= max(s.counter for s in shown if s.partition == each.partition)
    ]


def test_idle_exchanges_say_nothing_of_receipts_again(ziwa: Node, ziwa2: Node, mlima: Node, central: Node) -> None:
    for node in (ziwa, ziwa2, mlima, ziwa, ziwa2):
        node.new(node.home, "person", given="Asha")
        sync(node, central)
    for _ in range(2):
        sync(ziwa, central)
    before = (ziwa.database.copy(), central.database.copy())
    for _ in range(20):
        with ziwa.begin() as connection:
            say = exchange.first(connection, ziwa.replica, central.key.public, at=AT)
        assert say.receipts == []
        with central.begin() as connection:
            heard = messages.unpack(messages.pack(say, ziwa.key.public), ziwa.key.public)
            step = exchange.answer(connection, central.replica, ziwa.key.public, heard, at=AT, answers=b"12345678")
        assert step.say is not None
        assert step.say.receipts == []
        up, down = (messages.pack(message, key) for message, key in ((say, ziwa.key.public), (step.say, central.key.public)))
        assert len(up) + len(down) < 220
        with ziwa.begin() as connection:
            assert exchange.take(connection, ziwa.replica, central.key.public, step.say, at=AT).say is None
    assert (ziwa.database.copy(), central.database.copy()) == before


def test_receipts_go_by_any_hand(ziwa: Node, ziwa2: Node, central: Node) -> None:
    person = ziwa.new(ziwa.home, "person", given="Asha")
    sync(ziwa, central)
    sync(ziwa, ziwa2)
    assert is_safe(ziwa2, ziwa.home, person)


# ---- what is no receipt


def a_receipt(by: NodeKey, node: bytes, partition: str, heads: tuple[bytes, ...], *, counter: int = 99, about: str = HOLDS) -> Receipt:
    said = Receipt(node, partition, about, counter, AT, heads)
    return said._replace(signature=by.sign("receipt", said.text))


def test_only_a_keeper_s_own_signature_makes_safe(ziwa: Node, ziwa2: Node, central: Node) -> None:
    person = ziwa.new(ziwa.home, "person", given="Asha")
    with ziwa.begin() as connection:
        writing.seal(connection, ziwa.replica, AT)
    heads = tuple(ziwa.heads()[ziwa.home])
    with pytest.raises(Forged):
        take(ziwa, a_receipt(ziwa2.key, central.key.public, ziwa.home, heads))
    with pytest.raises(Forged):
        take(ziwa, a_receipt(central.key, central.key.public, "nation", heads)._replace(partition=ziwa.home))
    take(ziwa, a_receipt(ziwa2.key, ziwa2.key.public, ziwa.home, heads))  # no keeper
    take(ziwa, a_receipt(NodeKey(bytes(32)), NodeKey(bytes(32)).public, ziwa.home, heads))  # a stranger
    assert not is_safe(ziwa, ziwa.home, person)


@pytest.mark.parametrize("revokes", ["nation", "the centre"])
def test_a_revoked_keeper_s_word_makes_nothing_safe_any_more(revokes: str, country: World, ziwa: Node, central: Node) -> None:
    region = coordinator(country, ziwa.home)
    person = ziwa.new(ziwa.home, "person", given="Asha")
    for node in (ziwa, region, region, ziwa):
        sync(node, central)
    (before,) = safety(ziwa, ziwa.home, person)
    with central.begin() as connection:
        where = "nation" if revokes == "nation" else ziwa.home
        own, key = central.replica, region.key.public
        decrees.revoke(connection, own, country.authority, where, key, nonce=country.draw(8), at=2)
    sync(ziwa, central)
    take(ziwa, a_receipt(region.key, region.key.public, ziwa.home, tuple(ziwa.heads()[ziwa.home])))
    for node in (ziwa, central):
        assert safety(node, ziwa.home, person) == [before._replace(region=None)] != [before]
        with node.begin() as connection:
            assert receipts.kept(connection, ziwa.home, "region").stated is None


def test_a_replayed_older_word_changes_nothing(ziwa: Node, central: Node) -> None:
    ziwa.new(ziwa.home, "person", given="Asha")
    sync(ziwa, central)
    older = [receipt for receipt in held(ziwa) if receipt.node == central.key.public]
    person = ziwa.new(ziwa.home, "person", given="Juma")
    sync(ziwa, central)
    take(ziwa, *older)
    assert is_safe(ziwa, ziwa.home, person)


def test_receipts_about_nothing_take_no_room(ziwa: Node, central: Node) -> None:
    """A node of the directory signs statements about orders that nobody has given."""
    flood = [a_receipt(ziwa.key, ziwa.key.public, ziwa.home, (), about=f"nothing {k}") for k in range(500)]
    before = len(held(central))
    take(central, *flood)
    assert len(held(central)) == before


@pytest.mark.parametrize("about", ["\ud800", "\0", "no dot"])
def test_a_receipt_about_what_names_no_order_is_unreadable(about: str, ziwa: Node) -> None:
    """Not only useless: no database takes some of these."""
    row = ["", ziwa.home, about, 1, 1, "", "00" * 64]
    text = json.dumps({"d": "", "r": [row]}).encode()
    with pytest.raises(Unreadable):
        messages.unpack(struct.pack(">BBII", 1, 0, len(text) + 4, len(text)) + text, ziwa.key.public)


def test_more_receipts_than_a_message_takes_all_arrive(ziwa: Node, central: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "RECEIPTS_MAX", 3)
    with central.begin() as connection:
        for k in range(8):
            key = NodeKey(bytes([k]) * 32)
            joining.enter(connection, central.replica, key.public, name=str(k), seat="centre", home="", at=1)
    sync(ziwa, central)
    take(central, *(a_receipt(NodeKey(bytes([k]) * 32), NodeKey(bytes([k]) * 32).public, "nation", ()) for k in range(8)))
    for at in range(60):
        with ziwa.begin() as connection:
            say = exchange.first(connection, ziwa.replica, central.key.public, at=AT + at)
        with central.begin() as connection:
            step = exchange.answer(connection, central.replica, ziwa.key.public, say, at=AT + at, answers=b"12345678")
        assert step.say is not None
        with ziwa.begin() as connection:
            exchange.take(connection, ziwa.replica, central.key.public, step.say, at=AT + at)
    assert len([r for r in held(ziwa) if r.partition == "nation"]) == 8


def test_what_waits_is_counted_though_the_disk_has_spoilt_all_of_it(ziwa: Node, central: Node) -> None:
    ziwa.new(ziwa.home, "person", given="Asha")
    with ziwa.begin() as connection:
        connection.execute(store.PENDING.update().values(change=store.PENDING.c.change + " "))
        waiting = ledger.pending_counts(connection)[ziwa.home]
        assert receipts.kept(connection, ziwa.home, "central")[:2] == (waiting, None)
        assert ledger.unsent(connection, central.key.public) == ledger.Unsent(waiting, None)
