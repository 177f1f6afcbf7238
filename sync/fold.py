"""From changes to rows, in the caller's transaction: local writes, arriving segments, and the full refold.

The state is a pure function of the set of held segments and the pending changes: whatever the order, the duplicates,
the clock. Local and foreign changes go through the same `apply`. Only types, sizes and rights are checked here; business
rules speak where people type, so that what one laptop accepted can never be refused by another.
"""

import json
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeAlias

import sqlalchemy as sa

from sync import ledger, merge, rights, segments
from sync.changes import canonical, Change, decode, encode, fits, NAME_MAX
from sync.dots import dot, minter_of, split
from sync.errors import Forged, TooLarge, Unreadable
from sync.ledger import HEAD, PAST, QUARANTINE, Replica
from sync.merge import Head, State
from sync.rights import GRANT, Grant
from sync.schema import Key, partition_kind, Plain, Table
from sync.segments import BODY_MAX, Graph, NONCES_MAX, PARENTS_MAX, Segment

SEAL_AT_BYTES = 16 * 1024
SEAL_AT_NONCES = NONCES_MAX // 2
CHANGE_MAX = BODY_MAX // 3
RECEIVE_MAX = 200_000
_CHUNK = 400
_FEW = 5


class Image(NamedTuple):
    """A row after a write: every column of the application's table but `partition` and the key."""

    table: str
    key: Key
    columns: dict[str, object]


class Draft(NamedTuple):
    """A local write before it has a dot.

    bases  None: all heads the row has now; else the dots that the form had shown
    dot    given for a new row whose id was minted when it was made
    """

    table: str
    key: Key
    fields: dict[str, Plain]
    bases: tuple[str, ...] | None = None
    dot: str | None = None


# ---- rows and their heads


def load(connection: sa.Connection, partition: str, table: Table, keys: Sequence[Key]) -> dict[Key, State]:
    """The heads of the rows with these keys; a row that does not exist has no groups."""
    states: dict[Key, State] = {}
    for start in range(0, len(keys), _CHUNK):
        part = keys[start : start + _CHUNK]
        for row in _rows(connection, partition, table, part).mappings():
            states[tuple(f.plain(row[f.name]) for f in table.key)] = _state(table, row)
        if states:
            _load_others(connection, partition, table, part, states)
    return states


def _rows(connection: sa.Connection, partition: str, table: Table, keys: Sequence[Key]) -> sa.CursorResult[Any]:
    if len(table.key) > 1:
        return connection.execute(sa.select(table.rows).where(table.rows.c.partition == partition, _has_key(table, keys)))
    (only,) = table.key
    natives = [only.native(key[0]) for key in keys]
    return connection.execute(_by_single_key(table.rows, only.name), {"partition": partition, "keys": natives})


@cache  # building the statement costs more than running it
def _by_single_key(rows: sa.Table, name: str) -> sa.Select[Any]:
    return sa.select(rows).where(rows.c.partition == sa.bindparam("partition"), rows.c[name].in_(sa.bindparam("keys", expanding=True)))


_OTHERS = sa.select(HEAD).where(
    HEAD.c.partition == sa.bindparam("partition"), HEAD.c.tbl == sa.bindparam("tbl"), HEAD.c.key.in_(sa.bindparam("keys", expanding=True))
)


def _has_key(table: Table, keys: Sequence[Key]) -> sa.ColumnElement[bool]:
    native = [tuple(f.native(value) for f, value in zip(table.key, key, strict=True)) for key in keys]
    columns = [table.rows.c[f.name] for f in table.key]
    if len(native) <= _FEW:
        return sa.or_(*(sa.and_(*(c == value for c, value in zip(columns, key, strict=True))) for key in native))
    # All marks of one day share the date: a plain `in` on each column uses the primary key, where SQLite would scan for
    # a list of row values.
    return sa.and_(*(column.in_({key[k] for key in native}) for k, column in enumerate(columns)))


def _state(table: Table, row: sa.RowMapping) -> State:
    special = json.loads(str(row["groups"])) if row["groups"] else {}
    whole = (row["eff"], row["dot"], row["by"], row["at"])
    state: State = {}
    for group, fields in table.groups.items():
        stamp = special.get(group, whole) if group in special or row["dot"] else None
        if stamp is not None:
            eff, name, by, at = stamp
            state[group] = (Head(eff, name, by, at, tuple(f.plain(row[f.name]) for f in fields)),)
    return state


