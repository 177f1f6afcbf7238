"""Where the data is, in three truths: on this computer, at the server, and what was last exchanged."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import func, select

from tracker import clock, replication
from tracker.country import tz
from tracker.db import db
from tracker.i18n import _, format_date, format_instant, language, ngettext
from tracker.nodes import rules, words
from tracker.nodes.models import Bundle, Exchange, Heard
from tracker.nodes.running import running
from tracker.places.models import Centre, Listing
from tracker.policy import Actor, check, kind_of, may, NATION
from tracker.web import SyncState

EXCHANGES_SHOWN = 10
BUNDLES_SHOWN = 10


@dataclass(frozen=True)
class Held:
    """A partition on this computer, with its name, and how much of it is safe where.

    here, region, central  what no keeper's receipt covers, none of the region's, none of the central office's; None for
                           the nation's facts, which begin at the central office, and where that is
    """

    name: str
    status: replication.PartitionStatus
    here: replication.Kept | None = None
    region: replication.Kept | None = None
    central: replication.Kept | None = None


@dataclass(frozen=True)
class Machine:
    """What this computer holds, and what of it is safe elsewhere by the signed word of others.

    joined     whether there is a server
    out        bundles of whose arrival nothing is known, oldest first
    may_join   whether it could join a server: it belongs to no centre, or to one that it has founded alone
    only_here  changes that are safe nowhere else, and the second of the oldest
    waiting    (words, changes) of what the server was not yet seen to hold
    refused    (words, changes) of what is kept but not shown
    """

    joined: bool
    out: Sequence[Bundle]
    may_join: bool
    only_here: replication.Unsent
    is_late: bool
    held: list[Held]
    waiting: list[tuple[str, int]]
    refused: list[tuple[str, int]]
    exchanges: Sequence[Exchange]
    last_good: Exchange | None


def last_good() -> Exchange | None:
    """The last exchange that succeeded."""
    return db.session.scalar(select(Exchange).where(Exchange.error.is_(None)).order_by(Exchange.id.desc()).limit(1))


def machine(actor: Actor) -> Machine:
    """This machine; raises NotAllowed."""
    check(actor, "sync")
    hub = replication.hub_key()
    names = centre_names()
    held = [_held(place_name(each.partition, names), each) for each in replication.status(hub)]
    only_here = _together([each.here for each in held if each.here])
    counts = replication.unsent_by_table(hub) if hub else {}
    return Machine(
        joined=hub is not None,
        out=bundles_out() if hub else (),
        may_join=replication.may_join() and may(actor, "join"),
        only_here=only_here,
        is_late=hub is not None and rules.is_late(only_here.since, clock.wall()),
        held=held,
        waiting=sorted((_(words.TABLES.get(table, table)), count) for table, count in counts.items()),
        refused=sorted((reason_words(reason), count) for reason, count in replication.quarantined().items()),
        exchanges=db.session.scalars(select(Exchange).order_by(Exchange.id.desc()).limit(EXCHANGES_SHOWN)).all(),
        last_good=last_good(),
    )


def _held(name: str, status: replication.PartitionStatus) -> Held:
    if kind_of(status.partition) == NATION or seat() == "central":
        return Held(name, status)
    kept = replication.kept(status.partition)
    return Held(name, status, _only_here(status.partition), kept["region"], kept["central"])


def _only_here(partition: str) -> replication.Kept:
    """A coordinator's own word makes nothing safer on that very laptop; that other coordinators hold it too is left out."""
    return replication.kept(partition)["central"] if seat() == "region" else replication.only_here(partition)


def seat() -> str:
    """Which kind of machine this is: centre, region or central."""
    return str(current_app.extensions["settings"].seat)


def _together(kept: Sequence[replication.Kept]) -> replication.Unsent:
    return replication.Unsent(sum(each.unsafe for each in kept), min((each.since for each in kept if each.since is not None), default=None))


def bundles() -> Sequence[Bundle]:
    """The bundles that were last written and read here, newest first."""
    return db.session.scalars(select(Bundle).order_by(Bundle.id.desc()).limit(BUNDLES_SHOWN)).all()


def bundles_out() -> list[Bundle]:
    """The bundles written here of whose arrival the recipient has given no word that is held here, oldest first.

    A recipient that was restored from a backup takes its word back, and the bundles are out again.
    """
    written: dict[str, list[Bundle]] = {}
    for row in db.session.scalars(select(Bundle).where(Bundle.is_ours).order_by(Bundle.id)):
        written.setdefault(row.peer, []).append(row)
    found = []
    for peer, rows in written.items():
        arrived = replication.have_arrived(bytes.fromhex(peer), [json.loads(row.heads) for row in rows])
        # Each holds all that the earlier ones to the same recipient hold: what came before one that arrived is not out.
        last = max((number for number, has_arrived in enumerate(arrived, 1) if has_arrived), default=0)
        found += rows[last:]
    return sorted(found, key=lambda row: row.id)


def words_on_out(out: Sequence[Bundle]) -> str:
    """Which bundles nobody has answered yet, in a sentence; `out` holds one or more, the oldest first."""
    return ngettext(
        "%(n)d bundle is out, and no answer has come back; the oldest was written on %(at)s, %(days)s days ago.",
        "%(n)d bundles are out, and no answer has come back; the oldest was written on %(at)s, %(days)s days ago.",
        len(out),
        at=format_instant(out[0].at),
        days=rules.days_since(out[0].at, clock.wall()),
    )


