"""Erasing people: which rows tell of one, and that nothing of what was erased is left on this computer's disk.

What was erased is listed beside the database, by keys and hashes only, so that a backup that is put back is erased again.
Backups, exports and bundles outside the data folder are out of reach; the page of the erasure says so.
"""

import hashlib
import json
import logging
import shutil
import sqlite3
from collections.abc import Collection, Iterator
from pathlib import Path
from threading import Lock
from typing import Final

import sqlalchemy as sa
from flask import current_app

import sync
from sync import Order
from tracker import config, disk
from tracker.db import Base, db, LocalRow, write
from tracker.policy import OPERATOR
from tracker.replication import copies, keeping, node, tables

log = logging.getLogger(__name__)
COPIES: Final = ("*.before-*", "copy-*")
"""What the data folder may hold of older states: databases that made way for an upgrade or a backup, copies left half made."""
EMPTIED: Final = "emptied"
"""In `sync_self`: the fingerprint of the list of erasures after which the disk was emptied last."""


DONE: Final = "erased"
"""In the application: the heads of the partitions with erased rows when all was carried out last."""


class NotEmptied(Exception):
    """Somebody reads an older state of the database for long; the next run tries again."""


# ---- which rows


def rows_about(partition: str, named: Collection[sync.Key]) -> frozenset[sync.Key]:
    """These rows and all that name one of them in a column `<table>_id`, as an order names rows: table and first parts of the key.

    Where that column is the first of a key, as in marks, one name covers all such rows, later ones too.
    """
    found, due = set(named), list(named)
    while due:
        table, row_id = due.pop()[:2]
        fresh = {key for key in _naming(partition, f"{table}_id", str(row_id)) if key not in found}
        found |= fresh
        due += fresh
    return frozenset(found)


def _naming(partition: str, column: str, row_id: str) -> Iterator[sync.Key]:
    for name, model in tables.models_by_table().items():
        rows, key = sa.inspect(model).local_table, tables.key_names(model)
        if key[0] == column:
            yield name, row_id
        elif column in rows.c:
            fields = tables.schema().tables[name].key
            asked = sa.select(*(rows.c[each] for each in key)).where(rows.c.partition == partition, rows.c[column] == row_id)
            for values in db.session.execute(asked):
                yield name, *(field.plain(value) for field, value in zip(fields, values, strict=True))


def count_rows(partition: str, named: Collection[sync.Key]) -> dict[str, int]:
    """How many rows stand here under these names, by table."""
    counts: dict[str, int] = {}
    for row in named:
        table, first = str(row[0]), row[1:]
        model = tables.models_by_table()[table]
        rows, fields = sa.inspect(model).local_table, tables.schema().tables[table].key
        is_one = [rows.c[field.name] == field.native(value) for field, value in zip(fields, first, strict=False)]
        asked = sa.select(sa.func.count()).select_from(rows).where(rows.c.partition == partition, *is_one)
        counts[table] = counts.get(table, 0) + db.session.execute(asked).scalar_one()
    return {table: count for table, count in counts.items() if count}


def is_erased(row: sync.Key) -> bool:
    """Whether an order that is held here names this row: table and first parts of the key."""
    return any(tuple(json.loads(each)) == tuple(row) for named in _carried().values() for each in named["rows"])


# ---- carrying out


def carry_out_erasures() -> list[Order]:
    """Order what came in since of erased people, empty the disk of what was erased, and state so. Every start and exchange calls it.

    Where nothing came since the last call it costs two small queries. What cannot be done now (a full disk, a file that another
    program holds) is left to the next call: no receipt is given before. Returns the orders that were confirmed.
    """
    lock: Lock = current_app.extensions.setdefault("erasing", Lock())
    if not lock.acquire(blocking=False):
        return []
    try:
        db.session.rollback()  # our own reading would keep the log from being emptied
        heads = _heads()
        if heads == current_app.extensions.get(DONE, {}):
            return []
        _order_remains(heads)
        confirmed = _confirm()
        current_app.extensions[DONE] = heads  # what was ordered meanwhile is looked through by the next call
    except (NotEmptied, OSError, sqlite3.Error, sa.exc.SQLAlchemyError, disk.DiskFull) as error:
        log.warning("what was erased is not off the disk yet: %s", error)
        return []
    else:
        return confirmed
    finally:
        lock.release()


