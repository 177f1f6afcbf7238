"""Who changed what and when: the versions of a row in words, with both values."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date

from flask import current_app

from tracker import replication
from tracker.accounts import queries
from tracker.db import SyncedRow
from tracker.i18n import _, format_date, format_instant
from tracker.policy import kind_of, NATION

NOTHING = "–"


@dataclass(frozen=True)
class Entry:
    """One save as the macro `history` shows it.

    at        claimed seconds since 1970
    is_first  it entered the row
    where     where it is safe, in words
    """

    at: int
    who: str
    what: str
    is_first: bool
    where: str


def worded(value: object) -> str:
    """A value as people read it, where its field has no words of its own."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return format_date(value) if isinstance(value, date) else str(value)


def history(row: SyncedRow, labels: Mapping[str, str], words: Mapping[str, Callable[[str], str]]) -> list[Entry]:
    """The saves of a row, newest first; the oldest entered it.

    labels  N_() sentence by field; a field without one is not told
    words   by field, what to show instead of a code or an id
    """

    def shown(name: str, value: object) -> str:
        return words[name](str(value)) if value and name in words else worded(value)

    newer_by_group: dict[str, replication.Version] = {}
    lines: dict[tuple[int, str, str], list[str]] = {}
    for version in replication.history(row):
        newer = newer_by_group.get(version.group)
        if newer:
            lines.setdefault((newer.at, newer.by, newer.dot), []).extend(
                _told(name, labels[name], shown(name, version.values.get(name)), shown(name, newer.values[name]))
                for name in newer.values
                if name in labels and newer.values[name] != version.values.get(name)
            )
        newer_by_group[version.group] = version
    for first in newer_by_group.values():
        lines.setdefault((first.at, first.by, first.dot), [])
    newest_first = sorted(lines.items(), key=lambda item: item[0][0], reverse=True)
    where = whereabouts(row.partition, {dot for _at, _by, dot in lines})
    return [
        Entry(at, queries.name_of(by) or _("the operator of a computer"), " · ".join(told) or _("Entered"), not told, where[dot])
        for (at, by, dot), told in newest_first
    ]


def whereabouts(partition: str, dots: Collection[str]) -> dict[str, str]:
    """Where each of these changes is safe, in words, by the receipts that are held here.

    Empty at the central office, where everything ends, and for the nation's facts, which begin there.
    """
    seat = current_app.extensions["settings"].seat
    if seat == "central" or kind_of(partition) == NATION:
        return dict.fromkeys(dots, "")
    return {dot: _where(safety, seat) for dot, safety in replication.safety(partition, dots).items()}


def _where(safety: replication.Safety, seat: str) -> str:
    if safety.central is not None:
        return _("Safe at the central office since %(at)s", at=format_instant(safety.central))
    if seat == "region":  # its own word about itself makes nothing safer
        return _("Not yet safe at the central office")
    if safety.region is not None:
        return _("Safe at the region since %(at)s", at=format_instant(safety.region))
    return _("On this computer only")


def _told(name: str, label: str, before: str, after: str) -> str:
    if name == "void_reason":
        return _("Restored") if after == NOTHING else _("Withdrawn: %(reason)s", reason=after)
    return _("%(field)s: %(before)s → %(after)s", field=_(label), before=before, after=after)
