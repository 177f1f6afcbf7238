"""The conversation over HTTP: envelopes, the laptop's side with requests, and the hub's one route.

`POST /sync`, one envelope up, one down. Sealed between the two nodes' keys, TLS or not; `Content-Length` always, no
chunked bodies, no redirects, no cookies. Success is only a reply that opens with the right key and answers this very
request: a captive portal or a proxy can never produce an acknowledgement (F-20, F-23, F-24).
"""

import hashlib
import json
import ssl
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, TypeAlias

import requests
import sqlalchemy as sa
from urllib3.exceptions import HTTPError
from urllib3.util import SKIP_HEADER

from sync import bundle, exchange, joining, keys, ledger, messages, writing
from sync.changes import canonical, decode
from sync.errors import (
    AlreadyJoined,
    BadInvitation,
    Forged,
    NotDaftari,
    OwnBundle,
    Stranger,
    Stuck,
    SyncError,
    TooLarge,
    TooNew,
    Unreachable,
    Unreadable,
)
from sync.exchange import DEFAULT_BYTES, Progress
from sync.joining import Founded, Hello, Welcome
from sync.keys import NodeKey
from sync.ledger import Replica
from sync.messages import PACKED_MAX
from sync.segments import Segment

PATH = "/sync"
CONTENT_TYPE = "application/x-daftari"
MAGIC = b"\xda"
MESSAGE, HELLO, JOIN, BUNDLE, REFUSED = b"M", b"H", b"J", b"B", b"E"
ANSWERS_BYTES = 8
CONNECT_TIMEOUT_S, READ_TIMEOUT_S = 15, 60
PIECE_BYTES, LEAST_BYTES_PER_S = 16 * 1024, 50
ENVELOPE_MAX = PACKED_MAX + 1024
_REFUSALS: dict[str, type[SyncError]] = {
    error.code: error
    for error in (SyncError, Stranger, BadInvitation, Forged, Unreadable, TooLarge, TooNew, AlreadyJoined, OwnBundle, Stuck)
}

Begin: TypeAlias = Callable[[], AbstractContextManager[sa.Connection]]


@dataclass
class Report:
    """What one exchange cost and brought. Bytes are those at the socket, HTTP headers included."""

    messages: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    changes_sent: int = 0
    changes_received: int = 0


# ---- the laptop's side


