"""Local writes: drafts of a person -> folded rows and pending changes; and sealing what is pending into segments."""

import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from sync import index, ledger, rights, segments, store
from sync.changes import BASES_MAX, canonical, Change, encode, fits, NAME_MAX, spans_of
from sync.dots import dot, minter_of, split
from sync.fold import holders, refold
from sync.ledger import Replica
from sync.rights import ROOT
from sync.rows import all_count, apply, Image, load
from sync.schema import Key, Plain
from sync.segments import BODY_MAX, NONCES_MAX, PARENTS_MAX, Segment

SEAL_AT_BYTES = 16 * 1024
SEAL_AT_NONCES = NONCES_MAX // 2
CHANGE_MAX = BODY_MAX // 3


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


class Writing:
    """The local writes of one transaction: mints dots, folds at once, and leaves the changes pending."""

    def __init__(self, connection: sa.Connection, replica: Replica) -> None:
        self._connection = connection
        self._replica = replica
        self._drawn: dict[str, int] = {}
        self._gone: dict[str, set[Plain]] = {}

    def mint(self, partition: str) -> str:
        """The next dot of this process in a partition."""
        if partition not in self._drawn:
            # A machine that was copied with its memory may have heard already what its copy has named so.
            heard = index.last_counter(self._connection, partition, self._minter(partition))
            self._drawn[partition] = max(ledger.counter(self._connection, partition), heard)
            # Where that was erased no segment holds the name any more: the order alone does, and keeps it for ever.
            self._gone[partition] = {part for row in index.erased(self._connection, partition) for part in row[1:]}
        self._drawn[partition] += 1
        while (name := dot(self._minter(partition), self._drawn[partition])) in self._gone[partition]:
            self._drawn[partition] += 1
        return name

    def _minter(self, partition: str) -> str:
        return minter_of(self._replica.key.public, self._replica.mint.nonce(), partition)

    def write(self, partition: str, drafts: Sequence[Draft], *, by: str, at: int, write_rows: bool = True) -> list[Image]:
        """Fold drafts of one person and one moment; each row at most once. Raises ValueError for what fold would refuse."""
        changes = [self._change(partition, draft, by, at) for draft in drafts]
        if len(by) > NAME_MAX or "\x00" in by or any(len(canonical(change)) > CHANGE_MAX for change in changes):
            raise ValueError("a change of this size could be read by nobody")
        changes.sort(key=lambda change: split(change.dot)[1])
        outcome = apply(
            self._connection,
            self._replica,
            partition,
            changes,
            counts=all_count,
            roles=frozenset({ROOT}),
            erased=index.erased(self._connection, partition),
            write_rows=write_rows,
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
        if bases is None or len(bases) > BASES_MAX:
            bases = self._heads_now(partition, draft)
        return Change(draft.dot or self.mint(partition), draft.table, draft.key, draft.fields, bases, by, at)

    def _heads_now(self, partition: str, draft: Draft) -> tuple[str, ...]:
        """The heads that a draft replaces. Of a flood the newest, so that it wins: the others stay beside it until the next write."""
        table = self._replica.schema.tables[draft.table]
        state = load(self._connection, partition, table, [draft.key]).get(draft.key, {})
        groups = {table.group_of[name] for name in draft.fields}
        heads = {head[:2] for group in groups for head in state.get(group, ())}
        shown = None if draft.bases is None else set(draft.bases)
        newest = sorted((eff, name) for eff, name in heads if shown is None or name in shown)[-BASES_MAX:]
        return tuple(sorted(name for _, name in newest))


# ---- sealing


def seal(connection: sa.Connection, replica: Replica, at: int) -> list[Segment]:
    """Seal all pending changes, on top of everything held. Returns the new segments.

    What was written before the partition's segments, and the grant among them, have arrived waits: without it as an
    ancestor nobody could tell that we may write, and all nodes would quarantine the changes.
    """
    made: list[Segment] = []
    for partition in sorted(ledger.pending_counts(connection).keys() & index.read_by(connection, replica.key.public)):
        ledger.lock(connection, partition)
        while len(ledger.heads_of(connection, partition)) > PARENTS_MAX:  # a flood of heads is bound up by empty segments
            made.append(_seal_part(connection, replica, partition, [], at))
        waiting = ledger.pending(connection, partition)
        is_copied = bool(holders(connection, ledger.Held(connection, partition), partition, [change for _, change in waiting]))
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
    listed = {minter for minter, _, _ in index.minters(connection, partition, list(minters))}
    segment = segments.seal(
        replica.key,
        partition,
        [change for _, change in part],
        nonces=[nonce for minter, nonce in minters.items() if minter not in listed],
        parents=ledger.heads_of(connection, partition)[:PARENTS_MAX],
        at=at,
        schema=replica.schema.version,
    )
    ledger.drop_pending(connection, partition, [split(change.dot)[1] for _, change in part])
    ledger.add_segment(connection, segment, store.FOLDED)
    is_founder = rights.founds(segment.header, replica.authority)
    index.note_facts(connection, segment, spans_of(change for _, change in part), is_founder=is_founder, decrees=[])
    return segment
