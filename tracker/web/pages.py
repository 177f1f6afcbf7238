"""How a page is drawn: the frame's values, the navigation, and the errors of the whole site."""

import errno
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast, Final
from urllib.parse import urlencode

from flask import Blueprint, current_app, Flask, g, jsonify, make_response, render_template, request, Response, url_for
from flask.blueprints import BlueprintSetupState
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DatabaseError
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError

from tracker import clock, policy, trouble, wal
from tracker.config import SEATS
from tracker.disk import DiskFull
from tracker.errors import DomainError, N_
from tracker.i18n import _, language, LANGUAGES, say

log = logging.getLogger(__name__)

SENTENCES: Final = {
    400: N_("The request could not be understood."),
    401: N_("Please sign in first."),
    403: N_("Your role does not allow this."),
    404: N_("This page or record was not found."),
    405: N_("This page cannot be used in that way."),
    413: N_("What you sent is too large."),
    415: N_("This kind of file or message is not accepted here."),
    429: N_("Too many requests. Wait a moment and try again."),
    500: N_("Something went wrong on this computer. What was saved is safe. Try again; if it happens again, tell the administrator."),
}
STALE_FORM: Final = N_("This form was open for too long or was opened before you signed in. Go back, reload the page and send it again.")


@dataclass(frozen=True)
class NavItem:
    """One entry of the navigation."""

    order: int
    label: str
    endpoint: str
    verb: str
    seats: tuple[str, ...]
    count: Callable[[], int] | None


@dataclass(frozen=True)
class SyncState:
    """Where the data is, in words.

    sentence  translated, e.g. "At the central office: up to 10:42 today"
    tone      calm (normal, offline included), late (waits too long), wrong (needs a person)
    """

    sentence: str
    tone: str = "calm"


@dataclass(frozen=True)
class Link:
    """A navigation entry as the template draws it."""

    label: str
    url: str
    is_here: bool
    count: int


def nav_item(
    bp: Blueprint,
    endpoint: str,
    label: str,
    *,
    verb: str,
    order: int,
    seats: tuple[str, ...] = SEATS,
    count: Callable[[], int] | None = None,
) -> None:
    """Add a page of the slice to the navigation of those who may `verb`, on these seats; low orders stand first.

    label  an N_() sentence, one or two words
    count  how many things wait there for a person; 0 shows nothing
    """

    def add(state: BlueprintSetupState) -> None:
        state.app.extensions["nav"].append(NavItem(order, label, f"{bp.name}.{endpoint}", verb, seats, count))

    bp.record(add)


def top_bar(bp: Blueprint, slot: str, value: Callable[[], object]) -> None:
    """Let a slice fill a slot of the frame: `seat_name` (str), `sync_state` (SyncState), `date_doubt`, `is_stopped` (bool)."""

    def fill(state: BlueprintSetupState) -> None:
        state.app.extensions["top_bar"][slot] = value

    bp.record(fill)


def set_loader(bp: Blueprint, load: Callable[[], policy.Actor | None]) -> None:
    """Say how the person behind a request is recognised; `accounts` does."""
    top_bar(bp, "actor", load)


def set_phone_finder(bp: Blueprint, find: Callable[[], int | None]) -> None:
    """Say how the enrolled phone behind a request is known, by its id; `phones` does."""
    top_bar(bp, "phone", find)


def phone_asking() -> int | None:
    """The id of the enrolled phone behind this request; None for any other browser."""
    find = current_app.extensions["top_bar"].get("phone")
    return cast(int | None, find()) if find else None


def settle() -> None:
    """Before each request: whose settings."""
    g.settings = current_app.extensions["settings"]


def recognise() -> None:
    """Before each request: who asks."""
    load = current_app.extensions["top_bar"].get("actor")
    g.actor = load() if load and request.endpoint != "static" else None


def wants_json() -> bool:
    """Whether the asker is a program: it accepts JSON and no HTML, or sends JSON."""
    return request.is_json or (request.accept_mimetypes.accept_json and not request.accept_mimetypes.accept_html)


def page(template: str, *, status: int = 200, **values: object) -> Response:
    """A page in the frame."""
    return make_response(render_template(template, **values), status)


