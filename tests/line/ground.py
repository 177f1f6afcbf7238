"""What the tests of the line stand on: a hub of `tests/sync/world.py` behind a real socket, and laptops that speak with it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cheroot.wsgi import Server

from sync import exchange, http, ledger
from sync.http import CONTENT_TYPE, Hub, Line, Report
from tests.sync.world import Database, Node, World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

NOW = 5_000


@dataclass
class Ground:
    """A country whose central office answers at `url`; its databases can be put back to a kept moment."""

    world: World
    url: str = ""

    @contextmanager
    def serving(self) -> Iterator[str]:
        """The production hub behind cheroot, the web server of a laptop."""
        server = Server(("127.0.0.1", 0), self._answer, numthreads=2, timeout=10)
        server.expiration_interval = 0.02  # how soon it sees that it was stopped
        server.prepare()
        thread = threading.Thread(target=server.serve)
        thread.start()
        self.url = f"http://127.0.0.1:{server.bind_addr[1]}"
        self._lock = threading.Lock()
        try:
            yield self.url
        finally:
            server.stop()
            thread.join()

    def _answer(self, environ: "WSGIEnvironment", start: "StartResponse") -> list[bytes]:
        size = int(environ["CONTENT_LENGTH"])
        envelope = environ["wsgi.input"].read(size)
        with self._lock:  # the database is one connection in memory
            reply = http.answer(self._hub(), envelope, NOW)
        start("200 OK", [("Content-Type", CONTENT_TYPE), ("Content-Length", str(len(reply)))])
        return [reply]

    def _hub(self) -> Hub:
        central = self.world.central
        return Hub(central.begin, lambda: central.replica, self.world.authority, "office", self.world.draw, lambda *_: None)

    @property
    def hub_key(self) -> bytes:
        return self.world.central.key.public

    def sync(self, node: Node, url: str, most: int = exchange.DEFAULT_BYTES) -> Report:
        """One try of an exchange over the production line."""
        report = Report()
        http.sync(node.begin, node.replica, self.hub_key, Line(url, report), report, now=NOW, draw=node.draw, most=most)
        return report


def keep(*nodes: Node) -> list[bytes]:
    """The databases of these nodes at this moment."""
    return [node.database.copy() for node in nodes]


def put_back(nodes: list[Node], kept: list[bytes]) -> None:
    """Databases as they were, each under a new process."""
    for node, content in zip(nodes, kept, strict=True):
        node.database.close()
        node.database = Database(content)
        node.restart()


def held(node: Node) -> dict[str, set[bytes]]:
    """Ids of all segments that a node's store holds, by partition."""
    with node.begin() as connection:
        return {partition: set(ledger.graph(connection, partition).lacking(())) for partition in ledger.heads(connection)}


def false_claims(sender: Node, receiver: Node) -> list[str]:
    """Where the sender believes that the receiver holds something that it does not hold; nothing but this is never allowed."""
    theirs = held(receiver)
    with sender.begin() as connection:
        believed = ledger.peer_heads(connection, receiver.key.public)
    return [
        f"{partition} {head.hex()}" for partition, heads in believed.items() for head in heads if head not in theirs.get(partition, set())
    ]


def unsent(sender: Node, receiver: Node) -> int:
    """How many changes the sender says the receiver was not yet seen to hold."""
    with sender.begin() as connection:
        return ledger.unsent(connection, receiver.key.public).changes


def missing(sender: Node, receiver: Node) -> int:
    """How many changes of the sender the receiver's store does not hold, in fact."""
    ours, theirs = held(sender), held(receiver)
    with sender.begin() as connection:
        lacking = {partition: ids - theirs.get(partition, set()) for partition, ids in ours.items()}
        sealed = sum(sum(ledger.change_counts(connection, partition, ids).values()) for partition, ids in lacking.items() if ids)
        return sealed + sum(ledger.pending_counts(connection).values())
