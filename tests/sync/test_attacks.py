"""What a node that means harm, or is only broken, can send: nothing is lost, nothing is folded, nobody is stopped."""

import json
import sqlite3
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from unittest.mock import Mock

import pytest

from sync import decrees, exchange, fold, http, index, joining, ledger, messages, segments, store, writing
from sync.changes import canonical, Change, decode, encode
from sync.dots import dot
from sync.errors import Forged, Stuck, SyncError, TooLarge
from sync.keys import NodeKey, seal_anonymous
from sync.messages import Message
from sync.schema import Key, Plain
from sync.segments import centre_partition, Segment
from tests.sync import forge
from tests.sync.world import Node, sync, World

THIEF = NodeKey(b"thief" * 6 + b"!!")
BARE = {"t": "mark", "n": 1, "c": ["0000000000000001-1"], "u": ["x"], "w": [1], "f": {}}


def push(hub: Node, sender: Node, message: Message) -> exchange.Step:
    """A message of a node of the directory, as the hub's route takes it: in one transaction."""
    heard = messages.unpack(messages.pack(message, sender.key.public), sender.key.public)
    with hub.begin() as connection:
        return exchange.answer(connection, hub.replica, sender.key.public, heard, at=5_000, answers=b"12345678")


def change(name: str, key: Key, bases: tuple[str, ...] = (), /, *, table: str = "person", **fields: Plain) -> Change:
    return Change(name, table, key, fields, bases, "thief", 2)


# ---- dots, bases, rights


def test_a_stranger_s_segment_is_kept_and_handed_on_but_not_folded(ziwa: Node, central: Node) -> None:
    person = ziwa.new(ziwa.home, "person", given="Asha")
    sync(ziwa, central)
    stolen = forge.segment(
        THIEF, central, ziwa.home, [change(forge.own_dot(THIEF, ziwa.home), (person,), (person,), given="X", family="Y")]
    )
    forge.receive(central, stolen)
    sync(ziwa, central)
    assert forge.reasons(ziwa, ziwa.home) == {"not-granted": 1}
    assert ziwa.state(ziwa.home, "person", (person,))["name"][0].values == ("Asha", None)


def test_a_foreign_dot_is_quarantined(ziwa: Node, ziwa2: Node, central: Node) -> None:
    person = ziwa.new(ziwa.home, "person", given="Asha")
    sync(ziwa, central)
    sync(ziwa2, central)
    forge.receive(central, forge.segment(ziwa2.key, central, ziwa.home, [change(dot(person[:16], 99), (person,), (person,), phone="1")]))
    assert forge.reasons(central, ziwa.home) == {"foreign-dot": 1}


def test_a_predicted_dot_does_not_take_a_pending_change_away(ziwa: Node, ziwa2: Node, central: Node) -> None:
    first = ziwa.new(ziwa.home, "person", given="Asha")
    sync(ziwa, central)
    sync(ziwa2, central)
    pending = ziwa.new(ziwa.home, "person", given="Juma")
    assert pending[:16] == first[:16]
    forge.receive(ziwa, forge.segment(ziwa2.key, central, ziwa.home, [change(pending, (pending,), given="stolen", family="stolen")]))
    sync(ziwa, central)
    sync(ziwa2, central)
    for node in (ziwa, ziwa2, central):
        assert node.state(ziwa.home, "person", (pending,))["name"][0].values == ("Juma", None)


def test_a_base_in_a_gap_of_counters_counts_nowhere(ziwa: Node, central: Node) -> None:
    """Equal sets must fold to equal rows: a granted node leaves a gap and fills it in a segment beside."""
    person = ziwa.new(ziwa.home, "person", given="Asha", phone="0")
    sync(ziwa, central)
    key, home = ziwa.key, ziwa.home
    names = [forge.own_dot(key, home, k) for k in (101, 102, 103, 104)]
    start = forge.segment(key, central, home, [change(names[0], (names[0],), phone="a"), change(names[2], (names[2],), phone="c")])
    on_start = [(start.id, start.header.generation)]
    filling = change(names[1], (person,), phone="gap")
    naming = change(names[3], (person,), (names[1],), phone="named")
    minters = start.header.minters
    listed = forge.header(home, on_start, nonces=())
    beside = forge.signed(key, listed, canonical_body([filling], minters))
    child = forge.signed(key, replace(listed, at=10), canonical_body([naming], minters))
    dumps = []
    for order in permutations((beside, child)):
        copy = central.twin("copy")
        forge.receive(copy, start)
        for each in order:
            forge.receive(copy, each)
        dumps.append(copy.dump(home))
        copy.refold(home)
        dumps.append(copy.dump(home))
        copy.database.close()
    assert all(dump == dumps[0] for dump in dumps)


