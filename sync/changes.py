"""Change, and the columnar body that a segment carries: changes -> canonical JSON -> changes.

A body is an object {"m": minters, "b": blocks}. A block holds the changes of one table with one set of fields, one
array per column, so that what is alike lies together and packs well. Columns describe themselves (a decoder needs no
schema, so unknown tables can be read, kept and folded after an upgrade):

    [..]                        the values as they are
    {"d": [..], "x": "0120.."}  dictionary and one base-36 digit per row; without "x" the one value fills the column
    {"d": [..], "x": [..]}      the same with more than 36 entries
    {"i": [a, d, d, ..]}        integers: the first, then differences
    {"D": [a, d, d, ..]}        dates as days of the proleptic calendar: the first, then differences
    {"m": column, "c": [..]}    dots: minter by index, counter by differences
    {"n": "0110..", "v": column} some values are null: a mask, and the column of the others

Minter indices count the minters that first appear in the segment, then those listed in "m". Changes stand in order of
their counters, which one database draws from one sequence, so that two processes of one laptop keep their order.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import cast, NamedTuple, TypeAlias

from sync.dots import COUNTER_MAX, dot, is_dot, split
from sync.errors import TooLarge, Unreadable
from sync.schema import INSTANT_MAX, Key, Plain

CHANGES_MAX = 100_000
CELLS_MAX = 1_000_000
"""Values of all columns of a body together, after unpacking."""
BASES_MAX = 4_000
KEY_MAX = 8
TEXT_TOTAL_MAX = 16_000_000
FIELDS_MAX = 200
NAME_MAX = 200
NUMBER_MAX = 2**53
"""What every JSON reader takes in exactly."""
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_PLACE = {digit: place for place, digit in enumerate(_DIGITS)}

Column: TypeAlias = list[object] | dict[str, object]


class Change(NamedTuple):
    """One write by a person.

    key     of the row; for a new dot-keyed row its own dot
    fields  plain values by field name; whole groups
    bases   dots of all values that were shown for these fields
    by, at  who, and the claimed instant in seconds
    """

    dot: str
    table: str
    key: Key
    fields: dict[str, Plain]
    bases: tuple[str, ...]
    by: str
    at: int


def canonical(value: object) -> bytes:
    """The one JSON text of a value: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def spans_of(changes: Iterable[Change]) -> list[tuple[str, int, int]]:
    """(minter, first, last) of each unbroken run of counters. Exact: a base in a gap must never count by and by."""
    spans: list[tuple[str, int, int]] = []
    for minter, counter in sorted({split(change.dot) for change in changes}):
        if spans and spans[-1][0] == minter and spans[-1][2] == counter - 1:
            spans[-1] = (minter, spans[-1][1], counter)
        else:
            spans.append((minter, counter, counter))
    return spans


# ---- packing


def encode(changes: Sequence[Change], new_minters: Sequence[str]) -> bytes:
    """The body of a segment; `changes` in counter order, `new_minters` those of the header's nonces."""
    minters = _Minters(new_minters)
    blocks: dict[tuple[str, tuple[str, ...], int], list[Change]] = {}
    for change in changes:
        shape = (change.table, tuple(sorted(change.fields)), 0 if change.key == (change.dot,) else len(change.key))
        blocks.setdefault(shape, []).append(change)
    packed = [_pack_block(table, fields, key_length, rows, minters) for (table, fields, key_length), rows in blocks.items()]
    return canonical({"m": minters.listed(), "b": packed})


class _Minters:
    """The minters of a body by index, in order of first use after the new ones."""

    def __init__(self, new: Sequence[str]) -> None:
        self._new = len(new)
        self._index = {minter: k for k, minter in enumerate(new)}

    def index(self, minter: str) -> int:
        return self._index.setdefault(minter, len(self._index))

    def listed(self) -> list[str]:
        return list(self._index)[self._new :]


def _pack_block(table: str, fields: Sequence[str], key_length: int, rows: Sequence[Change], minters: _Minters) -> dict[str, object]:
    block: dict[str, object] = {
        "t": table,
        "n": len(rows),
        "c": _pack_dots([row.dot for row in rows], minters),
        "u": _pack([row.by for row in rows], minters),
        "w": _pack([row.at for row in rows], minters),
        "f": {name: _pack([row.fields[name] for row in rows], minters) for name in fields},
    }
    if key_length:
        block["k"] = [_pack([row.key[k] for row in rows], minters) for k in range(key_length)]
    if any(row.bases for row in rows):
        block["s"] = [_pack([len(row.bases) for row in rows], minters), _pack_dots([base for row in rows for base in row.bases], minters)]
    return block


