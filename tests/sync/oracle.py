"""The merge as the design states it, written a second time and naively: from the set of all changes to rows and conflicts.

No increments, no ledger: the heads of a group are the applied dots that no other applied change reaches through its
counting bases, directly or through quarantined changes. Slow, and short enough to be believed.
"""

import json
from collections.abc import Iterable
from typing import TypeAlias

from sync.changes import Change, decode
from sync.dots import split
from sync.rights import Decree, decree_of, ERASURE, founds, GRANT, HANDOVER, may_write, RESERVED, REVOCATION
from sync.schema import Key, partition_kind, Plain, Schema
from sync.segments import Segment

Values: TypeAlias = tuple[Plain, ...]


def _place(dot: str) -> tuple[int, str]:
    return split(dot)[1], dot


class Oracle:
    """The state of one partition, from its segments.

    shown     (table, key, group) -> the winning values
    beside    (table, key, group) -> the values of the other heads
    written   (table, key, group) -> the dots that wrote it; replaced: those of them that another applied change had seen
    applied   dots that count; quarantined: dots that do not
    foreign   dots of somebody else's minter; twice: dots that name another content elsewhere
    erased    the rows that orders name; remains: dots of changes of such rows that are still held
    dots      of all changes that are held; authors: by segment
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
        self.remains: set[str] = set()
        self.dots = {change.dot for changes in self._changes.values() for change in changes}
        self.authors = {segment.id: segment.header.author for segment in order}
        self._founders = {s.id: s.header.author for s in order if founds(s.header, authority)}
        self._decrees: list[Decree] = []
        self._orders: list[tuple[Segment, Change]] = []
        self.erased: set[Key] = set()
        for segment in order:
            self._note(segment)
        self._erase()
        for held, changes in self._changes.items():  # as if all bodies were trimmed already
            self.remains |= {change.dot for change in changes if self._is_erased(change)}
            self._changes[held] = [change for change in changes if not self._is_erased(change)]
        self._standing: dict[bytes, set[tuple[str, str, Key]]] = {}
        for segment in order:
            self._sort(segment)
        self._eff: dict[str, int] = {}
        self.shown: dict[tuple[str, Key, str], Values] = {}
        self.beside: dict[tuple[str, Key, str], list[Values]] = {}
        self.written: dict[tuple[str, Key, str], set[str]] = {}
        self.replaced: dict[tuple[str, Key, str], set[str]] = {}
        self._judge()

    # ---- who may

    def ancestors(self, segment: bytes) -> set[bytes]:
        """All segments that stand before one."""
        return self._ancestors[segment]

    def _minters(self, segment: Segment) -> set[str]:
        headers = [self._segments[other].header for other in (segment.id, *self._ancestors[segment.id])]
        return {minter for header in headers if header.author == segment.header.author for minter in header.minters}

    def _own(self, segment: Segment) -> list[Change]:
        minters = self._minters(segment)
        return [change for change in self._changes[segment.id] if change.dot[:16] in minters]

    def _note(self, segment: Segment) -> None:
        """What a segment decrees, where its author is root by the handovers in its ancestors, revocations left aside."""
        own = [change for change in self._own(segment) if change.table in RESERVED]
        if own and self._is_root(segment.header.author, segment.id, judged=False):
            self._decrees += [d for change in own if (d := decree_of(segment.id, segment.header.author, change))]
            self._orders += [(segment, change) for change in own if change.table == ERASURE]

    def _erase(self) -> None:
        """The rows of the orders that are obeyed: the authority's, and of others what stands before their handover to it."""
        last = [d for d in self._decrees if (d.kind, d.node) == (HANDOVER, self._authority)]
        last = [d for d in last if not self._is_revoked(d.segment, d.by, only=self._authority)]
        for segment, order in self._orders:
            by = segment.header.author
            before = all(segment.id in {d.segment, *self._ancestors[d.segment]} for d in last)
            if by == self._authority or (before and not self._is_revoked(segment.id, by, only=self._authority)):
                self.erased |= {tuple(row) for row in json.loads(str(order.fields["rows"]))}

    def _made_root(self, key: bytes, segment: bytes, *, judged: bool = True) -> list[bytes]:
        here = {segment, *self._ancestors[segment]}
        founded = [founding for founding, author in self._founders.items() if author == key and founding in here]
        handed = [d for d in self._decrees if (d.kind, d.node) == (HANDOVER, key) and self._holds(d, segment, judged=judged)]
        return founded + [d.segment for d in handed]

    def _is_root(self, key: bytes, segment: bytes, *, judged: bool = True) -> bool:
        left = [d.segment for d in self._decrees if (d.kind, d.by) == (HANDOVER, key) and self._holds(d, segment, judged=judged)]
        made = self._made_root(key, segment, judged=judged)
        return any(not any(place in {at, *self._ancestors[at]} for at in left) for place in made)

    def _holds(self, decree: Decree, segment: bytes, *, judged: bool = True) -> bool:
        """Whether a decree stands before a segment, and its author might give it."""
        return decree.segment in self._ancestors[segment] and (not judged or self._counts(decree))

    def _counts(self, decree: Decree) -> bool:
        if decree.kind == HANDOVER and decree.node == self._authority:
            return True
        return not self._is_revoked(decree.segment, decree.by, only=self._authority) and self._is_root(decree.by, decree.segment)

    def _is_revoked(self, segment: bytes, author: bytes, *, only: bytes = b"") -> bool:
        """Whether a revocation excludes an author's segment. only: by this root alone."""
        ever_root = {*self._founders.values(), self._authority, *(d.node for d in self._decrees if d.kind == HANDOVER)}
        for d in self._decrees:
            if d.kind != REVOCATION or d.node != author or (only and d.by != only):
                continue
            good = {head for head in d.heads if head in self._ancestors[d.segment]}
            if any(segment in {head, *self._ancestors[head]} for head in good):
                continue
            is_above = d.by == self._authority and author != self._authority and self._founders.get(segment) != author
            if is_above or (not only and author not in ever_root and self._counts(d)):
                return True
        return False

    def _roles(self, segment: Segment) -> set[str]:
        author = segment.header.author
        if self._is_revoked(segment.id, author):
            return set()
        roles = {d.role for d in self._decrees if (d.kind, d.node) == (GRANT, author) and self._holds(d, segment.id)}
        if self._is_root(author, segment.id):
            roles.add("root")
        elif self._made_root(author, segment.id):
            roles.add("writer")
        return roles

    def _is_erased(self, change: Change) -> bool:
        name = (change.table, *change.key)
        return change.table not in RESERVED and any(name[:length] in self.erased for length in range(2, len(name) + 1))

    # ---- what counts

    def _sort(self, segment: Segment) -> None:
        own = self._minters(segment)
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
            named, _ = self.applied.get(base) or self.quarantined.get(base) or (change, segment)
            if (named.table, named.key) != (change.table, change.key):
                continue  # the name counts for another row: here it is a second content, which links nothing
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
        replaced = self.replaced
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
            self.written[place] = {c.dot for c in changes}
            heads = [c for c in changes if c.dot not in replaced[place]]
            heads.sort(key=lambda c: (self._effective(c.dot), c.dot), reverse=True)
            values = [tuple(c.fields[f.name] for f in fields) for c in heads]
            self.shown[place], self.beside[place] = values[0], sorted(values[1:], key=json.dumps)
