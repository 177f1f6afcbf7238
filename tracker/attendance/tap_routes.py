"""What a phone needs to keep taps and send them later: the taps' own address, the page that opens without this computer,
the worker that keeps registers where the browser allows one, and the file for when everything else fails.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

from flask import Blueprint, g, jsonify, request, Response
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf
from werkzeug.exceptions import HTTPException

from tracker import clock
from tracker.attendance import rules, tap_actions, taps
from tracker.attendance.forms import TapFileForm
from tracker.attendance.routes import drawn, outbox_key
from tracker.errors import DomainError
from tracker.i18n import language, LANGUAGES, say, speaking
from tracker.web import at_most, login_required, page, public, static_version, worker_script

bp = Blueprint("taps", __name__)
WEEK_S = 7 * 24 * 3600
SERVER_FAULT = 500
# What a phone goes on keeping: another person's, and what is of a day to come as long as this computer's clock is behind.
KEPT_BACK: Final[dict[type[DomainError], str]] = {taps.NotYourTap: "other", rules.NotYet: "later"}


@bp.route("/marks", methods=["GET", "POST"])
@login_required
def marks() -> ResponseReturnValue:
    """Take the taps that waited on a phone. Reading says who is signed in, and gives what is needed to send."""
    if request.method == "GET":
        return jsonify(by=g.actor.id, token=generate_csrf(), key=outbox_key())
    message, raw = taps.listed(request.get_data())
    answers, act = _save(raw, message.get("draw"))
    return jsonify(taps=answers, html=_drawn(message.get("draw"), act))


def _save(raw: Iterable[object], shown: object = None) -> tuple[list[dict[str, str]], rules.Act | None]:
    """The answer to each tap, in order, and what the last of them changed in the register that is shown."""
    answers, act = [], None
    for each in raw:
        answer = {"id": taps.id_of(each)}
        try:
            saved = tap_actions.save_tap(g.actor, taps.read(each))
        except DomainError as refusal:
            if refusal.status >= SERVER_FAULT:  # a full disk refuses no tap: it has to wait, and so have the others
                raise
            answers.append({**answer, "state": KEPT_BACK.get(type(refusal), "refused"), "code": refusal.code, "sentence": say(refusal)})
        else:
            answers.append({**answer, "state": saved.state})
            act = saved.act if _register_of(each) == _register_of(shown) else act
    return answers, act


def _register_of(named: object) -> list[object]:
    """What a tap, or a wish to see rows, calls the register."""
    return [named.get(name) for name in ("cohort", "on", "slot")] if isinstance(named, dict) else []


def _drawn(wish: object, act: rules.Act | None) -> str | None:
    """The rows that an open register asks for; None where it may not see them, since the taps are answered all the same."""
    try:
        asked = wish if isinstance(wish, dict) else {}
        rows = [each for each in asked["rows"] if isinstance(each, str)]
        return drawn(str(asked["cohort"]), date.fromisoformat(asked["on"]), str(asked["slot"]), rows, act)
    except (KeyError, TypeError, ValueError, DomainError, HTTPException):
        return None


@bp.route("/shell")
@public
def shell() -> ResponseReturnValue:
    """A page without anything about anybody, which the browser keeps a week: it opens while this computer is away.

    Its address names its language (`in`), since no cookie may decide what comes out of a cache.
    """
    code = request.args.get("in")
    with speaking(code if code in LANGUAGES else language()):
        response = page("attendance/shell.html")
    response.headers["Cache-Control"] = f"max-age={WEEK_S}"
    return response


@bp.route("/sw.js")
@public
def worker() -> ResponseReturnValue:
    """The service worker. It lies here because a worker reaches no further than its own folder."""
    script = f'const VERSION = "{static_version()}";\n{worker_script("js/sw.js")}'
    return Response(script, mimetype="text/javascript", headers={"Cache-Control": "no-cache"})


@bp.route("/file", methods=["GET", "POST"])
@at_most("upload_max_bytes")
@login_required
def file() -> ResponseReturnValue:
    """Read in the file that a phone made of the marks it could not send."""
    form, answers = TapFileForm(), None
    if form.validate_on_submit():
        try:
            answers, _act = _save(taps.listed_in_file(form.file.data.read(), clock.wall()))
        except (taps.BadTapFile, taps.TooManyTaps) as refusal:
            form.file.errors = [say(refusal)]
    counts = {state: sum(each["state"] == state for each in answers or ()) for state in ("saved", "already", "conflict", "other")}
    refused = [each["sentence"] for each in answers or () if each["state"] in {"refused", "later"}]
    return page(
        "attendance/file.html", status=422 if form.errors else 200, form=form, is_read=answers is not None, counts=counts, refused=refused
    )
