"""Pages of health and safety sessions, and of who is covered."""

from datetime import date
from functools import partial
from typing import Any, Final

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import clock
from tracker.calendar import queries as calendar
from tracker.calendar import words as calendar_words
from tracker.country import tz
from tracker.db import seen_token
from tracker.errors import N_, NotFound
from tracker.i18n import _, language
from tracker.inputs import accept
from tracker.policy import kind_of, may, NATION
from tracker.safety import actions, forms, queries, rules
from tracker.safety.models import SafetySession
from tracker.safety.routes import asked, attempt, bp, withdrawing
from tracker.web import login_required, may_, page

TONES: Final = {
    rules.Standing.NEVER: "error",
    rules.Standing.EXPIRED: "error",
    rules.Standing.RUNS_OUT: "warning",
    rules.Standing.VALID: "good",
}
STANDINGS: Final = {
    rules.Standing.NEVER: N_("Never had one"),
    rules.Standing.EXPIRED: N_("Has run out"),
    rules.Standing.RUNS_OUT: N_("Runs out soon"),
    rules.Standing.VALID: N_("Valid"),
}


def desk_asked() -> str:
    """The partition that a page is about. Raises NotFound for one that the actor may not see."""
    return calendar.desk_for(g.actor, request.values.get("centre"))


def centre_asked() -> str:
    """The centre that a page is about. Raises NotFound above one."""
    desk = desk_asked()
    if kind_of(desk) != calendar.CENTRE:
        raise NotFound
    return desk


@bp.route("/")
@may_("read")
def sessions() -> ResponseReturnValue:
    """The sessions of a centre, and how its apprentices stand by topic. Above a centre: its centres to choose from."""
    desk, today = desk_asked(), clock.today()
    if kind_of(desk) != calendar.CENTRE:
        centres = [each for each in calendar.desks(g.actor) if kind_of(each) == calendar.CENTRE]
        names = calendar.names_for(NATION)
        return page("safety/centres.html", centres=[(each, calendar_words.partition(each, names)) for each in centres])
    held = queries.sessions(g.actor, desk)
    topics = dict.fromkeys(each.row.topic or "" for each in held if each.row.void_reason is None)
    return page(
        "safety/sessions.html",
        sessions=held,
        topics=[(topic, queries.counted(g.actor, desk, topic, today)) for topic in topics],
        may_hold=may(g.actor, "mark", desk),
        **_words(),
    )


def _words() -> dict[str, Any]:
    return {"topic_name": _topic, "STANDINGS": STANDINGS, "TONES": TONES, "Standing": rules.Standing, "good": date.max, "asked": asked()}


def _topic(code: str | None) -> str:
    return tz.label("safety_topics", code or "", language())


@bp.route("/topics/<topic>")
@may_("read")
def topic(topic: str) -> ResponseReturnValue:
    """How the active apprentices of a centre stand on a topic: whom the next session is for."""
    desk, cohort_id = centre_asked(), request.args.get("cohort") or None
    cohorts = {row.id: row.name or "?" for row in calendar.cohorts_in(desk)}
    is_known = tz.has_code("safety_topics", topic) or any(each.row.topic == topic for each in queries.sessions(g.actor, desk))
    if not is_known or (cohort_id and cohort_id not in cohorts):
        raise NotFound
    people = queries.covered(g.actor, desk, topic, clock.today(), cohort_id)
    return page(
        "safety/topic.html",
        topic=topic,
        people=people,
        cohorts=cohorts,
        cohort_id=cohort_id,
        may_hold=may(g.actor, "mark", desk),
        **_words(),
    )


@bp.route("/sessions/new", methods=["GET", "POST"])
@may_("mark")
def new() -> ResponseReturnValue:
    """Record a session that was held; `again` names one that is repeated."""
    desk = centre_asked()
    before = queries.session_for(g.actor, again) if (again := request.args.get("again")) else None
    kept = {name: getattr(before, name) for name in ("topic", "cohort_id", "valid_days", "minutes", "trainer")} if before else {}
    wished = {name: request.args[name] for name in ("topic", "cohort_id") if name in request.args}
    form = forms.SessionForm(**{"on": clock.today(), **kept, **wished})
    form.cohort_id.choices = _for_whom(desk)
    if (values := accept(form, forms.SessionSchema())) and (done := attempt(form, partial(_hold, desk, values))):
        flash(_("The session is recorded. Now say who was there."))
        return redirect(url_for(".session", session_id=done.id, centre=asked()))
    return page("safety/form.html", form=form, title=_("Record a health and safety session"), back=url_for(".sessions", centre=asked()))


