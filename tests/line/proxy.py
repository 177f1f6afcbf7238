"""A bad line between a laptop and its server: an HTTP proxy that cuts, delays, lies, caps and replays, from a seed.

It stores each request whole before it hands it on, so that a cut at byte N is the same cut every time. A fault is a
function from a `Passage` to the parts of the answer; `Cut` closes the connection. `clean` is a line without any fault.
"""

import random
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from types import TracebackType
from typing import Self, TypeAlias
from urllib.parse import urlsplit

CONTENT_TYPE = b"application/x-daftari"
KNOWN = {b"host", b"content-type", b"content-length"}
READ_BYTES = 65536
PATIENCE_S = 30


class Cut(Exception):
    """The line breaks now."""


@dataclass
class Passage:
    """One request on its way.

    request   as it came, head and body
    forward   sends bytes to the real server and gives its reply; raises Cut where there is none
    replies   what the server said to earlier requests, oldest first
    """

    request: bytes
    forward: Callable[[bytes], bytes]
    replies: list[bytes]
    rng: random.Random

    @property
    def body(self) -> bytes:
        return self.request.partition(b"\r\n\r\n")[2]


Fault: TypeAlias = Callable[[Passage], Iterable[bytes]]
Plan: TypeAlias = Callable[[int], Fault]


# ---- faults


def clean(passage: Passage) -> Iterable[bytes]:
    return [passage.forward(passage.request)]


def cut_up(size: int) -> Fault:
    """Only the first `size` bytes of the request arrive."""

    def fault(passage: Passage) -> Iterable[bytes]:
        if size >= len(passage.request):
            return clean(passage)
        passage.forward(passage.request[:size])
        raise Cut

    return fault


def cut_down(size: int) -> Fault:
    """The server has done its work; only the first `size` bytes of its reply come back."""

    def fault(passage: Passage) -> Iterator[bytes]:
        reply = passage.forward(passage.request)
        yield reply[:size]
        if size < len(reply):
            raise Cut

    return fault


def drop_reply(passage: Passage) -> Iterable[bytes]:
    passage.forward(passage.request)
    raise Cut


def refuse(_: Passage) -> Iterable[bytes]:
    raise Cut


def delayed(seconds: float) -> Fault:
    def fault(passage: Passage) -> Iterable[bytes]:
        time.sleep(seconds)
        return clean(passage)

    return fault


def dripping(size: int, every_s: float) -> Fault:
    """The reply comes `size` bytes at a time."""

    def fault(passage: Passage) -> Iterator[bytes]:
        reply = passage.forward(passage.request)
        for start in range(0, len(reply), size):
            yield reply[start : start + size]
            time.sleep(every_s)

    return fault


def says(status: str, body: bytes = b"", *headers: str) -> Fault:
    """Answer without asking the server."""
    head = "".join(f"{line}\r\n" for line in [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers])
    return lambda _: [head.encode() + b"\r\n" + body]


def after_storing(status: str) -> Fault:
    """The server has stored what came; the proxy says something else."""

    def fault(passage: Passage) -> Iterable[bytes]:
        passage.forward(passage.request)
        return says(status)(passage)

    return fault


def no_chunks(passage: Passage) -> Iterable[bytes]:
    return says("411 Length Required")(passage) if b"chunked" in _head(passage.request) else clean(passage)


def cap_up(size: int) -> Fault:
    return lambda passage: says("413 Content Too Large")(passage) if len(passage.body) > size else clean(passage)


def cap_down(size: int) -> Fault:
    """A proxy that gives up where a reply is too large for it."""

    def fault(passage: Passage) -> Iterable[bytes]:
        reply = passage.forward(passage.request)
        return [reply] if len(reply.partition(b"\r\n\r\n")[2]) <= size else says("502 Bad Gateway")(passage)

    return fault


def strip_headers(passage: Passage) -> Iterable[bytes]:
    """Only the headers that every proxy knows are handed on, both ways."""
    return [_stripped(passage.forward(_stripped(passage.request)))]


def zipped_garbage(passage: Passage) -> Iterable[bytes]:
    passage.forward(passage.request)
    headers = ["Content-Encoding: gzip", f"Content-Type: {CONTENT_TYPE.decode()}"]
    return says("200 OK", b"\xda" + passage.rng.randbytes(300), *headers)(passage)


