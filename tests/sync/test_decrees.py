"""Decrees of roots: founding, granting, handing over, revoking, erasing; whatever the order in which they arrive."""

import contextlib
import hashlib
import json
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import permutations

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from sync import checks, decrees, fold, index, joining, ledger, store, writing
from sync.changes import Change
from sync.errors import Stuck
from sync.schema import Key, Plain
from sync.segments import Segment
from tests.sync import forge, realm
from tests.sync.realm import deliver, held, HOME, judged, KEYS, Realm, register
from tests.sync.world import Node, schema, sync, World

AT = 2_000


# ---- the register is a function of the set of segments


def readers(stack: ExitStack) -> Iterator[Node]:
    while True:
        node = realm.node()
        stack.callback(node.database.close)
        yield node


@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(3, 26))
def test_equal_sets_are_equal_registers_whatever_roots_and_thieves_have_decreed(rng: random.Random, steps: int) -> None:
    country = Realm(rng)
    for _ in range(steps):
        country.step()
    with ExitStack() as stack:
        fresh = readers(stack)
        first = next(fresh)
        deliver(first, country.made, rng)
        expected = register(first)
        for _ in range(3):
            other = next(fresh)
            deliver(other, country.order(), rng)
            assert register(other) == expected
        newcomer = next(fresh)  # who is sent trimmed bodies where there are such
        deliver(newcomer, rng.sample(sent := held(first), len(sent)), rng)
        assert register(newcomer) == expected
        first.refold(HOME)
        assert register(first) == expected
        agrees_with_the_judge(first)


def agrees_with_the_judge(node: Node) -> None:
    oracle = judged(held(node))
    for (table, key, group), values in oracle.shown.items():
        heads = node.state(HOME, table, key)[group]
        assert heads[0].values == values
        assert sorted((head.values for head in heads[1:]), key=repr) == sorted(oracle.beside[table, key, group], key=repr)
    for declared in schema(2).tables.values():
        assert forge.count(node, declared.rows) == len({key for name, key, _ in oracle.shown if name == declared.name})
    with node.begin() as connection:
        kept_back = set(connection.execute(sa.select(store.QUARANTINE.c.dot)).scalars())
    assert kept_back == oracle.quarantined.keys() | oracle.foreign | oracle.twice | oracle.remains


def said(by: str, on: Node, *statements: tuple[str, Key | None, dict[str, object]], counter: int = 1, nonce: bytes = b"") -> Segment:
    """One segment of somebody's in the random centre's place, on top of all that a node holds."""
    nonce = nonce or hashlib.sha256(by.encode() + bytes([counter])).digest()[:8]
    names = [forge.own_dot(KEYS[by], HOME, counter + k, nonce) for k in range(len(statements))]
    changes = [Change(n, table, key or (n,), fields, (), by, 100) for n, (table, key, fields) in zip(names, statements, strict=True)]  # type: ignore[arg-type]
    return forge.segment(KEYS[by], on, HOME, changes, nonces=[nonce])


def key_of(name: str) -> Key:
    return (KEYS[name].public.hex(),)


@pytest.fixture
def alone() -> Iterator[Node]:
    """A node that holds a centre whose founder has granted, and a person of Ziwa's there."""
    node = realm.node()
    deliver(node, Realm(random.Random(0)).made, random.Random(0))
    forge.receive(node, said("ziwa", node, ("person", None, {"given": "Asha", "family": "Ali"}), counter=50))
    yield node
    node.database.close()


def dumps_in_all_orders(node: Node, *beside: Segment) -> list[object]:
    found: list[object] = []
    for order in permutations(beside):
        copy = node.twin("copy")
        for each in order:
            forge.receive(copy, each)
        found.append(copy.dump(HOME))
        copy.refold(HOME)
        found.append(copy.dump(HOME))
        copy.database.close()
    return found


