"""Inviting, joining, exchanging: the node and the others."""

import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import current_app
from requests.exceptions import SSLError

import sync
from sync import Hub, Invitation, Line, NotJoined, Report, SyncError
from tracker import clock, config
from tracker.db import db
from tracker.errors import DomainError
from tracker.i18n import N_
from tracker.replication import dates, node

SECRET_BYTES = 6
TRIES = 3
SMALLEST_MESSAGE_BYTES = 4 * 1024
NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL, which Python does not name


class NotCentral(DomainError):
    """Only the server that holds the authority's key invites."""

    code, status = "node.not_central", 409
    sentence = N_("Only the central office's server can invite. Run this there.")


class NoServer(SyncError):
    """This computer has joined by files, and was never told where its server is."""

    code = "line.no_server"
    sentence = N_(
        "This computer knows no address of its server. Carry a stick: daftari bundle write FILE. "
        "Where there is a line, name the address: daftari sync --url URL"
    )


class IsServer(SyncError):
    """The others exchange with the central office's server, and it with nobody."""

    code = "line.is_server"
    sentence = N_("This is the central office's own server: the other computers exchange with it. Nothing has to be done here.")


class BadAuthority(DomainError):
    """The setting `server_ca` names no certificate."""

    code, status = "line.bad_authority", 409
    sentence = N_("The file %(file)s is not a certificate (PEM). Put the server's authority there, or remove the setting server_ca.")


class Untrusted(SyncError):
    """Who answered could not prove by a certificate to be the server."""

    code, retry = "line.untrusted", True
    sentence = N_(
        "Somebody answered at the server's address, but not with a certificate that can be trusted. Check the address, or sign in to this "
        "network. You can go on working; everything is saved here."
    )


class WrongDate(SyncError):
    """As Untrusted, and the clock of this computer may be why: by a wrong date every certificate seems out of date."""

    code, retry = "line.wrong_date", True
    sentence = N_(
        "The server cannot be reached safely. The date of this computer looks wrong, and that may be the cause: set it, then sync again. "
        "You can go on working; everything is saved here."
    )


def trusted(settings: config.Settings) -> bool | ssl.SSLContext:
    """How the server's certificate is judged: by the one authority that the settings pin, else as browsers do (True).

    Under a pinned authority the dates of certificates do not count: a laptop whose clock battery is flat has to sync,
    and what it sends is sealed for the server's own key anyway. Raises BadAuthority.
    """
    if not settings.server_ca:
        return True
    path = Path(settings.home, settings.server_ca)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks host names
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags |= ssl.VerifyFlags(NO_CHECK_TIME)
    try:
        context.load_verify_locations(cafile=path)
    except OSError as error:  # ssl.SSLError is one
        raise BadAuthority(file=path) from error
    return context


def _line(url: str, report: Report) -> Line:
    settings = current_app.extensions["settings"]
    assert isinstance(settings, config.Settings)
    return Line(url, report, trusted(settings))


@contextmanager
def _told_why() -> Iterator[None]:
    """Tell a server that is not there from one whose certificate does not hold. Raises Untrusted, WrongDate instead of the latter."""
    try:
        yield
    except SyncError as error:
        if not isinstance(error.__cause__, SSLError):
            raise
        raise (WrongDate if dates.doubt() else Untrusted) from error


def invite(*, seat: str, name: str, home: str = "", grants: tuple[tuple[str, str], ...] = (), regions: str = "") -> str:
    """Keep an invitation and return its one-time code.

    home    the partition of the centre that a further laptop joins; empty founds a new centre
    grants  further (partition, role) pairs
    regions of a coordinator, or the region of the new centre: codes, by commas
    """
    authority = node.authority_key()
    if authority is None:
        raise NotCentral
    with node.begin() as connection:
        return sync.invite(connection, authority.public, Invitation(seat, name, home, grants, regions), os.urandom(SECRET_BYTES))


def join(url: str, code: str) -> sync.Welcome:
    """Join a server with an invitation code: pin its authority, and learn which centre is ours. Nothing is fetched yet.

    A centre that was founded alone comes along with its history: its root is handed over to the authority.
    """
    own = node.replica()
    with _told_why():
        welcome = sync.join(_line(url, Report()), code, own.key, founded())
    settle(welcome)
    return welcome


class StillWrites(DomainError):
    """Somebody saves again and again while the name is to be changed; each save belongs to the old name."""

    code, status = "node.still_writes", 409
    sentence = N_("Somebody is still saving on this computer. Let everybody stop for a minute, then try again. Nothing was changed.")


class OtherCentre(DomainError):
    """A code for another place: what this folder holds would stay behind."""

    code, status = "node.other_centre", 409
    sentence = N_("This code is not for a further computer of this centre or region. Ask the central office for one. Nothing was changed.")


def become_another(url: str, code: str, regions: frozenset[str]) -> sync.Welcome:
    """Draw a new key for this folder and join its own centre, or its own regions, with it, as a further computer.

    All that is pending is sealed and sent under the old key first: a change keeps the name of the key that made it.
    A cut before the end leaves everything as it was, but the code is used up. Raises SyncError, StillWrites, OtherCentre.
    """
    home, key = node.home(), sync.NodeKey(os.urandom(node.SEED_BYTES))
    sync_now(url)
    with _told_why():
        welcome = sync.join(_line(url, Report()), code, key, None)
    if welcome.home != home or (not home and frozenset(welcome.regions.split(",")) != regions):
        raise OtherCentre
    for _attempt in range(TRIES):
        if node.take_key(key.seed, welcome):
            current_app.extensions["forget_replica"]()
            return welcome
        sync_now(url)
    raise StillWrites