def canonical_body(changes: list[Change], minters: list[str]) -> bytes:
    """A body whose minters were listed in an ancestor."""
    assert {each.dot[:16] for each in changes} <= set(minters)
    return encode(changes, ())


def test_a_base_that_stands_later_in_the_segment_does_not_count(ziwa: Node, central: Node) -> None:
    person = ziwa.new(ziwa.home, "person", phone="0")
    sync(ziwa, central)
    one, two = (forge.own_dot(ziwa.key, ziwa.home, k) for k in (201, 202))
    both = [change(one, (person,), (two,), phone="1"), change(two, (person,), (one,), phone="2")]
    forge.receive(central, forge.segment(ziwa.key, central, ziwa.home, both))
    assert {head.dot for head in central.state(ziwa.home, "person", (person,))["phone"]} == {two, person}


def test_one_dot_with_three_contents_counts_where_the_rank_is_lowest(ziwa: Node, central: Node) -> None:
    name = forge.own_dot(ziwa.key, ziwa.home, 300)
    on = forge.tips(central, ziwa.home)
    minters = [forge.minter(ziwa.key, ziwa.home)]
    made = [
        forge.signed(ziwa.key, replace(forge.header(ziwa.home, on), at=k), encode([change(name, (name,), phone=text)], minters))
        for k, text in enumerate(("a", "b", "a"))
    ]
    dumps = []
    for order in permutations(made):
        copy = central.twin("copy")
        for each in order:
            forge.receive(copy, each)
        dumps.append(copy.dump(ziwa.home))
        copy.database.close()
    assert all(dump == dumps[0] for dump in dumps)


def test_a_stranger_s_copy_of_a_dot_links_nothing(ziwa: Node, ziwa2: Node, central: Node) -> None:
    """Links run through quarantined changes, but only through the dot's own."""
    person = ziwa.new(ziwa.home, "person", phone="0")
    sync(ziwa, central)
    poison = forge.own_dot(ziwa.key, ziwa.home, 400)
    forge.receive(central, forge.segment(ziwa.key, central, ziwa.home, [change(poison, (person,), phone=7)]))  # bad-value, names no base
    forge.receive(
        central, forge.segment(ziwa2.key, central, ziwa.home, [change(poison, (person,), (person,), phone="9")], nonces=[b"another!"])
    )
    after = change(forge.own_dot(ziwa.key, ziwa.home, 401), (person,), (poison,), phone="8")
    forge.receive(central, forge.segment(ziwa.key, central, ziwa.home, [after], nonces=()))
    assert len(central.state(ziwa.home, "person", (person,))["phone"]) == 2


def test_nobody_grants_himself(ziwa: Node, central: Node) -> None:
    for key in (THIEF, ziwa.key):
        nonce = key.public[:8]
        grant = Change(forge.own_dot(key, "nation", 1, nonce), "grant", (key.public.hex(),), {"role": "writer"}, (), "", 1)
        forge.receive(central, forge.segment(key, central, "nation", [grant], nonces=[nonce]))
    with central.begin() as connection:
        assert index.read_by(connection, THIEF.public) == set()
        assert index.read_by(connection, ziwa.key.public) == {ziwa.home}
    assert forge.reasons(central, "nation") == {"not-granted": 2}


def test_the_nation_has_no_second_founder(central: Node) -> None:
    grant = Change(forge.own_dot(THIEF, "nation"), "grant", (THIEF.public.hex(),), {"role": "writer"}, (), "", 1)
    founding = forge.header("nation")
    forge.receive(central, forge.signed(THIEF, founding, encode([grant], [forge.minter(THIEF, "nation")])))
    assert forge.reasons(central, "nation") == {"not-granted": 1}


def test_a_directory_entry_that_is_no_key_stops_nobody(ziwa: Node, central: Node) -> None:
    central.write("nation", [writing.Draft("node", ("not hex",), {"name": "?", "seat": "centre", "home": ""})])
    sync(ziwa, central)
    with central.begin() as connection:
        assert len(ledger.nodes(connection)) == 4


# ---- tampering


def a_segment(ziwa: Node, central: Node) -> Segment:
    name = forge.own_dot(ziwa.key, ziwa.home)
    return forge.segment(ziwa.key, central, ziwa.home, [change(name, (name,), given="Asha", family="Ali")])


