"""Arriving segments -> rows, in the caller's transaction; and the full refold.

The state is a pure function of the set of held segments and the pending changes: whatever the order, the duplicates,
the clock.
"""

import hashlib
import json
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import NamedTuple

import sqlalchemy as sa

from sync import index, ledger, rights, segments, store
from sync.changes import canonical, Change, decode, encode, KEY_MAX, NUMBER_MAX, spans_of
from sync.dots import dot, split
from sync.errors import Forged, TooLarge, Unreadable
from sync.ledger import Held, Replica
from sync.rights import Decree, ERASURE, GRANT, HANDOVER, RESERVED, REVOCATION, ROOT, Standing
from sync.rows import all_count, apply, Counts, is_erased
from sync.schema import Key, KEY_TEXT_MAX
from sync.segments import Ancestry, ID_BYTES, Segment
from sync.store import HEAD, PAST, QUARANTINE

RECEIVE_MAX = 200_000


class Received(NamedTuple):
    """What became of arriving segments.

    taken   kept, of which some were mended: held before, without their body
    """

    taken: list[bytes]
    mended: set[bytes]
    missing: set[bytes]
    changes: int


def receive(connection: sa.Connection, replica: Replica, arriving: Iterable[Segment]) -> Received:
    """Check, keep and fold segments. One whose parents are not here is left out; the parents are named in `missing`.

    Raises Forged, Unreadable, TooLarge for a segment that is not whole; the caller rolls back.
    """
    segments_due = list(arriving)
    partitions = {segment.header.partition for segment in segments_due}
    ledger.lock(connection, *partitions)
    graphs = {partition: Held(connection, partition) for partition in partitions}
    facts = {partition: _facts(connection, partition) for partition in partitions}
    holes = ledger.holes(connection) if segments_due else {}
    taken: list[bytes] = []
    mended: set[bytes] = set()
    missing: set[bytes] = set()
    due: set[str] = set()
    changes = 0
    for segment in segments_due:
        graph = graphs[segment.header.partition]
        if segment.id in graph and segment.id not in holes:
            continue
        segments.check(segment)
        if segment.id in graph:
            if _mend(connection, segment, holes[segment.id][1]):
                due.add(segment.header.partition)
                taken.append(segment.id)
                mended.add(segment.id)
            continue
        absent = {parent for parent in segment.header.parents if parent not in graph}
        if absent:
            missing |= absent
            continue
        if segment.header.generation != 1 + max((graph.generation_of(parent) for parent in segment.header.parents), default=0):
            raise Forged
        graph.add(segment.id, segment.header.parents, segment.header.generation)
        changes += _take(connection, replica, graph, segment, facts[segment.header.partition], due)
        taken.append(segment.id)
        if changes > RECEIVE_MAX:  # the rest is sent again: what packs to nothing must not hold a server for minutes
            break
    for partition in sorted(due):
        refold(connection, replica, partition)
    return Received(taken, mended, missing, changes)


def _mend(connection: sa.Connection, segment: Segment, verdict: str) -> bool:
    """Put an arriving body in the place of one that is lost, or of a substitute that no order has proven."""
    if segment.is_substitute and not _is_proven(connection, segment):
        if verdict == store.DAMAGED:
            ledger.mend(connection, segment, store.UNPROVEN)
        return verdict == store.DAMAGED
    ledger.mend(connection, segment, store.TRIMMED if segment.is_substitute else store.FOLDED)
    return True


def _is_proven(connection: sa.Connection, segment: Segment) -> bool:
    proven = index.trims(connection, segment.header.partition).get(segment.id, set())
    return hashlib.sha256(segment.body).digest() in proven


