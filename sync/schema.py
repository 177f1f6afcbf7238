"""Tables, fields and groups as the application declares them; the check of a value's type and size.

The engine knows no apprentices: it sees tables with a key, fields of a few kinds, and groups of fields that only make
sense together. Checks here never tighten in a later version: what one laptop accepted, all accept for ever (F-28).
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeAlias

import sqlalchemy as sa

from sync.dots import is_dot

Plain: TypeAlias = str | int | bool | None
"""A value as it travels and as the ledger keeps it: dates are ISO text, instants are seconds since 1970 (UTC)."""

Kind: TypeAlias = Literal["text", "code", "int", "bool", "date", "instant", "ref"]
Key: TypeAlias = tuple[Plain, ...]

TEXT_MAX = 20_000
KEY_TEXT_MAX = 80
INTEGER_MAX = 2**31 - 1
"""What an integer column holds on every database: a greater one would stop a server at this change for ever."""
INSTANT_MAX = 2**41
ENGINE_COLUMNS = ("dot", "by", "at", "eff", "groups")


@dataclass(frozen=True)
class Field:
    """One column: its kind decides the type check and how it is packed."""

    name: str
    kind: Kind

    def accepts(self, value: object) -> bool:
        """Whether a plain value has this field's type and a sane size. None is always accepted."""
        match value:
            case None:
                return True
            case bool():
                return self.kind == "bool"
            case int():
                return (self.kind == "int" and abs(value) <= INTEGER_MAX) or (self.kind == "instant" and 0 <= value <= INSTANT_MAX)
            case str():
                return self._accepts_text(value)
        return False

    def _accepts_text(self, value: str) -> bool:
        if len(value) > TEXT_MAX or "\x00" in value or (not value.isprintable() and any("\ud800" <= c <= "\udfff" for c in value)):
            return False
        if self.kind == "date":
            return _is_iso_date(value)
        return self.kind in ("text", "code", "ref")

    def native(self, value: Plain) -> object:
        """The value as the database column takes it."""
        return date.fromisoformat(value) if self.kind == "date" and isinstance(value, str) else value

    def plain(self, value: object) -> Plain:
        """The value as it travels."""
        if isinstance(value, date):
            return value.isoformat()
        if value is None or isinstance(value, str | int):
            return value
        message = f"{self.name}: a {type(value).__name__} cannot be synced"
        raise TypeError(message)


def _is_iso_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


@dataclass(frozen=True)
class Table:
    """One synced table.

    key         ("id",) for rows named by the dot that created them, else the natural key's fields, in order
    groups      every non-key field stands in exactly one group; a field never changes its group
    partitions  the kinds of partition ("nation", "region", "centre") the table may live in
    roles       the granted roles that may write it; a root may write every table
    rows        the database table: `partition`, the key, the fields and ENGINE_COLUMNS
    quiet       groups about which nobody need be asked: the winner is shown, the others stay in the history
    """

    name: str
    key: tuple[Field, ...]
    groups: dict[str, tuple[Field, ...]]
    partitions: frozenset[str]
    roles: frozenset[str]
    rows: sa.Table
    quiet: frozenset[str] = frozenset()
    fields: dict[str, Field] = field(init=False)
    group_of: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", {f.name: f for fields in self.groups.values() for f in fields})
        object.__setattr__(self, "group_of", {f.name: group for group, fields in self.groups.items() for f in fields})

    @property
    def is_dot_keyed(self) -> bool:
        """Whether the row's key is the dot of the change that created it."""
        return len(self.key) == 1 and self.key[0].name == "id"

    def accepts_key(self, key: Key) -> bool:
        """Whether a key has the right shape: full, typed, and a dot where a dot is due."""
        if len(key) != len(self.key) or any(value is None for value in key):
            return False
        if self.is_dot_keyed:
            return is_dot(key[0])
        if any(isinstance(value, str) and len(value) > KEY_TEXT_MAX for value in key):  # an index holds no more on PostgreSQL
            return False
        return all(f.accepts(value) for f, value in zip(self.key, key, strict=True))


@dataclass(frozen=True)
class Schema:
    """All synced tables by name. `version` travels in every header; it only ever grows."""

    tables: dict[str, Table]
    version: int = 1


def partition_kind(partition: str) -> str:
    """`nation`, `region` or `centre`."""
    return partition.partition("/")[0]
