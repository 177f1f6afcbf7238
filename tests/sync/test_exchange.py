"""Messages, and the conversation in which two nodes find what each lacks."""

import json
import struct
from contextlib import suppress
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync import exchange, ledger, messages, receipts, writing
from sync.errors import SyncError, Unreadable
from sync.exchange import digest
from sync.messages import Message, pack, unpack
from tests.sync import forge
from tests.sync.world import Database, Node, sync, World


def test_a_message_reads_back_as_it_was_packed(ziwa: Node, mlima: Node) -> None:
    some = []
    for node in (ziwa, mlima):
        node.new(node.home, "person", given="Asha")
        with node.begin() as connection:
            some += writing.seal(connection, node.replica, 7)
    some.append(forge.segment(ziwa.key, ziwa, ziwa.home, []))
    heads, ladders, named = {"nation": [b"h" * 20]}, {"nation": [b"r" * 6]}, frozenset({"nation"})
    receipt = receipts.Receipt(mlima.key.public, ziwa.home, "", 7, 9, (some[0].id,), b"s" * 64)
    said = Message(
        b"12345678",
        b"d" * 16,
        heads,
        ladders,
        some,
        [receipt],
        named,
        frozenset({ziwa.home}),
        b"1234",
        (some[0].id,),
        {some[1].id: 7},
        None,
        400,
    )
    heard = unpack(pack(said, ziwa.key.public), ziwa.key.public)
    assert heard == said
    assert [each.id for each in heard.segments] == [each.id for each in some]


@pytest.mark.parametrize("size", [10, 300, 20_000])
def test_every_packing_reads_back(size: int, ziwa: Node) -> None:
    for text in ("y" * size, "".join(chr(33 + k * k % 90) for k in range(size))):
        segment = forge.with_body(ziwa.key, ziwa, ziwa.home, text.encode())
        assert unpack(pack(Message(segments=[segment]), ziwa.key.public), ziwa.key.public).segments[0].body == text.encode()


def test_a_cut_message_never_reads(ziwa: Node) -> None:
    data = pack(Message(b"", b"d" * 16, {}, {}, [forge.segment(ziwa.key, ziwa, ziwa.home, [])]), ziwa.key.public)
    for length in range(len(data)):
        with pytest.raises(Unreadable):
            unpack(data[:length], ziwa.key.public)


def test_digests_agree_exactly_when_heads_do() -> None:
    a, b = b"a" * 20, b"b" * 20
    assert digest({"nation": [a, b]}) == digest({"nation": [b, a]})
    assert len({digest(heads) for heads in ({}, {"nation": [a]}, {"nation": [b]}, {"nation": [a, b]}, {"region/x": [a]})}) == 5


def test_in_calm_times_one_message_is_the_whole_conversation(ziwa: Node, central: Node) -> None:
    assert sync(ziwa, central) == 1
    ziwa.new(ziwa.home, "person", given="Asha")
    assert sync(ziwa, central) == 1


@pytest.mark.parametrize("most", [1, 400, 64_000])
def test_a_long_absence_is_made_up_for_in_messages_of_any_size(most: int, ziwa: Node, ziwa2: Node, central: Node) -> None:
    for k in range(6):
        ziwa.new(ziwa.home, "person", given=str(k))
        ziwa2.new(ziwa.home, "person", given=str(k))
        sync(ziwa, central)
    sync(ziwa2, central, most=most)
    sync(ziwa, central, most=most)
    assert ziwa.dump(ziwa.home) == ziwa2.dump(ziwa.home) == central.dump(ziwa.home)


def test_a_lost_reply_costs_nothing_but_the_way(ziwa: Node, central: Node) -> None:
    person = ziwa.new(ziwa.home, "person", given="Asha")
    sync(ziwa, central, lose_reply=True)
    sync(ziwa, central)
    assert central.state(ziwa.home, "person", (person,))
    assert forge.reasons(central, ziwa.home) == {}


def test_a_restored_server_is_filled_again(ziwa: Node, central: Node) -> None:
    before = central.database.copy()
    person = ziwa.new(ziwa.home, "person", given="Asha")
    sync(ziwa, central)
    central.database = Database(before)
    sync(ziwa, central)
    assert central.state(ziwa.home, "person", (person,))