def _load_others(connection: sa.Connection, partition: str, table: Table, keys: Sequence[Key], states: dict[Key, State]) -> None:
    by_text = {ledger.key_text(key): key for key in keys}
    for row in connection.execute(_OTHERS, {"partition": partition, "tbl": table.name, "keys": list(by_text)}):
        state = states[by_text[row.key]]
        state[row.grp] = (*state[row.grp], Head(row.eff, row.dot, row.by, row.at, tuple(json.loads(row.held))))
    for key in by_text.values():
        state = states.get(key, {})
        for group, heads in state.items():
            if len(heads) > 1:
                state[group] = tuple(sorted(heads, reverse=True))


def image(table: Table, key: Key, state: State) -> Image:
    """The row that shows a state: the winners' values, the oldest winner's stamp, and the stamps that differ from it."""
    columns: dict[str, object] = {}
    oldest = min((heads[0] for heads in state.values()), key=lambda head: head[:2])
    special: dict[str, object] = {}
    for group, fields in table.groups.items():
        heads = state.get(group)
        for place, f in enumerate(fields):
            columns[f.name] = f.native(heads[0].values[place]) if heads else None
        if heads is None:
            special[group] = None
        elif heads[0].dot != oldest.dot:
            special[group] = heads[0][:4]
    columns |= {"dot": oldest.dot, "by": oldest.by, "at": oldest.at, "eff": oldest.eff}
    columns["groups"] = canonical(special).decode() if special else None
    return Image(table.name, key, columns)


# ---- applying changes


Counts: TypeAlias = Callable[[str, Change], bool]


class Outcome(NamedTuple):
    """What an `apply` did: the rows that changed and the changes that were not folded, with the reason."""

    images: list[Image]
    refused: list[tuple[Change, str]]


def apply(
    connection: sa.Connection,
    replica: Replica,
    partition: str,
    changes: Sequence[Change],
    *,
    counts: Counts,
    roles: frozenset[str],
    write_rows: bool = True,
) -> Outcome:
    """Fold changes, in their order, into the rows of one partition.

    counts      whether a base of a change may count: it stands earlier in the segment, or in an ancestor
    roles       the standing of the author; decides which tables he may write
    write_rows  False when the caller writes the rows himself from the images
    """
    good, refused = _sort_out(replica, partition, changes, roles)
    links = _Links(connection, partition, changes, counts)
    images: list[Image] = []
    tables: dict[str, list[Change]] = {}
    for change in good:
        tables.setdefault(change.table, []).append(change)
    for change, _ in refused:
        links.refuse(change)
    for name, some in tables.items():
        images += _apply_table(connection, partition, replica.schema.tables[name], some, links, write_rows=write_rows)
    return Outcome(images, refused)


def _sort_out(
    replica: Replica, partition: str, changes: Iterable[Change], roles: frozenset[str]
) -> tuple[list[Change], list[tuple[Change, str]]]:
    """The changes to fold, and those to quarantine; one with an unknown field is both: what is known of it counts."""
    good: list[Change] = []
    refused: list[tuple[Change, str]] = []
    for change in changes:
        table = replica.schema.tables.get(change.table)
        reason = _refusal(table, partition, change, roles) if table else "unknown-table"
        if reason:
            refused.append((change, reason))
        elif table:
            good.append(change)
            if not change.fields.keys() <= table.fields.keys():
                refused.append((change, "unknown-field"))
    return good, refused


def _refusal(table: Table, partition: str, change: Change, roles: frozenset[str]) -> str | None:
    if partition_kind(partition) not in table.partitions:
        return "wrong-partition"
    if not rights.may_write(roles, table):
        return "not-granted"
    if not table.accepts_key(change.key):
        return "bad-key"
    if any(name in table.fields and not table.fields[name].accepts(value) for name, value in change.fields.items()):
        return "bad-value"
    return None


# A stranger's copy of a dot, and a second content of one, link nothing: the dot's own change does.
_QUARANTINED = sa.select(QUARANTINE.c.tbl, QUARANTINE.c.key, QUARANTINE.c.dot, QUARANTINE.c.bases).where(
    QUARANTINE.c.partition == sa.bindparam("partition"),
    QUARANTINE.c.dot.in_(sa.bindparam("dots", expanding=True)),
    QUARANTINE.c.reason.notin_(("foreign-dot", "dot-twice")),
)


