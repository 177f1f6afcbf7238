"""The columnar body: what goes in comes out, and what never went in is refused with a SyncError, whatever it is."""

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.changes import BASES_MAX, canonical, Change, CHANGES_MAX, decode, encode, fits
from sync.dots import COUNTER_MAX, dot
from sync.errors import SyncError
from sync.schema import INSTANT_MAX
from tests.sync.test_attacks import HOSTILE_BODIES

MINTERS = [f"{k:016x}" for k in range(4)]
DOTS = st.builds(dot, st.sampled_from(MINTERS), st.integers(0, COUNTER_MAX))
DATES = st.dates().map(lambda day: day.isoformat())
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS | DATES | DOTS | st.sampled_from(["present", "absent"])
NAMES = st.sampled_from(["status", "given", "born", "person"])


@st.composite
def changes(draw: st.DrawFn) -> list[Change]:
    counters = draw(st.lists(st.integers(0, COUNTER_MAX), unique=True, max_size=12))
    found = []
    for counter in sorted(counters):
        name = dot(draw(st.sampled_from(MINTERS)), counter)
        key = draw(st.just((name,)) | st.tuples(DOTS, DATES) | st.tuples(VALUES))
        fields = draw(st.dictionaries(NAMES, VALUES, max_size=3))
        bases = tuple(draw(st.lists(DOTS, max_size=3)))
        found.append(
            Change(
                name,
                draw(st.sampled_from(["person", "mark"])),
                key,
                fields,
                bases,
                draw(TEXTS).replace("\x00", ""),
                draw(st.integers(0, INSTANT_MAX)),
            )
        )
    return found


def typed(some: list[Change]) -> str:
    return repr([each._replace(fields=dict(sorted(each.fields.items()))) for each in some])


@settings(max_examples=150, deadline=None)
@given(changes(), st.integers(0, 4))
def test_what_is_encoded_is_decoded(some: list[Change], listed: int) -> None:
    body = encode(some, MINTERS[:listed])
    assert typed(decode(body, MINTERS[:listed])) == typed(some)
    assert canonical(json.loads(body)) == body


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60))
def test_garbage_raises_nothing_but_ours(garbage: bytes) -> None:
    with pytest.raises(SyncError):
        decode(garbage, MINTERS)


JSON = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list("dxiDmcnvtuwfksb")), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(changes(), st.data())
def test_a_body_with_a_part_replaced_raises_nothing_but_ours(some: list[Change], data: st.DataObject) -> None:
    body = json.loads(encode(some, ()))
    target = data.draw(st.sampled_from([body, *body["b"], *(block["f"] for block in body["b"])]))
    if target:
        target[data.draw(st.sampled_from(sorted(target)))] = data.draw(JSON)
    with suppress(SyncError):
        decode(canonical(body), ())


@pytest.mark.parametrize("body", HOSTILE_BODIES.values(), ids=HOSTILE_BODIES.keys())
def test_hostile_bodies_are_refused(body: object) -> None:
    with pytest.raises(SyncError):
        decode(body if isinstance(body, bytes) else canonical(body), ["0000000000000001"])


def test_columns_pack_as_the_specification_says() -> None:
    marks = [
        Change(
            dot(MINTERS[0], k), "mark", (dot(MINTERS[1], k), "2020-06-01"), {"status": "absent" if k % 3 else None}, (), "amina", 100 + k
        )
        for k in range(6)
    ]
    assert json.loads(encode(marks, MINTERS[:1])) == {
        "m": [MINTERS[1]],
        "b": [
            {
                "t": "mark",
                "n": 6,
                "c": {"m": {"d": [0]}, "c": [0, 1, 1, 1, 1, 1]},
                "u": {"d": ["amina"]},
                "w": {"i": [100, 1, 1, 1, 1, 1]},
                "f": {"status": {"n": "011011", "v": {"d": ["absent"]}}},
                "k": [{"m": {"d": [1]}, "c": [0, 1, 1, 1, 1, 1]}, {"d": ["2020-06-01"]}],
            }
        ],
    }


def test_what_fits_is_well_below_what_is_read() -> None:
    one = Change(dot(MINTERS[0], 1), "mark", ("x",), {"status": "a"}, (), "b", 1)
    assert fits([one] * 10_000)
    assert not fits([one] * (CHANGES_MAX // 2 + 1))
    assert not fits([one._replace(fields={"status": "y" * 20_000})] * 500)
    assert not fits([one._replace(bases=(one.dot,) * BASES_MAX)] * 200)