def _take(connection: sa.Connection, replica: Replica, graph: Ancestry, segment: Segment, facts: "Facts", due: set[str]) -> int:
    """Keep one segment and fold it, or leave it to the refold of its partition that is due."""
    if segment.is_substitute and not _is_proven(connection, segment):
        ledger.add_segment(connection, segment, store.UNPROVEN)  # its order stands further down the graph
        return 0
    try:
        changes = decode(segment.body, segment.header.minters)
    except (Unreadable, TooLarge) as error:
        ledger.add_segment(connection, segment, "too-large" if isinstance(error, TooLarge) else "unreadable")
        return 0
    ledger.add_segment(connection, segment, store.TRIMMED if segment.is_substitute else store.FOLDED)
    partition = segment.header.partition
    if partition not in due:
        some = _sorted_out(connection, graph, segment, changes, index.erased(connection, partition))
        # An order that is known from before a backup was restored has named this body already: as a refold would have it.
        if some.gone and _trim_body(connection, segment, some.erased, index.trims(connection, partition).get(segment.id, ())):
            some = some._replace(gone=[])
        if _copies_earlier(connection, replica, graph, segment, some.own) or _fold(connection, replica, graph, segment, some, facts):
            due.add(partition)
    return len(changes)


def _copies_earlier(connection: sa.Connection, replica: Replica, graph: Ancestry, segment: Segment, own: Sequence[Change]) -> bool:
    """Whether dots of this segment count elsewhere already, though by generation and id they should count here.

    So it is after a data folder was copied with pending changes in it; rare enough to fold the partition again. Only the
    author's own dots are asked for: a stranger who repeats or predicts dots must not make anybody fold again.
    """
    partition = segment.header.partition
    rank = (segment.header.generation, segment.id)
    if any((graph.generation_of(holder), holder) > rank for holder in holders(connection, graph, partition, own).values()):
        return True
    if segment.header.author != replica.key.public:  # what waits has minters of our own key, and is much while there is no line
        return False
    waiting = {change.dot for _, change in ledger.pending(connection, partition)}
    return any(change.dot in waiting for change in own)


def holders(connection: sa.Connection, graph: Ancestry, partition: str, changes: Sequence[Change], *, but: bytes = b"") -> dict[str, bytes]:
    """For those of the changes' dots that stand in a folded segment (other than `but`): the one where they count."""
    counters: dict[str, list[int]] = {}
    for minter, counter in sorted({split(change.dot) for change in changes}):
        counters.setdefault(minter, []).append(counter)
    found: dict[str, bytes] = {}
    for minter, first, last, holder in index.spans(connection, partition, [change.dot for change in changes]):
        mine = counters[minter]
        for counter in mine[bisect_left(mine, first) : bisect_right(mine, last)] if holder != but else ():
            name = dot(minter, counter)
            found[name] = min(found.get(name, holder), holder, key=lambda each: (graph.generation_of(each), each))
    return found


class Ruling(NamedTuple):
    """What rules over segments that stand before it: decrees, and the rows that are erased."""

    decrees: frozenset[Decree] = frozenset()
    erased: frozenset[Key] = frozenset()
    trims: frozenset[tuple[bytes, bytes]] = frozenset()


NOTHING = Ruling()


class Facts(NamedTuple):
    """What the folded segments of a partition say of its founders, (founding segment, author), and of decrees, each with whether it counts.

    Read once and kept up by the fold: reading a partition's decrees again for each of many segments takes seconds.
    """

    founders: list[tuple[bytes, bytes]]
    decrees: dict[Decree, bool]


def _facts(connection: sa.Connection, partition: str) -> Facts:
    return Facts(index.roots(connection, partition), index.decrees(connection, partition))


class Sorted(NamedTuple):
    """The changes of a segment.

    own     whose minter is the author's, listed there or in an ancestor; stolen: the others, which are forged
    gone    of the rows that orders have `erased`. They count as if their body were trimmed already, for where orders do not
            know of each other it hangs on the order of arrival which bodies can be
    """

    own: list[Change]
    stolen: list[Change]
    gone: list[Change]
    erased: frozenset[Key]