class _Links:
    """What the bases of a batch of changes reach, and the effective times of what they reach.

    A base is a value of the same row: dots of other rows reach nothing, or equal sets could fold to unequal rows.
    """

    def __init__(self, connection: sa.Connection, partition: str, changes: Sequence[Change], counts: Counts) -> None:
        self._counts = counts
        self._eff: dict[tuple[str, Key, str], int] = {}
        self._through: dict[tuple[str, Key, str], tuple[str, ...]] = {}
        wanted = {base for change in changes for base in change.bases} - {change.dot for change in changes}
        read: set[str] = set()
        while wanted:
            read |= wanted
            wanted = self._read(connection, partition, sorted(wanted)) - read

    def _read(self, connection: sa.Connection, partition: str, wanted: Sequence[str]) -> set[str]:
        further: set[str] = set()
        for start in range(0, len(wanted), _CHUNK):
            part = wanted[start : start + _CHUNK]
            for row in connection.execute(sa.select(PAST).where(PAST.c.partition == partition, PAST.c.dot.in_(part))):
                self._eff[row.tbl, tuple(json.loads(row.key)), row.dot] = row.eff
            for row in connection.execute(_QUARANTINED, {"partition": partition, "dots": part}):
                bases = tuple(json.loads(row.bases))
                self._through[row.tbl, tuple(json.loads(row.key)), row.dot] = bases
                further.update(bases)
        return further

    def refuse(self, change: Change) -> None:
        """A change of this batch that is quarantined: links run through it."""
        self._through[change.table, change.key, change.dot] = tuple(base for base in change.bases if self._counts(base, change))

    def reach(self, change: Change, state: State) -> tuple[frozenset[str], int]:
        """The dots a change replaces where they are heads, and its effective time."""
        if not change.bases:
            return frozenset(), change.at
        current = {head.dot: head.eff for heads in state.values() for head in heads}
        reached: set[str] = set()
        effs: list[int] = []
        todo = [base for base in change.bases if self._counts(base, change)]
        while todo:
            base = todo.pop()
            if base in reached:
                continue
            reached.add(base)
            place = (change.table, change.key, base)
            eff = current.get(base, self._eff.get(place))
            if eff is None:
                todo += self._through.get(place, ())
            else:
                effs.append(eff)
        return frozenset(reached), merge.effective(change.at, effs)

    def note(self, change: Change, effs: Iterable[tuple[str, int]]) -> None:
        """Dots of the change's row that later changes of this batch may name: its own, and those it has replaced."""
        self._eff.update({(change.table, change.key, name): eff for name, eff in effs})


def _apply_table(
    connection: sa.Connection, partition: str, table: Table, changes: Sequence[Change], links: _Links, *, write_rows: bool
) -> list[Image]:
    states = load(connection, partition, table, list(dict.fromkeys(change.key for change in changes)))
    had_others = {key for key, state in states.items() if any(len(heads) > 1 for heads in state.values())}
    touched: dict[Key, None] = {}
    gone: list[dict[str, object]] = []
    for change in changes:
        state = states.get(change.key, {})
        seen, eff = links.reach(change, state)
        after, replaced = merge.merge(state, change, table.groups, seen=seen, eff=eff)
        links.note(change, [(change.dot, eff), *((head.dot, head.eff) for _, head in replaced)])
        if not after:
            continue
        states[change.key] = after
        touched[change.key] = None
        gone += [_ledger_row(partition, table, change.key, group, head) for group, head in replaced]
    images = [image(table, key, states[key]) for key in touched]
    if write_rows:
        ledger.upsert(connection, table.rows, [{"partition": partition, **_key_columns(table, row.key), **row.columns} for row in images])
    ledger.upsert(connection, PAST, gone)
    _write_others(connection, partition, table, {key: states[key] for key in touched}, had_others)
    return images


def _key_columns(table: Table, key: Key) -> dict[str, object]:
    return {f.name: f.native(value) for f, value in zip(table.key, key, strict=True)}


def _ledger_row(partition: str, table: Table, key: Key, group: str, head: Head, **more: object) -> dict[str, object]:
    eff, name, by, at, values = head
    place = {"partition": partition, "tbl": table.name, "key": ledger.key_text(key), "grp": group}
    return place | {"dot": name, "eff": eff, "by": by, "at": at, "held": canonical(list(values)).decode()} | more


