"""Whose segments count: decided by a segment's ancestors alone."""

from dataclasses import replace

import pytest

from sync.rights import Decree, founds, GRANT, HANDOVER, is_key, may_write, REVOCATION, Standing
from sync.segments import centre_partition, Graph
from tests.sync import forge
from tests.sync.world import schema

ROOT, WRITER, OTHER, AUTHORITY = (bytes([k]) * 32 for k in range(4))
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


#   f - g - h - on      f: founding, g: grants, h: hands over to the authority
#    \\                  beside: by someone who has seen the founding alone
GRAPH = Graph(
    [(b"f", (), 1), (b"g", (b"f",), 2), (b"h", (b"g",), 3), (b"on", (b"h",), 4), (b"later", (b"on",), 5), (b"beside", (b"f",), 2)]
)
GRANTED = Decree(b"g", ROOT, GRANT, WRITER, "writer")
HANDED = Decree(b"h", ROOT, HANDOVER, AUTHORITY)


def judge(*decrees: Decree) -> Standing:
    return Standing(GRAPH, AUTHORITY, [(b"f", ROOT)], decrees)


def test_a_grant_counts_for_what_stands_on_it_and_for_nothing_beside_it() -> None:
    standing = judge(GRANTED)
    assert standing.roles(b"on", WRITER) == {"writer"}
    assert standing.roles(b"beside", WRITER) == frozenset()
    assert standing.roles(b"g", WRITER) == frozenset()  # not by its own grant
    assert standing.roles(b"on", ROOT) == {"root"}
    assert standing.roles(b"on", OTHER) == frozenset()


def test_only_a_root_grants() -> None:
    assert judge(GRANTED, Decree(b"h", WRITER, GRANT, OTHER, "writer")).roles(b"on", OTHER) == frozenset()


def test_a_handover_names_the_next_root_and_the_former_goes_on_writing() -> None:
    standing = judge(GRANTED, HANDED)
    assert standing.roles(b"on", AUTHORITY) == {"root"}
    assert standing.roles(b"on", ROOT) == {"writer"}
    assert standing.roles(b"h", ROOT) == {"root"}
    assert standing.roles(b"beside", ROOT) == {"root"}  # who has not seen it cannot know


def test_who_was_handed_the_root_back_is_root() -> None:
    back = Decree(b"on", AUTHORITY, HANDOVER, ROOT)
    assert judge(HANDED, back).roles(b"later", ROOT) == {"root"}
    assert judge(HANDED, back).roles(b"later", AUTHORITY) == {"writer"}


def test_a_revocation_excludes_all_but_the_last_good_heads_and_their_ancestors() -> None:
    standing = judge(GRANTED, HANDED, Decree(b"later", AUTHORITY, REVOCATION, WRITER, heads=(b"h",)))
    assert standing.roles(b"on", WRITER) == frozenset()
    assert standing.is_revoked(b"on", WRITER)
    assert standing.roles(b"h", WRITER) == {"writer"}
    assert not standing.is_revoked(b"on", ROOT)


def test_heads_that_the_revocation_has_not_seen_are_not_good() -> None:
    standing = judge(GRANTED, HANDED, Decree(b"on", AUTHORITY, REVOCATION, WRITER, heads=(b"beside", b"later")))
    assert standing.is_revoked(b"beside", WRITER)
    assert standing.is_revoked(b"later", WRITER)


def test_a_revoked_root_takes_nothing_back_from_the_authority() -> None:
    revoked = Decree(b"on", AUTHORITY, REVOCATION, ROOT, heads=(b"h",))
    revenge = [
        Decree(b"beside", ROOT, REVOCATION, AUTHORITY),
        Decree(b"beside", ROOT, HANDOVER, OTHER),
        Decree(b"beside", ROOT, GRANT, OTHER, "writer"),
    ]
    standing = judge(GRANTED, HANDED, revoked, *revenge)
    assert standing.roles(b"later", AUTHORITY) == {"root"}
    assert not any(standing.counts(decree) for decree in revenge)
    assert standing.counts(GRANTED)


def test_a_long_chain_of_handovers_is_judged_to_its_end() -> None:
    ids = [b"%05d" % k for k in range(300)]
    graph = Graph([(ids[k], (ids[k - 1],) if k else (), k + 1) for k in range(300)])
    players = (ROOT, OTHER)
    chain = [Decree(ids[k], players[(k + 1) % 2], HANDOVER, players[k % 2]) for k in range(1, 200)]
    standing = Standing(graph, AUTHORITY, [(ids[0], ROOT)], chain)
    assert standing.roles(ids[-1], players[199 % 2]) == {"root"}
    assert standing.roles(ids[-1], players[198 % 2]) == {"writer"}


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
