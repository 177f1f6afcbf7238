"""A small country of real engines: nodes over SQLite in memory, an authority, a central server, laptops of two centres.

Everything below the test is the production code of `sync/`; only the random source and the clock are the test's own.
"""

import random
import sqlite3
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from sync import decrees, exchange, fold, joining, ledger, messages, rows, store, writing
from sync.dots import Mint
from sync.keys import NodeKey
from sync.ledger import Replica
from sync.merge import Head
from sync.schema import Field, Key, Plain, Schema, Table
from sync.segments import centre_partition
from sync.writing import Draft
from tests.sync import quick

metadata = sa.MetaData()
is_quick = False
"""Whether nodes take the short way of `quick.py`: the simulator does."""


def _rows(name: str, key: list[sa.Column[Any]], *fields: sa.Column[Any]) -> sa.Table:
    stamps: list[sa.Column[Any]] = [sa.Column(n, sa.Text) for n in ("dot", "by", "groups")]
    stamps += [sa.Column(n, sa.BigInteger) for n in ("at", "eff")]
    return sa.Table(name, metadata, sa.Column("partition", sa.Text, primary_key=True), *key, *fields, *stamps)


def _id() -> list[sa.Column[Any]]:
    return [sa.Column("id", sa.Text, primary_key=True)]


PERSON = _rows("person", _id(), *(sa.Column(n, sa.Text) for n in ("given", "family", "phone", "email", "void_reason")))
EXTRA = _rows("extra", _id(), sa.Column("text", sa.Text))
NEWS = _rows("news", _id(), sa.Column("text", sa.Text))
_PERSON_AND_DAY: list[sa.Column[Any]] = [sa.Column("person", sa.Text, primary_key=True), sa.Column("on", sa.Date, primary_key=True)]
MARK = _rows("mark", _PERSON_AND_DAY, sa.Column("status", sa.Text))

CENTRE, WRITER = frozenset({"centre"}), frozenset({"writer"})


@cache
def schema(version: int = 2) -> Schema:
    """Version 2 knows a table and a field more than version 1."""
    single = ["phone", "void_reason", *(["email"] if version > 1 else [])]
    groups = {"name": (Field("given", "text"), Field("family", "text")), **{name: (Field(name, "text"),) for name in single}}
    person = Table("person", (Field("id", "ref"),), groups, CENTRE, WRITER, PERSON)
    day = (Field("person", "ref"), Field("on", "date"))
    mark = Table("mark", day, {"mark": (Field("status", "code"),)}, CENTRE, WRITER | {"commenter"}, MARK)
    extra = Table("extra", (Field("id", "ref"),), {"text": (Field("text", "text"),)}, CENTRE, WRITER, EXTRA)
    news = Table("news", (Field("id", "ref"),), {"text": (Field("text", "text"),)}, frozenset({"nation", "region"}), WRITER, NEWS)
    tables = [person, mark, news] + ([extra] if version > 1 else [])
    return Schema({**store.CONTROL, **{table.name: table for table in tables}}, version)


_COMPILED: dict[Any, Any] = {}
_DIALECT = sa.create_engine("sqlite://").dialect


def _engine(connection: sqlite3.Connection) -> sa.Engine:
    """An engine over one connection. All share dialect and compiled statements: compiling was most of a history's time."""
    engine = sa.create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    with engine.connect():
        engine.dialect = _DIALECT
    return engine.execution_options(compiled_cache=_COMPILED)


@cache
def _empty() -> bytes:
    with closing(sqlite3.connect(":memory:")) as connection:
        engine = sa.create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
        metadata.create_all(engine)
        store.metadata.create_all(engine)
        return connection.serialize()


@cache
def _dumps() -> dict[str, str]:
    tables = [t.rows for t in schema(2).tables.values()]
    tables += [store.HEAD, store.PAST, store.QUARANTINE, store.MINTER, store.SPAN, store.ROOT, store.DECREE]
    order = {t.name: ", ".join(str(k) for k in range(1, len(t.columns) + 1)) for t in tables}
    return {name: f"select * from {name} where partition = ? order by {columns}" for name, columns in order.items()}