def _write_others(connection: sa.Connection, partition: str, table: Table, states: Mapping[Key, State], had_others: set[Key]) -> None:
    stale = [ledger.key_text(key) for key in states if key in had_others]
    for start in range(0, len(stale), _CHUNK):
        part = stale[start : start + _CHUNK]
        connection.execute(HEAD.delete().where(HEAD.c.partition == partition, HEAD.c.tbl == table.name, HEAD.c.key.in_(part)))
    rows = [
        _ledger_row(partition, table, key, group, head, open=group not in table.quiet and merge.is_open((heads[0], head)))
        for key, state in states.items()
        for group, heads in state.items()
        for head in heads[1:]
    ]
    ledger.upsert(connection, HEAD, rows)


# ---- local writes


class Writing:
    """The local writes of one transaction: mints dots, folds at once, and leaves the changes pending."""

    def __init__(self, connection: sa.Connection, replica: Replica) -> None:
        self._connection = connection
        self._replica = replica
        self._drawn: dict[str, int] = {}

    def mint(self, partition: str) -> str:
        """The next dot of this process in a partition."""
        if partition not in self._drawn:
            self._drawn[partition] = ledger.counter(self._connection, partition)
        self._drawn[partition] += 1
        return dot(self._minter(partition), self._drawn[partition])

    def _minter(self, partition: str) -> str:
        return minter_of(self._replica.key.public, self._replica.mint.nonce(), partition)

    def write(self, partition: str, drafts: Sequence[Draft], *, by: str, at: int, write_rows: bool = True) -> list[Image]:
        """Fold drafts of one person and one moment; each row at most once. Raises ValueError for what fold would refuse."""
        changes = [self._change(partition, draft, by, at) for draft in drafts]
        if len(by) > NAME_MAX or "\x00" in by or any(len(canonical(change)) > CHANGE_MAX for change in changes):
            raise ValueError("a change of this size could be read by nobody")
        changes.sort(key=lambda change: split(change.dot)[1])
        outcome = apply(
            self._connection, self._replica, partition, changes, counts=_all_count, roles=frozenset({"root"}), write_rows=write_rows
        )
        if outcome.refused:
            change, reason = outcome.refused[0]
            message = f"{change.table} {change.key}: {reason}"
            raise ValueError(message)
        ledger.add_pending(self._connection, partition, self._replica.mint.nonce(), changes)
        ledger.set_counter(self._connection, partition, self._drawn[partition])
        return outcome.images

    def _change(self, partition: str, draft: Draft, by: str, at: int) -> Change:
        bases = draft.bases
        if bases is None:
            bases = self._heads_now(partition, draft)
        return Change(draft.dot or self.mint(partition), draft.table, draft.key, draft.fields, bases, by, at)

    def _heads_now(self, partition: str, draft: Draft) -> tuple[str, ...]:
        table = self._replica.schema.tables[draft.table]
        state = load(self._connection, partition, table, [draft.key]).get(draft.key, {})
        groups = {table.group_of[name] for name in draft.fields}
        return tuple(sorted({head.dot for group in groups for head in state.get(group, ())}))


def _all_count(_base: str, _change: Change) -> bool:
    """A local write stands on top of everything held: so every base stands in an ancestor."""
    return True


def seal(connection: sa.Connection, replica: Replica, at: int) -> list[Segment]:
    """Seal all pending changes, on top of everything held. Returns the new segments.

    What was written before the partition's segments, and the grant among them, have arrived waits: without it as an
    ancestor nobody could tell that we may write, and all nodes would quarantine the changes.
    """
    made: list[Segment] = []
    for partition in sorted(ledger.pending_counts(connection).keys() & ledger.read_by(connection, replica.key.public)):
        ledger.lock(connection, partition)
        while len(ledger.graph(connection, partition).heads()) > PARENTS_MAX:  # a flood of heads is bound up by empty segments
            made.append(_seal_part(connection, replica, partition, [], at))
        waiting = ledger.pending(connection, partition)
        is_copied = bool(_holders(connection, ledger.graph(connection, partition), partition, [change for _, change in waiting]))
        made.extend(_seal_part(connection, replica, partition, part, at) for part in _parts(waiting))
        if is_copied:  # another copy of this folder has used our dots for something else: let the fold tell
            refold(connection, replica, partition)
    return made