def test_a_handover_to_one_who_was_revoked_beside_it_counts_in_either_order(alone: Node) -> None:
    """A root cannot revoke one who is or was root: so a handover rules over what was folded before it came."""
    revoked = said("founder", alone, ("revocation", key_of("ziwa"), {"heads": ""}), counter=10)
    handed = said("founder", alone, ("handover", key_of("ziwa"), {"note": ""}), counter=20)
    dumps = dumps_in_all_orders(alone, revoked, handed)
    assert all(dump == dumps[0] for dump in dumps)


# ---- founding and handing over


def test_a_centre_founded_alone_is_handed_over_and_its_first_root_writes_on(country: World, central: Node) -> None:
    laptop = country._node("alone")
    with laptop.begin() as connection:
        home = laptop.home = decrees.found_alone(connection, laptop.replica, nonce=b"founding", at=AT)
    early = laptop.new(home, "person", given="Asha")
    with laptop.begin() as connection:
        writing.seal(connection, laptop.replica, AT)
        decrees.hand_over(connection, laptop.replica, home, central.key.public, country.authority.public, nonce=b"handover", at=AT)
        assert decrees.is_root(connection, home, country.authority.public)
        assert not decrees.is_root(connection, home, laptop.key.public)
    with central.begin() as connection:
        joining.enter(connection, central.replica, laptop.key.public, name="alone", seat="centre", home=home, at=AT)
    late = laptop.new(home, "person", given="Juma")
    sync(laptop, central)
    assert central.state(home, "person", (early,))
    assert central.state(home, "person", (late,))
    forge.receive(laptop, grant := forge.segment(laptop.key, laptop, home, [
        Change(forge.own_dot(laptop.key, home), "grant", (KEYS["thief"].public.hex(),), {"role": "writer"}, (), "", AT)
    ]))  # fmt: skip
    assert grant.id in laptop.heads()[home]
    assert forge.reasons(laptop, home) == {"not-granted": 1}


# ---- revoking


def revoke(country: World, node: Node, *, good: list[bytes] | None = None) -> None:
    with country.central.begin() as connection:
        for partition in ("nation", node.home):
            replica = country.central.replica
            decrees.revoke(connection, replica, country.authority, partition, node.key.public, nonce=country.draw(8), at=AT, good=good)


def test_a_revoked_laptop_is_told_nothing_more_and_its_own_work_is_kept_for_review(
    country: World, ziwa: Node, ziwa2: Node, central: Node
) -> None:
    before = ziwa2.new(ziwa.home, "person", given="Asha")
    sync(ziwa2, central)
    revoke(country, ziwa2)
    after = ziwa2.new(ziwa.home, "person", given="Juma")
    secret = ziwa.new(ziwa.home, "person", given="Secret")
    sync(ziwa, central)
    with contextlib.suppress(Stuck):
        sync(ziwa2, central)
    sync(ziwa, central)
    for node in (ziwa, central):
        assert node.state(ziwa.home, "person", (before,))
        assert not node.state(ziwa.home, "person", (after,))
        assert forge.reasons(node, ziwa.home) == {"revoked": 1}
    assert not ziwa2.state(ziwa.home, "person", (secret,))
    with ziwa.begin() as connection:
        (holder,) = index.holders_of(connection, ziwa.home, [secret])[secret]
    with ziwa2.begin() as connection:
        assert ledger.partition_of(connection, holder) is None


def test_a_revoked_laptop_comes_to_hear_of_it(country: World, ziwa2: Node, central: Node) -> None:
    ziwa2.new(ziwa2.home, "person", given="Asha")
    revoke(country, ziwa2)
    for _ in range(2):
        with contextlib.suppress(Stuck):
            sync(ziwa2, central)
    with ziwa2.begin() as connection:
        assert index.is_revoked_anywhere(connection, ziwa2.key.public)


def test_a_root_s_revocation_of_a_former_root_ends_no_reading_either(alone: Node) -> None:
    forge.receive(alone, said("founder", alone, ("handover", key_of("heir"), {"note": ""}), counter=10))
    forge.receive(alone, said("heir", alone, ("revocation", key_of("founder"), {"heads": ""}), counter=20))
    with alone.begin() as connection:
        assert index.read_by(connection, KEYS["founder"].public) == {HOME}
        assert not index.is_revoked_anywhere(connection, KEYS["founder"].public)


