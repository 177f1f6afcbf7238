"""A short way through SQLAlchemy for statements that are made once: half of a history's time was spent preparing them.

The very SQL that SQLAlchemy compiles for SQLite runs on the very connection; only its bookkeeping around each call is
left out. Statements that are made anew for each call go the ordinary way. `simulate.py` runs some histories again the
ordinary way and compares what they end in.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData

_MARK = "_quick_plans"
_LISTS = (list, tuple, set)
_Reader = Callable[[Mapping[str, Any]], Any]


class _Plan:
    """One compiled statement for parameters of one shape."""

    def __init__(self, statement: Any, dialect: sa.Dialect, given: Mapping[str, Any]) -> None:
        keys = None if statement.is_select or statement.is_delete else list(given)
        compiled = statement.compile(dialect=dialect, column_keys=keys)
        state = compiled.construct_expanded_state(dict(given), escape_names=False)
        self.text = state.statement
        lists = {f"{name}_{k}": (name, k - 1) for name, value in given.items() if type(value) in _LISTS for k in range(1, len(value) + 1)}
        processors = {**compiled._bind_processors, **state.processors}
        for name, bind in compiled.binds.items():
            if isinstance(bind.type, sa.LargeBinary):  # wrapped for drivers that need it; this one takes bytes as they are
                processors.pop(name, None)
        fixed = {**compiled.params, **state.additional_parameters}
        names = list(state.positiontup or ())
        self._readers = [_reader(name, lists, given, fixed, processors.get(name)) for name in names]
        self._plain = names if all(name in given and name not in lists and not processors.get(name) for name in names) else None
        self.metadata: SimpleResultMetaData | None = None
        self._columns: list[tuple[int, Callable[[Any], Any]]] = []
        if compiled._result_columns:
            self.metadata = SimpleResultMetaData([column.keyname for column in compiled._result_columns])
            for place, column in enumerate(compiled._result_columns):
                processor = column.type._cached_result_processor(dialect, None)
                if processor and not isinstance(column.type, sa.LargeBinary):
                    self._columns.append((place, processor))

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        if self._plain is not None:
            return [given[name] for name in self._plain]
        return [reader(given) for reader in self._readers]

    def rows(self, cursor: sqlite3.Cursor) -> list[tuple[Any, ...]]:
        rows = cursor.fetchall()
        for place, processor in self._columns:
            rows = [(*row[:place], processor(row[place]), *row[place + 1 :]) for row in rows]
        return rows


def _reader(
    name: str,
    lists: Mapping[str, tuple[str, int]],
    given: Mapping[str, Any],
    fixed: Mapping[str, Any],
    processor: Callable[[Any], Any] | None,
) -> _Reader:
    if name in lists:
        of, place = lists[name]
        read: _Reader = lambda values: values[of][place]  # noqa: E731
    elif name in given:
        read = lambda values: values[name]  # noqa: E731
    else:
        constant = fixed[name]
        read = lambda _: constant  # noqa: E731
    return (lambda values: processor(read(values))) if processor else read


class Quick:
    """What the engine asks of a connection, on one open SQLite connection."""

    def __init__(self, raw: sqlite3.Connection, ordinary: sa.Connection) -> None:
        self._raw, self._ordinary = raw, ordinary
        self.dialect = ordinary.dialect

    def execute(self, statement: Any, given: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None) -> Any:
        """As `sa.Connection.execute`."""
        plans = statement.__dict__.get(_MARK)
        if plans is None:  # it may be of this one call
            statement.__dict__[_MARK] = {}
            return self._ordinary.execute(statement, given)
        first: Mapping[str, Any] = given[0] if isinstance(given, list) else cast("Mapping[str, Any]", given or {})
        lists = [value for value in first.values() if type(value) in _LISTS]
        if not all(lists):
            return self._ordinary.execute(statement, given)
        shape: tuple[object, ...] = tuple(first)
        if lists:
            shape = tuple([(name, len(value)) if type(value) in _LISTS else name for name, value in first.items()])
        plan = plans.get(shape)
        if plan is None:
            plan = plans[shape] = _Plan(statement, self.dialect, first)
        if isinstance(given, list) and len(given) > 1:
            return self._raw.executemany(plan.text, [plan.values(each) for each in given])
        cursor = self._raw.execute(plan.text, plan.values(first))
        return IteratorResult(plan.metadata, iter(plan.rows(cursor))) if plan.metadata else cursor


@contextmanager
def begin(raw: sqlite3.Connection, ordinary: sa.Connection) -> Iterator[sa.Connection]:
    """A transaction, as `sa.Engine.begin`."""
    try:
        yield cast("sa.Connection", Quick(raw, ordinary))
    except BaseException:
        ordinary.rollback()
        raw.rollback()
        raise
    ordinary.commit()
    raw.commit()
