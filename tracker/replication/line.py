"""Inviting, joining, exchanging: the node and the others."""

import os
from collections.abc import Callable

from flask import current_app

import sync
from sync import Hub, Invitation, Line, NotJoined, Report
from tracker import clock
from tracker.db import db
from tracker.errors import DomainError
from tracker.i18n import N_
from tracker.replication import node

SECRET_BYTES = 6
TRIES = 3
SMALLEST_MESSAGE_BYTES = 4 * 1024


class NotCentral(DomainError):
    """Only the server that holds the authority's key invites."""

    code, status = "node.not_central", 409
    sentence = N_("Only the central office's server can invite. Run this there.")


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
    """Join a server with an invitation code: pin its authority, and learn which centre is ours. Nothing is fetched yet."""
    own = node.replica()
    welcome = sync.join(Line(url, Report()), code, own.key)
    with node.begin() as connection:
        sync.set_self(connection, "authority", welcome.authority)
        sync.set_self(connection, "hub", welcome.hub)
        node.set_home(connection, welcome.home)
    current_app.extensions["forget_replica"]()
    return welcome


def hub_key() -> bytes | None:
    """The pinned key of the server this machine has joined."""
    with db.engine.connect() as connection:
        return sync.get_self(connection, "hub")


def sync_now(url: str, report: Report | None = None) -> Report:
    """Exchange with the server until both have nothing more; three tries, each with smaller messages. Raises SyncError.

    report  filled as the exchange goes on, for whoever watches it, and kept when it fails
    """
    hub = hub_key()
    if hub is None or not url:
        raise NotJoined
    report = report or Report()
    most = sync.DEFAULT_BYTES
    for attempt in range(1, TRIES + 1):
        try:
            sync.sync(node.begin, node.replica(), hub, Line(url, report), report, now=clock.now_s(), draw=os.urandom, most=most)
        except sync.SyncError as error:
            if not error.retry or attempt == TRIES:
                raise
            most = max(most // 4, SMALLEST_MESSAGE_BYTES)
        else:
            break
    return report


def answer(
    envelope: bytes, *, name: str, admitted: Callable[[Invitation, str], None], heard: Callable[[bytes], None] = lambda _: None
) -> bytes:
    """The reply to one envelope of another node. Never raises for what the other side sent."""
    hub = Hub(node.begin, node.replica, node.authority_key(), name, os.urandom, admitted, heard)
    return sync.answer(hub, envelope, clock.now_s())


def refuse(error: type[sync.SyncError]) -> bytes:
    """The envelope that tells another node why nothing was taken over."""
    return sync.refusal(error)