# ---- erasing


def erase(country: World, node: Node, rows: list[Key], partition: str = "") -> None:
    with node.begin() as connection:
        place = partition or node.home or country.nodes["ziwa"].home
        decrees.erase(connection, node.replica, country.authority, place, rows, nonce=country.draw(8), at=AT)


def bodies(node: Node, partition: str) -> bytes:
    with node.begin() as connection:
        return b"".join(segment.body for segment in ledger.segments(connection, ledger.graph(connection, partition).ids))


def remains(node: Node) -> list[str]:
    with node.begin() as connection:
        return decrees.with_remains(connection)


def test_an_erased_row_is_gone_from_every_body_and_from_what_waits(country: World, ziwa: Node, ziwa2: Node, central: Node) -> None:
    person = ziwa.new(ziwa.home, "person", given="Zuhura")
    other = ziwa.new(ziwa.home, "person", given="Asha")
    sync(ziwa, central)
    sync(ziwa2, central)
    ziwa2.edit(ziwa.home, "person", (person,), phone="Zuhura's")
    erase(country, central, [("person", person), ("mark", person)])
    sync(ziwa2, central)
    sync(ziwa, central)
    for node in (ziwa, ziwa2, central):
        assert not node.state(ziwa.home, "person", (person,))
        assert node.state(ziwa.home, "person", (other,))
    erase(country, central, [])
    for node in (ziwa, ziwa2):
        sync(node, central)
    for node in (ziwa, ziwa2, central):
        assert b"Zuhura" not in bodies(node, ziwa.home)
        assert remains(node) == []
        assert node.dump(ziwa.home) == central.dump(ziwa.home)


def test_a_second_order_trims_a_trimmed_body_again(country: World, ziwa: Node, ziwa2: Node, central: Node) -> None:
    one, two = (ziwa.new(ziwa.home, "person", given=name) for name in ("Zuhura", "Neema"))
    sync(ziwa, central)
    sync(ziwa2, central)
    erase(country, central, [("person", one)])
    sync(ziwa, central)
    erase(country, central, [("person", two)])
    for node in (ziwa, ziwa2):
        sync(node, central)
    for node in (ziwa, ziwa2, central):
        assert b"Zuhura" not in bodies(node, ziwa.home)
        assert b"Neema" not in bodies(node, ziwa.home)
        assert remains(node) == []


def test_orders_that_did_not_know_of_each_other_are_completed_by_a_further_one(
    country: World, ziwa: Node, ziwa2: Node, central: Node
) -> None:
    one, two = (ziwa.new(ziwa.home, "person", given=name) for name in ("Zuhura", "Neema"))
    sync(ziwa, central)
    sync(ziwa2, central)
    erase(country, ziwa2, [("person", two)], ziwa.home)
    erase(country, central, [("person", one)])
    for node in (ziwa, ziwa2, ziwa):
        sync(node, central)
    assert all(not node.state(ziwa.home, "person", (row,)) for node in (ziwa, ziwa2, central) for row in (one, two))
    erase(country, central, [])
    for node in (ziwa, ziwa2):
        sync(node, central)
    newcomer = country.laptop("newcomer", ziwa.home)
    sync(newcomer, central)
    for node in (ziwa, ziwa2, central, newcomer):
        assert b"Zuhura" not in bodies(node, ziwa.home)
        assert b"Neema" not in bodies(node, ziwa.home)
        assert remains(node) == []
    for node in (ziwa, ziwa2, newcomer):
        sync(node, central)
        assert node.dump(ziwa.home) == central.dump(ziwa.home)


