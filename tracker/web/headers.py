"""Headers that protect, cookies that stay, bodies that are small: reliability.md 4.3."""

import gzip
from typing import Final
from urllib.parse import urlsplit

from flask import abort, current_app, Flask, g, request, Response
from flask.sessions import SecureCookieSessionInterface
from werkzeug.wrappers import Response as BaseResponse

from tracker import i18n
from tracker.errors import DomainError, N_
from tracker.web.access import access_of

CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
PACKABLE: Final = ("text/", "application/json", "image/svg+xml", "application/manifest+json")
SMALLEST_PACKED_BYTES: Final = 1024
YEAR_S: Final = 365 * 24 * 3600


class ForeignOrigin(DomainError):
    """Another site's page sent this request."""

    code, status = "foreign_origin", 403
    sentence = N_("This request came from another site and was refused. Open the page here and try again.")


def cookie_name(name: str) -> str:
    """The cookie's name; with HTTPS the prefix that no other host and no plain-HTTP page can forge."""
    return f"__Host-{name}" if request.is_secure else name


def give_cookie(response: BaseResponse, name: str, value: str, *, max_age_s: int | None = None) -> BaseResponse:
    """Give the browser a secret that no script reads and no other site sends; None = until the browser is closed."""
    response.set_cookie(cookie_name(name), value, max_age=max_age_s, httponly=True, samesite="Lax", secure=request.is_secure)
    return response


class HostCookie(SecureCookieSessionInterface):
    """Flask's signed cookie carries form tokens and flashed sentences only; who is signed in is kept in the database."""

    def get_cookie_name(self, app: Flask) -> str:
        """`f`, or `__Host-f` with HTTPS."""
        del app
        return cookie_name("f")

    def get_cookie_secure(self, app: Flask) -> bool:
        """Secure whenever the request is."""
        del app
        return request.is_secure


def check_origin() -> None:
    """Refuse a write that another site's page sends.

    Because of `no-referrer` a browser says `Origin: null` when a form is sent, and on plain HTTP it says no
    `Sec-Fetch-Site` either: then the form token alone decides.
    """
    if request.method in SAFE:
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise ForeignOrigin
    origin = request.headers.get("Origin", "null")
    if origin != "null" and urlsplit(origin).netloc != request.host:
        raise ForeignOrigin


def protect(response: Response) -> Response:
    """Add the protecting headers; a page is kept by no cache unless its view said otherwise.

    An answer to another node's program is no page, and every byte of it is paid for by a centre.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    if view and access_of(view) == "node":
        return response
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response


def keep_language(response: Response) -> Response:
    """Store a language that was switched to. A preference, no secret: it lives a year and needs no prefix."""
    if (code := i18n.asked_language()) is not None:
        response.set_cookie(i18n.COOKIE, code, max_age=YEAR_S, httponly=True, samesite="Lax", secure=request.is_secure)
    return response


def pack(response: Response) -> Response:
    """Compress text of more than 1 KB for a browser that can unpack it."""
    if response.direct_passthrough or response.is_streamed or "Content-Encoding" in response.headers:
        return response
    if not (response.mimetype or "").startswith(PACKABLE) or request.accept_encodings["gzip"] == 0:
        return response
    body = response.get_data()
    if len(body) >= SMALLEST_PACKED_BYTES:
        response.set_data(gzip.compress(body, 6, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")
    return response


def refuse_nul() -> None:
    """No address of ours holds a NUL, and PostgreSQL fails over one in a question. Forms drop it from what is typed."""
    if "\0" in request.path or any("\0" in value for values in request.args.listvalues() for value in values):
        abort(400)


def size_limit() -> None:
    """Give a view that asked for another size its own limit, before anything reads the body."""
    view = current_app.view_functions.get(request.endpoint or "")
    setting = vars(view).get("size_setting") if view else None
    if isinstance(setting, str):
        request.max_content_length = int(getattr(g.settings, setting))
        # Werkzeug holds pieces of a file to the limit of the fields, and its pieces are larger than ours.
        request.max_form_memory_size = request.max_content_length