def _for_whom(desk: str) -> list[tuple[str, str]]:
    cohorts = [(row.id, row.name or "?") for row in calendar.cohorts_in(desk) if may(g.actor, "mark", row)]
    return [("", _("All apprentices of the centre")), *cohorts] if may(g.actor, "close", desk) else cohorts


def _hold(desk: str, values: dict[str, Any]) -> SafetySession:
    about = {name: values[name] for name in ("minutes", "valid_days", "cohort_id")} | {
        name: values[name] or "" for name in ("trainer", "note")
    }
    return actions.hold_session(g.actor, desk, values["topic"], values["on"], **about)


@bp.route("/sessions/<session_id>", methods=["GET", "POST"])
@login_required
def session(session_id: str) -> ResponseReturnValue:
    """A session and who was there: one tap each, or all. A script sends single taps and puts the answer in its place (`part`)."""
    row = queries.session_for(g.actor, session_id)
    if request.method == "POST":
        touched = _mark(session_id)
        if "part" not in request.form:
            return redirect(url_for(".session", session_id=session_id, centre=asked(), _anchor=f"p{touched}" if touched else None))
        people = queries.invited(g.actor, row)
        shown = [each for each in people if touched in (None, each.apprentice.id)]
        return render_template("safety/_part.html", people=people, shown=shown, may_mark=True)
    people = queries.invited(g.actor, row)
    return page(
        "safety/session.html",
        row=row,
        until=queries.until_of(row),
        cohorts={each.id: each.name for each in calendar.cohorts_in(row.partition)},
        people=people,
        shown=people,
        may_mark=may(g.actor, "mark", row) and row.void_reason is None,
        may_edit=may(g.actor, "mark", row),
        **_words(),
    )


def _mark(session_id: str) -> str | None:
    """Do what was tapped; whom it concerned, None: everybody."""
    if request.form.get("do") == "all":
        actions.mark_all_present(g.actor, session_id)
        return None
    apprentice_id, was_there = request.form.get("there"), True
    if not apprentice_id:
        apprentice_id, was_there = request.form.get("away"), False
    actions.mark_present(g.actor, session_id, apprentice_id or "", was_there=was_there)
    return apprentice_id


@bp.route("/sessions/<session_id>/edit", methods=["GET", "POST"])
@may_("mark")
def edit(session_id: str) -> ResponseReturnValue:
    """Correct what was typed of a session."""
    row = queries.session_for(g.actor, session_id, "mark")
    form, back = forms.SessionForm(obj=row), url_for(".session", session_id=session_id, centre=asked())
    del form.cohort_id  # who was there is marked already
    if values := accept(form, forms.SessionSchema(), row):
        seen = request.form.get("seen")
        if attempt(form, lambda: actions.correct_session(g.actor, session_id, values, seen)):
            flash(_("The session is corrected."))
            return redirect(back)
    title, seen = _("Correct the session"), request.form.get("seen") or seen_token(row)
    return page("safety/form.html", form=form, title=title, back=back, seen=seen)


@bp.route("/sessions/<session_id>/withdraw", methods=["GET", "POST"])
@may_("mark")
def withdraw(session_id: str) -> ResponseReturnValue:
    """Say that a session was never held."""
    queries.session_for(g.actor, session_id, "mark")
    back = url_for(".session", session_id=session_id, centre=asked())
    return withdrawing(
        _("Withdraw the session"),
        back,
        _("The session is withdrawn. It covers nobody."),
        partial(actions.withdraw_session, g.actor, session_id),
    )


@bp.route("/sessions/<session_id>/restore", methods=["POST"])
@may_("mark")
def restore(session_id: str) -> ResponseReturnValue:
    """Take the withdrawal back."""
    actions.restore_session(g.actor, session_id)
    flash(_("The session stands again."))
    return redirect(url_for(".session", session_id=session_id, centre=asked()))