def test_a_copy_of_an_erased_change_s_dot_counts_alike_everywhere(alone: Node) -> None:
    """A machine restored with its memory has given one dot to two rows, and one of them is erased."""
    row = forge.own_dot(KEYS["ziwa"], HOME, 70, b"restored")
    first = said("ziwa", alone, ("person", (row,), {"phone": "1"}), counter=70, nonce=b"restored")
    other = forge.own_dot(KEYS["ziwa"], HOME, 99, b"restored")
    again = said("ziwa", alone, ("person", (other,), {"phone": "2"}), counter=70, nonce=b"restored")
    order = said("founder", alone, ("erasure", None, {"rows": json.dumps([["person", row]]), "bodies": "{}"}), counter=10)
    dumps = dumps_in_all_orders(alone, first, again, order)
    assert all(dump == dumps[0] for dump in dumps)


def test_an_order_rules_its_own_partition_alone(country: World, ziwa: Node, central: Node) -> None:
    """A laptop founds a centre of its own, and orders there that a row of the nation's directory be erased."""
    with central.begin() as connection:
        held = list(ledger.segments(connection, ledger.graph(connection, "nation").ids))
    victim = ("node", country.nodes["mlima"].key.public.hex())
    hashes = {s.id.hex(): hashlib.sha256(fold.without(s, frozenset({victim}))).hexdigest() for s in held}
    with ziwa.begin() as connection:
        own = decrees.found_alone(connection, ziwa.replica, nonce=b"founding", at=AT)
        decrees.found(connection, ziwa.replica, ziwa.key, own, [(central.key.public, "writer")], nonce=b"the hub!", at=AT)
        order: dict[str, Plain] = {"rows": json.dumps([victim]), "bodies": json.dumps(hashes)}
        decrees._decree(connection, ziwa.replica, ziwa.key, own, [("erasure", None, order)], nonce=b"an order", at=AT)
    before = bodies(central, "nation")
    sync(ziwa, central)
    assert own in central.heads()
    assert bodies(central, "nation") == before
    with central.begin() as connection:
        assert checks.damage(connection) == []


@pytest.mark.parametrize(
    "order",
    [
        {"rows": '[["person",[1]]]', "bodies": "{}"},
        {"rows": '[["person",{}],["person","x"]]', "bodies": "[]"},
        {"rows": "[7]", "bodies": '{"zz":"zz"}'},
        {"rows": "[[[[]]]]", "bodies": '{"00":7}'},
        {"rows": '[["person","\\ud800"]]'},
        {"rows": json.dumps([["person", "x" * 19_000]])},
        {"rows": 7, "bodies": True},
        {},
    ],
)
def test_an_order_that_cannot_be_read_stops_nobody(order: dict[str, object], alone: Node) -> None:
    forge.receive(alone, said("founder", alone, ("erasure", None, order), counter=10))
    alone.refold(HOME)
    with alone.begin() as connection:
        assert all(len(json.dumps(row)) < 2_000 for row in index.erased(connection, HOME))  # an index holds no more on PostgreSQL


@pytest.mark.parametrize("role", ["x" * 100_000, "a\x00b", ""])
def test_a_role_that_no_index_holds_is_no_decree(role: str, alone: Node) -> None:
    forge.receive(alone, said("founder", alone, ("grant", key_of("thief"), {"role": role}), counter=10))
    with alone.begin() as connection:
        assert all(len(d.role) <= 80 and "\x00" not in d.role for d in index.decrees(connection, HOME))


def test_an_order_of_a_revoked_former_root_erases_nothing(alone: Node) -> None:
    """The laptop of a founder is stolen after its centre was handed over, and revoked; the thief orders beside the handover."""
    row = forge.own_dot(KEYS["ziwa"], HOME, 50, hashlib.sha256(b"ziwa2").digest()[:8])  # Ziwa's person
    order = said("founder", alone, ("erasure", None, {"rows": json.dumps([["person", row]]), "bodies": "{}"}), counter=10)
    forge.receive(alone, said("founder", alone, ("handover", key_of("authority"), {"note": ""}), counter=20))
    forge.receive(alone, said("authority", alone, ("revocation", key_of("founder"), {"heads": ""}), counter=30))
    assert alone.state(HOME, "person", (row,))
    forge.receive(alone, order)
    assert alone.state(HOME, "person", (row,))