@pytest.mark.parametrize(
    "tamper",
    [
        lambda s: replace(s, body=s.body.replace(b"Asha", b"Ashe")),
        lambda s: replace(s, signature=bytes(64)),
        lambda s: replace(s, signature=s.signature[:-1]),
        lambda s: replace(s, header=replace(s.header, at=10)),
        lambda s: replace(s, header=replace(s.header, author=THIEF.public)),
        lambda s: replace(s, header=replace(s.header, partition="nation")),
        lambda s: replace(s, header=replace(s.header, generation=s.header.generation + 1)),
    ],
)
def test_it_refuses_what_was_tampered_with_and_keeps_nothing(tamper: Callable[[Segment], Segment], ziwa: Node, central: Node) -> None:
    before = central.heads()
    with pytest.raises(SyncError):
        forge.receive(central, tamper(a_segment(ziwa, central)))
    assert central.heads() == before


def test_swapped_signatures_are_refused(ziwa: Node, central: Node) -> None:
    one = a_segment(ziwa, central)
    two = forge.signed(ziwa.key, replace(one.header, at=8), one.body)
    with pytest.raises(Forged):
        forge.receive(central, replace(one, signature=two.signature), replace(two, signature=one.signature))


def test_a_wrong_generation_under_a_good_signature_is_refused(ziwa: Node, central: Node) -> None:
    good = a_segment(ziwa, central)
    with pytest.raises(Forged):
        forge.receive(central, forge.signed(ziwa.key, replace(good.header, generation=99), good.body))


def test_replay_and_duplicates_at_once_have_one_effect(ziwa: Node, central: Node) -> None:
    once = a_segment(ziwa, central)
    assert forge.receive(central, once, once, once).taken == [once.id]
    before = central.dump(ziwa.home)
    assert forge.receive(central, once).taken == []
    assert central.dump(ziwa.home) == before


def test_a_refused_message_changes_nothing_at_the_hub(ziwa: Node, central: Node) -> None:
    before = central.database.copy()
    good = a_segment(ziwa, central)
    bad = replace(good, header=replace(good.header, at=77))
    with pytest.raises(Forged):
        push(central, ziwa, Message(b"", bytes(16), {ziwa.home: []}, {ziwa.home: []}, [good, bad]))
    assert central.database.copy() == before


# ---- what cannot be read is kept, and stops nobody


def block(**parts: object) -> dict[str, object]:
    return {"b": [{**BARE, **parts}], "m": []}


HOSTILE_BODIES = {
    "no JSON": b"\xff\xfe",
    "a number": b"7",
    "empty": b"",
    "another encoding": canonical({"b": [], "m": []}).decode().encode("utf-16"),
    "spaces": b'{"b": [], "m": []}',
    "double keys": b'{"b":[],"b":[],"m":[]}',
    "unknown keys": {"b": [], "m": [], "x": 1},
    "unknown keys in a block": block(z=1),
    "depth": b'{"b":[],"m":[],"x":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    "masks in masks": block(u={"n": "1", "v": {"n": "1", "v": ["x"]}}),
    "a lone surrogate": b'{"b":[{"c":["0000000000000001-1"],"f":{},"n":1,"t":"mark","u":["\\ud800"],"w":[1]}],"m":[]}',
    "NaN": b'{"b":[{"c":["0000000000000001-1"],"f":{"status":[NaN]},"n":1,"t":"mark","u":["x"],"w":[1]}],"m":[]}',
    "a float": b'{"b":[{"c":["0000000000000001-1"],"f":{"status":[1.5]},"n":1,"t":"mark","u":["x"],"w":[1]}],"m":[]}',
    "a huge integer": block(f={"status": [10**4_000]}),
    "a sum of huge integers": block(k=[{"i": [9 * 10**4_298]}]),
    "a dot that is none": block(c=["x"]),
    "a base that is none": block(s=[[1], ["x"]]),
    "a minter that is none": {"b": [], "m": ["x"]},
    "a minter that is no text": {"b": [], "m": [[]]},
    "a NUL in a name": block(t="a\x00"),
    "a NUL in an author": block(u=["a\x00"]),
    "a long author": block(u=["a" * 201]),
    "a column too short": block(u=[]),
    "a negative index": block(u={"d": ["a", "b"], "x": [-1]}),
    "a digit of another script": block(u={"d": ["a", "b"], "x": "١"}),
    "a date beyond time": block(k=[{"D": [10**12]}]),
    "a list as a value": block(f={"status": [[1]]}),
    "a true as a count": block(n=True),
    "many counts": {"b": [{**BARE, "n": 10**9}], "m": []},
    "constant columns": {
        "b": [{**BARE, "n": 90_000, "c": {"m": {"d": [0]}, "c": [1] * 90_000}, "u": {"d": ["x"]}, "w": {"d": [1]},
               "f": {f"f{k}": {"d": ["y"]} for k in range(100)}}],
        "m": ["0000000000000001"],
    },
    "constant text": {
        "b": [{**BARE, "n": 9_000, "c": {"m": {"d": [0]}, "c": [1] * 9_000}, "u": {"d": ["x"]}, "w": {"d": [1]},
               "f": {"status": {"d": ["y" * 10_000]}}}],
        "m": ["0000000000000001"],
    },
    "many blocks": {"b": [{**BARE, "n": 60_000, "c": {"m": {"d": [0]}, "c": [1] * 60_000}, "u": {"d": ["x"]}, "w": {"d": [1]}}] * 2,
                    "m": ["0000000000000001"]},
    "many fields": block(f={f"f{k}": [1] for k in range(201)}),
}  # fmt: skip


