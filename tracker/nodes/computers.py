"""The other computers as this one knows them: last heard, what is missing of theirs, receipts and bundles on their way, twins."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import func, select

from tracker import clock, replication
from tracker.accounts.queries import name_of
from tracker.db import db
from tracker.errors import NotFound
from tracker.nodes import queries, rules
from tracker.nodes.models import Bundle, Heard, TwinFinding
from tracker.policy import Actor, check, kind_of, may, NATION

LOOKED_AT = "twins"
"""In the application: per partition the heads that were last searched for twins, and what was found."""


@dataclass(frozen=True)
class Computer:
    """A computer of the directory, as this one sees it.

    missing       states of its centre that receipts name and that are not held here
    on_the_way    receipts that it has not been seen to hold; newest_at: the newest of them, claimed second
    out, out_at   bundles for it of whose arrival nothing is known, and when the oldest was written
    back_at       when a bundle of its own was last read here
    """

    key: str
    name: str
    seat: str
    centre: str
    heard_at: int | None
    is_silent: bool
    is_revoked: bool
    missing: int
    on_the_way: int
    newest_at: int | None
    out: int
    out_at: int | None
    back_at: int | None

    @property
    def out_days(self) -> int:
        """How many whole days the oldest bundle is out."""
        return rules.days_since(self.out_at, clock.wall())


def computers(actor: Actor) -> list[Computer]:
    """All computers but this one and the central office's server, the longest silent first. Raises NotAllowed, NotFound.

    Only above the centres: a centre's own laptops speak of themselves on the page of the machine.
    """
    check(actor, "sync")
    if queries.seat() == "centre":
        raise NotFound
    names, own, revoked, now = queries.centre_names(), replication.own_key(), replication.revoked_keys(), clock.wall()
    heard = {row.node: row.at for row in db.session.scalars(select(Heard))}
    missing, due = replication.missing_here(), replication.receipts_due()
    out: dict[str, list[Bundle]] = {}
    for bundle in queries.bundles_out():
        out.setdefault(bundle.peer, []).append(bundle)
    read = db.session.execute(select(Bundle.peer, func.max(Bundle.at)).where(~Bundle.is_ours).group_by(Bundle.peer))
    back = {peer: at for peer, at in read}  # noqa: C416
    found = []
    for node in replication.nodes():
        if node.seat == "central" or node.key == own:
            continue
        key, receipts = node.key.hex(), [] if node.key in revoked else due.get(node.key, [])
        at = heard.get(key)
        found.append(
            Computer(
                key,
                node.name,
                node.seat,
                names.get(node.home, ""),
                at,
                # Most computers of a region report to the central office, and never to the coordinator.
                rules.is_silent(at, now) and node.key not in revoked and (at is not None or queries.seat() == "central"),
                node.key in revoked,
                missing.get(node.home, 0),
                len(receipts),
                max((each.at for each in receipts), default=None),
                len(out.get(key, ())),
                min((each.at for each in out.get(key, ())), default=None),
                back.get(key),
            )
        )
    return sorted(found, key=lambda each: (each.is_revoked, each.heard_at or 0, each.name))


def computer_for(actor: Actor, key: str) -> Computer:
    """One of them; raises NotFound, NotAllowed."""
    found = next((each for each in computers(actor) if each.key == key), None)
    if found is None:
        raise NotFound
    return found


# ---- twins


@dataclass(frozen=True)
class Twins:
    """A computer that has written in two places at once.

    since  the claimed seconds of the two branches; finding, who, at: what a person has found out about it, None while it is open
    """

    partition: str
    centre: str
    node: str
    name: str
    fork: str
    since: tuple[int, int]
    is_this: bool
    finding: str | None
    who: str | None
    at: int | None


def twins(actor: Actor, partitions: list[str] | None = None) -> list[Twins]:
    """The computers that seem to exist twice, in these partitions or in all that are held here; open ones first. Raises NotAllowed."""
    check(actor, "sync")
    names, computers_by_key, own = queries.centre_names(), {node.key: node.name for node in replication.nodes()}, replication.own_key()
    home = replication.home()
    # Whoever keeps the machine is told of its own centre, though he reads no records.
    shown = {
        partition: heads
        for partition, heads in replication.heads().items()
        if kind_of(partition) != NATION
        and (partitions is None or partition in partitions)
        and (may(actor, "read", partition) or partition == home)
    }
    found = [_twins(each, names, computers_by_key, own) for partition, heads in shown.items() for each in _looked_at(partition, heads)]
    return sorted(found, key=lambda each: (each.finding is not None, each.name))


def may_settle(actor: Actor) -> bool:
    """Whether the person may say what twins are: whoever decides between versions, and whoever keeps a machine."""
    return may(actor, "resolve") or may(actor, "join")


def _looked_at(partition: str, heads: list[bytes]) -> list[replication.Twin]:
    """Finding twins reads a whole graph: once for each state of it, by its heads."""
    known: dict[str, tuple[object, list[replication.Twin]]] = current_app.extensions.setdefault(LOOKED_AT, {})
    if partition not in known or known[partition][0] != heads:
        known[partition] = (heads, replication.twins(partition))
    return known[partition][1]


def _twins(twin: replication.Twin, names: Mapping[str, str], computers_by_key: Mapping[bytes, str], own: bytes) -> Twins:
    key, fork = twin.node.hex(), twin.right.hex()
    row = db.session.get(TwinFinding, {"partition": twin.partition, "node": key, "fork": fork})
    is_found = row is not None and row.finding is not None
    return Twins(
        twin.partition,
        queries.place_name(twin.partition, dict(names)),
        key,
        computers_by_key.get(twin.node, ""),
        fork,
        twin.since,
        twin.node == own,
        row.finding if row else None,
        name_of(row.by) if row and row.by and is_found else None,
        row.at if row and is_found else None,
    )