# ---- substitutes


def substitute(segment: Segment, body: bytes) -> Segment:
    return replace(segment, body=body, is_substitute=True)


def an_unheard_segment(ziwa: Node) -> tuple[str, Segment]:
    """Ziwa's newest segment, which nobody else holds yet."""
    person = ziwa.new(ziwa.home, "person", given="Asha", family="Ali")
    with ziwa.begin() as connection:
        (made,) = writing.seal(connection, ziwa.replica, AT)
    return person, made


def test_a_forged_substitute_shows_nothing_and_gives_way_to_the_whole_body(ziwa: Node, ziwa2: Node, central: Node) -> None:
    person, made = an_unheard_segment(ziwa)
    lie = made.body.replace(b"Asha", b"Lies")
    forge.receive(central, substitute(made, lie))
    sync(ziwa2, central)
    for node in (central, ziwa2):
        assert not node.state(ziwa.home, "person", (person,))
    sync(ziwa, central)
    sync(ziwa2, central)
    for node in (ziwa, ziwa2, central):
        assert node.state(ziwa.home, "person", (person,))["name"][0].values == ("Asha", "Ali")
        assert node.dump(ziwa.home) == central.dump(ziwa.home)


def test_a_substitute_whose_body_nobody_has_stops_no_exchange(ziwa: Node, ziwa2: Node, central: Node) -> None:
    made = forge.with_body(KEYS["thief"], central, ziwa.home, {"b": [], "m": []})
    forge.receive(central, substitute(made, b"anything"))
    for _ in range(4):
        sync(ziwa2, central)
        sync(ziwa, central)
    assert sync(ziwa2, central) == 1
    person = ziwa.new(ziwa.home, "person", given="Asha")
    sync(ziwa, central)
    sync(ziwa2, central)
    assert ziwa2.state(ziwa.home, "person", (person,))


# ---- receipts of erasure


def test_each_node_confirms_once_and_not_while_something_remains(country: World, ziwa: Node, central: Node) -> None:
    person = ziwa.new(ziwa.home, "person", given="Zuhura")
    sync(ziwa, central)
    late = ziwa.new(ziwa.home, "person", given="Asha")
    with ziwa.begin() as connection:
        writing.seal(connection, ziwa.replica, AT)
    ziwa.edit(ziwa.home, "person", (person,), phone="1")
    with ziwa.begin() as connection:
        writing.seal(connection, ziwa.replica, AT)
    erase(country, central, [("person", person)])
    sync(ziwa, central)
    assert late
    with ziwa.begin() as connection:
        assert decrees.with_remains(connection) == [ziwa.home]
        assert decrees.confirm(connection, ziwa.replica, AT) == []
    erase(country, central, [])
    sync(ziwa, central)
    with ziwa.begin() as connection:
        (order,) = decrees.confirm(connection, ziwa.replica, AT)
        assert decrees.confirm(connection, ziwa.replica, AT) == []
    sync(ziwa, central)
    with central.begin() as connection:
        assert decrees.unconfirmed(connection, ziwa.key.public) == []
        assert decrees.orders(connection) == [order]


# ---- what a root can cost others


@pytest.mark.parametrize(("table", "fields"), [("handover", {"note": ""}), ("grant", {"role": "writer"}), ("revocation", {"heads": ""})])
def test_a_thousand_decrees_of_a_kind_do_not_hold_a_server(table: str, fields: dict[str, object], alone: Node) -> None:
    """Any laptop is root of a centre that it founds: it must not be able to stop the server with it."""
    keys = [hashlib.sha256(bytes([k % 256, k // 256])).hexdigest() for k in range(1_000)]
    start = time.process_time()
    forge.receive(alone, said("founder", alone, *((table, (key,), fields) for key in keys), counter=1))
    alone.refold(HOME)
    assert time.process_time() - start < 2