class _Pinned(requests.adapters.HTTPAdapter):
    """TLS by a context of our own."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *sizes: Any, **more: Any) -> None:
        super().init_poolmanager(*sizes, ssl_context=self._context, **more)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """The context does; `requests` would load its own authorities into it."""


class Line:
    """A way to post one envelope and get one back. Counts bytes."""

    def __init__(
        self, url: str, report: Report, verify: bool | ssl.SSLContext = True, *, steady: Callable[[], float] = time.monotonic
    ) -> None:
        """A line to `url`.

        verify  True as browsers do, or a context that knows the authority pinned for this server
        steady  seconds of a clock that nobody sets
        """
        self._url = url.rstrip("/") + PATH
        self._report = report
        self._steady = steady
        self._session = requests.Session()
        self._session.trust_env = False
        if isinstance(verify, ssl.SSLContext):
            self._session.mount("https://", _Pinned(verify))

    def post(self, envelope: bytes) -> bytes:
        """Raises Unreachable, NotDaftari, TooLarge, or what the other side refused with."""
        headers: dict[str, str | bytes | None] = {"Content-Type": CONTENT_TYPE, "User-Agent": SKIP_HEADER, "Accept-Encoding": SKIP_HEADER}
        headers |= {"Accept": None, "Connection": None}  # what `requests` would add
        timeout = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
        try:
            # As a file, in pieces: else the time to connect would be the time in which a slow line has to swallow all of it.
            with self._session.post(
                self._url, BytesIO(envelope), headers=headers, timeout=timeout, allow_redirects=False, stream=True
            ) as reply:
                if reply.status_code != requests.codes.ok or reply.headers.get("Content-Type") != CONTENT_TYPE:
                    raise NotDaftari  # before its body is read: a stranger's page may be large, or drip for ever
                body = self._read(reply)
                self._count(reply, envelope, body)
        except (requests.RequestException, HTTPError, OSError) as error:
            raise Unreachable from error
        if len(body) > ENVELOPE_MAX:
            raise TooLarge
        if str(len(body)) != reply.headers.get("Content-Length", str(len(body))):
            raise Unreachable  # the line broke in the middle
        if body[:1] != MAGIC:
            raise NotDaftari
        if body[1:2] == REFUSED:
            raise _REFUSALS.get(body[2:].decode("ascii", "replace"), NotDaftari)
        return body

    def _read(self, reply: requests.Response) -> bytes:
        """The body, as much as an envelope may be. Raises Unreachable for one that drips, which would hold this line for ever."""
        began, body = self._steady(), b""
        while len(body) <= ENVELOPE_MAX and (piece := reply.raw.read1(PIECE_BYTES, decode_content=False)):
            body += piece
            if self._steady() - began > READ_TIMEOUT_S + len(body) / LEAST_BYTES_PER_S:
                raise Unreachable
        return body

    def _count(self, reply: requests.Response, envelope: bytes, body: bytes) -> None:
        sent = [(k, v) for k, v in reply.request.headers.items() if v != SKIP_HEADER]
        host = ("Host", self._url.split("/")[2])
        line = f"POST {reply.request.path_url} HTTP/1.1\r\n"
        self._report.messages += 1
        self._report.bytes_up += len(line) + sum(len(k) + len(v) + 4 for k, v in [*sent, host]) + 2 + len(envelope)
        got = f"HTTP/1.1 {reply.status_code} {reply.reason}\r\n"
        self._report.bytes_down += len(got) + sum(len(k) + len(v) + 4 for k, v in reply.headers.items()) + 2 + len(body)


def sync(
    begin: Begin,
    replica: Replica,
    hub: bytes,
    line: Line,
    report: Report,
    *,
    now: int,
    draw: Callable[[int], bytes],
    most: int = DEFAULT_BYTES,
) -> None:
    """Exchange until both sides have nothing more. Each message is folded in a transaction of its own.

    begin  opens a transaction; committed when it ends without an error
    hub    the pinned key of the other side
    """
    with begin() as connection:
        writing.seal(connection, replica, now)
        waits = bool(ledger.pending_counts(connection))  # for the first segment of a partition that we have just joined
        say = exchange.first(connection, replica, hub, at=now, most=most)
    progress = Progress()
    while True:
        plain = messages.pack(say, replica.key.public)
        envelope = MAGIC + MESSAGE + keys.short(replica.key.public) + replica.key.seal(hub, plain, draw(keys.NONCE_BYTES))
        reply = _open_reply(replica.key, hub, envelope, line.post(envelope))
        report.changes_sent += _changes_in(say)  # not before: what a cut line swallowed was not sent, and is said again
        with begin() as connection:
            step = exchange.take(connection, replica, hub, reply, at=now, most=most)
        report.changes_received += step.changes
        if step.say is not None:
            progress.check(step)
            say = step.say
            continue
        if not waits:
            return
        waits, progress = False, Progress()
        with begin() as connection:
            writing.seal(connection, replica, now)
            say = exchange.first(connection, replica, hub, at=now, most=most)


def _changes_in(message: messages.Message) -> int:
    return sum(_changes_of(segment) for segment in message.segments)


def _changes_of(segment: Segment) -> int:
    try:
        return len(decode(segment.body, segment.header.minters))
    except SyncError:  # somebody's unreadable segment, which is handed on as it is
        return 0


def _open_reply(key: NodeKey, hub: bytes, envelope: bytes, reply: bytes) -> messages.Message:
    try:
        message = messages.unpack(key.open(hub, reply[2:]), hub)
    except Forged as error:
        raise NotDaftari from error
    if reply[1:2] != MESSAGE or message.answers != _answers(envelope):
        raise NotDaftari
    return message


def _answers(envelope: bytes) -> bytes:
    return hashlib.sha256(envelope).digest()[:ANSWERS_BYTES]


def who_is_there(line: Line) -> bytes:
    """The key of the node that answers at an address. It has proven nothing yet: only a reply that opens does."""
    try:
        return bytes.fromhex(json.loads(line.post(MAGIC + HELLO)[2:])["hub"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotDaftari from error


def join(line: Line, code: str, node: NodeKey, founded: Founded | None = None) -> Welcome:
    """Ask to be let in with an invitation code, with a centre that was founded alone or without. Raises BadInvitation and
    what `Line.post` raises.
    """
    try:
        said = json.loads(line.post(MAGIC + HELLO)[2:])
        if set(said) == {"hub"}:
            raise BadInvitation  # a computer of ours, but not the one that invites
        server = Hello(*(bytes.fromhex(said[name]) for name in ("authority", "hub", "signature")))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotDaftari from error
    joining.check_hello(server, joining.read_code(code)[0])
    return joining.read_welcome(server, node, line.post(MAGIC + JOIN + joining.request(server, code, node, founded))[2:])


def post_letters(
    begin: Begin,
    replica: Replica,
    recipient: bytes,
    line: Line,
    report: Report,
    *,
    now: int,
    draw: Callable[[int], bytes],
    to_stranger: bool,
) -> None:
    """Post what a recipient lacks in envelopes, and take what comes back in some: to a server that has forgotten us, or
    through a relay that may not read them.
    """
    with begin() as connection:
        writing.seal(connection, replica, now)
        envelopes = bundle.write(connection, replica, recipient, at=now, draw=draw, to_stranger=to_stranger)
    for envelope in envelopes:
        for answer in bundle.read(line.post(envelope.data))[0]:
            with begin() as connection:
                _, received = bundle.accept(connection, replica, answer)
            report.changes_received += received.changes if received else 0


def forward_mail(begin: Begin, line: Line, hub: bytes) -> int:
    """Hand over what this relay carries to a hub, and keep the answers for those who wrote. Returns how many were handed over.

    Raises what the line raises; Stranger once all have had their turn, where the hub does not know who wrote one: it is kept.
    """
    with begin() as connection:
        carried = bundle.mail(connection, to=hub)
    strangers = 0
    for envelope in carried:
        try:
            reply = line.post(envelope.data)
        except Stranger:
            strangers += 1
            continue
        except (Forged, Unreadable):  # damaged on its way here: who wrote it believes nothing before a receipt, and writes again
            reply = b""
        answers = bundle.read(reply)[0]
        with begin() as connection:
            for answer in answers:
                bundle.keep_mail(connection, answer)
            bundle.drop_mail(connection, [envelope])
    if strangers:
        raise Stranger
    return len(carried)


# ---- the hub's side


def refusal(error: type[SyncError]) -> bytes:
    """The envelope that refuses. It is never an acknowledgement."""
    return MAGIC + REFUSED + error.code.encode()


@dataclass(frozen=True)
class Hub:
    """What the hub's route needs.

    authority  the authority's key, where this hub may admit nodes; else None
    admitted   told of each node that comes in, in the same transaction
    heard      told the key of each node whose message was taken over, in the same transaction
    """

    begin: Begin
    replica: Callable[[], Replica]
    authority: NodeKey | None
    name: str
    draw: Callable[[int], bytes]
    admitted: Callable[[joining.Invitation, str, bool], None]
    heard: Callable[[bytes], None] = lambda _: None


def answer(hub: Hub, envelope: bytes, now: int) -> bytes:
    """The reply to an envelope. A refusal is an envelope too, and never an acknowledgement."""
    try:
        if envelope[:1] != MAGIC or len(envelope) > ENVELOPE_MAX:
            raise Unreadable
        match envelope[1:2]:
            case b"M":
                return _answer_message(hub, envelope, now)
            case b"B":
                return _answer_bundle(hub, envelope, now)
            case b"H" if hub.authority:
                said = joining.hello(hub.authority, hub.replica().key.public)
                return MAGIC + HELLO + canonical({name: value.hex() for name, value in vars(said).items()})
            case b"H":
                return MAGIC + HELLO + canonical({"hub": hub.replica().key.public.hex()})
            case b"J" if hub.authority:
                return _answer_join(hub, hub.authority, envelope, now)
        raise Unreadable
    except SyncError as error:
        return refusal(type(error))


def _answer_join(hub: Hub, authority: NodeKey, envelope: bytes, now: int) -> bytes:
    by = joining.Admitting(authority, hub.name, hub.draw, hub.admitted)
    with hub.begin() as connection:
        sealed = joining.admit(connection, hub.replica(), by, envelope[2:], at=now)
    return MAGIC + JOIN + sealed


def _answer_bundle(hub: Hub, data: bytes, now: int) -> bytes:
    """Take an envelope that somebody wrote to us, and write back; or carry one for others, and hand out what is carried."""
    replica = hub.replica()
    envelopes, lost = bundle.read(data)
    if len(envelopes) != 1 or lost:
        raise Unreadable
    (envelope,) = envelopes
    with hub.begin() as connection:
        _, received = bundle.accept(connection, replica, envelope)
        if received is None:
            waiting = bundle.in_files(bundle.mail(connection, to=envelope.sender), ENVELOPE_MAX)
            reply = b"".join(waiting[:1])
            bundle.drop_mail(connection, bundle.read(reply)[0])  # the rest with his next
        else:
            writing.seal(connection, replica, now)
            written = bundle.write(connection, replica, envelope.sender, at=now, draw=hub.draw)
            reply = b"".join(each.data for each in written[:1])
            hub.heard(envelope.sender)
    return reply or MAGIC + BUNDLE


def _answer_message(hub: Hub, envelope: bytes, now: int) -> bytes:
    replica = hub.replica()
    name, sealed = envelope[2 : 2 + keys.SHORT_BYTES], envelope[2 + keys.SHORT_BYTES :]
    with hub.begin() as connection:
        peer = next((node for node in ledger.nodes(connection) if keys.short(node) == name), None)
        if peer is None:
            raise Stranger
        message = messages.unpack(replica.key.open(peer, sealed), peer)
        # One message of a peer at a time, and all locks at once: else two exchanges of one laptop could wait for each other.
        ledger.lock(connection, peer.hex(), *ledger.pending_counts(connection), *exchange.named_in(message))
        writing.seal(connection, replica, now)
        step = exchange.answer(connection, replica, peer, message, at=now, answers=_answers(envelope))
        if step.say is None:
            raise Stuck
        hub.heard(peer)
    return MAGIC + MESSAGE + replica.key.seal(peer, messages.pack(step.say, replica.key.public), hub.draw(keys.NONCE_BYTES))