@pytest.mark.parametrize("body", HOSTILE_BODIES.values(), ids=HOSTILE_BODIES.keys())
def test_an_unreadable_body_is_kept_handed_on_and_blocks_nothing(body: object, ziwa: Node, ziwa2: Node, central: Node) -> None:
    forge.receive(central, forge.with_body(ziwa.key, central, ziwa.home, body))
    later = ziwa.new(ziwa.home, "person", given="Asha")
    sync(ziwa, central)
    sync(ziwa2, central)
    assert ziwa2.state(ziwa.home, "person", (later,))
    assert sum(forge.reasons(ziwa2, ziwa.home).values()) == 1
    before = ziwa2.dump(ziwa.home)
    ziwa2.refold(ziwa.home)
    assert ziwa2.dump(ziwa.home) == before


@pytest.mark.parametrize(
    ("reason", "table", "key", "fields"),
    [
        ("unknown-table", "no such", ("a",), {}),
        ("wrong-partition", "news", ("0000000000000001-1",), {"text": "x"}),
        ("bad-key", "person", ("no dot",), {}),
        ("bad-key", "person", (None,), {}),
        ("bad-key", "mark", ("x", "2020-02-30"), {}),
        ("bad-key", "mark", ("x" * 81, "2020-02-01"), {}),
        ("bad-key", "mark", ("x",), {}),
        ("bad-value", "person", ("0000000000000001-1",), {"phone": 7}),
        ("bad-value", "person", ("0000000000000001-1",), {"phone": "x" * 20_001}),
        ("bad-value", "person", ("0000000000000001-1",), {"phone": "\x00"}),
        ("unknown-field", "person", ("0000000000000001-1",), {"phone": "7", "mass_assignment": True, "dot": "x", "partition": "nation"}),
    ],
)
def test_a_bad_change_is_quarantined_and_its_neighbour_counts(
    reason: str, table: str, key: Key, fields: dict[str, Plain], ziwa: Node, central: Node
) -> None:
    bad, good = forge.own_dot(ziwa.key, ziwa.home, 1), forge.own_dot(ziwa.key, ziwa.home, 2)
    changes = [Change(bad, table, key, fields, (), "x", 1), change(good, (good,), phone="8")]
    forge.receive(central, forge.segment(ziwa.key, central, ziwa.home, changes))
    assert forge.reasons(central, ziwa.home) == {reason: 1}
    assert central.state(ziwa.home, "person", (good,))


def test_what_an_old_version_does_not_know_is_folded_after_the_upgrade(country: World, ziwa: Node, central: Node) -> None:
    old = country.laptop("old", ziwa.home, version=1)
    extra = ziwa.new(ziwa.home, "extra", text="kept")
    sync(ziwa, central)
    sync(old, central)
    assert forge.reasons(old, ziwa.home) == {"unknown-table": 1}
    old.upgrade()
    assert old.dump(ziwa.home) == ziwa.dump(ziwa.home)
    assert old.state(ziwa.home, "extra", (extra,))


# ---- what a node pushes


def test_a_partition_of_an_unknown_kind_is_refused(ziwa: Node, central: Node) -> None:
    for name in ("foo/bar", "centre/..", "region/" + "x" * 41, "nation\n", "centre/" + "A" * 20):
        with pytest.raises(SyncError):
            forge.receive(central, forge.signed(THIEF, forge.header(name), b"{}"))
    assert sync(ziwa, central) == 1


