"""Whose segments count: pure decisions on a segment's ancestors alone, so that all nodes decide alike.

A partition has a root key: for `nation` and `region/..` the authority's, pinned when a node joins; a `centre/..` is
named by the hash of its root key and the nonce of its first segment. The root grants roles to other keys by changes in
that partition. Judging by anything outside the ancestors made equal nodes disagree in 99 % of simulated histories.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sync.schema import partition_kind, Table
from sync.segments import centre_partition, Graph, Header

GRANT = "grant"
RESERVED = frozenset({GRANT, "revocation", "handover", "erasure"})
"""Tables only the root writes. Version 1 folds `grant`; the others are kept, and folded after an upgrade."""


def is_key(text: object) -> bool:
    """Whether `text` is a public key as rows name it: 64 small hexadecimal digits."""
    return isinstance(text, str) and len(text) == 64 and all(c in "0123456789abcdef" for c in text)


class Grant(NamedTuple):
    """A folded grant: the segment that holds it, the key it names, and the role."""

    segment: bytes
    node: bytes
    role: str


def founds(header: Header, authority: bytes | None) -> bool:
    """Whether a parentless segment may found its partition."""
    if header.parents:
        return False
    if partition_kind(header.partition) == "centre":
        return bool(header.nonces) and header.partition == centre_partition(header.author, header.nonces[0])
    return header.author == authority


def standing(graph: Graph, segment: bytes, header: Header, roots: Iterable[tuple[bytes, bytes]], grants: Iterable[Grant]) -> frozenset[str]:
    """The roles of a segment's author by what stands in its ancestors; empty for a stranger.

    roots  (founding segment, its author)
    """
    roles = {"root" for founder, author in roots if author == header.author and graph.is_ancestor(founder, segment)}
    roles |= {g.role for g in grants if g.node == header.author and g.segment != segment and graph.is_ancestor(g.segment, segment)}
    return frozenset(roles)


def may_write(roles: frozenset[str], table: Table) -> bool:
    """Whether an author with these roles may write the table."""
    if table.name in RESERVED:
        return "root" in roles
    return "root" in roles or bool(roles & table.roles)
