"""Whose segments count: pure decisions on a segment's ancestors and on the revocations held, so that all nodes decide alike.

A partition has a root key: for `nation` and `region/..` the authority's, pinned when a node joins; a `centre/..` is
named by the hash of its root key and the nonce of its first segment. The root writes *decrees*, changes in the partition
that they rule: it grants roles to other keys, revokes a key with its last good heads, and hands over to the next root.
Judging by anything outside the ancestors made equal nodes disagree in 99 % of simulated histories.
"""

import re
from collections.abc import Iterable
from itertools import takewhile
from typing import NamedTuple

from sync.changes import Change
from sync.schema import partition_kind, Table
from sync.segments import Ancestry, centre_partition, Header, ID_BYTES

GRANT, REVOCATION, HANDOVER, ERASURE = "grant", "revocation", "handover", "erasure"
RESERVED = frozenset({GRANT, REVOCATION, HANDOVER, ERASURE})
"""Tables only the root writes."""
ROOT, WRITER = "root", "writer"
_ROLE = re.compile(r"[^\x00]{0,80}", re.DOTALL)
"""What an index of any database holds."""


def is_key(text: object) -> bool:
    """Whether `text` is a public key as rows name it: 64 small hexadecimal digits."""
    return isinstance(text, str) and len(text) == 64 and all(c in "0123456789abcdef" for c in text)


class Decree(NamedTuple):
    """A statement of a root about a key.

    segment, by  where it stands, and who signed that
    kind         GRANT, REVOCATION or HANDOVER
    node         the key it names
    role         of a grant, else empty
    heads        of a revocation: the key's last good heads
    """

    segment: bytes
    by: bytes
    kind: str
    node: bytes
    role: str = ""
    heads: tuple[bytes, ...] = ()


def decree_of(segment: bytes, by: bytes, change: Change) -> Decree | None:
    """The decree that a change states; None where it states none that can be read."""
    if change.table not in {GRANT, REVOCATION, HANDOVER} or not is_key(change.key[0]):
        return None
    node, role, heads = bytes.fromhex(str(change.key[0])), change.fields.get("role"), change.fields.get("heads")
    if change.table == GRANT:
        return Decree(segment, by, GRANT, node, role) if isinstance(role, str) and _ROLE.fullmatch(role) else None
    if change.table == HANDOVER:
        return Decree(segment, by, HANDOVER, node)
    return Decree(segment, by, REVOCATION, node, heads=read_ids(heads)) if isinstance(heads, str) else None


def read_ids(text: str) -> tuple[bytes, ...]:
    """The ids in a text of hexadecimal digits, forty each; what is no id is left out."""
    digits = 2 * ID_BYTES
    parts = (text[k : k + digits] for k in range(0, len(text), digits))
    return tuple(bytes.fromhex(p) for p in parts if len(p) == digits and all(c in "0123456789abcdef" for c in p))


def founds(header: Header, authority: bytes | None) -> bool:
    """Whether a parentless segment may found its partition."""
    if header.parents:
        return False
    if partition_kind(header.partition) == "centre":
        return bool(header.nonces) and header.partition == centre_partition(header.author, header.nonces[0])
    return header.author == authority


