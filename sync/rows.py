"""Rows and their heads, and the decision applied to them: changes of one partition -> rows, past, conflicts.

Local and foreign changes go through the same `apply`. Only types, sizes and rights are checked here; business rules speak
where people type, so that what one laptop accepted can never be refused by another.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeAlias

import sqlalchemy as sa

from sync import ledger, merge, rights
from sync.changes import canonical, Change
from sync.ledger import Replica
from sync.merge import Head, State
from sync.schema import Key, partition_kind, Table
from sync.store import HEAD, PAST, QUARANTINE

_FEW = 5


class Image(NamedTuple):
    """A row after a write: every column of the application's table but `partition` and the key."""

    table: str
    key: Key
    columns: dict[str, object]


# ---- rows and their heads


def load(connection: sa.Connection, partition: str, table: Table, keys: Sequence[Key]) -> dict[Key, State]:
    """The heads of the rows with these keys; a row that does not exist has no groups."""
    states: dict[Key, State] = {}
    for part in ledger.parts(keys):
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
    erased: frozenset[Key],
    write_rows: bool = True,
) -> Outcome:
    """Fold changes, in their order, into the rows of one partition.

    counts      whether a base of a change may count: it stands earlier in the segment, or in an ancestor
    roles       the standing of the author; decides which tables he may write
    erased      the rows that orders name: nothing of them is ever shown again
    write_rows  False when the caller writes the rows himself from the images
    """
    good, refused = _sort_out(replica, partition, changes, roles, erased)
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
    replica: Replica, partition: str, changes: Iterable[Change], roles: frozenset[str], erased: frozenset[Key]
) -> tuple[list[Change], list[tuple[Change, str]]]:
    """The changes to fold, and those to quarantine; one with an unknown field is both: what is known of it counts."""
    good: list[Change] = []
    refused: list[tuple[Change, str]] = []
    for change in changes:
        table = replica.schema.tables.get(change.table)
        if is_erased(change, erased):
            reason: str | None = "erased"
        else:
            reason = _refusal(table, partition, change, roles) if table else "unknown-table"
        if reason:
            refused.append((change, reason))
        elif table:
            good.append(change)
            if not change.fields.keys() <= table.fields.keys():
                refused.append((change, "unknown-field"))
    return good, refused


def is_erased(change: Change, erased: frozenset[Key]) -> bool:
    """Whether an order names the change's row, by all of its key or by the beginning of it."""
    name = (change.table, *change.key)
    return bool(erased) and change.table not in rights.RESERVED and any(name[:length] in erased for length in range(2, len(name) + 1))


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


_REPLACED = sa.select(PAST.c.tbl, PAST.c.key, PAST.c.dot, PAST.c.eff).where(
    PAST.c.partition == sa.bindparam("partition"), PAST.c.dot.in_(sa.bindparam("dots", expanding=True))
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
        for part in ledger.parts(wanted):
            for row in connection.execute(_REPLACED, {"partition": partition, "dots": part}):
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
    for part in ledger.parts(stale):
        connection.execute(HEAD.delete().where(HEAD.c.partition == partition, HEAD.c.tbl == table.name, HEAD.c.key.in_(part)))
    rows = [
        _ledger_row(partition, table, key, group, head, open=group not in table.quiet and merge.is_open((heads[0], head)))
        for key, state in states.items()
        for group, heads in state.items()
        for head in heads[1:]
    ]
    ledger.upsert(connection, HEAD, rows)


def all_count(_base: str, _change: Change) -> bool:
    """A local write stands on top of everything held: so every base stands in an ancestor."""
    return True