def _heads() -> dict[str, list[bytes]]:
    """The heads of the partitions where anything is erased."""
    erased = sync.metadata.tables["sync_erased"]
    with db.engine.connect() as connection:
        partitions = set(connection.execute(sa.select(erased.c.partition).distinct()).scalars())
        return {partition: heads for partition, heads in sync.heads(connection).items() if partition in partitions} if partitions else {}


def _order_remains(partitions: Collection[str]) -> None:
    """The root's part: what late segments hold of erased rows, and rows of their own that name an erased one."""
    keeping.erase_remains()
    carried = _carried()
    for partition in partitions:
        named = frozenset(tuple(json.loads(row)) for row in carried[partition]["rows"])
        if keeping.is_root_here(partition) and (fresh := rows_about(partition, named) - named):
            keeping.erase(partition, fresh)
    db.session.rollback()


def _carried() -> copies.Erased:
    with db.engine.connect() as connection:
        return sync.carried(connection)


def _confirm() -> list[Order]:
    carried = _carried()
    with db.engine.connect() as connection:
        is_emptied = sync.get_self(connection, EMPTIED) == _fingerprint(carried)
    if not is_emptied:
        copies.note_erasures(_home())
        _empty(carried)
        with write(OPERATOR) as session:
            sync.set_self(session.connection(), EMPTIED, _fingerprint(carried))
    return keeping.confirm_erasures()


def _fingerprint(carried: copies.Erased) -> bytes:
    return hashlib.sha256(json.dumps(carried, sort_keys=True).encode()).digest()


def _home() -> Path:
    settings = current_app.extensions["settings"]
    assert isinstance(settings, config.Settings)
    return settings.home


def _empty(carried: copies.Erased) -> None:
    """Leave nothing of what was erased in free pages, in the log, in files that wait for an import, and in older copies.

    Raises NotEmptied, OSError, sqlite3.Error, DiskFull.
    """
    with write(OPERATOR) as session:
        for mapper in Base.registry.mappers:
            if issubclass(mapper.class_, LocalRow) and mapper.class_.holds_people:
                session.execute(sa.delete(mapper.class_))
    _remove_copies(_home(), carried)
    path = disk.file_of(db.engine)
    if path is None:
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM FULL")
        return
    disk.rewrite(path)
    if not disk.checkpoint(db.engine, truncate=True):
        raise NotEmptied


def _remove_copies(home: Path, carried: copies.Erased) -> None:
    """Remove databases that made way for an upgrade or a backup, but those emptied of the same erasures. Raises OSError."""
    for path in (each for pattern in COPIES for each in home.glob(pattern)):
        if path.is_dir():
            shutil.rmtree(path)
        elif not _is_clean(path, carried):
            path.unlink()


def _is_clean(copy: Path, listed: copies.Erased) -> bool:
    """Whether a copy says that its disk was emptied after all these erasures; what cannot be read does not say so."""
    engine = sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro&immutable=1", uri=True))
    try:
        with engine.connect() as connection:
            held = sync.carried(connection)
            is_emptied = sync.get_self(connection, EMPTIED) == _fingerprint(held)
            return is_emptied and _has(held, listed)
    except sa.exc.DatabaseError:
        return False
    finally:
        engine.dispose()


def _has(held: copies.Erased, listed: copies.Erased) -> bool:
    """Whether all that is listed is known as erased."""
    kinds = ("rows", "bodies")
    return all(
        partition in held and all(held[partition][kind].keys() >= named[kind].keys() for kind in kinds)
        for partition, named in listed.items()
    )


def keep_erased() -> None:
    """At every start: erase again whom an older database, put in its place by hand, would bring back; and whatever else is due."""
    listed = _home() / copies.ERASURES
    try:
        known = copies.read_erasures(listed) if listed.exists() else {}
    except copies.ErasuresDamaged as error:
        log.warning("%s: %s", error.code, listed)  # the database has its own list; the file is written anew with the next erasure
        known = {}
    if known and not _has(_carried(), known):
        with node.begin() as connection:
            sync.reapply(connection, node.replica(), known)
        current_app.extensions.pop(DONE, None)
    carry_out_erasures()