def _parts(waiting: list[tuple[bytes, Change]]) -> Iterable[list[tuple[bytes, Change]]]:
    """Runs of pending changes that pack to no more than about SEAL_AT_BYTES, and that every reader takes."""
    if len(waiting) > 1 and not _is_sealable(waiting):
        half = len(waiting) // 2
        yield from _parts(waiting[:half])
        yield from _parts(waiting[half:])
    elif waiting:
        yield waiting


def _is_sealable(part: list[tuple[bytes, Change]]) -> bool:
    changes = [change for _, change in part]
    if len({nonce for nonce, _ in part}) > SEAL_AT_NONCES or not fits(changes):
        return False
    body = encode(changes, ())
    return len(body) <= BODY_MAX // 2 and len(zlib.compress(body, 1)) <= SEAL_AT_BYTES


def _seal_part(connection: sa.Connection, replica: Replica, partition: str, part: list[tuple[bytes, Change]], at: int) -> Segment:
    nonces = list(dict.fromkeys(nonce for nonce, _ in part))
    minters = {minter_of(replica.key.public, nonce, partition): nonce for nonce in nonces}
    listed = {minter for minter, _, _ in ledger.minters(connection, partition, list(minters))}
    graph = ledger.graph(connection, partition)
    segment = segments.seal(
        replica.key,
        partition,
        [change for _, change in part],
        nonces=[nonce for minter, nonce in minters.items() if minter not in listed],
        parents=[(head, graph.generation[head]) for head in graph.heads()[:PARENTS_MAX]],
        at=at,
        schema=replica.schema.version,
    )
    ledger.drop_pending(connection, partition, [split(change.dot)[1] for _, change in part])
    ledger.add_segment(connection, segment, "folded")
    is_founder = rights.founds(segment.header, replica.authority)
    ledger.note_facts(connection, segment, spans_of(change for _, change in part), is_founder=is_founder, grants=[])
    return segment


def spans_of(changes: Iterable[Change]) -> list[tuple[str, int, int]]:
    """(minter, first, last) of each unbroken run of counters. Exact: a base in a gap must never count by and by."""
    spans: list[tuple[str, int, int]] = []
    for minter, counter in sorted({split(change.dot) for change in changes}):
        if spans and spans[-1][0] == minter and spans[-1][2] == counter - 1:
            spans[-1] = (minter, spans[-1][1], counter)
        else:
            spans.append((minter, counter, counter))
    return spans


# ---- arriving segments


class Received(NamedTuple):
    """What became of arriving segments."""

    taken: list[bytes]
    missing: set[bytes]
    changes: int


def receive(connection: sa.Connection, replica: Replica, arriving: Iterable[Segment]) -> Received:
    """Check, keep and fold segments. One whose parents are not here is left out; the parents are named in `missing`.

    Raises Forged, Unreadable, TooLarge for a segment that is not whole; the caller rolls back.
    """
    segments_due = list(arriving)
    graphs: dict[str, Graph] = {}
    for partition in sorted({segment.header.partition for segment in segments_due}):
        ledger.lock(connection, partition)
        graphs[partition] = ledger.graph(connection, partition)
    taken: list[bytes] = []
    missing: set[bytes] = set()
    due: set[str] = set()
    changes = 0
    for segment in segments_due:
        graph = graphs[segment.header.partition]
        if segment.id in graph:
            continue
        segments.check(segment)
        absent = {parent for parent in segment.header.parents if parent not in graph}
        if absent:
            missing |= absent
            continue
        if segment.header.generation != 1 + max((graph.generation[parent] for parent in segment.header.parents), default=0):
            raise Forged
        graph.add(segment.id, segment.header.parents, segment.header.generation)
        changes += _take(connection, replica, graph, segment, due)
        taken.append(segment.id)
        if changes > RECEIVE_MAX:  # the rest is sent again: what packs to nothing must not hold a server for minutes
            break
    for partition in sorted(due):
        refold(connection, replica, partition)
    return Received(taken, missing, changes)


def _take(connection: sa.Connection, replica: Replica, graph: Graph, segment: Segment, due: set[str]) -> int:
    """Keep one segment and fold it, or leave it to the refold of its partition that is due."""
    try:
        changes = decode(segment.body, segment.header.minters)
    except (Unreadable, TooLarge) as error:
        ledger.add_segment(connection, segment, "too-large" if isinstance(error, TooLarge) else "unreadable")
        return 0
    ledger.add_segment(connection, segment, "folded")
    partition = segment.header.partition
    if partition not in due:
        own, stolen = _own(connection, graph, segment, changes)
        if _copies_earlier(connection, graph, segment, own):
            due.add(partition)
        else:
            _fold(connection, replica, graph, segment, own, stolen)
    return len(changes)