def garbled(passage: Passage) -> Iterable[bytes]:
    """The server's true reply with one byte of its body changed."""
    reply = bytearray(passage.forward(passage.request))
    at = reply.index(b"\r\n\r\n") + 4
    if at < len(reply):
        reply[passage.rng.randrange(at, len(reply))] ^= 1 << passage.rng.randrange(8)
    return [bytes(reply)]


def replayed(passage: Passage) -> Iterable[bytes]:
    """An older reply of the right server, and nothing is stored."""
    return [passage.rng.choice(passage.replies)] if passage.replies else refuse(passage)


def replayed_after_storing(passage: Passage) -> Iterable[bytes]:
    older = list(passage.replies)
    passage.forward(passage.request)
    return [passage.rng.choice(older)] if older else refuse(passage)


def somebody_elses(reply: bytes) -> Fault:
    """A valid reply of the right server to another node."""
    return lambda _: [reply]


def swallowed(passage: Passage) -> Iterable[bytes]:
    """A 200 of the right type and shape, and nothing is stored."""
    return says("200 OK", b"\xdaM" + passage.rng.randbytes(120), f"Content-Type: {CONTENT_TYPE.decode()}")(passage)


def twice(passage: Passage) -> Iterable[bytes]:
    """A proxy that sends the request again by itself, and hands the second reply on."""
    passage.forward(passage.request)
    return clean(passage)


class Caching:
    """A cache that keeps what is said to a GET, and asks the server for everything else."""

    def __init__(self) -> None:
        self._kept: dict[bytes, bytes] = {}

    def __call__(self, passage: Passage) -> Iterable[bytes]:
        line = passage.request.partition(b"\r\n")[0]
        if not line.startswith(b"GET "):
            return clean(passage)
        if line not in self._kept:
            self._kept[line] = passage.forward(passage.request)
        return [self._kept[line]]


