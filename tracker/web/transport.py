"""How a request travelled, and what may travel so: a password never goes over a line that others can read.

A line is clear when it is plain HTTP from another machine; what never left this computer is not. Behind a reverse proxy
the setting `proxies` says whose word on address and HTTPS counts (ProxyFix has then put it into the request).
"""

import ipaddress
from dataclasses import dataclass
from typing import Final

from flask import current_app, has_request_context, request

from tracker.errors import DomainError, N_

REACH: Final = "reach"


@dataclass(frozen=True)
class Reach:
    """Where phones find this computer while `serve --lan` runs.

    urls        first pages, the likeliest for phones first, each with a slash at its end; empty while there is no network
    is_secure   they speak HTTPS
    """

    urls: tuple[str, ...]
    is_secure: bool


class GoSecure(DomainError):
    """The same computer is to be asked at its HTTPS address."""

    code, status = "transport.go_secure", 403
    sentence = N_("This line is not encrypted. Open %(url)s instead.")


class NotFromAfar(DomainError):
    """Nobody has opened this computer to the network in a safe way."""

    code, status = "transport.not_from_afar", 403
    sentence = N_(
        "This line is not encrypted, so nothing is shown. Work on the computer itself, or start it there with: daftari serve --lan"
    )


class NoPasswordInClear(DomainError):
    """A form with a password was asked for, or sent, over a line that others can read."""

    code, status = "transport.no_password", 403
    sentence = N_(
        "This line is not encrypted, so no password may travel over it. Sign in on the computer itself; "
        "enrol this phone there, and its PIN is enough here."
    )


def reach() -> Reach | None:
    """Where phones find this computer; None unless `serve --lan` runs."""
    found = current_app.extensions.get(REACH)
    return found if isinstance(found, Reach) else None


def is_clear() -> bool:
    """Whether others on the network can read along: plain HTTP from another machine."""
    return has_request_context() and not request.is_secure and not _is_this_machine(request.remote_addr)


def _is_this_machine(address: str | None) -> bool:
    if not address:  # a socket file, which only a proxy on this machine can open
        return True
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback


def check_line() -> None:
    """Before each request: over a clear line there is nothing but a sentence, unless `lan_http` was set on purpose.

    Other nodes' messages are sealed and signed: they need no line that hides. Styles and pictures are nobody's secret.
    Raises GoSecure, NotFromAfar.
    """
    if not is_clear() or request.endpoint in {"sync.sync", "static"} or current_app.extensions["settings"].lan_http:
        return
    known = reach()
    if known and known.is_secure and known.urls:
        host = request.host.rpartition(":")[0] or request.host
        raise GoSecure(url=next((url for url in known.urls if f"//{host}:" in url), known.urls[0]))
    raise NotFromAfar


def refuse_password() -> None:
    """Raise NoPasswordInClear when a form with a password would travel over a clear line."""
    if is_clear():
        raise NoPasswordInClear
