"""Who wins: a write replaces what it had seen, and nothing else."""

from itertools import permutations

from sync.changes import Change
from sync.merge import effective, is_open, merge, State
from sync.schema import Field

GROUPS = {"name": (Field("given", "text"), Field("family", "text")), "phone": (Field("phone", "text"),)}


def write(state: State, dot: str, at: int, seen: frozenset[str] = frozenset(), **fields: str) -> State:
    return merge(state, Change(dot, "person", ("x",), dict(fields), (), "amina", at), GROUPS, seen=seen, eff=at)[0]


def test_a_write_replaces_what_it_had_seen() -> None:
    before = write({}, "a", 1, phone="1")
    change = Change("b", "person", ("x",), {"phone": "2"}, ("a",), "amina", 2)
    after, replaced = merge(before, change, GROUPS, seen=frozenset({"a"}), eff=2)
    assert [head.values for head in after["phone"]] == [("2",)]
    assert [(group, head.dot) for group, head in replaced] == [("phone", "a")]


def test_what_it_had_not_seen_stays_beside_it_whatever_the_order() -> None:
    writes = (("a", 3, "1"), ("b", 2, "2"), ("c", 2, "2"))
    results = []
    for order in permutations(writes):
        state: State = {}
        for name, at, phone in order:
            state = write(state, name, at, phone=phone)
        results.append(state)
    assert all(result == results[0] for result in results)
    assert [head.dot for head in results[0]["phone"]] == ["a", "c", "b"]
    assert is_open(results[0]["phone"])


def test_equal_values_are_no_conflict() -> None:
    assert not is_open(write(write({}, "a", 1, phone="1"), "b", 2, phone="1")["phone"])


def test_half_a_group_writes_nothing() -> None:
    assert write({}, "a", 1, given="Asha") == {}


def test_a_group_that_was_not_written_is_left_alone() -> None:
    state = write(write({}, "a", 1, phone="1"), "b", 2, frozenset({"a"}), given="A", family="B")
    assert [head.dot for head in state["phone"]] == ["a"]


def test_no_clock_beats_a_write_that_had_seen_it() -> None:
    assert effective(5, [10**9]) == 10**9 + 1
    assert effective(5, []) == 5
