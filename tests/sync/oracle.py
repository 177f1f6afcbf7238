"""The merge as the design states it, written a second time and naively: from the set of all changes to rows and conflicts.

No increments, no ledger: the heads of a group are the applied dots that no other applied change reaches through its
counting bases, directly or through quarantined changes. Slow, and short enough to be believed.
"""

import json
from collections.abc import Iterable
from typing import TypeAlias

from sync.changes import Change, decode
from sync.dots import split
from sync.rights import founds, may_write
from sync.schema import Key, partition_kind, Plain, Schema
from sync.segments import Segment

Values: TypeAlias = tuple[Plain, ...]


def _place(dot: str) -> tuple[int, str]:
    return split(dot)[1], dot


class Oracle:
    """The state of one partition, from its segments.

    shown     (table, key, group) -> the winning values
    beside    (table, key, group) -> the values of the other heads
    applied   dots that count; quarantined: dots that do not
    foreign   dots of somebody else's minter; twice: dots that name another content elsewhere
    """

    def __init__(self, schema: Schema, authority: bytes, segments: Iterable[Segment]) -> None:
        self._segments = {segment.id: segment for segment in segments}
        order = sorted(self._segments.values(), key=lambda s: (s.header.generation, s.id))
        self._ancestors: dict[bytes, set[bytes]] = {}
        for segment in order:
            before = {a for p in segment.header.parents for a in (p, *self._ancestors[p])}
            self._ancestors[segment.id] = before
        self._changes = {segment.id: decode(segment.body, segment.header.minters) for segment in order}
        self._schema, self._authority = schema, authority
        self.applied: dict[str, tuple[Change, bytes]] = {}
        self.quarantined: dict[str, tuple[Change, bytes]] = {}
        self.foreign: set[str] = set()
        self.twice: set[str] = set()
        self._known_roles: dict[bytes, set[str]] = {}
        self._standing: dict[bytes, set[tuple[str, str, Key]]] = {}
        for segment in order:
            self._sort(segment)
        self._eff: dict[str, int] = {}
        self.shown: dict[tuple[str, Key, str], Values] = {}
        self.beside: dict[tuple[str, Key, str], list[Values]] = {}
        self._judge()

    def _roles(self, segment: Segment) -> set[str]:
        if segment.id not in self._known_roles:
            self._known_roles[segment.id] = self._find_roles(segment)
        return self._known_roles[segment.id]

    def _find_roles(self, segment: Segment) -> set[str]:
        roles = set()
        for other in {segment.id, *self._ancestors[segment.id]}:
            header = self._segments[other].header
            if founds(header, self._authority) and header.author == segment.header.author:
                roles.add("root")
        for other in self._ancestors[segment.id]:
            if "root" in self._roles(self._segments[other]):
                grants = [change for change in self._changes[other] if change.table == "grant"]
                roles |= {str(grant.fields["role"]) for grant in grants if grant.key == (segment.header.author.hex(),)}
        return roles

    def _sort(self, segment: Segment) -> None:
        headers = [self._segments[other].header for other in (segment.id, *self._ancestors[segment.id])]
        own = {minter for header in headers if header.author == segment.header.author for minter in header.minters}
        roles = frozenset(self._roles(segment))
        self._standing[segment.id] = {(c.dot, c.table, c.key) for c in self._changes[segment.id] if c.dot[:16] in own}
        for change in self._changes[segment.id]:
            if change.dot[:16] not in own:
                self.foreign.add(change.dot)
                continue
            if known := self.applied.get(change.dot) or self.quarantined.get(change.dot):
                if known[0] != change:  # equal copies are ignored; another content is kept back
                    self.twice.add(change.dot)
                continue
            table = self._schema.tables.get(change.table)
            good = (
                table is not None
                and partition_kind(segment.header.partition) in table.partitions
                and may_write(roles, table)
                and table.accepts_key(change.key)
                and all(table.fields[n].accepts(v) for n, v in change.fields.items() if n in table.fields)
            )
            (self.applied if good else self.quarantined)[change.dot] = (change, segment.id)

    def _bases(self, change: Change, segment: bytes) -> list[str]:
        """The bases that count: a value of the same row, its author's own, earlier in the segment or in an ancestor."""
        before = set().union(*(self._standing[other] for other in self._ancestors[segment]))
        earlier = {(base, table, key) for base, table, key in self._standing[segment] if _place(base) < _place(change.dot)}
        return [base for base in change.bases if (base, change.table, change.key) in before | earlier]

    def _reach(self, change: Change, segment: bytes) -> set[str]:
        """The applied dots that a change reaches, directly or through quarantined ones."""
        reached: set[str] = set()
        todo, seen = self._bases(change, segment), set[str]()
        while todo:
            base = todo.pop()
            if base in seen:
                continue
            seen.add(base)
            if base in self.applied:
                reached.add(base)
            elif base in self.quarantined:
                todo += self._bases(*self.quarantined[base])
        return reached

    def _effective(self, dot: str) -> int:
        if dot not in self._eff:
            change, segment = self.applied[dot]
            self._eff[dot] = max([change.at, *(self._effective(base) + 1 for base in self._reach(change, segment))])
        return self._eff[dot]

    def _judge(self) -> None:
        writers: dict[tuple[str, Key, str], list[Change]] = {}
        replaced: dict[tuple[str, Key, str], set[str]] = {}
        for change, segment in self.applied.values():
            table = self._schema.tables[change.table]
            reach = self._reach(change, segment)
            for group, fields in table.groups.items():
                if all(f.name in change.fields for f in fields):
                    place = (change.table, change.key, group)
                    writers.setdefault(place, []).append(change)
                    replaced.setdefault(place, set()).update(reach)
        for place, changes in writers.items():
            fields = self._schema.tables[place[0]].groups[place[2]]
            heads = [c for c in changes if c.dot not in replaced[place]]
            heads.sort(key=lambda c: (self._effective(c.dot), c.dot), reverse=True)
            values = [tuple(c.fields[f.name] for f in fields) for c in heads]
            self.shown[place], self.beside[place] = values[0], sorted(values[1:], key=json.dumps)