HTML = b"<!doctype html><title>Wi-Fi</title><p>Sign in to the hotel's network.</p>"
OURS = f"Content-Type: {CONTENT_TYPE.decode()}"
LIARS: dict[str, Fault] = {
    "200 with HTML": says("200 OK", HTML, "Content-Type: text/html"),
    "200 with HTML of our type": says("200 OK", HTML, OURS),
    "200 with nothing": says("200 OK", b"", OURS),
    "200 and nothing stored": swallowed,
    "204": says("204 No Content"),
    "302": says("302 Found", b"", "Location: http://127.0.0.1:9/"),
    "307 to itself": says("307 Temporary Redirect", b"", "Location: /sync"),
    "511": says("511 Network Authentication Required", HTML, "Content-Type: text/html"),
    "403": says("403 Forbidden"),
    "500": says("500 Internal Server Error"),
    "500 after storing": after_storing("500 Internal Server Error"),
    "503 after storing": after_storing("503 Service Unavailable"),
    "504 after storing": after_storing("504 Gateway Timeout"),
    "200 with HTML after storing": lambda passage: (passage.forward(passage.request), LIARS["200 with HTML"](passage))[1],
    "gzip garbage": zipped_garbage,
    "one bit of the reply changed": garbled,
    "an older reply, nothing stored": replayed,
    "an older reply, after storing": replayed_after_storing,
    "no reply, after storing": drop_reply,
    "no connection": refuse,
    "half a request": lambda passage: cut_up(len(passage.request) // 2)(passage),
    "half a reply": cut_down(200),
    "not HTTP": lambda _: [b"SSH-2.0-OpenSSH_9.2\r\n"],
    "an endless head": lambda _: [b"HTTP/1.1 200 OK\r\n" + b"X-Filler: " + b"x" * 100_000],
}
HONEST: dict[str, Fault] = {
    "clean": clean,
    "refuses chunks": no_chunks,
    "strips headers": strip_headers,
    "keeps what a GET gets": Caching(),
    "sends twice": twice,
    "drips": dripping(40, 0.001),
    "is slow": delayed(0.05),
}


def always(fault: Fault) -> Plan:
    return lambda _: fault


def only(number: int, fault: Fault) -> Plan:
    """The fault strikes the request of this number (from 0) alone."""
    return lambda k: fault if k == number else clean


def mixture(seed: int, share: float = 0.5) -> Plan:
    """Random faults, also cuts anywhere, in this share of the requests; the same from the same seed."""

    def plan(number: int) -> Fault:
        rng = random.Random(f"{seed} {number}")
        if rng.random() >= share:
            return rng.choice(list(HONEST.values()))
        cuts = [cut_up(rng.randrange(2_000)), cut_down(rng.randrange(2_000))]
        return rng.choice([*LIARS.values(), *cuts])

    return plan


# ---- the proxy


@dataclass
class Proxy:
    """A running proxy in front of `target`, the URL of a real server; use it in a `with` block.

    plan   the fault of each request, by its number; may be replaced while it runs
    up, down  bytes that passed between the client and the proxy; `asked` holds the size of each request
    """

    target: str
    plan: Plan = field(default_factory=lambda: always(clean))
    seed: int = 1
    up: int = 0
    down: int = 0
    asked: list[int] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)
    replies: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        parts = urlsplit(self.target)
        assert parts.hostname
        assert parts.port
        self._server = (parts.hostname, parts.port)
        self._numbers = count()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self._open: set[socket.socket] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        with self._lock:
            for each in self._open:
                _close(each)

    def reset(self, plan: Plan) -> None:
        """Count from nothing again, under another plan."""
        self.plan, self.up, self.down, self._numbers = plan, 0, 0, count()
        for kept in (self.asked, self.requests, self.replies):
            kept.clear()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        client.settimeout(PATIENCE_S)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._open.add(client)
        with suppress(Cut, OSError):
            while request := read_message(client):
                self._pass(client, request)
        with self._lock:
            self._open.discard(client)
        _close(client)

    def _pass(self, client: socket.socket, request: bytes) -> None:
        with self._lock:
            number = next(self._numbers)
            self.up += len(request)
            self.asked.append(len(request))
            self.requests.append(request)
            earlier = list(self.replies)
        for part in self.plan(number)(Passage(request, self._forward, earlier, random.Random(f"{self.seed} {number}"))):
            with self._lock:  # before it is sent: who has read it may ask at once how much came
                self.down += len(part)
            client.sendall(part)

    def _forward(self, request: bytes) -> bytes:
        """Hand a request on. One that was cut gets no reply: the server is told that no more comes, and is not waited for."""
        with socket.create_connection(self._server, PATIENCE_S) as server:
            server.sendall(request)
            if not _is_whole(request):
                server.shutdown(socket.SHUT_WR)
                while server.recv(READ_BYTES):
                    pass  # until it has given up, so that what it does then is done before the next request
                raise Cut
            reply = read_message(server)
        if not reply:
            raise Cut
        with self._lock:
            self.replies.append(reply)
        return reply


def read_message(sender: socket.socket) -> bytes:
    """One HTTP message, head and body, as it came; empty where the sender has closed."""
    got = b""
    while b"\r\n\r\n" not in got:
        part = sender.recv(READ_BYTES)
        if not part:
            return b""
        got += part
    while not _is_whole(got):
        part = sender.recv(READ_BYTES)
        if not part:
            break
        got += part
    return got


def _is_whole(message: bytes) -> bool:
    head, found, body = message.partition(b"\r\n\r\n")
    if not found:
        return False
    if b"transfer-encoding: chunked" in head.lower():
        return body.endswith(b"0\r\n\r\n")
    length = _header(head, b"content-length")
    if length is None:  # a reply without a length lasts until its sender closes
        return not head.startswith(b"HTTP/") or head.split(b" ", 2)[1] in {b"204", b"304"}
    return len(body) >= int(length)


def _head(message: bytes) -> bytes:
    return message.partition(b"\r\n\r\n")[0].lower()


def _header(head: bytes, name: bytes) -> bytes | None:
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip()
    return None


def _stripped(message: bytes) -> bytes:
    head, _, body = message.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    return b"\r\n".join([first, *(line for line in lines if line.partition(b":")[0].lower() in KNOWN)]) + b"\r\n\r\n" + body


def _close(client: socket.socket) -> None:
    with suppress(OSError):  # it was closed by the other side
        client.shutdown(socket.SHUT_RDWR)
    client.close()
