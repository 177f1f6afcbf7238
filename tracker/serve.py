"""The web server of a laptop: cheroot, with a plain sentence when the port is taken, and an exchange every quarter of an hour.

With `lan` phones on the same Wi-Fi are served as well, by the same workers (tracker/lan.py). Central may use gunicorn
instead: `gunicorn "tracker.serve:application()"`.
"""

import gc
import ipaddress
import logging
import signal
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, TYPE_CHECKING

from cheroot import wsgi
from flask import Flask

from tracker import clock, config, folder, replication, wal
from tracker.app import create_app
from tracker.errors import DomainError, N_
from tracker.nodes.background import Background
from tracker.web.transport import Reach

if TYPE_CHECKING:
    from tracker.lan import Lan

log = logging.getLogger(__name__)

THREADS: Final = 10
LOCAL_ADDRESS: Final = "daftari.local_address"
WILDCARDS: Final = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}  # noqa: S104 - what such an address is shown as
LARGEST_HEADER_BYTES: Final = 32 << 10


class PortInUse(DomainError):
    """Something else, most often another Daftari, listens there."""

    code = "serve.port_in_use"
    sentence = N_("Port %(port)s is in use: Daftari may be running already. Open %(url)s, or choose another port with --port.")


class CannotListen(DomainError):
    """The address is not one of this machine, or the port needs rights we lack."""

    code = "serve.cannot_listen"
    sentence = N_("The server cannot listen on %(host)s, port %(port)s: %(reason)s.")


def application() -> Flask:
    """The application of the data folder that the environment names, for another WSGI server."""
    settings = config.load()
    app = create_app(settings)
    look = partial(wal.look, settings.home / "daftari.sqlite3", clock.wall)
    app.extensions["holding"] = folder.share(settings.home, look)  # as long as the process lives
    with app.app_context():
        if replication.is_set_up():
            replication.catch_up()
            replication.keep_erased()
    return app


def serve(settings: config.Settings, *, announce: Callable[[str, Reach | None], None], lan: bool = False) -> None:
    """Serve until SIGINT or SIGTERM. `announce` is told the address, and where phones go, once connections are taken.

    Raises InUse, PortInUse, CannotListen; with `lan` also NoHttps and LanPortInUse.
    """
    with folder.share(settings.home):
        app = create_app(settings)
        server = listen(app, settings)
        try:
            door = _door(app, server, settings) if lan else None
        except BaseException:
            server.stop()  # else its workers would wait for ever
            raise
        background = Background(app, door.look if door else None)
        background.start()
        gc.collect()  # what starting has left: it would stay for as long as the server runs
        try:
            # A signal from here on ends in `finally`: else the workers would keep the process for ever.
            signal.signal(signal.SIGTERM, stop)
            if door:
                door.start()
            announce(server.address, door.reach if door else None)
            server.serve()
        except KeyboardInterrupt:
            log.info("stopped")
        finally:
            if door:
                door.stop()
            server.stop()
            background.stop()


def _door(app: Flask, server: "Server", settings: config.Settings) -> "Lan":
    from tracker.lan import Lan  # only a laptop that serves phones pays for it

    return Lan(app, server, settings)


def listen(app: Flask, settings: config.Settings) -> "Server":
    """A server that has its port; connections wait until its `serve` is called. Raises PortInUse, CannotListen."""
    server = Server((settings.host, settings.port), knowing_own_address(app), numthreads=THREADS, server_name="daftari")
    server.gateway = Gateway
    server.max_request_header_size = LARGEST_HEADER_BYTES
    # The application refuses what is too large in words; the server, in English, only what is far too large.
    server.max_request_body_size = 4 * max(settings.request_max_bytes, settings.sync_max_bytes, settings.upload_max_bytes)
    try:
        server.prepare()
    except OSError as error:
        raise _refusal(settings, error) from error
    return server


def stop(*_signal: object) -> None:
    """Answer a signal as Ctrl+C would be answered."""
    raise KeyboardInterrupt


def _refusal(settings: config.Settings, error: OSError) -> DomainError:
    # cheroot collects the attempts into one error of its own, so only the text tells what it was.
    if "in use" in str(error).lower() or "10048" in str(error):
        return PortInUse(port=settings.port, url=_address(settings.host, settings.port))
    return CannotListen(host=settings.host, port=settings.port, reason=str(error))


def _address(host: str, port: int) -> str:
    return f"http://{WILDCARDS.get(host, host)}:{port}/"


class Server(wsgi.Server):
    """cheroot, with its messages in the program's log."""

    @property
    def address(self) -> str:
        """The URL for a browser on this machine."""
        host, port = self.bind_addr[:2]
        return _address(host, port)

    def put_conn(self, conn: Any) -> None:
        """Take an idle connection back: a phone's goes to the door it came in by."""
        if conn.server is self:
            super().put_conn(conn)
        else:
            conn.server.put_conn(conn)

    @staticmethod
    def bind_socket(socket_: Any, bind_addr: Any) -> Any:
        """Bind, and close a socket that could not be bound, which cheroot leaves open."""
        try:
            return wsgi.Server.bind_socket(socket_, bind_addr)  # type: ignore[no-untyped-call]
        except OSError:
            socket_.close()
            raise

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Note a message of the server."""
        log.log(level, msg, exc_info=traceback)


class Gateway(wsgi.Gateway_10):
    """Tells the application at which of this machine's addresses a request came in."""

    def get_environ(self) -> dict[str, Any]:  # type: ignore[override]  # cheroot's stubs say None
        """The WSGI environment with the local address."""
        environ: dict[str, Any] = super().get_environ()  # type: ignore[no-untyped-call]
        environ[LOCAL_ADDRESS] = self.req.conn.socket.getsockname()[0]
        return environ


def knowing_own_address(app: Flask) -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
    """Trust a host name that is the very address the request came in at.

    That is no hole for DNS rebinding, which needs a name; and a laptop's address on the LAN changes daily, so that no
    setting could list it.
    """

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        local, trusted = environ.get(LOCAL_ADDRESS), app.config["TRUSTED_HOSTS"]
        if local and (host := _as_host(local)) not in trusted and environ.get("HTTP_HOST", "").startswith(host):
            trusted.append(host)
        return app.wsgi_app(environ, start_response)

    return answer


def _as_host(address: str) -> str:
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped) if parsed.ipv4_mapped else f"[{parsed}]"
    return str(parsed)