def _pack(values: Sequence[Plain], minters: _Minters) -> Column:
    distinct = list(dict.fromkeys((type(value), value) for value in values))
    if len(distinct) == 1:
        return {"d": [values[0]]}
    if None in values:
        mask = "".join("0" if value is None else "1" for value in values)
        return {"n": mask, "v": _pack([value for value in values if value is not None], minters)}
    packed = _pack_typed(values, minters)
    if packed is not None:
        return packed
    if len(distinct) * 2 > len(values):
        return list(values)
    index = {value: k for k, value in enumerate(distinct)}
    places = [index[type(value), value] for value in values]
    entries = [value for _, value in distinct]
    return {"d": entries, "x": "".join(_DIGITS[k] for k in places) if len(entries) <= len(_DIGITS) else places}


def _pack_typed(values: Sequence[Plain], minters: _Minters) -> Column | None:
    if all(type(value) is int for value in values):
        return {"i": _differences(cast("Sequence[int]", values))}
    if all(is_dot(value) for value in values):
        return _pack_dots(cast("Sequence[str]", values), minters)
    days = [_day(value) for value in values]
    if all(day is not None for day in days):
        return {"D": _differences(cast("Sequence[int]", days))}
    return None


def _day(value: Plain) -> int | None:
    if not isinstance(value, str) or len(value) != len("2020-06-01"):
        return None
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return day.toordinal() if day.isoformat() == value else None


def _pack_dots(dots: Sequence[str], minters: _Minters) -> Column:
    pairs = [split(text) for text in dots]
    places = [minters.index(minter) for minter, _ in pairs]
    few: Column = {"d": [places[0]]} if len(set(places)) == 1 else {"i": _differences(places)}
    return {"m": few, "c": _differences([counter for _, counter in pairs])}


def _differences(numbers: Sequence[int]) -> list[int]:
    return [number - before for before, number in zip([0, *numbers[:-1]], numbers, strict=True)]


# ---- unpacking: the other side may send anything


def decode(body: bytes, new_minters: Sequence[str]) -> list[Change]:
    """The changes of a body, in order of their counters.

    Raises Unreadable, TooLarge: never anything else, whatever the bytes. All of the body is judged, so that no part of
    it can be read one way here and another way by another program: the same bytes count, or do not, everywhere.
    """
    try:
        unpacked = json.loads(body, parse_constant=_refuse, parse_float=_refuse)
        if unpacked.keys() != {"m", "b"} or canonical(unpacked) != body:
            raise Unreadable
        reader = _Reader([*new_minters, *(_minter(text) for text in unpacked["m"])])
        changes = [change for block in unpacked["b"] for change in reader.block(block)]
        changes.sort(key=lambda change: (split(change.dot)[1], change.dot))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OverflowError) as error:
        raise Unreadable from error
    return changes


def fits(changes: Sequence[Change]) -> bool:
    """Whether one body may hold these changes: half of what `decode` takes, so that no reader will ever refuse it."""
    cells = sum(3 + len(change.fields) + len(change.key) + len(change.bases) for change in changes)
    texts = (text for change in changes for text in (change.dot, change.by, *change.key, *change.fields.values(), *change.bases))
    text = sum(len(text) for text in texts if isinstance(text, str))
    return len(changes) * 2 <= CHANGES_MAX and cells * 2 <= CELLS_MAX and text * 2 <= TEXT_TOTAL_MAX


def _refuse(_: str) -> None:
    raise Unreadable


def _minter(text: str) -> str:
    return split(_dot(f"{text}-0"))[0]


