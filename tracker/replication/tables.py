"""Which tables and fields replicate and how they merge, read off the models."""

from functools import cache
from typing import cast

import sqlalchemy as sa
from sqlalchemy import orm

from sync import CONTROL, Field, Kind, Schema, Table
from tracker.db import Base, Code, groups_of, Instant, Ref, SyncedRow

SCHEMA_VERSION = 4


@cache
def schema() -> Schema:
    """The schema of all models that are imported, with the engine's own two tables."""
    models = (mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, SyncedRow))
    return Schema({**CONTROL, **{model.__tablename__: _table(model) for model in models}}, SCHEMA_VERSION)


def models_by_table() -> dict[str, type[SyncedRow]]:
    """The synced models by the name of their table."""
    return {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, SyncedRow)}


def key_names(model: type[SyncedRow]) -> tuple[str, ...]:
    """The key's columns, without the partition that every key begins with."""
    return tuple(str(column.key) for column in orm.class_mapper(model).primary_key if column.key != "partition")


def _table(model: type[SyncedRow]) -> Table:
    columns = orm.class_mapper(model).columns
    groups = {group: tuple(_field(columns[name]) for name in names) for group, names in groups_of(model).items()}
    key = tuple(_field(columns[name]) for name in key_names(model))
    declared = model.__sync__
    rows = cast("sa.Table", model.__table__)
    partitions, roles, quiet = frozenset(declared.partitions), frozenset(declared.roles), frozenset(declared.quiet)
    return Table(model.__tablename__, key, groups, partitions, roles, rows, quiet)


def _field(column: sa.ColumnElement[object]) -> Field:
    return Field(str(column.key), _kind(column.type))


def _kind(kind: sa.types.TypeEngine[object]) -> Kind:
    match kind:
        case Code():
            return "code"
        case Ref():
            return "ref"
        case Instant():
            return "instant"
        case sa.Boolean():
            return "bool"
        case sa.Date():
            return "date"
        case sa.Integer():
            return "int"
    return "text"