class Database:
    """SQLite in memory that can be copied, as a folder can."""

    def __init__(self, content: bytes | None = None) -> None:
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)
        weakref.finalize(self, self._connection.close)  # from Python 3.13 on one that is only dropped warns
        self._connection.deserialize(content or _empty())
        self.engine = _engine(self._connection)
        self._ordinary: sa.Connection | None = None

    def begin(self) -> AbstractContextManager[sa.Connection]:
        """A transaction."""
        if not is_quick:
            return self.engine.begin()
        self._ordinary = self._ordinary or self.engine.connect()
        return quick.begin(self._connection, self._ordinary)

    def copy(self) -> bytes:
        return self._connection.serialize()

    def empty(self) -> None:
        """Leave nothing in free pages, as the product does before it confirms an erasure."""
        self._connection.execute("vacuum")

    def read(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows by the shortest way: a history reads its registers more often than it writes them."""
        return self._connection.execute(statement, values).fetchall()

    def close(self) -> None:
        self.engine.dispose()
        self._connection.close()


@dataclass
class Node:
    """One data folder in use.

    offset  what its clock is wrong by, in seconds
    """

    name: str
    key: NodeKey
    authority: bytes
    draw: Callable[[int], bytes]
    home: str = ""
    version: int = 2
    offset: int = 0
    database: Database = field(default_factory=Database)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """A new process: it draws a nonce of its own."""
        self.replica = Replica(schema(self.version), self.key, Mint(self.key.public, self.draw, lambda: 1), self.authority)

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        with self.database.begin() as connection:
            yield connection

    def write(self, partition: str, drafts: list[Draft], *, by: str = "", at: int = 1_000) -> list[rows.Image]:
        with self.begin() as connection:
            return writing.Writing(connection, self.replica).write(partition, drafts, by=by or self.name, at=max(0, at + self.offset))

    def new(self, partition: str, table: str, *, at: int = 1_000, **fields: Plain) -> str:
        """A new dot-keyed row; every field of the table is written. Returns its id."""
        declared = self.replica.schema.tables[table].fields
        with self.begin() as connection:
            own = writing.Writing(connection, self.replica)
            name = own.mint(partition)
            values = {f: fields.get(f) for f in declared}
            own.write(partition, [Draft(table, (name,), values, (), name)], by=self.name, at=max(0, at + self.offset))
        return name

    def state(self, partition: str, table: str, key: Key) -> dict[str, tuple[Head, ...]]:
        with self.begin() as connection:
            return rows.load(connection, partition, self.replica.schema.tables[table], [key]).get(key, {})

    def edit(self, partition: str, table: str, key: Key, *, bases: tuple[str, ...] | None = None, at: int = 1_000, **fields: Plain) -> str:
        """One change of one row. Returns its dot."""
        with self.begin() as connection:
            own = writing.Writing(connection, self.replica)
            name = own.mint(partition)
            own.write(partition, [Draft(table, key, fields, bases, name)], by=self.name, at=max(0, at + self.offset))
        return name

    def dump(self, partition: str) -> dict[str, list[tuple[object, ...]]]:
        """All that a partition's fold made here: rows, heads beside, past, quarantine, facts."""
        return {name: self.database.read(statement, partition) for name, statement in _dumps().items()}

    def heads(self) -> dict[str, list[bytes]]:
        with self.begin() as connection:
            return ledger.heads(connection)

    def conflicts(self) -> list[ledger.OpenConflict]:
        with self.begin() as connection:
            return ledger.open_conflicts(connection)

    def refold(self, partition: str) -> None:
        with self.begin() as connection:
            fold.refold(connection, self.replica, partition)

    def upgrade(self, version: int = 2) -> None:
        self.version = version
        self.restart()
        with self.begin() as connection:
            fold.upgrade(connection, self.replica)

    def twin(self, name: str) -> "Node":
        """The data folder copied to another machine, key and all."""
        return replace(self, name=name, database=Database(self.database.copy()))


class World:
    """A seeded country: central, and laptops of the centres Ziwa and Mlima."""

    def __init__(self, seed: int = 1) -> None:
        self.rng = random.Random(seed)
        self.authority = NodeKey(self.rng.randbytes(32))
        self.central = self._node("central")
        self.nodes: dict[str, Node] = {"central": self.central}
        with self.central.begin() as connection:
            own = self.central.replica
            decrees.found(connection, own, self.authority, "nation", [(own.key.public, "writer")], nonce=self.draw(8), at=1)
            joining.enter(connection, own, own.key.public, name="central", seat="central", home="", at=1)

    def draw(self, count: int) -> bytes:
        return self.rng.randbytes(count)

    def _node(self, name: str, home: str = "", version: int = 2) -> Node:
        return Node(name, NodeKey(self.rng.randbytes(32)), self.authority.public, self.draw, home, version)

    def laptop(self, name: str, home: str = "", *, role: str = "writer", version: int = 2) -> Node:
        """A joined laptop; without `home` it founds a centre. It holds nothing before its first exchange."""
        node = self._node(name, home, version)
        nonce = self.draw(8)
        node.home = home or centre_partition(self.authority.public, nonce)
        grants = [(node.key.public, role)] if home else [(self.central.key.public, "writer"), (node.key.public, role)]
        with self.central.begin() as connection:
            decrees.found(connection, self.central.replica, self.authority, node.home, grants, nonce=nonce, at=1)
            joining.enter(connection, self.central.replica, node.key.public, name=name, seat="centre", home=node.home, at=1)
        self.nodes[name] = node
        return node

    def stranger(self, name: str, home: str) -> Node:
        """A node of the directory without any grant in `home`."""
        node = self._node(name, home)
        self.nodes[name] = node
        return node


def sync(node: Node, hub: Node, *, lose_reply: bool = False, most: int = exchange.DEFAULT_BYTES, rounds: int = 200) -> int:
    """A whole exchange; with `lose_reply` the hub's first reply never arrives. Returns the number of messages."""
    with node.begin() as connection:
        writing.seal(connection, node.replica, 5_000)
        say: messages.Message | None = exchange.first(connection, node.replica, hub.key.public, at=5_000, most=most)
    progress = exchange.Progress()
    for count in range(1, rounds):
        assert say is not None
        heard = messages.unpack(messages.pack(say, node.key.public), node.key.public)
        with hub.begin() as connection:
            writing.seal(connection, hub.replica, 5_000)
            answer = exchange.answer(connection, hub.replica, node.key.public, heard, at=5_000, answers=b"12345678", most=most)
        assert answer.say is not None
        if lose_reply:
            return count
        reply = messages.unpack(messages.pack(answer.say, hub.key.public), hub.key.public)
        with node.begin() as connection:
            step = exchange.take(connection, node.replica, hub.key.public, reply, at=5_000, most=most)
        if step.say is None:
            return count
        progress.check(step)
        say = step.say
    raise AssertionError("no end")