class _Reader:
    """Unpacks columns, and counts what comes out: a constant column costs its sender nothing and its reader gigabytes."""

    def __init__(self, minters: Sequence[str]) -> None:
        self._minters = minters
        self._cells, self._text, self._changes = CELLS_MAX, TEXT_TOTAL_MAX, CHANGES_MAX

    def block(self, block: dict[str, object]) -> list[Change]:
        """The changes of one block."""
        if not {"t", "n", "c", "u", "w", "f"} <= block.keys() <= {"t", "n", "c", "u", "w", "f", "k", "s"}:
            raise Unreadable
        count = _count(block["n"], self._changes)
        self._changes -= count
        dots = [_dot(value) for value in self._column(block["c"], count)]
        packed_keys = cast("list[object]", block["k"]) if "k" in block else [block["c"]]
        packed_fields = cast("dict[str, object]", block["f"])
        if not 1 <= len(packed_keys) <= KEY_MAX or len(packed_fields) > FIELDS_MAX:
            raise Unreadable
        keys = [self._column(part, count) for part in packed_keys]
        by = [_name(value) for value in self._column(block["u"], count)]
        at = [_count(value, INSTANT_MAX) for value in self._column(block["w"], count)]
        columns = {_name(name): self._column(packed, count) for name, packed in packed_fields.items()}
        bases = self._bases(cast("list[object]", block["s"]), count) if "s" in block else [()] * count
        table = _name(block["t"])
        fields = [{name: values[row] for name, values in columns.items()} for row in range(count)]
        return [Change(dots[k], table, tuple(key[k] for key in keys), fields[k], bases[k], by[k], at[k]) for k in range(count)]

    def _bases(self, packed: list[object], count: int) -> list[tuple[str, ...]]:
        packed_counts, packed_dots = packed
        counts = [_count(value, BASES_MAX) for value in self._column(packed_counts, count)]
        flat = iter([_dot(value) for value in self._column(packed_dots, sum(counts))])
        return [tuple(next(flat) for _ in range(n)) for n in counts]

    def _column(self, packed: object, count: int, *, may_have_none: bool = True) -> list[Plain]:
        self._cells -= count
        if self._cells < 0:
            raise TooLarge
        values = self._values(packed, count, may_have_none=may_have_none)
        if len(values) != count:
            raise Unreadable
        self._text -= sum(len(value) for value in values if isinstance(value, str))
        if self._text < 0:
            raise TooLarge
        return values

    def _values(self, packed: object, count: int, *, may_have_none: bool) -> list[Plain]:
        match packed:
            case list():
                return [_scalar(value) for value in packed]
            case {"d": [value], **rest} if not rest:
                return [_scalar(value)] * count
            case {"d": list() as entries, "x": str() as digits, **rest} if not rest:
                checked = [_scalar(value) for value in entries]
                return [checked[_PLACE[digit]] for digit in digits]
            case {"d": list() as entries, "x": list() as places, **rest} if not rest:
                checked = [_scalar(value) for value in entries]
                return [checked[_count(place)] for place in places]
            case {"i": list() as steps, **rest} if not rest:
                return list(_sums(steps))
            case {"D": list() as steps, **rest} if not rest:
                return [date.fromordinal(day).isoformat() for day in _sums(steps)]
            case {"m": list() | {"d": [_]} | {"i": _} as places, "c": list() as steps, **rest} if not rest:
                owners = [self._minters[_count(place)] for place in self._column(places, count)]
                return [dot(owner, _count(counter, COUNTER_MAX)) for owner, counter in zip(owners, _sums(steps), strict=True)]
            case {"n": str() as mask, "v": present, **rest} if may_have_none and not rest:
                # One mask a column: how deep columns may nest must not hang on how deep the reader's own stack is.
                some = iter(self._column(present, mask.count("1"), may_have_none=False))
                return [next(some) if bit == "1" else None for bit in mask]
        raise Unreadable


def _sums(steps: Sequence[object]) -> Iterable[int]:
    total = 0
    for step in steps:
        if type(step) is not int:
            raise Unreadable
        total += step
        yield _number(total)


def _count(value: object, most: int = CHANGES_MAX) -> int:
    if type(value) is not int or value < 0:
        raise Unreadable
    if value > most:
        raise TooLarge
    return value


def _number(value: int) -> int:
    if abs(value) > NUMBER_MAX:
        raise Unreadable
    return value


def _scalar(value: object) -> Plain:
    if type(value) is int:
        return _number(value)
    if value is None or isinstance(value, str | bool):
        return value
    raise Unreadable


def _name(value: object) -> str:
    if not isinstance(value, str) or len(value) > NAME_MAX or "\x00" in value:
        raise Unreadable
    return value


def _dot(value: object) -> str:
    if not isinstance(value, str) or not is_dot(value):
        raise Unreadable
    return value
