"""The phones' door: one more port, open to the local network, behind the same application and the same workers.

cheroot's own adapter shakes hands in the thread that accepts, so that one phone that walks out of the Wi-Fi just then
would keep everybody waiting for ten seconds. Here a new connection waits until it says something, and then a worker
shakes hands. Its first byte tells TLS from plain HTTP: the latter reaches the application as what it is, which answers
with the right address, or, where `lan_http` was set, with the register.
"""

import errno
import logging
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, UTC
from threading import Thread
from typing import Any, Final

from cheroot.makefile import MakeFile
from cheroot.server import HTTPConnection
from flask import Flask

from tracker import certificates, clock
from tracker.addresses import lan_addresses
from tracker.config import Settings
from tracker.errors import DomainError, N_
from tracker.serve import Gateway, knowing_own_address, Server
from tracker.web.transport import REACH, Reach

log = logging.getLogger(__name__)

EVERY_ADDRESS: Final = "0.0.0.0"  # noqa: S104 - the setting is called --lan
TLS_HANDSHAKE: Final = b"\x16"
WAITING: Final = 64  # twenty phones that come back at eight, with a few connections each
KEPT_ALIVE: Final = 40


class NoHttps(DomainError):
    """The library that makes certificates is missing."""

    code = "lan.no_https"
    sentence = N_(
        "Phones need HTTPS, and a part of Daftari is missing for it. Install it with: pip install 'daftari[https]'. "
        "Or, on a Wi-Fi of your own with a password, let phones in without encryption: write lan_http = true into %(file)s."
    )


class LanPortInUse(DomainError):
    """The port for phones cannot be had."""

    code = "lan.port_in_use"
    sentence = N_("Port %(port)s for the phones cannot be used (%(reason)s). Choose another one: write lan_port = 8444 into %(file)s.")


class TlsSocket(ssl.SSLSocket):
    """A phone that goes away, or does not trust us, is a broken line and no fault: cheroot knows that of plain sockets only."""

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        """As a plain socket does it."""
        try:
            return super().recv_into(*args, **kwargs)
        except ssl.SSLError as error:
            raise ConnectionResetError(errno.ECONNRESET, str(error)) from error

    def send(self, *args: Any, **kwargs: Any) -> int:
        """As a plain socket does it."""
        try:
            return super().send(*args, **kwargs)
        except ssl.SSLError as error:
            raise ConnectionResetError(errno.ECONNRESET, str(error)) from error


class Connection(HTTPConnection):
    """A phone's connection: TLS if it begins so."""

    is_greeted = False

    def communicate(self) -> bool:
        """One request; True if the connection stays open."""
        if not self.is_greeted:
            self.is_greeted = True
            try:
                if not self._greet():
                    return False
            except OSError as error:  # ssl.SSLError is one: it left, or knows no TLS of ours
                log.info("a phone's greeting failed: %s", error)
                return False
        return bool(super().communicate())  # type: ignore[no-untyped-call]

    def _greet(self) -> bool:
        first = self.socket.recv(1, socket.MSG_PEEK)
        if first == TLS_HANDSHAKE and self.server.context is not None:
            self.socket = self.server.context.wrap_socket(self.socket, server_side=True)
            self.rfile, self.wfile = (MakeFile(self.socket, mode, self.rbufsize) for mode in ("rb", "wb"))
            self.ssl_env = {"wsgi.url_scheme": "https", "HTTPS": "on"}
        return bool(first)

    def close(self) -> None:
        """Close what is there to be closed: after a handshake that failed there is no socket any more."""
        with suppress(OSError):
            super().close()


class _Borrowed:
    """The workers of the laptop's own server: phones get no threads of their own."""

    def __init__(self, pool: Any) -> None:
        self.put = pool.put

    def start(self) -> None:
        """They run already."""

    def stop(self, timeout: float) -> None:
        """They are stopped by whose they are."""


class OwnDoor(Gateway):
    """No proxy stands before this door, whatever the setting says of the other one: phones speak for themselves only."""

    def get_environ(self) -> dict[str, Any]:  # type: ignore[override]  # cheroot's stubs say None
        """The WSGI environment without what only a proxy may say."""
        return {name: value for name, value in super().get_environ().items() if not name.startswith("HTTP_X_FORWARDED_")}


class LanServer(Server):
    """Accepts phones, lets them wait until they speak, and lends them the laptop's workers."""

    ConnectionClass = Connection
    keep_alive_conn_limit = KEPT_ALIVE
    context: ssl.SSLContext | None = None

    def __init__(self, own: Server, application: Any, port: int) -> None:
        super().__init__((EVERY_ADDRESS, port), application, server_name="daftari", request_queue_size=WAITING)
        self.requests = _Borrowed(own.requests)
        self.gateway = OwnDoor
        self.max_request_header_size, self.max_request_body_size = own.max_request_header_size, own.max_request_body_size

    def process_conn(self, conn: Any) -> None:
        """A new connection waits for its first byte: a browser opens some in advance, and each would hold a worker."""
        if conn.last_used is None:
            self._connections.put(conn)  # type: ignore[attr-defined]  # cheroot's stubs leave it out
        else:
            super().process_conn(conn)


class Lan:
    """The open door. `look` once a minute keeps certificate and addresses true."""

    def __init__(self, app: Flask, own: Server, settings: Settings, find: Callable[[], list[str]] = lan_addresses) -> None:
        """Take the port; nothing is answered until `start`. Raises NoHttps, LanPortInUse, OSError."""
        self._app, self._settings, self._find = app, settings, find
        self._is_secure = certificates.can_be_made()
        file = settings.home / "settings.toml"
        if not self._is_secure and not settings.lan_http:
            raise NoHttps(file=file)
        self._leaf = b""
        self._server = LanServer(own, knowing_own_address(app), settings.lan_port)
        try:
            self._server.prepare()
        except OSError as error:
            raise LanPortInUse(port=settings.lan_port, reason=error.strerror or error, file=file) from error
        self.look()
        self._thread = Thread(target=self._server.serve, name="lan", daemon=True)

    @property
    def port(self) -> int:
        """The port it got."""
        return int(self._server.bind_addr[1])

    @property
    def reach(self) -> Reach:
        """Where phones find it now."""
        found = self._app.extensions[REACH]
        assert isinstance(found, Reach)
        return found

    def start(self) -> None:
        """Answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.stop()

    def look(self) -> None:
        """Take the present addresses; new connections get a certificate that names them. Raises OSError."""
        addresses = self._find()
        if self._is_secure:
            now = datetime.fromtimestamp(clock.wall(), UTC)
            path = certificates.leaf(self._settings.home, [*addresses, *self._settings.hosts], self._settings.name, now)
            if (leaf := path.read_bytes()) != self._leaf:
                self._server.context, self._leaf = _context(str(path)), leaf
        # Who set lan_http wants no warnings on the phones; one that trusts the authority may write https all the same.
        is_secure = self._is_secure and not self._settings.lan_http
        urls = tuple(f"{'https' if is_secure else 'http'}://{address}:{self.port}/" for address in addresses)
        self._app.extensions[REACH] = Reach(urls, is_secure)


def _context(leaf: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = TlsSocket
    context.load_cert_chain(leaf)
    return context
