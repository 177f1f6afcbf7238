"""Segments and their graph."""

import random
from dataclasses import replace

import pytest

from sync.errors import Forged, SyncError, TooLarge, TooNew, Unreadable
from sync.keys import NodeKey
from sync.segments import (
    BODY_MAX,
    centre_partition,
    check,
    Graph,
    ID_BYTES,
    is_partition,
    NONCES_MAX,
    PARENTS_MAX,
    read_header,
    seal,
    Segment,
)

KEY = NodeKey(bytes(32))


def made(**parts: object) -> Segment:
    segment = seal(KEY, "nation", [], nonces=[b"12345678"], parents=[(b"p" * ID_BYTES, 4)], at=7, schema=1)
    return replace(segment, header=replace(segment.header, **parts))  # type: ignore[arg-type]


def test_a_header_reads_back_from_its_text() -> None:
    header = made().header
    assert read_header(header.text) == header
    assert header.generation == 5


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (Unreadable, b"{}"),
        (Unreadable, b"[1]"),
        (TooNew, b"[2]"),
        (Unreadable, b"\xff"),
        (Unreadable, b"[" * 100_000),
        (Unreadable, made().header.text + b" "),
    ],
)
def test_a_header_that_is_none_is_refused(error: type[SyncError], text: bytes) -> None:
    with pytest.raises(error):
        read_header(text)


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        (Unreadable, {"partition": "foo"}),
        (Unreadable, {"partition": 7}),
        (Unreadable, {"author": b"x"}),
        (Unreadable, {"nonces": (b"x",)}),
        (Unreadable, {"nonces": (b"12345678", b"12345678")}),
        (Unreadable, {"parents": (b"b" * ID_BYTES, b"a" * ID_BYTES)}),
        (Unreadable, {"generation": -1}),
        (Unreadable, {"generation": True}),
        (Unreadable, {"at": 2**60}),
        (Unreadable, {"schema": 1.0}),
        (TooLarge, {"parents": tuple(k.to_bytes(ID_BYTES) for k in range(PARENTS_MAX + 1))}),
        (TooLarge, {"nonces": tuple(k.to_bytes(8) for k in range(NONCES_MAX + 1))}),
    ],
)
def test_a_header_out_of_shape_is_refused(error: type[SyncError], parts: dict[str, object]) -> None:
    with pytest.raises(error):
        check(made(**parts))


def test_a_body_too_large_for_a_message_is_refused() -> None:
    with pytest.raises(TooLarge):
        check(replace(made(), body=bytes(BODY_MAX + 1)))
    with pytest.raises(Forged):
        check(replace(made(), body=b"{}"))
    check(made())


def test_a_signature_is_bound_to_its_purpose() -> None:
    segment = made()
    with pytest.raises(Forged):
        check(replace(segment, signature=KEY.sign("join", segment.header.text)))


def test_names_of_partitions() -> None:
    assert all(map(is_partition, ("nation", "region/TZ-01", centre_partition(KEY.public, b"12345678"))))
    assert not any(map(is_partition, ("", "nation/", "region/", "region/a/b", "centre/x", "nation\n", None, 7)))


def name(k: int) -> bytes:
    return k.to_bytes(ID_BYTES)


def random_graph(seed: int) -> tuple[Graph, dict[bytes, set[bytes]]]:
    rng = random.Random(seed)
    graph, before = Graph(), dict[bytes, set[bytes]]()
    for k in range(1, 40):
        parents = tuple(sorted(rng.sample(sorted(before), min(len(before), rng.choice((0, 1, 1, 2))))))
        graph.add(name(k), parents, 1 + max((graph.generation[p] for p in parents), default=0))
        before[name(k)] = {a for p in parents for a in (p, *before[p])}
    return graph, before


@pytest.mark.parametrize("seed", range(8))
def test_the_graph_agrees_with_sets(seed: int) -> None:
    graph, before = random_graph(seed)
    rng = random.Random(seed)
    assert graph.heads() == sorted(set(before) - set().union(*before.values()))
    known = rng.sample(sorted(before), 5)
    held = set(known).union(*(before[k] for k in known))
    assert set(graph.lacking([*known, b"unknown"])) == set(before) - held
    assert set(graph.tips(known)) == {k for k in known if not any(k in before[other] for other in known)}
    assert all(graph.is_ancestor(a, b) == (a == b or a in before[b]) for a in before for b in before)
    order = graph.lacking([])
    assert all(order.index(p) < order.index(s) for s in before for p in before[s])
    assert (
        Graph((s, graph._parents[s], graph.generation[s]) for s in rng.sample(order, len(order))).ids
        == Graph((s, graph._parents[s], graph.generation[s]) for s in order).ids
    )


def test_a_ladder_is_short_and_climbs_to_common_ground() -> None:
    graph = Graph((name(k), (name(k - 1),) if k > 1 else (), k) for k in range(1, 1_001))
    rungs = graph.ladder()
    assert len(rungs) == 11
    old = Graph((name(k), (name(k - 1),) if k > 1 else (), k) for k in range(1, 501))
    assert max(old.generation[each] for each in old.climb(rungs)) >= 488 - 12
    assert Graph().ladder() == []