def test_a_node_cannot_fill_another_centre(ziwa: Node, mlima: Node, central: Node) -> None:
    for key in (ziwa.key, THIEF):
        name = forge.own_dot(key, mlima.home)
        with pytest.raises(Forged):
            push(
                central,
                ziwa,
                Message(b"", bytes(16), segments=[forge.segment(key, central, mlima.home, [change(name, (name,), phone="1")])]),
            )


def test_a_node_cannot_found_centres_without_end(ziwa: Node, central: Node) -> None:
    def founding(k: int) -> Segment:
        nonce = b"centre%2d" % k
        return forge.signed(ziwa.key, forge.header(centre_partition(ziwa.key.public, nonce), nonces=[nonce]), b'{"b":[],"m":[]}')

    with pytest.raises(TooLarge):
        push(central, ziwa, Message(b"", bytes(16), segments=[founding(k) for k in range(exchange.FOUNDED_MAX + 1)]))
    push(central, ziwa, Message(b"", bytes(16), segments=[founding(0)]))


def test_nobody_is_told_of_a_centre_he_may_not_read(ziwa: Node, mlima: Node, central: Node) -> None:
    mlima.new(mlima.home, "person", given="Siri")
    sync(mlima, central)
    heads = central.heads()[mlima.home]
    step = push(central, ziwa, Message(b"", bytes(16), {mlima.home: [], ziwa.home: []}, {mlima.home: [], ziwa.home: []}))
    assert step.say is not None
    assert not step.say.heads.get(mlima.home)
    assert mlima.home not in {each.header.partition for each in step.say.segments}
    assert not any(head in messages.pack(step.say, central.key.public) for head in heads)
    with central.begin() as connection:
        assert mlima.home not in exchange.shared(connection, central.replica, ziwa.key.public)
        assert mlima.home not in ledger.peer_heads(connection, ziwa.key.public)


def test_names_of_nowhere_leave_no_trace(ziwa: Node, central: Node) -> None:
    nowhere: dict[str, list[bytes]] = {f"centre/{k:020x}": [] for k in range(500)}
    push(central, ziwa, Message(b"", bytes(16), nowhere, nowhere))
    assert forge.count(central, store.PEER) < 10


def test_a_flood_of_heads_does_not_make_our_next_segment_unreadable(
    ziwa: Node, ziwa2: Node, central: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "PARENTS_MAX", 8)
    monkeypatch.setattr(writing, "PARENTS_MAX", 8)
    on = forge.tips(central, ziwa.home)
    forge.receive(central, *(forge.signed(THIEF, replace(forge.header(ziwa.home, on), at=k), b'{"b":[],"m":[]}') for k in range(30)))
    sync(ziwa, central)
    name = ziwa.new(ziwa.home, "person", given="Asha")
    sync(ziwa, central)
    sync(ziwa2, central)
    assert ziwa2.state(ziwa.home, "person", (name,))
    assert len(ziwa2.heads()[ziwa.home]) == 1