class Standing:
    """What the decrees of a partition make of its authors.

    `authority`, pinned by all nodes of a country, comes before every other root: what it revokes counts whatever a root
    that it revoked may write, and a handover to it is never undone. A root alone cannot revoke one who is or was root.
    So nothing is judged by what it judges.
    """

    def __init__(
        self,
        graph: Ancestry,
        authority: bytes | None,
        founders: Iterable[tuple[bytes, bytes]],
        decrees: Iterable[Decree],
        *,
        decided: dict[Decree, bool] | None = None,
    ) -> None:
        """founders: (founding segment, its author). decided: which decrees are known to count, or not; what is judged is added."""
        decrees = list(decrees)
        self._graph = graph
        self._authority = authority
        self._founders = list(founders)
        self._grants = [d for d in decrees if d.kind == GRANT]
        self._handovers = [d for d in decrees if d.kind == HANDOVER]
        self._revocations = [d for d in decrees if d.kind == REVOCATION]
        self._roots = {author for _, author in self._founders} | {d.node for d in self._handovers} | ({authority} if authority else set())
        self._left: dict[bytes, list[Decree]] = {}
        self._handed: dict[bytes, list[Decree]] = {}
        for handover in self._handovers:
            self._left.setdefault(handover.by, []).append(handover)
            self._handed.setdefault(handover.node, []).append(handover)
        self._judged_root: dict[tuple[bytes, bytes, bool], bool] = {}
        self._known = {} if decided is None else decided
        undecided = [handover for handover in self._handovers if handover not in self._known]
        for handover in sorted(undecided, key=lambda d: (graph.generation_of(d.segment), d.segment)):
            self.counts(handover)  # earliest first, so that each is judged by ones that are known, however long the chain

    def roles(self, segment: bytes, author: bytes) -> frozenset[str]:
        """The roles of a segment's author by what stands in its ancestors; empty for a stranger and for a revoked key."""
        if self.is_revoked(segment, author):
            return frozenset()
        roles = {d.role for d in self._grants if d.node == author and self._is_before(d.segment, segment) and self.counts(d)}
        if self.is_root(author, segment):
            roles.add(ROOT)
        elif self._made_root(author, segment):
            roles.add(WRITER)  # a former root goes on writing
        return frozenset(roles)

    def is_root(self, key: bytes, segment: bytes, *, judged: bool = True) -> bool:
        """Whether `key` is root in a segment. judged: False leaves revocations out, as where decrees are first noted."""
        asked = (key, segment, judged)
        if asked not in self._judged_root:
            self._judged_root[asked] = self._find_root(key, segment, judged=judged)
        return self._judged_root[asked]

    def _find_root(self, key: bytes, segment: bytes, *, judged: bool) -> bool:
        """Whether some place that made it root stands before none of those where it handed over."""
        generation = self._graph.generation_of
        gone = sorted({d.segment for d in self._before(self._left.get(key, ()), segment, judged=judged)}, key=generation, reverse=True)
        made = sorted(set(self._made_root(key, segment, judged=judged)), key=generation, reverse=True)
        return any(not self._is_left(place, gone) for place in made)

    def _is_left(self, place: bytes, gone: Iterable[bytes]) -> bool:
        """Whether a place stands before one of these, which come newest first: older ones cannot have seen it."""
        generation = self._graph.generation_of
        since = takewhile(lambda left: generation(left) >= generation(place), gone)
        return any(self._graph.is_ancestor(place, left) for left in since)

    def _before(self, some: Iterable[Decree], segment: bytes, *, judged: bool) -> list[Decree]:
        return [d for d in some if self._is_before(d.segment, segment) and (not judged or self.counts(d))]

    def may_erase(self, author: bytes, segment: bytes) -> bool:
        """Whether an erasure ordered in a segment is obeyed: what a body has lost no revocation brings back.

        So it is not enough to be root by the ancestors: once a root has handed over to the authority, only what it ordered
        before that counts, and a stolen key of a former root erases nothing.
        """
        last = [d for d in self._handed.get(self._authority or b"", ()) if not self._excluded_by_authority(d.segment, d.by)]
        is_before = all(self._graph.is_ancestor(segment, d.segment) for d in last)
        return author == self._authority or (is_before and not self._excluded_by_authority(segment, author))

    def counts(self, decree: Decree) -> bool:
        """Whether a decree holds, all revocations considered."""
        if decree not in self._known:
            is_last = decree.kind == HANDOVER and decree.node == self._authority
            is_void = self._is_above(decree) or self._excluded_by_authority(decree.segment, decree.by)
            self._known[decree] = is_last or (not is_void and self.is_root(decree.by, decree.segment))
        return self._known[decree]

    def _is_above(self, decree: Decree) -> bool:
        """Whether a revocation names one whom its author cannot revoke."""
        is_peer = decree.node in self._roots and decree.by != self._authority
        return decree.kind == REVOCATION and (is_peer or decree.node == self._authority)

    def is_revoked(self, segment: bytes, author: bytes) -> bool:
        """Whether a revocation excludes a segment: it is neither a last good head of its author nor an ancestor of one."""
        return self._excluded_by_authority(segment, author) or any(
            d.node == author and not self._is_good(segment, d) and d.by != self._authority and self.counts(d) for d in self._revocations
        )

    def _is_before(self, segment: bytes, of: bytes) -> bool:
        return segment != of and self._graph.is_ancestor(segment, of)

    def _made_root(self, key: bytes, segment: bytes, *, judged: bool = True) -> list[bytes]:
        made = [founding for founding, author in self._founders if author == key and self._graph.is_ancestor(founding, segment)]
        return made + [d.segment for d in self._before(self._handed.get(key, ()), segment, judged=judged)]

    def _excluded_by_authority(self, segment: bytes, author: bytes) -> bool:
        if author == self._authority or (segment, author) in self._founders:
            return False
        return any(d.by == self._authority and d.node == author and not self._is_good(segment, d) for d in self._revocations)

    def _is_good(self, segment: bytes, revocation: Decree) -> bool:
        """Only heads that stand before the revocation count as good, so that no later arrival changes its meaning."""
        good = (head for head in revocation.heads if head in self._graph and self._is_before(head, revocation.segment))
        return any(self._graph.is_ancestor(segment, head) for head in good)


def may_write(roles: frozenset[str], table: Table) -> bool:
    """Whether an author with these roles may write the table."""
    if table.name in RESERVED:
        return ROOT in roles
    return ROOT in roles or bool(roles & table.roles)