def founded() -> sync.Founded | None:
    """The proof that this computer has founded its centre alone; None where it has not."""
    home = node.home()
    with db.engine.connect() as connection:
        return sync.founded_here(connection, node.replica(), home) if home else None


def is_central() -> bool:
    """Whether this machine keeps the authority's key."""
    return node.authority_key() is not None


def may_join() -> bool:
    """Whether this computer has not joined yet, and belongs to no centre but one that it has founded itself."""
    return hub_key() is None and (not node.home() or founded() is not None)


def adopt(partition: str, region: str) -> None:
    """Central: let the coordinators of a region read a centre that has come with its history. Mostly there is nothing to do."""
    authority = node.authority_key()
    if authority is not None:
        with node.begin() as connection:
            sync.adopt(connection, node.replica(), authority, partition, region, nonce=os.urandom(8), at=clock.now_s())


def settle(welcome: sync.Welcome) -> None:
    """Keep what a server has answered to our request to join."""
    alone = founded()
    with node.begin() as connection:
        sync.set_self(connection, "authority", welcome.authority)
        sync.set_self(connection, "hub", welcome.hub)
        node.set_home(connection, welcome.home)
        if alone and alone.partition == welcome.home:
            sync.hand_over(
                connection,
                node.replica(),
                welcome.home,
                welcome.hub,
                welcome.authority,
                nonce=os.urandom(8),
                at=clock.now_s(),
            )
    current_app.extensions["forget_replica"]()


def hub_key() -> bytes | None:
    """The pinned key of the server this machine has joined."""
    with db.engine.connect() as connection:
        return sync.get_self(connection, "hub")


def _hub() -> bytes:
    """The key of the server that this machine exchanges with. Raises NotJoined, IsServer."""
    hub = hub_key()
    if hub is None:
        raise IsServer if is_central() else NotJoined
    return hub


def sync_now(url: str, report: Report | None = None) -> Report:
    """Exchange with the server until both have nothing more; three tries, each with smaller messages. Raises SyncError.

    A server that has forgotten this computer, because it was restored from an older backup, is shown what made us known.
    What this computer carries for others goes along.
    report  filled as the exchange goes on, for whoever watches it, and kept when it fails
    """
    hub = _hub()
    if not url:
        raise NoServer
    report = report or Report()
    try:
        _exchange(url, hub, report)
    except sync.Stranger:
        with _told_why():
            _post_letters(url, hub, report, to_stranger=True)
        _exchange(url, hub, report)
    with _told_why():
        sync.forward_mail(node.begin, _line(url, report), hub)
    return report


def sync_by(url: str, report: Report) -> Report:
    """Exchange with whoever answers at another address: the same server, another computer of the centre, or one of the region.

    Whoever may not read our centre carries sealed envelopes to the server, and brings back what waits for us.
    Raises SyncError, Stranger for a computer that the directory does not know.
    """
    hub = _hub()
    try:  # mostly it is the server; asking who is there would cost a round trip each time
        _exchange(url, hub, report, tries=1)
    except (sync.Forged, sync.NotDaftari, sync.Stranger):
        with _told_why():
            peer = sync.who_is_there(_line(url, report))
    else:
        with _told_why():
            sync.forward_mail(node.begin, _line(url, report), hub)
        return report
    if peer == hub:
        return sync_now(url, report)
    with db.engine.connect() as connection:
        if peer not in sync.nodes(connection) or sync.is_revoked_anywhere(connection, peer):
            raise sync.Stranger
        is_reader = node.home() in sync.read_by(connection, peer)
    _exchange(url, peer, report)
    if not is_reader:
        with _told_why():
            _post_letters(url, hub, report, to_stranger=False)
    return report


def _exchange(url: str, peer: bytes, report: Report, *, tries: int = TRIES) -> None:
    most = sync.DEFAULT_BYTES
    for attempt in range(1, tries + 1):
        try:
            with _told_why():
                sync.sync(node.begin, node.replica(), peer, _line(url, report), report, now=clock.now_s(), draw=os.urandom, most=most)
        except sync.SyncError as error:
            if not error.retry or attempt == tries:
                raise
            most = max(most // 4, SMALLEST_MESSAGE_BYTES)
        else:
            return


def _post_letters(url: str, recipient: bytes, report: Report, *, to_stranger: bool) -> None:
    line = _line(url, report)
    sync.post_letters(node.begin, node.replica(), recipient, line, report, now=clock.now_s(), draw=os.urandom, to_stranger=to_stranger)


def answer(
    envelope: bytes, *, name: str, admitted: Callable[[Invitation, str, bool], None], heard: Callable[[bytes], None] = lambda _: None
) -> bytes:
    """The reply to one envelope of another node. Never raises for what the other side sent."""
    hub = Hub(node.begin, node.replica, node.authority_key(), name, os.urandom, admitted, heard)
    return sync.answer(hub, envelope, clock.now_s())


def refuse(error: type[sync.SyncError]) -> bytes:
    """The envelope that tells another node why nothing was taken over."""
    return sync.refusal(error)
