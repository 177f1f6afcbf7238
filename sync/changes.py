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
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import NamedTuple, TypeAlias, cast

from sync.dots import dot, is_dot, split
from sync.errors import TooLarge, Unreadable
from sync.schema import INSTANT_MAX, INTEGER_MAX, Key, Plain

CHANGES_MAX = 200_000
BASES_MAX = 4_000
KEY_MAX = 8
TEXT_TOTAL_MAX = 16_000_000
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

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

    Raises Unreadable, TooLarge: never anything else, whatever the bytes.
    """
    try:
        unpacked = json.loads(body, parse_constant=_refuse, parse_float=_refuse)
        minters = [*new_minters, *(_minter(text) for text in unpacked["m"])]
        changes = [change for block in unpacked["b"] for change in _unpack_block(block, minters)]
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OverflowError) as error:
        raise Unreadable from error
    changes.sort(key=lambda change: (split(change.dot)[1], change.dot))
    return changes


def _refuse(_: str) -> None:
    raise Unreadable


def _minter(text: str) -> str:
    if not is_dot(f"{text}-0"):
        raise Unreadable
    return text


def _unpack_block(block: dict[str, object], minters: Sequence[str]) -> Iterable[Change]:
    count = _count(block["n"])
    column: Callable[[object], list[Plain]] = lambda packed: _unpack(packed, count, minters)  # noqa: E731
    dots = cast("list[str]", _texts(column(block["c"])))
    keys = [column(part) for part in cast("list[object]", block["k"])] if "k" in block else [cast("list[Plain]", dots)]
    if not 1 <= len(keys) <= KEY_MAX:
        raise Unreadable
    by, at = _texts(column(block["u"])), [_instant(value) for value in column(block["w"])]
    fields = {_text(name): column(packed) for name, packed in cast("dict[str, object]", block["f"]).items()}
    bases = _unpack_bases(cast("list[object] | None", block.get("s")), count, minters)
    table, names, columns = _text(block["t"]), list(fields), list(fields.values())
    rows = zip(*columns, strict=True) if columns else iter([()] * count)
    for row, values, key in zip(range(count), rows, zip(*keys, strict=True), strict=True):
        yield Change(dots[row], table, key, dict(zip(names, values, strict=True)), bases[row], by[row], at[row])


def _unpack_bases(packed: list[object] | None, count: int, minters: Sequence[str]) -> list[tuple[str, ...]]:
    if packed is None:
        return [()] * count
    counts = [_count(value, BASES_MAX) for value in _unpack(packed[0], count, minters)]
    if sum(counts) > CHANGES_MAX:
        raise TooLarge
    flat = iter(_texts(_unpack(packed[1], sum(counts), minters)))
    return [tuple(next(flat) for _ in range(n)) for n in counts]


def _unpack(packed: object, count: int, minters: Sequence[str]) -> list[Plain]:
    values: list[Plain]
    match packed:
        case list():
            values = [_scalar(value) for value in packed]
        case {"d": [value]} if "x" not in packed:
            values = [_scalar(value)] * count
        case {"d": list() as entries, "x": str() as digits}:
            checked = [_scalar(value) for value in entries]
            values = [checked[int(digit, 36)] for digit in digits]
        case {"d": list() as entries, "x": list() as places}:
            checked = [_scalar(value) for value in entries]
            values = [checked[_count(place)] for place in places]
        case {"i": list() as steps}:
            values = list(_sums(steps))
        case {"D": list() as steps}:
            values = [date.fromordinal(day).isoformat() for day in _sums(steps)]
        case {"m": places, "c": list() as steps}:
            owners = (minters[_count(place)] for place in _unpack(places, count, minters))
            values = [dot(owner, _count(counter, INTEGER_MAX)) for owner, counter in zip(owners, _sums(steps), strict=True)]
        case {"n": str() as mask, "v": present}:
            some = iter(_unpack(present, mask.count("1"), minters))
            values = [next(some) if bit == "1" else None for bit in mask]
        case _:
            raise Unreadable
    if len(values) != count:
        raise Unreadable
    # A constant column of long text costs the sender nothing and the receiver gigabytes: cap what comes out, not ratios.
    if sum(len(value) for value in values if type(value) is str) > TEXT_TOTAL_MAX:
        raise TooLarge
    return values


def _sums(steps: Sequence[object]) -> Iterable[int]:
    total = 0
    for step in steps:
        if type(step) is not int:
            raise Unreadable
        total += step
        yield total


def _count(value: object, most: int = CHANGES_MAX) -> int:
    if type(value) is not int or value < 0:
        raise Unreadable
    if value > most:
        raise TooLarge
    return value


def _instant(value: object) -> int:
    return _count(value, INSTANT_MAX)


def _scalar(value: object) -> Plain:
    if value is None or isinstance(value, str | int):
        return value
    raise Unreadable


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Unreadable
    return value


def _texts(values: Iterable[Plain]) -> list[str]:
    return [_text(value) for value in values]
