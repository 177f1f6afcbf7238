"""Whom an erasure would erase, and how far the ordered ones have come."""

from dataclasses import dataclass

from sqlalchemy import select

from tracker import replication
from tracker.accounts.queries import name_of
from tracker.country import tz
from tracker.db import db, row_for
from tracker.erasure import rules
from tracker.erasure.models import ErasureNote
from tracker.i18n import _, language
from tracker.nodes import words
from tracker.nodes.queries import centre_names, place_name
from tracker.people.models import Apprentice
from tracker.policy import Actor, check, may


@dataclass(frozen=True)
class Subject:
    """A person who may be erased.

    rows     the rows that tell of the person, as an order names them
    records  (words, number) of what stands here of them
    to_type  what has to be typed
    """

    apprentice: Apprentice
    centre: str
    rows: frozenset[tuple[str | int | bool | None, ...]]
    records: list[tuple[str, int]]
    to_type: str


def subject_for(actor: Actor, apprentice_id: str) -> Subject:
    """The access door of the erasure of a person. Raises NotFound, NotAllowed, and NotTheRoot where only the central office may."""
    apprentice = row_for(Apprentice, actor, apprentice_id, "erase")
    if not replication.is_root_here(apprentice.partition):
        raise replication.NotTheRoot
    rows = replication.rows_about(apprentice.partition, {("apprentice", apprentice.id)})
    counts = replication.count_rows(apprentice.partition, rows)
    return Subject(
        apprentice,
        place_name(apprentice.partition, centre_names()),
        rows,
        sorted((_(words.TABLES.get(table, table)), count) for table, count in counts.items()),
        rules.to_type(apprentice.number, apprentice.full_name),
    )


@dataclass(frozen=True)
class Confirmation:
    """A computer that holds the centre's records, and its word that nothing is left; at: None while it is outstanding.

    is_stopped  it was revoked, and will never give its word
    """

    name: str
    at: int | None
    is_stopped: bool


@dataclass(frozen=True)
class Case:
    """A person who was erased: where, why, by whom, when; and which computers have confirmed it."""

    centre: str
    reason: str
    who: str
    at: int
    records: int
    confirmations: list[Confirmation]

    @property
    def outstanding(self) -> int:
        """How many computers have not confirmed yet, and still can."""
        return sum(each.at is None and not each.is_stopped for each in self.confirmations)

    @property
    def out_of_reach(self) -> int:
        """How many were stopped before they could."""
        return sum(each.at is None and each.is_stopped for each in self.confirmations)


def cases(actor: Actor) -> list[Case]:
    """The erasures that the actor may know of, the newest first. Raises NotAllowed."""
    check(actor, "erase")
    names, computers = centre_names(), {node.key: node.name for node in replication.nodes()}
    found = [row for row in db.session.scalars(select(ErasureNote)) if may(actor, "erase", row)]
    partitions = {row.partition for row in found}
    words_given: dict[str, dict[bytes, int]] = {}
    for receipt in replication.receipts(partitions):
        words_given.setdefault(receipt.about, {})[receipt.node] = receipt.at
    holders = {each: (replication.readers(each), replication.stopped_readers(each)) for each in partitions}
    told = [_case(row, names, computers, words_given.get(row.order_dot or "", {}), *holders[row.partition]) for row in found]
    return sorted(told, key=lambda each: each.at, reverse=True)


def _case(
    note: ErasureNote, names: dict[str, str], computers: dict[bytes, str], given: dict[bytes, int], readers: set[bytes], stopped: set[bytes]
) -> Case:
    confirmations = [Confirmation(computers.get(key, ""), given.get(key), key in stopped) for key in readers | stopped | given.keys()]
    return Case(
        place_name(note.partition, names),
        tz.label("erasure_reasons", note.reason, language()) if note.reason else "",
        name_of(note.by) or "" if note.by else "",
        note.at or 0,
        note.records or 0,
        sorted(confirmations, key=lambda each: (each.at is not None, each.is_stopped, each.name)),
    )
