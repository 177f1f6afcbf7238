"""What a machine does among the others: answers them, lets them in, invites, joins, exchanges with its server."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from flask import current_app
from sqlalchemy import delete, select

from tracker import clock, config, replication, wal
from tracker.db import db, write
from tracker.errors import NotAllowed, NotFound
from tracker.nodes import computers, rules
from tracker.nodes.models import Bundle, Exchange, Heard, TwinFinding
from tracker.nodes.running import running
from tracker.places.models import Centre, Listing
from tracker.policy import Actor, check, NATION, OPERATOR
from tracker.replication import Report, SyncError

EXCHANGES_KEPT = 200
BUNDLES_KEPT = 500


def _settings() -> config.Settings:
    settings = current_app.extensions["settings"]
    assert isinstance(settings, config.Settings)
    return settings


def keep_settings(**values: str) -> None:
    """Write settings into the data folder, and let them count at once."""
    settings = _settings()
    config.save(settings.home, **values)
    current_app.extensions["settings"] = replace(settings, **values)  # type: ignore[arg-type]  # all of them are texts


# ---- answering


def answer(envelope: bytes, *, name: str) -> bytes:
    """The reply to an envelope of another node; who was heard is noted with what the message brought."""

    def heard(node: bytes) -> None:
        _hear(node, len(envelope))

    reply = replication.answer(envelope, name=name, admitted=admit, heard=heard)
    replication.carry_out_erasures()
    return reply


def _hear(node: bytes, size: int) -> None:
    """Note when a node was heard; a centre that brought its history is opened to the coordinators of its region."""
    with write(OPERATOR) as session:
        row = session.get(Heard, node.hex())
        if row is None:
            row = Heard(node=node.hex())
            session.add(row)
        row.at, row.bytes = int(clock.wall()), size
        session.flush()
        if _settings().seat == "central" and (home := replication.home_of(node)):
            listing = session.get(Listing, {"partition": NATION, "centre": home})
            if listing is not None and listing.region:
                replication.adopt(home, listing.region)


def admit(invitation: replication.Invitation, partition: str, is_new: bool) -> None:
    """Enter a new centre in the nation's directory and begin its profile, as the invitation names it.

    A further laptop of a centre and a coordinator's laptop bring nothing new; a centre that began alone brings its own
    profile (not `is_new`).
    """
    if invitation.seat != "centre" or invitation.home:
        return
    with write(OPERATOR) as session:
        if db.session.get(Listing, {"partition": NATION, "centre": partition}) is not None:
            return
        session.add(Listing(partition=NATION, centre=partition, name=invitation.name, region=invitation.regions or None))
        if is_new:
            session.add(Centre(partition=partition, name=invitation.name, region=invitation.regions or None))
        session.flush()


# ---- inviting and joining


def invite_centre(actor: Actor, name: str, region: str) -> str:
    """The code with which a new centre joins; raises NotAllowed, NotCentral."""
    check(actor, "invite")
    return replication.invite(seat="centre", name=name, regions=region)


def invite_laptop(actor: Actor, centre: str, name: str) -> str:
    """The code with which a further laptop of a centre joins."""
    check(actor, "invite")
    return replication.invite(seat="centre", name=name, home=centre)


def invite_coordinator(actor: Actor, name: str, regions: Sequence[str], centres: Sequence[str]) -> str:
    """The code with which a coordinator's laptop joins: it writes its regions and reads these centres.

    centres  partitions
    """
    check(actor, "invite")
    grants = [(f"region/{code}", "writer") for code in regions] + [(centre, "commenter") for centre in centres]
    return replication.invite(seat="region", name=name, grants=tuple(grants), regions=",".join(regions))


def join(actor: Actor, url: str, code: str) -> None:
    """Join a server with an invitation code; what it holds comes with the first exchange.

    A centre that was founded alone on this computer comes along with its history.
    Raises NotAllowed, WrongAddress, HasCentre, SyncError.
    """
    check(actor, "join")
    address = rules.server_address(url)
    check_can_join()
    _keep_welcome(replication.join(address, code), address)


def check_can_join() -> None:
    """Raises HasCentre where this computer has joined, or belongs to a centre that it has not founded."""
    if replication.is_set_up() and not replication.may_join():
        raise rules.HasCentre


def _keep_welcome(welcome: replication.Welcome, address: str) -> None:
    regions = welcome.regions if welcome.seat == "region" else ""
    keep_settings(server=address, seat=welcome.seat, name=welcome.name, regions=regions)


def ask_by_file(actor: Actor, path: Path, code: str) -> None:
    """Write a request to join into a file that was not there. Raises NotAllowed, HasCentre, FileExists, CannotWrite, BadInvitation."""
    check(actor, "join")
    check_can_join()
    replication.ask_by_file(path, code)


def answer_by_file(actor: Actor, request: Path, answer: Path) -> None:
    """Central: let in who wrote a request, and write the answer into a file that was not there.

    Raises NotAllowed, NotCentral, CannotRead, NotARequest, FileExists, CannotWrite, SyncError.
    """
    check(actor, "invite")
    replication.answer_by_file(request, answer, name=_settings().name, admitted=admit)


def join_by_answer(actor: Actor, path: Path, url: str = "") -> None:
    """Join with the file that answers our request. url: of the server, where there is a line to it.

    Raises NotAllowed, HasCentre, NotAsked, CannotRead, NotAnAnswer, WrongAddress, SyncError.
    """
    check(actor, "join")
    address = rules.server_address(url) if url else ""
    check_can_join()
    _keep_welcome(replication.join_by_answer(path), address)


def revoke(actor: Actor, node: bytes) -> list[str]:
    """Let nothing that a computer writes from now on count; what is held of it here stays good.

    Returns the partitions. Raises NotAllowed, NotTheRoot.
    """
    check(actor, "revoke")
    return replication.revoke(node)


def settle_twins(actor: Actor, partition: str, node: str, fork: str, finding: str) -> None:
    """Keep what a person has found out about a computer that seems to exist twice.

    finding  rules.RESTORED or rules.COPIED
    Raises NotAllowed, NotFound for twins that are not known here.
    """
    if not computers.may_settle(actor):
        raise NotAllowed(verb="resolve")
    if finding not in rules.FINDINGS or not any((each.node, each.fork) == (node, fork) for each in computers.twins(actor, [partition])):
        raise NotFound
    with write(actor) as session:
        key = {"partition": partition, "node": node, "fork": fork}
        row = session.get(TwinFinding, key)
        if row is None:
            row = TwinFinding(**key)
            session.add(row)
        row.finding = finding


def become_another(actor: Actor, code: str) -> None:
    """Give this machine, whose folder was copied from another, a name of its own, with a code for a further computer of its place.

    What it has not sent goes first, under the old name. Raises NotAllowed, AlreadyRunning, SyncError, StillWrites, OtherCentre.
    """
    check(actor, "join")
    now, settings = running(), _settings()
    if not now.lock.acquire(blocking=False):
        raise rules.AlreadyRunning
    try:
        welcome = replication.become_another(settings.server, code, settings.region_codes)
    finally:
        now.lock.release()
    keep_settings(name=welcome.name)
    sync_now(OPERATOR)


# ---- the clock


def confirm_date(actor: Actor) -> None:
    """Keep that a person found the date of this computer right; raises NotAllowed."""
    check(actor, "sync")
    replication.confirm_date()


def acknowledge_last_save(actor: Actor) -> None:
    """Keep that a person has looked at the last entries after the log was found damaged; raises NotAllowed."""
    check(actor, "sync")
    wal.acknowledge(_settings().home)


# ---- exchanging


def sync_now(actor: Actor, url: str = "") -> Report:
    """Exchange until both have nothing more, and keep a record of it.

    url  of whoever answers there: the server by another address, a regional laptop, another one of the centre; empty: the server
    Raises NotAllowed, AlreadyRunning, WrongAddress, SyncError.
    """
    check(actor, "sync")
    address = rules.server_address(url) if url else _settings().server
    now = running()
    if not now.lock.acquire(blocking=False):
        raise rules.AlreadyRunning
    started, error = int(clock.wall()), None
    now.report = report = Report()
    try:
        return replication.sync_by(address, report) if url else replication.sync_now(address, report)
    except SyncError as failure:
        error = failure.code
        raise
    finally:
        now.report = None
        now.lock.release()
        _log(started, address, report, error)
        replication.carry_out_erasures()


def _log(started: int, peer: str, report: Report, error: str | None) -> None:
    with write(OPERATOR) as session:
        row = Exchange(started=started, ended=int(clock.wall()), peer=peer[:200], error=error, **vars(report))
        session.add(row)
        session.flush()
        session.execute(delete(Exchange).where(Exchange.id <= row.id - EXCHANGES_KEPT))


# ---- by stick


def write_bundle(actor: Actor, path: Path, recipient: bytes, *, most: int) -> replication.Written:
    """Write what a node lacks into files, and keep a record of it. Nothing counts as sent before an answer has come back.

    most  bytes of one file
    Raises NotAllowed, FileExists, CannotWrite.
    """
    check(actor, "sync")
    written = replication.write_bundle(path, recipient, most=most)
    row = Bundle(is_ours=True, peer=recipient.hex(), files=len(written.files), changes=written.changes)
    _keep_bundle(row, path, written.bytes, heads=written.heads, parts={})
    return written


def read_bundle(actor: Actor, path: Path) -> replication.Brought:
    """Take over what a file holds, and keep a record of it; the file stays as it is.

    Raises NotAllowed, CannotRead, NotABundle.
    """
    check(actor, "sync")
    brought = replication.read_bundle(path, _parts_read())
    for sender in brought.senders:
        _hear(sender, brought.bytes)
    parts: dict[str, list[int]] = {}
    for part in brought.parts:
        parts.setdefault(part.bundle, []).append(part.number)
    peer = brought.senders[0].hex() if brought.senders else ""
    _keep_bundle(Bundle(is_ours=False, peer=peer, files=1, changes=brought.changes), path, brought.bytes, heads={}, parts=parts)
    replication.carry_out_erasures()
    return brought


def _parts_read() -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for parts in db.session.scalars(select(Bundle.parts).where(~Bundle.is_ours)):
        for bundle, numbers in json.loads(parts).items():
            found.setdefault(bundle, set()).update(numbers)
    return found


def _keep_bundle(row: Bundle, path: Path, size: int, *, heads: object, parts: object) -> None:
    with write(OPERATOR) as session:
        row.at, row.file, row.bytes, row.heads, row.parts = int(clock.wall()), path.name[:200], size, json.dumps(heads), json.dumps(parts)
        session.add(row)
        session.flush()
        session.execute(delete(Bundle).where(Bundle.id <= row.id - BUNDLES_KEPT))