def links() -> list[Link]:
    """The navigation of the person who is signed in."""
    actor: policy.Actor | None = g.get("actor")
    if actor is None:
        return []
    items = cast(list[NavItem], current_app.extensions["nav"])
    shown = [each for each in sorted(items, key=lambda each: each.order) if g.settings.seat in each.seats and policy.may(actor, each.verb)]
    # Exactly one entry is "here": this page's own, else the slice's first.
    near = [each.endpoint for each in shown if each.endpoint.partition(".")[0] == request.blueprint]
    here = request.endpoint if request.endpoint in near else next(iter(near), None)
    return [Link(_(each.label), url_for(each.endpoint), each.endpoint == here, each.count() if each.count else 0) for each in shown]


def _slot(name: str, otherwise: object) -> object:
    fill = current_app.extensions["top_bar"].get(name)
    return fill() if fill and g.get("actor") else otherwise


def _doubtful_date() -> datetime | None:
    """What the clock shows, where that looks wrong; also for those who are not signed in."""
    doubt = current_app.extensions["top_bar"].get("date_doubt")
    return clock.now() if doubt and doubt() else None


def _last_save_in_doubt() -> datetime | None:
    """When damage was seen that may have cost the last save; also for those who are not signed in."""
    at = wal.noted(current_app.extensions["settings"].home)
    return None if at is None else datetime.fromtimestamp(at, clock.EAST_AFRICA)


def _language_url(code: str) -> str:
    """This page in another language; after a form was sent, the page that the form stands on."""
    others = [(key, value) for key, value in request.args.items(multi=True) if key != "lang"]
    return f"{_own_path()}?{urlencode([*others, ('lang', code)])}"


def _own_path() -> str:
    """The path of this page; of an answer to a form that nobody can ask for, the nearest page above."""
    path, adapter = request.path, current_app.create_url_adapter(request)
    while request.method == "POST" and adapter and not adapter.test(path, "GET"):
        path = path[:-1].rpartition("/")[0] + "/"
    return path


def frame() -> dict[str, object]:
    """Values that base.html needs on every page."""
    return {
        "actor": g.get("actor"),
        "nav": links,
        "slot": _slot,
        "doubtful_date": _doubtful_date,
        "last_save_in_doubt": _last_save_in_doubt,
        "languages": [(code, name, _language_url(code)) for code, name in LANGUAGES.items() if code != language()],
        "may": policy.may,
        "settings": current_app.extensions["settings"],
    }


def _refusal(status: int, code: str, sentence: str) -> Response:
    if wants_json():
        response = jsonify(error={"code": code, "sentence": sentence})
        response.status_code = status
        return response
    try:
        return page("error.html", status=status, sentence=sentence, code=status)
    except (DatabaseError, DiskFull):  # the frame asks the database too: who is signed in, what waits
        g.actor = None
        return page("error.html", status=status, sentence=sentence, code=status)


def _for_domain(error: DomainError) -> Response:
    return _refusal(error.status, error.code, say(error))


def _for_http(error: HTTPException) -> Response:
    status = error.code or 500
    if isinstance(error, SecurityError):
        # No page here: the address the browser used is not ours, so no link on it would work.
        return Response("Unknown host name. / Jina la seva halijulikani.\n", 400, mimetype="text/plain")
    if error.response is not None or status < 400:  # a redirect, or a view's own answer
        return cast(Response, error.get_response())
    if isinstance(error, CSRFError):
        return _refusal(400, "stale_form", _(STALE_FORM))
    if isinstance(error, InternalServerError):
        log.error("%s %s failed", request.method, request.path, exc_info=error.original_exception)
    response = _refusal(status, f"http_{status}", _(SENTENCES.get(status, SENTENCES[400 if status < 500 else 500])))
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def _for_database(error: DatabaseError) -> Response:
    """Another program has the file, the disk fails, or the file is damaged: a sentence that says what to do."""
    sentence = trouble.on_page(error, g.settings.home)
    if sentence is None:
        return _for_http(InternalServerError(original_exception=error))
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return _refusal(503, "database", sentence)


def _for_system(error: OSError) -> Response:
    """A file beside the database that cannot be written. What has no name is none of ours, such as a line that is cut."""
    if error.errno == errno.ENOSPC:
        return _for_domain(DiskFull())
    if not error.filename:
        return _for_http(InternalServerError(original_exception=error))
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return _refusal(503, "disk", trouble.of_system(error))


def install_errors(app: Flask) -> None:
    """One place where faults become pages or JSON; no traceback ever reaches a browser."""
    app.register_error_handler(DomainError, _for_domain)
    app.register_error_handler(HTTPException, _for_http)
    app.register_error_handler(DatabaseError, _for_database)
    app.register_error_handler(OSError, _for_system)