def _fold(
    connection: sa.Connection,
    replica: Replica,
    graph: Ancestry,
    segment: Segment,
    some: Sorted,
    facts: Facts,
    known: Ruling = NOTHING,
    decided: dict[Decree, bool] | None = None,
) -> bool:
    """Fold one kept segment, all of whose ancestors are folded.

    some     its changes
    facts    what those folded before it say; what it says itself is added
    known    what a refold has found to rule further down the graph; decided: which of those it has found to count
    Returns whether the segment rules over what is folded already: then the partition is to be folded again.
    """
    partition, header = segment.header.partition, segment.header
    is_founder = rights.founds(header, replica.authority)
    if is_founder:
        facts.founders.append((segment.id, header.author))
    founders, noted = facts.founders, facts.decrees
    decided = dict(noted) if decided is None else decided  # a refold judges them anew
    standing = Standing(graph, replica.authority, founders, {*noted, *known.decrees}, decided=decided)
    roles = standing.roles(segment.id, header.author)
    fresh, twice = _uncounted(connection, graph, segment, some)
    counts = _ancestry(connection, graph, segment, some.own)
    outcome = apply(connection, replica, partition, fresh, counts=counts, roles=roles, erased=frozenset())
    refused = outcome.refused + [(change, "foreign-dot") for change in some.stolen] + [(change, "dot-twice") for change in twice]
    refused += [(change, "erased") for change in some.gone]
    if standing.is_revoked(segment.id, header.author):
        refused = [(change, "revoked" if reason == "not-granted" else reason) for change, reason in refused]
    _quarantine(connection, segment, refused, counts)
    decrees: dict[Decree, bool] = {}
    orders: list[Change] = []
    ruling = [change for change in fresh if change.table in RESERVED]
    # By the ancestors alone, and by what this fold has met on its way: so that what is noted never hangs on what is judged.
    plain = Standing(graph, replica.authority, founders, noted, decided=decided) if ruling and known.decrees else standing
    if ruling and plain.is_root(header.author, segment.id, judged=False):
        stated = [d for change in ruling if (d := rights.decree_of(segment.id, header.author, change))]
        last = {(d.kind, d.node, d.role): d for d in stated}  # of two in one segment the ledger has room for one
        decrees = {d: standing.counts(d) for d in last.values()}
        orders = [change for change in ruling if change.table == ERASURE and standing.may_erase(header.author, segment.id)]
    # Only its author's own dots: a stranger's prediction of a dot must never count before the dot itself.
    index.note_facts(connection, segment, spans_of(some.own), is_founder=is_founder, decrees=decrees.items())
    for order in orders:
        rows, bodies = read_order(order)
        index.note_erasure(connection, partition, segment.id, order.dot, rows, bodies)
    revoked = {d.node for d in noted if d.kind == REVOCATION}
    # A root cannot be revoked by another, whichever is met first; and what was ordered beside a handover counts no more.
    is_late = any(d.kind == REVOCATION or (d.kind == HANDOVER and d.node in {*revoked, replica.authority}) for d in decrees)
    facts.decrees.update(decrees)
    return bool(orders) or is_late