def test_a_flood_of_heads_hinders_no_decree(
    country: World, ziwa: Node, ziwa2: Node, central: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (segments, decrees):
        monkeypatch.setattr(module, "PARENTS_MAX", 8, raising=False)
    on = forge.tips(central, ziwa.home)
    flood = [forge.signed(ziwa.key, replace(forge.header(ziwa.home, on, nonces=()), at=k), b'{"b":[],"m":[]}') for k in range(30)]
    forge.receive(central, *flood)
    with central.begin() as connection:
        own, nonce = central.replica, country.draw(8)
        decrees.revoke(connection, own, country.authority, ziwa.home, ziwa.key.public, nonce=nonce, at=9, good=())
        assert index.revoked(connection, ziwa.home) == {ziwa.key.public}
    sync(ziwa2, central)
    assert ziwa2.heads()[ziwa.home] == central.heads()[ziwa.home]


def test_a_flood_of_values_makes_no_honest_change_unreadable(
    ziwa: Node, ziwa2: Node, central: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("changes", "writing"):
        monkeypatch.setattr(f"sync.{module}.BASES_MAX", 8, raising=False)
    person = ziwa.new(ziwa.home, "person")
    shown = tuple(forge.own_dot(ziwa2.key, ziwa.home, k) for k in range(1, 31))
    flood = [change(name, (person,), phone=name)._replace(at=9_000) for name in shown]
    forge.receive(ziwa, forge.segment(ziwa2.key, ziwa, ziwa.home, flood))
    for bases in (None, shown):
        chosen = ziwa.edit(ziwa.home, "person", (person,), bases=bases, phone="chosen")
        assert ziwa.state(ziwa.home, "person", (person,))["phone"][0].dot == chosen
    sync(ziwa, central)
    assert central.state(ziwa.home, "person", (person,)) == ziwa.state(ziwa.home, "person", (person,))


def test_a_body_may_name_more_than_one_statement_takes(ziwa: Node, central: Node) -> None:
    person = ziwa.new(ziwa.home, "person")
    sync(ziwa, central)
    names = [person, *(f"{k:016x}-1" for k in range(600))]
    own = forge.own_dot(ziwa.key, ziwa.home)
    some = [change(own, (person,), tuple(names), phone="1"), *(change(name, (name,), phone="2") for name in names[1:])]
    made = forge.segment(ziwa.key, central, ziwa.home, some)
    with central.begin() as connection:
        driver = connection.connection.driver_connection
        assert driver
        driver.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 520)
    forge.receive(central, made)
    assert central.state(ziwa.home, "person", (person,))["phone"][0].values == ("1",)
    with central.begin() as connection:
        assert ledger.newer_than(connection, ziwa.home, [k.to_bytes(20) for k in range(600)], 1) is None


def test_a_stranger_s_dots_make_nobody_fold_again(ziwa: Node, central: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    person = ziwa.new(ziwa.home, "person", given="Asha")
    ziwa.edit(ziwa.home, "person", (person,), phone="1")
    sync(ziwa, central)
    founding = [(each, 1) for each, generation in all_segments(central, ziwa.home) if generation == 1]
    early = forge.signed(
        THIEF,
        forge.header(ziwa.home, founding),
        encode([change(person, (person,), given="x", family="y")], [forge.minter(THIEF, ziwa.home)]),
    )
    monkeypatch.setattr(fold, "refold", lambda *_: pytest.fail("folded again"))
    forge.receive(central, early)


def all_segments(node: Node, partition: str) -> list[tuple[bytes, int]]:
    with node.begin() as connection:
        graph = ledger.graph(connection, partition)
    return [(each, graph.generation[each]) for each in graph.ids]


def test_many_copies_of_dots_cost_one_refold(ziwa: Node, central: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    on = forge.tips(central, ziwa.home)
    name = forge.own_dot(ziwa.key, ziwa.home)
    body = encode([change(name, (name,), phone="1")], [forge.minter(ziwa.key, ziwa.home)])
    made = sorted(
        (forge.signed(ziwa.key, replace(forge.header(ziwa.home, on), at=k), body) for k in range(20)), key=lambda s: s.id, reverse=True
    )
    refold = Mock(wraps=fold.refold)
    monkeypatch.setattr(fold, "refold", refold)
    forge.receive(central, *made)
    assert refold.call_count == 1


# ---- messages


def raw(control: object, bodies: bytes = b"", signatures: bytes = b"", *, method: int = 0, version: int = 1) -> bytes:
    text = control if isinstance(control, bytes) else json.dumps(control).encode()
    inside = struct.pack(">I", len(text)) + text + bodies
    packed = zlib.compress(inside) if method == 1 else inside
    return struct.pack(">BBI", version, method, len(packed)) + packed + signatures


D = {"d": "00" * 16}
ROW = [0, 0, "", [], 1, 1, 1, 0]
HOSTILE_MESSAGES = {
    "empty": b"",
    "short": b"\x01\x00",
    "garbage": b"\x01\x00\x00\x00\x00\x05hello",
    "an unknown packing": raw(D, method=3),
    "a truncated zlib": raw(D, method=1)[:-2],
    "a list": raw([]),
    "a number": raw(7),
    "no digest": raw({}),
    "depth": raw(b"[" * 100_000),
    "NaN": raw(b'{"d":NaN}'),
    "ids that are none": raw({**D, "h": {"nation": ["zz"]}}),
    "heads that are a number": raw({**D, "h": {"nation": 7}}),
    "a partition with a surrogate": raw(b'{"d":"00","h":{"\\ud800":[]}}'),
    "a partition with a NUL": raw({**D, "h": {"centre/\x00": []}}),
    "said that is a text": raw({**D, "n": ["abc", []]}),
    "said that is unhashable": raw({**D, "n": [[{}], []]}),
    "headers that are none": raw({**D, "s": 7}),
    "too few columns": raw({**D, "s": {"p": [], "k": [], "g": [[]]}}),
    "a generation that is a list": raw({**D, "s": {"p": ["nation"], "k": [""], "g": [[0, 0, "", [], [], 1, 1, 0]]}}, b"", bytes(64)),
    "a generation that is NaN": raw(b'{"d":"00","s":{"p":["nation"],"k":[""],"g":[[0,0,"",[],NaN,1,1,0]]}}', b"", bytes(64)),
    "a surrogate in a partition": raw(b'{"d":"00","s":{"p":["\\ud800"],"k":[""],"g":[[0,0,"",[],1,1,1,0]]}}', b"", bytes(64)),
    "a negative index": raw({**D, "s": {"p": ["nation"], "k": [""], "g": [[-1, 0, "", [], 1, 1, 1, 0]]}}, b"", bytes(64)),
    "a parent to come": raw({**D, "s": {"p": ["nation"], "k": [""], "g": [[0, 0, "", [-1], 2, 1, 1, 0], ROW]}}, b"", bytes(128)),
    "a negative size": raw({**D, "s": {"p": ["nation"], "k": [""], "g": [[0, 0, "", [], 1, 1, 1, -1]]}}, b"", bytes(64)),
    "no signatures": raw({**D, "s": {"p": ["nation"], "k": [""], "g": [ROW]}}),
    "bodies of nobody": raw(D, b"left over"),
    "equal nonces": raw({**D, "s": {"p": ["nation"], "k": [""], "g": [[0, 0, "00" * 16, [], 1, 1, 1, 0]]}}, b"", bytes(64)),
    "a newer version": raw(D, version=3),
    "too many segments": raw({**D, "s": {"p": ["nation"], "k": [""], "g": [ROW] * 2_001}}),
    "too many partitions": raw({**D, "h": {f"centre/{k:020x}": [] for k in range(10_001)}}),
    "too long": bytes(2**20 + 1),
    "a bomb": raw(b" " * (33 * 2**20), method=1),
}


@pytest.mark.parametrize("data", HOSTILE_MESSAGES.values(), ids=HOSTILE_MESSAGES.keys())
def test_a_hostile_message_is_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(SyncError):
        messages.unpack(data, THIEF.public)


def test_a_conversation_with_a_liar_ends(ziwa: Node, central: Node) -> None:
    progress = exchange.Progress()

    def hear() -> None:
        with ziwa.begin() as connection:
            progress.check(exchange.take(connection, ziwa.replica, central.key.public, Message(b"", b"x" * 16), at=5_000))

    for _ in range(exchange.IDLE_MAX):
        hear()
    with pytest.raises(Stuck):
        hear()


# ---- joining


def sealed_request(country: World, asked: bytes) -> bytes:
    return seal_anonymous(country.central.key.public, asked)


@pytest.mark.parametrize(
    "asked", [b"", b"[]", b"7", b"{}", b"[" * 100_000, b'{"signed":"00","node":"00","secret":1e999}', b'{"signed":7}', b"\xff"]
)
def test_a_hostile_request_to_join_is_refused(asked: bytes, country: World) -> None:
    by = joining.Admitting(country.authority, "", country.draw, lambda *_: None)
    with country.central.begin() as connection, pytest.raises(SyncError):
        joining.admit(connection, country.central.replica, by, sealed_request(country, asked), at=1)


# ---- honest nodes in hard places


def test_the_second_laptop_of_an_old_centre_is_filled_in_small_messages(country: World, ziwa: Node, central: Node) -> None:
    """Its grant stands on top of a long history, which does not fit one message."""
    for k in range(12):
        ziwa.new(ziwa.home, "person", given=f"{country.draw(40).hex()}{k}")
        sync(ziwa, central)
    third = country.laptop("ziwa3", ziwa.home)
    sync(third, central, most=200)
    assert third.dump(ziwa.home) == central.dump(ziwa.home)


def test_nothing_is_sealed_before_the_grant_has_come(country: World, ziwa: Node, central: Node) -> None:
    for k in range(6):
        ziwa.new(ziwa.home, "person", given=f"{country.draw(40).hex()}{k}")
        sync(ziwa, central)
    third = country.laptop("ziwa3", ziwa.home)
    with central.begin() as connection:
        early = list(ledger.segments(connection, ledger.graph(connection, ziwa.home).ids[:3]))
    forge.receive(third, *early)  # an exchange that was cut
    name = third.new(ziwa.home, "person", given="Neema")
    with third.begin() as connection:
        assert writing.seal(connection, third.replica, 1) == []
    sync(third, central)
    sync(third, central)
    assert central.state(ziwa.home, "person", (name,))
    assert forge.reasons(central, ziwa.home) == {}


def test_a_server_that_lacks_the_whole_centre_is_filled(country: World, central: Node) -> None:
    """Founded alone, joined later; then the server is restored from a backup made before the centre came."""
    alone = country.stranger("alone", "")
    with alone.begin() as connection:
        alone.home = decrees.found_alone(connection, alone.replica, nonce=country.draw(8), at=1)
    alone.new(alone.home, "person", given="Asha")
    with central.begin() as connection:
        joining.enter(connection, central.replica, alone.key.public, name="alone", seat="centre", home=alone.home, at=1)
    with alone.begin() as connection:
        writing.seal(connection, alone.replica, 2)
        decrees.found(connection, alone.replica, alone.key, alone.home, [(central.key.public, "writer")], nonce=country.draw(8), at=2)
    before = central.database.copy()
    sync(alone, central, most=200)
    assert central.dump(alone.home) == alone.dump(alone.home)
    central.database = type(central.database)(before)
    central.restart()
    sync(alone, central)
    assert central.dump(alone.home) == alone.dump(alone.home)


def test_an_import_that_packs_to_nothing_is_sealed_in_parts_that_everybody_takes(ziwa: Node, ziwa2: Node, central: Node) -> None:
    with ziwa.begin() as connection:
        own = writing.Writing(connection, ziwa.replica)
        drafts = []
        for _ in range(900):
            name = own.mint(ziwa.home)
            drafts.append(writing.Draft("extra", (name,), {"text": "y" * 19_000}, (), name))
        own.write(ziwa.home, drafts, by="x", at=1)
        made = writing.seal(connection, ziwa.replica, 1)
    assert len(made) > 1
    assert all(len(decode(each.body, each.header.minters)) for each in made)
    sync(ziwa, central)
    sync(ziwa2, central)
    assert ziwa2.dump(ziwa.home)["extra"] == ziwa.dump(ziwa.home)["extra"]


def test_a_year_of_processes_is_sealed_in_parts(ziwa: Node, central: Node) -> None:
    for _ in range(230):
        ziwa.restart()
        ziwa.new(ziwa.home, "extra", text="x")
    sync(ziwa, central)
    assert forge.count(central, ziwa.replica.schema.tables["extra"].rows) == 230


def test_a_change_too_large_to_travel_is_refused_where_it_is_typed(ziwa: Node) -> None:
    long = "\U0001f600" * 19_000
    with pytest.raises(ValueError, match="size"):
        ziwa.new(ziwa.home, "person", given=long, family=long, phone=long, email=long)
    with pytest.raises(ValueError, match="size"):
        ziwa.write(ziwa.home, [writing.Draft("mark", ("x", "2020-01-01"), {"status": "a"})], by="x" * 300)


def test_a_copy_that_mints_our_dots_loses_nothing(ziwa: Node, ziwa2: Node, central: Node) -> None:
    """A machine that is restored with its memory mints the same dots for other words: both are seen."""
    ziwa.new(ziwa.home, "person", given="Asha")
    sync(ziwa, central)
    twin = ziwa.twin("twin")
    twin.replica = ziwa.replica  # the same process, nonce and all
    one, two = ziwa.new(ziwa.home, "person", given="Juma"), twin.new(ziwa.home, "person", given="Zuhura")
    assert one == two
    sync(ziwa, central)
    with central.begin() as connection:
        arriving = list(ledger.segments(connection, ledger.graph(connection, ziwa.home).ids))
    forge.receive(twin, *arriving)  # while its own change is pending
    sync(twin, central)
    sync(ziwa, central)
    sync(ziwa2, central)
    for node in (ziwa, twin, ziwa2, central):
        assert forge.reasons(node, ziwa.home) == {"dot-twice": 1}
        before = node.dump(ziwa.home)
        node.refold(ziwa.home)
        assert node.dump(ziwa.home) == before
    assert len({json.dumps(node.dump(ziwa.home), default=repr) for node in (ziwa, twin, ziwa2, central)}) == 1
    twin.database.close()


def test_an_unreadable_segment_does_not_stop_its_carrier(ziwa: Node, central: Node) -> None:
    bad = forge.with_body(ziwa.key, central, ziwa.home, b"garbage")
    forge.receive(ziwa, bad)
    assert http._changes_in(Message(segments=[bad])) == 0
    with ziwa.begin() as connection:
        assert ledger.unsent_by_table(connection, central.key.public) == {}
