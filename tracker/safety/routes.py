"""Pages of health and safety sessions, of who is covered, and of the reopening checklist."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any, Final, TypeVar

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import clock
from tracker.calendar import queries as calendar
from tracker.calendar import words as calendar_words
from tracker.country import tz
from tracker.db import seen_token
from tracker.errors import DomainError, N_, NotFound
from tracker.i18n import _, language, ngettext, say
from tracker.inputs import accept
from tracker.policy import kind_of, may, NATION
from tracker.safety import actions, forms, models, queries, rules
from tracker.safety.models import SafetySession
from tracker.scans import actions as scans
from tracker.scans import queries as scan_queries
from tracker.web import at_most, Form, login_required, may_, page

bp = Blueprint("safety", __name__)
TABLES = (models.ChecklistItem, models.ChecklistAnswer, models.SafetySession, models.SafetyPresence)
Done = TypeVar("Done")

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


@bp.app_context_processor
def panel() -> dict[str, Any]:
    """What `safety/_of_closure.html` and `safety/_warning.html` say on the pages of closures, which belong to an earlier slice."""

    def readiness_of(story: calendar.ClosureStory, desk: str) -> list[tuple[str, str, rules.Ready]]:
        return queries.readiness(g.actor, story, desk)

    return {"readiness_of": readiness_of, "ready_words": ready_words}


def ready_words(ready: rules.Ready) -> str:
    """How a checklist stands, in words."""
    if ready.is_ready:
        return _("All %(n)d items are ready.", n=ready.all)
    parts = [_("%(n)d of %(all)d items are ready", n=ready.ready, all=ready.all)]
    if ready.partly:
        parts.append(_("%(n)d partly", n=ready.partly))
    if ready.not_ready:
        parts.append(_("%(n)d not yet", n=ready.not_ready))
    if ready.unanswered:
        parts.append(_("%(n)d without an answer", n=ready.unanswered))
    return ", ".join(parts) + "."


def _try(form: Form, act: Callable[[], Done]) -> Done | None:
    """What was done; None with the reason above the form, or beside its date."""
    try:
        return act()
    except DomainError as refusal:
        if refusal.status in {403, 404}:
            raise
        if isinstance(refusal, rules.NotHeldYet | rules.FarSession):
            form["on"].errors = [*form["on"].errors, say(refusal)]
        else:
            form.form_errors.append(say(refusal))
        return None


def _desk() -> str:
    return calendar.desk_for(g.actor, request.values.get("centre"))


def _centre() -> str:
    """The centre that the page is about. Raises NotFound above one."""
    desk = _desk()
    if kind_of(desk) != calendar.CENTRE:
        raise NotFound
    return desk


def _asked() -> str | None:
    return request.values.get("centre") or None


# ---- sessions


@bp.route("/")
@may_("read")
def sessions() -> ResponseReturnValue:
    """The sessions of a centre, and how its apprentices stand by topic. Above a centre: its centres to choose from."""
    desk, today = _desk(), clock.today()
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
    return {"topic_name": _topic, "STANDINGS": STANDINGS, "TONES": TONES, "Standing": rules.Standing, "good": date.max, "asked": _asked()}


def _topic(code: str | None) -> str:
    return tz.label("safety_topics", code or "", language())


@bp.route("/topics/<topic>")
@may_("read")
def topic(topic: str) -> ResponseReturnValue:
    """How the active apprentices of a centre stand on a topic: whom the next session is for."""
    desk, cohort_id = _centre(), request.args.get("cohort") or None
    cohorts = {row.id: row.name or "?" for row in calendar.cohorts_in(desk)}
    if not tz.has_code("safety_topics", topic) or (cohort_id and cohort_id not in cohorts):
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
    desk = _centre()
    before = queries.session_for(g.actor, again) if (again := request.args.get("again")) else None
    kept = {name: getattr(before, name) for name in ("topic", "cohort_id", "valid_days", "minutes", "trainer")} if before else {}
    asked = {name: request.args[name] for name in ("topic", "cohort_id") if name in request.args}
    form = forms.SessionForm(**{"on": clock.today(), **kept, **asked})
    form.cohort_id.choices = _for_whom(desk)
    if (values := accept(form, forms.SessionSchema())) and (done := _try(form, partial(_hold, desk, values))):
        flash(_("The session is recorded. Now say who was there."))
        return redirect(url_for(".session", session_id=done.id, centre=_asked()))
    return page("safety/form.html", form=form, title=_("Record a health and safety session"), back=url_for(".sessions", centre=_asked()))


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
            return redirect(url_for(".session", session_id=session_id, centre=_asked(), _anchor=f"p{touched}" if touched else None))
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
    form, back = forms.SessionForm(obj=row), url_for(".session", session_id=session_id, centre=_asked())
    del form.cohort_id  # who was there is marked already
    if values := accept(form, forms.SessionSchema(), row):
        seen = request.form.get("seen")
        if _try(form, lambda: actions.correct_session(g.actor, session_id, values, seen)):
            flash(_("The session is corrected."))
            return redirect(back)
    title, seen = _("Correct the session"), request.form.get("seen") or seen_token(row)
    return page("safety/form.html", form=form, title=title, back=back, seen=seen)


@bp.route("/sessions/<session_id>/withdraw", methods=["GET", "POST"])
@may_("mark")
def withdraw(session_id: str) -> ResponseReturnValue:
    """Say that a session was never held."""
    queries.session_for(g.actor, session_id, "mark")
    back = url_for(".session", session_id=session_id, centre=_asked())
    return _withdrawing(
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
    return redirect(url_for(".session", session_id=session_id, centre=_asked()))


def _withdrawing(title: str, back: str, done: str, act: Callable[[str], object]) -> ResponseReturnValue:
    form = forms.WhyForm()
    if values := accept(form, forms.WhySchema()):
        act(values["why"])
        flash(done)
        return redirect(back)
    return page("safety/form.html", form=form, title=title, back=back, submit=_("Withdraw"))


# ---- the reopening checklist


@bp.route("/checklist/<closure_id>", methods=["GET", "POST"])
@at_most("upload_max_bytes")
@may_("read")
def checklist(closure_id: str) -> ResponseReturnValue:
    """The reopening checklist of a centre for a closure, all items in one form."""
    desk = _centre()
    found = queries.checklist(g.actor, desk, closure_id)
    story = calendar.story_for(g.actor, closure_id, desk)
    form, may_answer = forms.ChecklistForm(on=clock.today()), may(g.actor, "close", desk)
    if may_answer and (values := accept(form, forms.ChecklistSchema())):
        answers = _answers(found)
        if _try(form, lambda: [actions.answer(g.actor, desk, closure_id, answers, values["on"])]):
            flash(ngettext("%(n)d answer is saved.", "%(n)d answers are saved.", len(answers)))
            return redirect(url_for(".checklist", closure_id=closure_id, centre=_asked()))
    names = calendar.names_for(story.row.partition) | calendar.names_for(desk)
    where = "" if story.row.partition == desk else calendar_words.place(story.row.scope_kind, story.row.scope_code, names)
    return page(
        "safety/checklist.html",
        form=form,
        found=found,
        choices=tz.choices("checklist_answers", language()),
        may_answer=may_answer,
        subject_of=queries.subject_of,
        about=": ".join(filter(None, (where, calendar_words.closed_by(story.fact)))),
        centre_name=calendar_words.partition(desk, names),
        language_code=language(),
        asked=_asked(),
    )


def _answers(found: queries.Checklist) -> dict[str, actions.Answered]:
    """What was sent for each item. A note or a photo without an answer is refused with a sentence, not lost."""
    said = {}
    for item, _row in found.lines:
        photo = request.files.get(f"photo-{item.id}")
        one = actions.Answered(
            request.form.get(f"answer-{item.id}", ""), request.form.get(f"note-{item.id}", ""), photo.read() if photo else b""
        )
        if one.answer or one.note.strip() or one.photo:
            said[item.id] = one
    return said


@bp.route("/photos/<photo_id>/withdraw", methods=["GET", "POST"])
@may_("close")
def withdraw_photo(photo_id: str) -> ResponseReturnValue:
    """Withdraw the photo of an answer."""
    scan = scan_queries.scan_for(g.actor, photo_id, "close")
    closure_id = (scan.subject_id or "").partition("/")[0]
    calendar.closure_for(g.actor, closure_id)
    back = url_for(".checklist", closure_id=closure_id, centre=_asked())
    return _withdrawing(_("Withdraw the photo"), back, _("The photo is withdrawn."), partial(scans.withdraw, g.actor, photo_id))


@bp.route("/items", methods=["GET", "POST"])
@may_("read")
def items() -> ResponseReturnValue:
    """What is checked before reopening, and further items of the centre or the nation."""
    desk = _desk()
    form, own = forms.ItemForm(), desk if kind_of(desk) in (calendar.CENTRE, NATION) else NATION
    may_add = may(g.actor, "close", own)
    if may_add and (values := accept(form, forms.ItemSchema())):
        sw, en = values["label_sw"] or "", values["label_en"] or ""
        if _try(form, lambda: actions.add_item(g.actor, own, sw, en)):
            flash(_("The item is added to the checklist."))
            return redirect(url_for(".items", centre=_asked()))
    return page(
        "safety/items.html", form=form, items=queries.items(own), own=own, may_add=may_add, language_code=language(), asked=_asked()
    )


@bp.route("/items/<item_id>/withdraw", methods=["GET", "POST"])
@may_("close")
def withdraw_item(item_id: str) -> ResponseReturnValue:
    """Want an item checked no more."""
    queries.item_for(g.actor, item_id, "close")
    back = url_for(".items", centre=_asked())
    return _withdrawing(
        _("Withdraw the item"), back, _("The item is withdrawn. Its answers are kept."), partial(actions.withdraw_item, g.actor, item_id)
    )
