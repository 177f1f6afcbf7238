"""The decision of who wins, pure: (heads of a row, a change) -> new heads and what they replaced.

A write replaces exactly what its author had seen. What he had not seen stays beside it: a conflict, which all nodes
show alike, until a person chooses. No clock can make a write lose against one it had seen.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

from sync.changes import Change
from sync.schema import Field, Plain


class Head(NamedTuple):
    """One value of a group that no other applied change has replaced. The first two fields are its rank."""

    eff: int
    dot: str
    by: str
    at: int
    values: tuple[Plain, ...]


State: TypeAlias = dict[str, tuple[Head, ...]]
"""The heads of a row by group, the winner first; a group nobody wrote is absent."""


def effective(at: int, seen: Iterable[int]) -> int:
    """The effective time of a write: after all it had seen, whatever its clock says. seen: effective times of its bases."""
    return max([at, *(before + 1 for before in seen)])


def merge(
    state: State, change: Change, groups: Mapping[str, tuple[Field, ...]], *, seen: frozenset[str], eff: int
) -> tuple[State, list[tuple[str, Head]]]:
    """The row after `change`, and the (group, head) pairs that it replaced.

    seen  the dots that the change reaches through its counting bases, quarantined links included
    Only groups whose every field the change carries are written.
    """
    after, replaced = dict(state), []
    for group in {name: fields for name, fields in groups.items() if all(f.name in change.fields for f in fields)}:
        head = Head(eff, change.dot, change.by, change.at, tuple(change.fields[f.name] for f in groups[group]))
        before = state.get(group, ())
        replaced += [(group, old) for old in before if old.dot in seen]
        after[group] = tuple(sorted([head, *(old for old in before if old.dot not in seen)], reverse=True))
    return after, replaced


def is_open(heads: tuple[Head, ...]) -> bool:
    """Whether a group's heads are a conflict: more than one, with different values."""
    return len({head.values for head in heads}) > 1