def read_order(order: Change) -> tuple[list[str], dict[bytes, bytes]]:
    """(key texts of the rows, hash of the trimmed body by segment) of an erasure order; what cannot be read names nothing."""
    try:
        rows = json.loads(str(order.fields.get("rows") or "[]"))
        bodies = json.loads(str(order.fields.get("bodies") or "{}"))
        named = [canonical(row).decode() for row in rows if _names_rows(row)]
        hashes = {bytes.fromhex(target): bytes.fromhex(hashed) for target, hashed in bodies.items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return [], {}
    return named, {t: h for t, h in hashes.items() if len(t) == ID_BYTES and len(h) == hashlib.sha256().digest_size}


def _names_rows(row: object) -> bool:
    """Whether a part of an order reads as (table, first parts of the key ..), as many and as large as a key's may be."""
    if not isinstance(row, list) or not 1 < len(row) <= 1 + KEY_MAX:
        return False
    return all(len(part) <= KEY_TEXT_MAX if isinstance(part, str) else part is None or _is_small(part) for part in row)


def _is_small(part: object) -> bool:
    return isinstance(part, bool) or (isinstance(part, int) and abs(part) <= NUMBER_MAX)


def _sorted_out(connection: sa.Connection, graph: Ancestry, segment: Segment, changes: Sequence[Change], erased: frozenset[Key]) -> Sorted:
    gone = [change for change in changes if is_erased(change, erased)]
    left = [change for change in changes if not is_erased(change, erased)] if gone else changes
    mine = set(segment.header.minters)
    used = {split(change.dot)[0] for change in left} - mine
    for minter, listed_in, author in index.minters(connection, segment.header.partition, list(used)):
        if author == segment.header.author and graph.is_ancestor(listed_in, segment.id):
            mine.add(minter)
    return Sorted([c for c in left if split(c.dot)[0] in mine], [c for c in left if split(c.dot)[0] not in mine], gone, erased)


def _uncounted(connection: sa.Connection, graph: Ancestry, segment: Segment, some: Sorted) -> tuple[list[Change], list[Change]]:
    """The changes that count first here, and those whose dot names another content already. Equal copies are ignored."""
    standing = holders(connection, graph, segment.header.partition, some.own, but=segment.id)
    seen: dict[str, Change] = {}
    for other in ledger.segments(connection, sorted(set(standing.values()))):
        held = reversed(decode(other.body, other.header.minters))  # reversed: of two in one segment the first counts
        seen.update((c.dot, c) for c in held if standing.get(c.dot) == other.id and not is_erased(c, some.erased))
    fresh: list[Change] = []
    twice: list[Change] = []
    for change in some.own:
        earlier = seen.setdefault(change.dot, change)
        if earlier is change:
            fresh.append(change)
        elif earlier != change:
            twice.append(change)
    return fresh, twice


def _ancestry(connection: sa.Connection, graph: Ancestry, segment: Segment, changes: Sequence[Change]) -> Counts:
    """Whether a base stands earlier in the segment or in an ancestor. Predicted dots count for nothing."""
    named = {base for change in changes for base in change.bases}
    spans: dict[str, list[tuple[int, int, bytes]]] = {}
    for minter, first, last, holder in index.spans(connection, segment.header.partition, named):
        if holder != segment.id and graph.is_ancestor(holder, segment.id):
            spans.setdefault(minter, []).append((first, last, holder))
    # Where an ancestor holds a second content of the dot, that is a value of its own row and of no other.
    at = {"partition": segment.header.partition}
    twice = (row for part in ledger.parts(named if spans else ()) for row in connection.execute(_TWICE, {**at, "dots": part}))
    elsewhere = {(dot, holder): (table, key) for dot, holder, table, key in twice}
    within = {change.dot for change in changes}

    def counts(base: str, change: Change) -> bool:
        minter, counter = split(base)
        is_earlier = base in within and (counter, base) < (split(change.dot)[1], change.dot)
        here = (change.table, ledger.key_text(change.key)) if elsewhere else None
        return is_earlier or any(
            first <= counter <= last and elsewhere.get((base, holder), here) == here for first, last, holder in spans.get(minter, ())
        )

    return counts


_TWICE = sa.select(QUARANTINE.c.dot, QUARANTINE.c.segment, QUARANTINE.c.tbl, QUARANTINE.c.key).where(
    QUARANTINE.c.partition == sa.bindparam("partition"),
    QUARANTINE.c.dot.in_(sa.bindparam("dots", expanding=True)),
    QUARANTINE.c.reason == "dot-twice",
)


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


# ---- refold


def refold(connection: sa.Connection, replica: Replica, partition: str) -> None:
    """Build the rows of a partition anew from its segments and pending changes.

    Segments in the order of (generation, id): so a dot that stands in two segments counts where that is lowest. What
    rules over earlier segments must be known before them, so there is a second pass where the first found something new.
    """
    known = _ruling(connection, partition)
    _trim(connection, partition)
    _refold_once(connection, replica, partition, known)
    found = _ruling(connection, partition)
    if found != known:
        _trim(connection, partition)
        _refold_once(connection, replica, partition, found)


def _ruling(connection: sa.Connection, partition: str) -> Ruling:
    decrees = frozenset(d for d in index.decrees(connection, partition) if d.kind != GRANT)
    trims = frozenset((target, found) for target, hashes in index.trims(connection, partition).items() for found in hashes)
    return Ruling(decrees, index.erased(connection, partition), trims)


def _trim(connection: sa.Connection, partition: str) -> None:
    """Take what orders erase out of the bodies that they name, and out of what is pending."""
    erased, proven = index.erased(connection, partition), index.trims(connection, partition)
    if erased:  # what has come in pieces so far is of a body that may hold such a row: it begins again
        connection.execute(store.STAGED.delete().where(store.STAGED.c.partition == partition))
    trimmed = ledger.with_verdict(connection, partition, store.TRIMMED)
    ledger.set_verdict(connection, sorted(trimmed - proven.keys()), store.UNPROVEN)  # their order counts no more: the whole is asked for
    for segment in ledger.segments(connection, sorted(proven)):
        if segment.header.partition != partition:
            continue  # a root rules its own partition
        _trim_body(connection, segment, erased, proven[segment.id])
    gone = [split(change.dot)[1] for _, change in ledger.pending(connection, partition) if is_erased(change, erased)] if erased else []
    ledger.drop_pending(connection, partition, gone)


def _trim_body(connection: sa.Connection, segment: Segment, erased: frozenset[Key], proven: Collection[bytes]) -> bool:
    """Put in a body's place what the orders leave of it. Returns whether nothing of an erased row is left.

    proven  the hashes of what may stand in its place
    """
    # What all orders together leave comes first: a body that one of them has trimmed may still hold rows of another.
    for body in (without(segment, erased), *([segment.body] if segment.is_substitute else [])):
        if hashlib.sha256(body).digest() in proven:
            ledger.set_body(connection, segment.id, body, store.TRIMMED)
            return body != segment.body
    return False


def without(segment: Segment, erased: frozenset[Key]) -> bytes:
    """The body of a segment without the changes of erased rows; an unreadable one as it is."""
    try:
        changes = decode(segment.body, segment.header.minters)
    except (Unreadable, TooLarge):
        return segment.body
    left = [change for change in changes if not is_erased(change, erased)]
    return segment.body if len(left) == len(changes) else encode(left, segment.header.minters)


def _refold_once(connection: sa.Connection, replica: Replica, partition: str, known: Ruling) -> None:
    folded = (HEAD, PAST, QUARANTINE, store.MINTER, store.SPAN, store.ROOT, store.DECREE, store.ERASED, store.TRIM)
    for table in (*folded, *(declared.rows for declared in replica.schema.tables.values())):
        connection.execute(_emptying(table), {"partition": partition})
    graph = ledger.graph(connection, partition)
    holes = ledger.holes(connection, partition)
    order = sorted(graph.ids, key=lambda segment: (graph.generation[segment], segment))
    waiting = {change.dot: change for _, change in ledger.pending(connection, partition)}
    counted: dict[str, Change] = {}
    facts, decided = Facts([], {}), dict[Decree, bool]()
    for segment in ledger.segments(connection, [each for each in order if each not in holes]):
        try:
            changes = decode(segment.body, segment.header.minters)
        except (Unreadable, TooLarge):
            continue
        some = _sorted_out(connection, graph, segment, changes, known.erased)
        _fold(connection, replica, graph, segment, some, facts, known, decided)
        for change in some.own:
            if change.dot in waiting:
                counted.setdefault(change.dot, change)
    # Only what stands in a segment of our own key, word for word, is sealed already. What a stranger has predicted is
    # not ours; and what a copy of this folder gave the same name is sealed as well, and quarantined for people to see.
    ledger.drop_pending(connection, partition, [split(name)[1] for name, change in counted.items() if waiting[name] == change])
    left = [change for name, change in waiting.items() if name not in counted]
    if left:
        erased = index.erased(connection, partition)
        apply(connection, replica, partition, left, counts=all_count, roles=frozenset({ROOT}), erased=erased)


@cache  # building the statement costs more than running it
def _emptying(table: sa.Table) -> sa.Delete:
    of_partition = table.delete().where(table.c.partition == sa.bindparam("partition"))
    return of_partition.where(table.c.segment != store.CARRIED) if table in (store.ERASED, store.TRIM) else of_partition


def is_behind(connection: sa.Connection, replica: Replica) -> bool:
    """Whether `upgrade` has not run yet for this version's schema."""
    return ledger.get_self(connection, "schema") != canonical(replica.schema.version)


def upgrade(connection: sa.Connection, replica: Replica) -> list[str]:
    """Refold all partitions as this version's schema reads them. Returns their names.

    All, not those alone that hold something unknown: a row folded before its table got another group would count as one
    that wrote this group too, and a role the tables have widened lets older changes count.
    """
    if not is_behind(connection, replica):
        return []
    partitions = sorted(ledger.heads(connection))
    for partition in partitions:
        refold(connection, replica, partition)
    ledger.set_self(connection, "schema", canonical(replica.schema.version))
    return partitions