def _copies_earlier(connection: sa.Connection, graph: Graph, segment: Segment, own: Sequence[Change]) -> bool:
    """Whether dots of this segment count elsewhere already, though by generation and id they should count here.

    So it is after a data folder was copied with pending changes in it; rare enough to fold the partition again. Only the
    author's own dots are asked for: a stranger who repeats or predicts dots must not make anybody fold again.
    """
    partition = segment.header.partition
    rank = (segment.header.generation, segment.id)
    if any((graph.generation[holder], holder) > rank for holder in _holders(connection, graph, partition, own).values()):
        return True
    waiting = {change.dot for _, change in ledger.pending(connection, partition)}
    return any(change.dot in waiting for change in own)


def _holders(connection: sa.Connection, graph: Graph, partition: str, changes: Iterable[Change], *, but: bytes = b"") -> dict[str, bytes]:
    """For those of the changes' dots that stand in a folded segment (other than `but`): the one where they count."""
    counters: dict[str, list[int]] = {}
    for minter, counter in sorted({split(change.dot) for change in changes}):
        counters.setdefault(minter, []).append(counter)
    found: dict[str, bytes] = {}
    for minter, first, last, holder in ledger.spans(connection, partition, sorted(counters)):
        mine = counters[minter]
        for counter in mine[bisect_left(mine, first) : bisect_right(mine, last)] if holder != but else ():
            name = dot(minter, counter)
            found[name] = min(found.get(name, holder), holder, key=lambda each: (graph.generation[each], each))
    return found


def _fold(
    connection: sa.Connection, replica: Replica, graph: Graph, segment: Segment, own: Sequence[Change], stolen: Sequence[Change]
) -> None:
    """Fold one kept segment, all of whose ancestors are folded. own, stolen: its changes, as `_own` tells them apart."""
    partition, header = segment.header.partition, segment.header
    is_founder = rights.founds(header, replica.authority)
    roles = rights.standing(graph, segment.id, header, ledger.roots(connection, partition), ledger.grants(connection, partition))
    if is_founder:
        roles |= {"root"}
    fresh, twice = _uncounted(connection, graph, segment, own)
    counts = _ancestry(connection, graph, segment, own)
    outcome = apply(connection, replica, partition, fresh, counts=counts, roles=roles)
    refused = outcome.refused + [(change, "foreign-dot") for change in stolen] + [(change, "dot-twice") for change in twice]
    _quarantine(connection, segment, refused, counts)
    kept_back = {change.dot for change, _ in refused}
    grants = [_grant(segment, change) for change in fresh if change.table == GRANT and change.dot not in kept_back and _is_grant(change)]
    # Only its author's own dots: a stranger's prediction of a dot must never count before the dot itself.
    ledger.note_facts(connection, segment, spans_of(own), is_founder=is_founder, grants=grants)


def _own(connection: sa.Connection, graph: Graph, segment: Segment, changes: Sequence[Change]) -> tuple[list[Change], list[Change]]:
    """The changes whose minter is the author's, listed here or in an ancestor; and the others, which are forged."""
    mine = set(segment.header.minters)
    used = {split(change.dot)[0] for change in changes} - mine
    for minter, listed_in, author in ledger.minters(connection, segment.header.partition, list(used)):
        if author == segment.header.author and graph.is_ancestor(listed_in, segment.id):
            mine.add(minter)
    return [c for c in changes if split(c.dot)[0] in mine], [c for c in changes if split(c.dot)[0] not in mine]


def _uncounted(connection: sa.Connection, graph: Graph, segment: Segment, own: Sequence[Change]) -> tuple[list[Change], list[Change]]:
    """The changes that count first here, and those whose dot names another content already. Equal copies are ignored."""
    holders = _holders(connection, graph, segment.header.partition, own, but=segment.id)
    seen: dict[str, Change] = {}
    for other in ledger.segments(connection, sorted(set(holders.values()))):
        held = reversed(decode(other.body, other.header.minters))  # reversed: of two in one segment the first counts
        seen.update((change.dot, change) for change in held if holders.get(change.dot) == other.id)
    fresh: list[Change] = []
    twice: list[Change] = []
    for change in own:
        earlier = seen.setdefault(change.dot, change)
        if earlier is change:
            fresh.append(change)
        elif earlier != change:
            twice.append(change)
    return fresh, twice


