"""Arriving segments -> rows, in the caller's transaction; and the full refold.

The state is a pure function of the set of held segments and the pending changes: whatever the order, the duplicates,
the clock.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from sync import ledger, rights, segments
from sync.changes import canonical, Change, decode, spans_of
from sync.dots import dot, split
from sync.errors import Forged, TooLarge, Unreadable
from sync.ledger import HEAD, PAST, QUARANTINE, Replica
from sync.rights import GRANT, Grant
from sync.rows import all_count, apply, Counts
from sync.segments import Graph, Segment

RECEIVE_MAX = 200_000


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
    partitions = {segment.header.partition for segment in segments_due}
    ledger.lock(connection, *partitions)
    for partition in sorted(partitions):
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
    if any((graph.generation[holder], holder) > rank for holder in holders(connection, graph, partition, own).values()):
        return True
    waiting = {change.dot for _, change in ledger.pending(connection, partition)}
    return any(change.dot in waiting for change in own)


def holders(connection: sa.Connection, graph: Graph, partition: str, changes: Sequence[Change], *, but: bytes = b"") -> dict[str, bytes]:
    """For those of the changes' dots that stand in a folded segment (other than `but`): the one where they count."""
    counters: dict[str, list[int]] = {}
    for minter, counter in sorted({split(change.dot) for change in changes}):
        counters.setdefault(minter, []).append(counter)
    found: dict[str, bytes] = {}
    for minter, first, last, holder in ledger.spans(connection, partition, [change.dot for change in changes]):
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
    standing = holders(connection, graph, segment.header.partition, own, but=segment.id)
    seen: dict[str, Change] = {}
    for other in ledger.segments(connection, sorted(set(standing.values()))):
        held = reversed(decode(other.body, other.header.minters))  # reversed: of two in one segment the first counts
        seen.update((change.dot, change) for change in held if standing.get(change.dot) == other.id)
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
    named = {base for change in changes for base in change.bases}
    spans: dict[str, list[tuple[int, int]]] = {}
    for minter, first, last, holder in ledger.spans(connection, segment.header.partition, named):
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
        apply(connection, replica, partition, left, counts=all_count, roles=frozenset({"root"}))


def is_behind(connection: sa.Connection, replica: Replica) -> bool:
    """Whether `upgrade` has not run yet for this version's schema."""
    return ledger.get_self(connection, "schema") != canonical(replica.schema.version)


def upgrade(connection: sa.Connection, replica: Replica) -> list[str]:
    """Refold the partitions that hold changes of tables or fields this version has come to know. Returns their names."""
    if not is_behind(connection, replica):
        return []
    is_unknown = QUARANTINE.c.reason.in_(("unknown-table", "unknown-field"))
    rows = connection.execute(sa.select(QUARANTINE.c.partition, QUARANTINE.c.tbl).where(is_unknown).distinct())
    partitions = sorted({partition for partition, table in rows if table in replica.schema.tables})
    for partition in partitions:
        refold(connection, replica, partition)
    ledger.set_self(connection, "schema", canonical(replica.schema.version))
    return partitions