def test_a_restored_laptop_is_filled_again_with_its_own(ziwa: Node, central: Node) -> None:
    before = ziwa.database.copy()
    person = ziwa.new(ziwa.home, "person", given="Asha")
    sync(ziwa, central)
    ziwa.database = Database(before)
    ziwa.restart()
    sync(ziwa, central)
    assert ziwa.state(ziwa.home, "person", (person,))


def test_an_unknown_head_causes_no_full_resend(ziwa: Node, ziwa2: Node, central: Node) -> None:
    for k in range(20):
        ziwa.new(ziwa.home, "person", given=str(k))
        sync(ziwa, central)
    sync(ziwa2, central)
    ziwa2.new(ziwa.home, "person", given="only here")
    with ziwa2.begin() as connection:
        writing.seal(connection, ziwa2.replica, 1)
        mine = exchange.shared(connection, ziwa2.replica, central.key.public)
        ladder = ledger.graph(connection, ziwa.home).ladder()
    heard = Message(b"", digest(mine), {ziwa.home: mine[ziwa.home]}, {ziwa.home: ladder})
    with central.begin() as connection:
        step = exchange.answer(connection, central.replica, ziwa2.key.public, heard, at=5_000, answers=b"12345678")
    assert step.say is not None
    assert len(step.say.segments) <= 2


def test_sharing_is_for_those_whom_both_grants_name(ziwa: Node, mlima: Node, central: Node) -> None:
    with central.begin() as connection:
        assert set(exchange.shared(connection, central.replica, ziwa.key.public)) == {"nation", ziwa.home}
        assert set(exchange.shared(connection, central.replica, b"s" * 32)) == {"nation"}
    with ziwa.begin() as connection:
        assert set(exchange.shared(connection, ziwa.replica, mlima.key.public)) == {"nation"}


NAMES = st.sampled_from(["nation", "region/x", "centre/" + "0" * 20, "", "\x00", "foo/bar"])
LEAVES = st.none() | st.booleans() | st.integers(-3, 3) | st.integers() | st.floats() | NAMES | st.binary(max_size=21).map(bytes.hex)
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=10)


def places(value: object) -> list[tuple[Any, Any]]:
    """Every (container, key) inside a JSON value."""
    pairs = list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    return [(value, key) for key, _ in pairs] + [place for _, inner in pairs for place in places(inner)]


@cache
def valid_message() -> tuple[World, bytes]:
    country = forge.country()
    ziwa = country.nodes["ziwa"]
    ziwa.new(ziwa.home, "person", given="Asha")
    ziwa.new(ziwa.home, "extra", text="x")
    with ziwa.begin() as connection:
        made = writing.seal(connection, ziwa.replica, 7)
        receipt = receipts._signed(ziwa.replica, receipts.Receipt(ziwa.key.public, ziwa.home, "", 1, 7, (made[-1].id,)))
        fragment = messages.Fragment(made[0].header, made[0].signature, len(made[0].body), 0, made[0].body[:20])
        said = Message(
            digest=b"d" * 16,
            heads={ziwa.home: [made[-1].id]},
            ladders={ziwa.home: [made[0].id[:6]]},
            segments=made,
            receipts=[receipt],
            said=frozenset({"nation"}),
            stated=b"1234",
            wants=(made[0].id,),
            staged={made[0].id: 7},
            fragment=fragment,
            most=4_000,
        )
    return country, pack(said, ziwa.key.public)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_message_with_a_part_replaced_raises_nothing_but_ours(data: st.DataObject) -> None:
    """Segments inside are whole or refused; what the hub holds stays a register that it can fold anew."""
    country, packed = valid_message()
    _, method, length = struct.unpack_from(">BBI", packed)
    block = messages._unpacked(method, packed[6 : 6 + length])
    (size,) = struct.unpack_from(">I", block)
    control = json.loads(block[4 : 4 + size])
    container, key = data.draw(st.sampled_from(places(control)))
    container[key] = data.draw(JSON)
    text = json.dumps(control).encode()
    inside = struct.pack(">I", len(text)) + text + block[4 + size :]
    hostile = struct.pack(">BBI", 1, 0, len(inside)) + inside + packed[6 + length :]
    central, peer = country.central, country.nodes["ziwa"].key.public
    with suppress(SyncError), central.begin() as connection:
        step = exchange.answer(connection, central.replica, peer, unpack(hostile, peer), at=5_000, answers=b"12345678")
        assert step.say is not None
        pack(step.say, central.key.public)