def _ancestry(connection: sa.Connection, graph: Graph, segment: Segment, changes: Sequence[Change]) -> Counts:
    """Whether a base stands earlier in the segment or in an ancestor. Predicted dots count for nothing."""
    named = {split(base)[0] for change in changes for base in change.bases}
    spans: dict[str, list[tuple[int, int]]] = {}
    for minter, first, last, holder in ledger.spans(connection, segment.header.partition, list(named)) if named else []:
        if holder != segment.id and graph.is_ancestor(holder, segment.id):
            spans.setdefault(minter, []).append((first, last))
    within = {change.dot for change in changes}

    def counts(base: str, change: Change) -> bool:
        minter, counter = split(base)
        is_earlier = base in within and (counter, base) < (split(change.dot)[1], change.dot)
        return is_earlier or any(first <= counter <= last for first, last in spans.get(minter, ()))

    return counts


def _quarantine(connection: sa.Connection, segment: Segment, refused: Iterable[tuple[Change, str]], counts: Counts) -> None:
    rows = [
        {
            "partition": segment.header.partition,
            "dot": change.dot,
            "segment": segment.id,
            "tbl": change.table,
            "key": ledger.key_text(change.key),
            "reason": reason,
            "bases": canonical([base for base in change.bases if counts(base, change)]).decode(),
        }
        for change, reason in refused
    ]
    ledger.upsert(connection, QUARANTINE, rows)


def _is_grant(change: Change) -> bool:
    return rights.is_key(change.key[0]) and isinstance(change.fields.get("role"), str)


def _grant(segment: Segment, change: Change) -> Grant:
    return Grant(segment.id, bytes.fromhex(str(change.key[0])), str(change.fields["role"]))


# ---- refold


def refold(connection: sa.Connection, replica: Replica, partition: str) -> None:
    """Build the rows of a partition anew from its segments and pending changes.

    Segments in the order of (generation, id): so a dot that stands in two segments counts where that is lowest.
    """
    for table in (HEAD, PAST, QUARANTINE, ledger.MINTER, ledger.SPAN, ledger.ROOT, ledger.GRANT):
        connection.execute(table.delete().where(table.c.partition == partition))
    for declared in replica.schema.tables.values():
        connection.execute(declared.rows.delete().where(declared.rows.c.partition == partition))
    graph = ledger.graph(connection, partition)
    order = sorted(graph.ids, key=lambda segment: (graph.generation[segment], segment))
    waiting = {change.dot: change for _, change in ledger.pending(connection, partition)}
    counted: dict[str, Change] = {}
    for segment in ledger.segments(connection, order):
        try:
            changes = decode(segment.body, segment.header.minters)
        except (Unreadable, TooLarge):
            continue
        own, stolen = _own(connection, graph, segment, changes)
        _fold(connection, replica, graph, segment, own, stolen)
        for change in own:
            if change.dot in waiting:
                counted.setdefault(change.dot, change)
    # Only what stands in a segment of our own key, word for word, is sealed already. What a stranger has predicted is
    # not ours; and what a copy of this folder gave the same name is sealed as well, and quarantined for people to see.
    ledger.drop_pending(connection, partition, [split(name)[1] for name, change in counted.items() if waiting[name] == change])
    left = [change for name, change in waiting.items() if name not in counted]
    if left:
        apply(connection, replica, partition, left, counts=_all_count, roles=frozenset({"root"}))


def upgrade(connection: sa.Connection, replica: Replica) -> list[str]:
    """Refold the partitions that hold changes of tables or fields this version has come to know. Returns their names."""
    is_unknown = QUARANTINE.c.reason.in_(("unknown-table", "unknown-field"))
    rows = connection.execute(sa.select(QUARANTINE.c.partition, QUARANTINE.c.tbl).where(is_unknown).distinct())
    partitions = sorted({partition for partition, table in rows if table in replica.schema.tables})
    if ledger.get_self(connection, "schema") == canonical(replica.schema.version):
        return []
    for partition in partitions:
        refold(connection, replica, partition)
    ledger.set_self(connection, "schema", canonical(replica.schema.version))
    return partitions