def centre_names() -> dict[str, str]:
    """The names of the centres by partition: from the directory, or from a profile that stands here alone."""
    listed = db.session.execute(select(Listing.centre, Listing.name)).all()
    own = db.session.execute(select(Centre.partition, Centre.name)).all()
    return {partition: name for partition, name in [*listed, *own] if name}


def centre_choices() -> list[tuple[str, str]]:
    """(partition, name) of the centres in the directory, by name."""
    return [(centre, name or centre) for centre, name in db.session.execute(select(Listing.centre, Listing.name).order_by(Listing.name))]


def centres_in(regions: Sequence[str]) -> list[str]:
    """The partitions of the centres that the directory has in these regions."""
    return list(db.session.scalars(select(Listing.centre).where(Listing.region.in_(regions)).order_by(Listing.centre)))


def reason_words(reason: str) -> str:
    """Why a change is kept but not shown."""
    return _(words.REASONS.get(reason, reason))


def error_sentence(code: str) -> str:
    """What an exchange failed with, in words."""
    return _(replication.sentence_of(code))


def place_name(partition: str, names: dict[str, str]) -> str:
    """What people call a partition."""
    kind, _slash, code = partition.partition("/")
    if kind == NATION:
        return _("The whole country")
    if kind == "region":
        return _("Region: %(region)s", region=_region_name(code))
    return names.get(partition) or _("A centre without a name")


def _region_name(code: str) -> str:
    return tz.label("regions", code, language())


@dataclass(frozen=True)
class Listed:
    """A computer of the directory.

    centre      what people call its centre; empty where it has none
    heard_at    when it was last heard from here; receipt_at: the newest of its receipts that is held here, claimed
    """

    key: bytes
    name: str
    seat: str
    home: str
    centre: str
    is_this: bool
    is_revoked: bool
    heard_at: int | None
    receipt_at: int | None


def directory(actor: Actor) -> list[Listed]:
    """All computers of the directory, by name; raises NotAllowed."""
    check(actor, "sync")
    names, own, revoked = centre_names(), replication.own_key(), replication.revoked_keys()
    heard = {row.node: row.at for row in db.session.scalars(select(Heard))}
    stated: dict[bytes, int] = {}
    for receipt in replication.receipts(replication.partitions()):
        stated[receipt.node] = max(receipt.at, stated.get(receipt.node, 0))
    return [
        Listed(
            node.key,
            node.name,
            node.seat,
            node.home,
            names.get(node.home, ""),
            node.key == own,
            node.key in revoked,
            heard.get(node.key.hex()),
            stated.get(node.key),
        )
        for node in replication.nodes()
    ]


def progress() -> dict[str, object]:
    """How far the exchange under way has come; `running` is false while there is none."""
    report = running().report
    if report is None:
        return {"running": False, "sentence": ""}
    kilobytes = f"{(report.bytes_up + report.bytes_down) / 1000:.1f}"
    sentence = _(
        "Sent: %(sent)s, received: %(received)s, %(kilobytes)s KB. You can go on working.",
        sent=report.changes_sent,
        received=report.changes_received,
        kilobytes=kilobytes,
    )
    return {"running": True, "sentence": sentence}


def _briefly(at: int) -> str:
    """A moment in the little room of the top bar: the time today, else the date."""
    moment, now = (datetime.fromtimestamp(each, clock.EAST_AFRICA) for each in (at, clock.wall()))
    return _("%(time)s today", time=f"{moment:%H:%M}") if moment.date() == now.date() else format_date(moment.date())


def sync_state(actor: Actor) -> SyncState | None:
    """Where the data is, in one line for the top bar; offline is no fault."""
    del actor  # the same for everybody at this machine
    if seat() == "central":
        latest = db.session.scalar(select(func.max(Heard.at)))
        return SyncState(_("Last heard: %(at)s", at=_briefly(latest)) if latest else _("No centre has reported yet"))
    if replication.hub_key() is None:
        return SyncState(_("Saved on this computer"))
    if any(reason not in words.NO_ALARM for reason in replication.quarantined()):
        return SyncState(_("Some changes were refused: see This computer"), "wrong")
    return _safety()


def _known_at(ruled: Sequence[str]) -> int | None:
    """When it was last heard that all is safe: by the last exchange, or by a receipt that a stick has brought since."""
    last = last_good()
    stated = [min(at, int(clock.wall())) for each in ruled if (at := replication.kept(each)["central"].stated) is not None]
    return max([*stated, *([last.ended] if last else [])], default=None)


def _safety() -> SyncState:
    """Only receipts count: what a server was merely sent may be gone with its disk."""
    ruled = [each for each in replication.partitions() if kind_of(each) != NATION]
    lacking = {each: kept for each in ruled if (kept := replication.kept(each)["central"]).unsafe}
    if not lacking:
        known = _known_at(ruled)
        return SyncState(_("Safe at the central office: up to %(at)s", at=_briefly(known)) if known else _("Saved on this computer"))
    only_here = _together([_only_here(each) for each in lacking])
    if only_here.changes:
        sentence = ngettext("Only here: %(n)d change", "Only here: %(n)d changes", only_here.changes)
        return SyncState(sentence, "late" if rules.is_late(only_here.since, clock.wall()) else "calm")
    count = _together(list(lacking.values())).changes
    return SyncState(ngettext("At the region; %(n)d not yet central", "At the region; %(n)d not yet central", count))
