"""Whose segments count: decided by a segment's ancestors alone."""

from dataclasses import replace

import pytest

from sync.rights import founds, Grant, is_key, may_write, standing
from sync.segments import centre_partition, Graph
from tests.sync import forge
from tests.sync.world import schema

ROOT, WRITER, OTHER = (bytes([k]) * 32 for k in range(3))
HOME = centre_partition(ROOT, b"12345678")
FOUNDING = replace(forge.header(HOME, nonces=[b"12345678"]), author=ROOT)


def test_only_its_root_founds_a_centre_and_only_with_its_nonce() -> None:
    assert founds(FOUNDING, None)
    assert not founds(replace(FOUNDING, author=WRITER), WRITER)
    assert not founds(replace(FOUNDING, nonces=(b"87654321",)), ROOT)
    assert not founds(replace(FOUNDING, nonces=()), ROOT)
    assert not founds(replace(FOUNDING, parents=(bytes(20),)), ROOT)


def test_only_the_authority_founds_the_nation_and_regions() -> None:
    for partition in ("nation", "region/TZ-01"):
        assert founds(replace(FOUNDING, partition=partition), ROOT)
        assert not founds(replace(FOUNDING, partition=partition), WRITER)
        assert not founds(replace(FOUNDING, partition=partition), None)


def test_a_grant_counts_for_what_stands_on_it_and_for_nothing_beside_it() -> None:
    graph = Graph([(b"f", (), 1), (b"g", (b"f",), 2), (b"on", (b"g",), 3), (b"beside", (b"f",), 2)])
    roots, grants = [(b"f", ROOT)], [Grant(b"g", WRITER, "writer")]
    of = replace(FOUNDING, author=WRITER)
    assert standing(graph, b"on", of, roots, grants) == {"writer"}
    assert standing(graph, b"beside", of, roots, grants) == frozenset()
    assert standing(graph, b"g", of, roots, grants) == frozenset()  # not by its own grant
    assert standing(graph, b"on", FOUNDING, roots, grants) == {"root"}
    assert standing(graph, b"on", replace(FOUNDING, author=OTHER), roots, grants) == frozenset()


@pytest.mark.parametrize(
    ("role", "person", "mark", "grant"),
    [("root", True, True, True), ("writer", True, True, False), ("commenter", False, True, False), ("reader", False, False, False)],
)
def test_roles_and_tables(role: str, person: bool, mark: bool, grant: bool) -> None:
    tables = schema().tables
    assert [may_write(frozenset({role}), tables[name]) for name in ("person", "mark", "grant")] == [person, mark, grant]


def test_keys_by_name() -> None:
    assert is_key("ab" * 32)
    assert not any(map(is_key, ("AB" * 32, " b" * 32, "ab", None, 7)))
