"""The simulated line and stick of a history: production code on both ends, and a network that loses, repeats and kills.

Nothing here decides anything: what goes over the line are the very envelopes of `sync/http.py`.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from sync import bundle, http
from sync.errors import Stranger, SyncError, Unreachable
from sync.keys import NodeKey
from tests.sync.world import Node


class Killed(Exception):
    """The process ended in the middle of a transaction."""


@dataclass
class Fault:
    """What goes wrong on one line.

    at  the number of the message, from 1, that it happens to; kind: `request` or `reply` is lost, the request comes
        `twice`, or the `hub` or the `node` is killed while it writes
    """

    kind: str = ""
    at: int = 0


class Wire(http.Line):
    """A line from one simulated node to another."""

    def __init__(self, node: Node, hub: Node, authority: NodeKey | None, now: int, fault: Fault) -> None:
        """authority: where the hub is the server."""
        self._fault = fault
        self.posts = 0
        self._now = now
        self._hub = http.Hub(
            lambda: _dying(hub, is_killed=self._is("hub")), lambda: hub.replica, authority, hub.name, node.draw, lambda *_: None
        )

    def _is(self, kind: str) -> bool:
        return self._fault.kind == kind and self._fault.at == self.posts

    def post(self, envelope: bytes) -> bytes:
        """What the hub answers. Raises Unreachable, or what the hub refuses with."""
        self.posts += 1
        if self._is("request"):
            raise Unreachable
        try:
            reply = http.answer(self._hub, envelope, self._now)
            if self._is("twice"):
                reply = http.answer(self._hub, envelope, self._now)
        except Killed as error:
            raise Unreachable from error
        if self._is("reply"):
            raise Unreachable
        if reply[1:2] == http.REFUSED:
            raise next(error for error in SyncError.__subclasses__() if error.code == reply[2:].decode())
        return reply


@contextmanager
def _dying(node: Node, *, is_killed: bool) -> Iterator[sa.Connection]:
    with node.begin() as connection:
        yield connection
        if is_killed:
            raise Killed


class Dying:
    """Transactions of a node of which one is never finished."""

    def __init__(self, node: Node, at: int) -> None:
        self._node, self._left = node, at

    def __call__(self) -> AbstractContextManager[sa.Connection]:
        self._left -= 1
        return _dying(self._node, is_killed=self._left == 0)


def exchange(node: Node, hub: Node, authority: NodeKey | None, *, now: int, most: int, fault: Fault | None = None) -> int:
    """One exchange as the product does it; the server that has forgotten us is written to. Returns the number of messages.

    Raises Unreachable and Killed where a fault struck, and what the two say of each other.
    """
    fault = fault or Fault()
    wire = Wire(node, hub, authority, now, fault)
    begin = Dying(node, fault.at if fault.kind == "node" else 0)
    report = http.Report()
    try:
        http.sync(begin, node.replica, hub.key.public, wire, report, now=now, draw=node.draw, most=most)
    except Stranger:
        if authority is None:
            raise
        http.post_letters(begin, node.replica, hub.key.public, wire, report, now=now, draw=node.draw, to_stranger=True)
        http.sync(begin, node.replica, hub.key.public, wire, report, now=now, draw=node.draw, most=most)
    return wire.posts


def post_through(node: Node, relay: Node, server: Node, *, now: int) -> None:
    """Letters to the server by a relay that may not read them, and what waits there for us."""
    wire = Wire(node, relay, None, now, Fault())
    http.post_letters(node.begin, node.replica, server.key.public, wire, http.Report(), now=now, draw=node.draw, to_stranger=False)


def forward(relay: Node, server: Node, authority: NodeKey, *, now: int) -> None:
    """The relay hands over what it carries to the server, and keeps the answers."""
    http.forward_mail(relay.begin, Wire(relay, server, authority, now, Fault()), server.key.public)


def read_file(node: Node, content: bytes) -> int:
    """A file of a stick is read: each envelope in a transaction of its own. Returns how many were taken."""
    taken = 0
    for envelope in bundle.read(content)[0]:
        try:
            with node.begin() as connection:
                bundle.accept(connection, node.replica, envelope)
            taken += 1
        except SyncError:
            continue  # of a stranger, our own, or not meant for this node: what the screen would say
    return taken
