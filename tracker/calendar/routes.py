"""Pages of the calendar: the month, closures with their notices and resumptions, the week, the holidays."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any, TypeVar

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import clock, inputs
from tracker.calendar import actions, checks, forms, queries, rules, schemas, words
from tracker.calendar.models import Closure, Notice, Resumption
from tracker.calendar.queries import Calendar, ClosureStory
from tracker.calendar.rules import ClosureFact, ResumptionKind, ScopeKind, Site, Sites
from tracker.country import tz
from tracker.db import seen_token
from tracker.errors import DomainError, N_, NotFound
from tracker.hours import clock_of
from tracker.i18n import _, language, say
from tracker.inputs import accept
from tracker.policy import kind_of, may, NATION
from tracker.web import at_most, Form, may_, nav_item, page

Done = TypeVar("Done")

bp = Blueprint("calendar", __name__)
NOT_CLOSED = "not-closed"  # in the address of a closure that was nothing before
OPENS = "open-"  # begins the names of the fields with the first open day of a cohort
nav_item(bp, "month", N_("Calendar"), verb="read", order=40)

# Beside which field a refusal stands; the others stand above the form.
FIELD_OF: dict[type[DomainError], str] = {
    checks.ScopeOutside: "place",
    checks.UnknownSites: "sites",
    checks.NoOwnWorkplaces: "sites",
    checks.OpensNothing: "sites",
    checks.FarDate: "since",
    checks.ReopensBeforeClosing: "since",
    checks.NothingClosed: "since",
    checks.EndsBeforeItBegins: "expected_until",
    checks.BreakBackwards: "until",
    checks.BreakTooLong: "until",
    checks.NoWeekdays: "weekdays",
    checks.NoName: "name",
    checks.UnknownShare: "share_percent",
    **dict.fromkeys(checks.UNFIT_PHOTO, "photo"),
}


def _desk() -> str:
    return queries.desk_for(g.actor, request.values.get("centre"))


def _asked(desk: str) -> str | None:
    """The `centre` of addresses; left out for the own one."""
    return None if desk == queries.desk_for(g.actor, None) else desk


def _try(form: Form, act: Callable[[], Done]) -> Done | None:
    """What was done; None with the reason beside the field where it was refused."""
    try:
        return act()
    except DomainError as refusal:
        if refusal.status in {403, 404}:
            raise
        name = FIELD_OF.get(type(refusal), "")
        if name == "since" and "on" in form:
            name = "on"
        if name in form:
            form[name].errors = [*form[name].errors, say(refusal)]
        else:
            form.form_errors.append(say(refusal))
        return None


def _common(desk: str) -> dict[str, Any]:
    names = queries.names_for(desk)
    desks = queries.desks(g.actor)
    return {
        "desk": desk,
        "asked": _asked(desk),
        "desks": [(each, words.partition(each, queries.names_for(NATION) | names)) for each in desks] if len(desks) > 1 else [],
        "names": names,
        "words": words,
        "may_close": may(g.actor, "close", desk),
    }


@bp.app_context_processor
def panel() -> dict[str, Any]:
    """What `calendar/_share.html` says on registers, which belong to a later slice."""

    def share_of(cohort: Any, on: date) -> str:
        found = queries.share_of(g.actor, cohort, on)
        return words.share(found) if found else ""

    return {"share_of": share_of}


# ---- the month


def _month() -> date:
    text = request.args.get("month", "")
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        return clock.today().replace(day=1)
    return month if 1990 <= month.year < 2100 else clock.today().replace(day=1)


def _sites(calendar: Calendar) -> dict[str, tuple[str, Site]]:
    """Value of the select -> words and site: campuses or the centre, cohorts, employers."""
    found: dict[str, tuple[str, Site]] = {}
    campuses = {key: row for key, row in calendar.campuses.items() if row.void_reason is None}
    for key, campus in campuses.items():
        found[f"campus:{key}"] = (campus.name or "?", calendar.site_of_campus(key))
    if not campuses:
        name = (calendar.centre.name if calendar.centre else None) or words.label("closure_scopes", "centre")
        found["centre"] = (name, calendar.site_of_campus(None))
    for cohort in queries.cohorts_in(calendar.partition):
        found[f"cohort:{cohort.id}"] = (_("Cohort: %(name)s", name=cohort.name or "?"), calendar.site_of(cohort))
    for employer in queries.employers_in(calendar.partition):
        found[f"employer:{employer.id}"] = (employer.name or "?", calendar.site_of_employer(employer))
    return found


@bp.route("/")
@may_("read")
def month() -> ResponseReturnValue:
    """A month of a centre: training, rest, holidays, closed days. Above a centre: the closures."""
    desk = _desk()
    if kind_of(desk) != queries.CENTRE:
        return redirect(url_for(".closures", centre=_asked(desk)))
    calendar, first, today = queries.calendar_for(g.actor, desk), _month(), clock.today()
    sites = _sites(calendar)
    chosen = request.args.get("site", "")
    if chosen not in sites:
        chosen = next(iter(sites))
    name, site = sites[chosen]
    shown = queries.month_of(calendar, site, first)
    return page(
        "calendar/month.html",
        month=shown,
        today=today,
        now=calendar.day_at(site, today),
        share=calendar.share_at(site, today),
        site_name=name,
        site=chosen,
        sites=[(key, label) for key, (label, _site) in sites.items()],
        previous=_near(first, -1),
        following=_near(first, 1),
        taught={on for cohort, on in calendar.taught if cohort == site.cohort and calendar.was_taught(cohort, on)},
        years=tz.holiday_years(),
        **_common(desk),
    )


def _near(first: date, step: int) -> str | None:
    months = first.year * 12 + first.month - 1 + step
    return f"{months // 12:04d}-{months % 12 + 1:02d}" if 1990 * 12 <= months < 2100 * 12 else None


# ---- closures


@bp.route("/closures")
@may_("read")
def closures() -> ResponseReturnValue:
    """What is closed today, what will be, and what was."""
    desk, today = _desk(), clock.today()
    stories = queries.closures(g.actor, desk)
    in_force = queries.in_force(g.actor, desk, today)
    standing = [story for story in stories if story.since is not None]
    return page(
        "calendar/closures.html",
        now=[story for story in standing if story.row.id in in_force],
        ahead=[story for story in standing if story.since and story.since > today],
        past=[story for story in stories if story.row.id not in in_force and not (story.since and story.since > today)],
        in_force=in_force,
        today=today,
        doubtful=queries.doubtful(g.actor, desk, today),
        **_common(desk),
    )


@bp.route("/closures/new", methods=["GET", "POST"])
@at_most("upload_max_bytes")
@may_("close")
def close() -> ResponseReturnValue:
    """Announce that something closes. Whom it touches is shown before anything is saved; a script asks for that alone (`part`)."""
    desk = _desk()
    is_centre = kind_of(desk) == queries.CENTRE
    common = _common(desk)
    places = words.places_in(desk, queries.codes_in(desk), common["names"])
    asked = {
        "since": clock.today(),
        "sites": Sites.CENTRES if is_centre else Sites.BOTH,
        "place": request.args.get("place") or places[0][0],
    }
    form = forms.CloseForm(**asked)
    form.offer(places)
    values = accept(form, schemas.ClosureSchema())
    # Above a centre all centres would be asked each time the page is opened: there somebody has to say first what is meant.
    fact = _proposed(desk, form, values or (asked if is_centre and request.method == "GET" else None))
    if "part" in request.form:
        return render_template("calendar/_touched.html", fact=fact, shown=_shown(fact), form=form, **common)
    if values and fact and _has_seen(fact) and (done := _try(form, partial(_close, desk, values, _sent(form)))):
        flash(_("The closure is recorded, from %(since)s.", since=values["since"]))
        return redirect(url_for(".closure", closure_id=done.id, centre=_asked(desk), was=NOT_CLOSED))
    return page("calendar/close.html", form=form, fact=fact, shown=_shown(fact), **common)


def _proposed(desk: str, form: Form, values: dict[str, Any] | None) -> ClosureFact | None:
    """The closure that these values describe; None without any, or with the reason beside the field where it is refused."""
    if values is None:
        return None
    kind, code, sites = _scope(values)
    return _try(form, lambda: actions.proposed(g.actor, desk, kind, code, sites, values["since"], values.get("expected_until")))


def _shown(fact: ClosureFact | None) -> str:
    """What the page says in a hidden field of the closure whose effects it shows."""
    if fact is None:
        return ""
    (notice,) = fact.notices
    return f"{fact.scope.kind}:{fact.scope.code or ''} {fact.sites} {notice.since} {notice.expected_until or ''}"


def _has_seen(fact: ClosureFact) -> bool:
    """Whether a person who records this closure has seen whom it touches."""
    return request.form.get("do") != "look" and request.form.get("shown", _shown(fact)) == _shown(fact)


def _sent(form: Form) -> bytes:
    return form.photo.data.read() if form.photo.data else b""


def _close(desk: str, values: dict[str, Any], photo: bytes) -> Closure:
    kind, code, sites = _scope(values)
    since, until = values["since"], values["expected_until"]
    more = {name: values[name] or "" for name in ("note", "meanwhile")}
    return actions.close(g.actor, desk, kind, code, sites, values["reason"], since, until, photo=photo, **more, **_about(values))


def _scope(values: dict[str, Any]) -> tuple[str, str | None, str]:
    kind, _colon, code = str(values["place"]).partition(":")
    # An employer has workplaces only: what else was ticked cannot have been meant.
    sites = Sites.WORKPLACES if kind == ScopeKind.EMPLOYER else values["sites"]
    return kind, code or None, str(sites)


@bp.route("/closures/<closure_id>")
@may_("read")
def closure(closure_id: str) -> ResponseReturnValue:
    """A closure: its notices side by side, what reopened, its history."""
    desk, today = _desk(), clock.today()
    story = queries.story_for(g.actor, closure_id, desk)
    common = _common(desk)
    names = queries.names_for(story.row.partition) | common["names"]
    told = queries.history(story)
    lines = [{"at": line.version.at, "who": line.who or "–", "what": words.told(line, names), "where": line.where} for line in told]
    return page(
        "calendar/closure.html",
        story=story,
        closed_now=queries.in_force(g.actor, desk, today).get(closure_id, []),
        today=today,
        may_edit=may(g.actor, "close", story.row),
        may_withdraw={row.id: may(g.actor, "close", row) for row in story.resumptions},
        by_centres=[] if kind_of(desk) == queries.CENTRE else queries.resumptions_by_centres(g.actor, story),
        code_of_centre=queries.code_of_centre,
        history=lines,
        chosen=queries.choice_in(told, story),
        before=_before(story, desk),
        **common | {"names": names},
    )


def _before(story: ClosureStory, desk: str) -> queries.Facts | None:
    """The facts of a centre before the last entry, which the address names; else without this closure. None: nothing to compare.

    The address says it, so that the page is the same when it is loaded again, or sent to somebody else.
    """
    if kind_of(desk) != queries.CENTRE:
        return None
    facts, was = queries.calendar_for(g.actor, desk).facts, request.args.get("was", "")
    resumed = [each for each in request.args.get("resumed", "").split(",") if each]
    if resumed:
        return queries.Facts(facts.closures, rules.had_not(facts.resumptions, resumed))
    if not was and story.since is None:
        return None
    try:
        since = date.fromisoformat(was) if was and was != NOT_CLOSED else None
    except ValueError:
        raise NotFound from None
    return queries.Facts(rules.had_begun(facts.closures, story.row.id, since), facts.resumptions)


def _was(story: ClosureStory) -> str:
    """What the address of the closure's page says of the day from which it closed until now."""
    return story.since.isoformat() if story.since else NOT_CLOSED


def _story(closure_id: str) -> ClosureStory:
    """The closure of a form that changes it; raises NotFound, NotAllowed."""
    queries.closure_for(g.actor, closure_id, "close")
    return queries.story_for(g.actor, closure_id)


def _form_page(form: Form, title: str, story: ClosureStory, **values: Any) -> ResponseReturnValue:
    names = queries.names_for(story.row.partition)
    about = words.place(story.row.scope_kind, story.row.scope_code, names)
    return page("calendar/form.html", form=form, title=title, about=about, back=_back(story.row.id), **values)


def _back(closure_id: str, was: str | None = None, resumed: str | None = None) -> str:
    return url_for(".closure", closure_id=closure_id, centre=request.args.get("centre"), was=was, resumed=resumed)


@bp.route("/closures/<closure_id>/edit", methods=["GET", "POST"])
@may_("close")
def edit(closure_id: str) -> ResponseReturnValue:
    """Correct the reason or the note."""
    story = _story(closure_id)
    form = forms.CorrectForm(obj=story.row)
    if values := accept(form, schemas.CorrectionSchema(), story.row):
        actions.correct_closure(g.actor, closure_id, values, request.form.get("seen"))
        flash(_("The closure is corrected."))
        return redirect(_back(closure_id))
    return _form_page(form, _("Correct the closure"), story, seen=request.form.get("seen") or seen_token(story.row))


@bp.route("/closures/<closure_id>/withdraw", methods=["GET", "POST"])
@may_("close")
def withdraw(closure_id: str) -> ResponseReturnValue:
    """Say that a closure never was."""
    story, form = _story(closure_id), forms.WhyForm()
    if values := accept(form, schemas.WhySchema()):
        was = _was(story)
        actions.withdraw_closure(g.actor, closure_id, values["why"])
        flash(_("The closure is withdrawn. Its days count as if it had never been."))
        return redirect(_back(closure_id, was))
    return _form_page(form, _("Withdraw the closure"), story, submit=_("Withdraw"))


@bp.route("/closures/<closure_id>/restore", methods=["POST"])
@may_("close")
def restore(closure_id: str) -> ResponseReturnValue:
    """Take the withdrawal back."""
    actions.restore_closure(g.actor, closure_id)
    flash(_("The closure stands again."))
    return redirect(_back(closure_id, NOT_CLOSED))


# ---- notices


@bp.route("/closures/<closure_id>/notice", methods=["GET", "POST"])
@at_most("upload_max_bytes")
@may_("close")
def add_notice(closure_id: str) -> ResponseReturnValue:
    """Put another notice beside the others."""
    story = _story(closure_id)
    form, was = forms.AddNoticeForm(since=story.since), _was(story)
    if values := accept(form, schemas.NoticeSchema()):
        since, until, counts = values["since"], values["expected_until"], bool(form.counts.data)
        photo = _sent(form)
        if _try(form, lambda: actions.add_notice(g.actor, closure_id, since, until, counts=counts, photo=photo, **_about(values))):
            flash(_("The notice is recorded beside the others."))
            return redirect(_back(closure_id, was))
    return _form_page(form, _("Add a notice"), story)


def _about(values: dict[str, Any]) -> dict[str, str]:
    return {name: values[name] or "" for name in ("authority", "source", "reference")}


@bp.route("/closures/<closure_id>/extend", methods=["GET", "POST"])
@at_most("upload_max_bytes")
@may_("close")
def extend(closure_id: str) -> ResponseReturnValue:
    """Announce a new expected end."""
    story, form = _story(closure_id), forms.ExtendForm()
    if (values := accept(form, schemas.ExtensionSchema())) and _try(form, partial(_extend, closure_id, values, _sent(form))):
        flash(_("The closure is extended."))
        return redirect(_back(closure_id))
    return _form_page(form, _("Extend the closure"), story)


def _extend(closure_id: str, values: dict[str, Any], photo: bytes) -> Notice:
    return actions.extend(g.actor, closure_id, values["expected_until"], photo=photo, **_about(values))


@bp.route("/notices/<notice_id>/edit", methods=["GET", "POST"])
@at_most("upload_max_bytes")
@may_("close")
def edit_notice(notice_id: str) -> ResponseReturnValue:
    """Correct what was typed of a notice."""
    notice = queries.notice_for(g.actor, notice_id, "close")
    story, form = _story(notice.closure_id or ""), forms.NoticeForm(obj=notice)
    if values := accept(form, schemas.NoticeSchema(), notice):
        seen, was, photo = request.form.get("seen"), _was(story), _sent(form)
        if _try(form, lambda: actions.correct_notice(g.actor, notice_id, values, seen, photo)):
            flash(_("The notice is corrected."))
            return redirect(_back(story.row.id, was))
    return _form_page(form, _("Correct the notice"), story, seen=request.form.get("seen") or seen_token(notice))


@bp.route("/notices/<notice_id>/choose", methods=["POST"])
@may_("close")
def choose(notice_id: str) -> ResponseReturnValue:
    """Say that this notice counts."""
    was = _was(_story(queries.notice_for(g.actor, notice_id, "close").closure_id or ""))
    chosen = actions.choose_notice(g.actor, notice_id)
    flash(_("This notice counts from now on. All days are worked out by it."))
    return redirect(_back(chosen.id, was))


@bp.route("/notices/<notice_id>/withdraw", methods=["GET", "POST"])
@may_("close")
def withdraw_notice(notice_id: str) -> ResponseReturnValue:
    """Withdraw a notice."""
    notice = queries.notice_for(g.actor, notice_id, "close")
    story, form = _story(notice.closure_id or ""), forms.WhyForm()
    if values := accept(form, schemas.WhySchema()):
        was = _was(story)
        actions.withdraw_notice(g.actor, notice_id, values["why"])
        flash(_("The notice is withdrawn."))
        return redirect(_back(story.row.id, was))
    return _form_page(form, _("Withdraw the notice"), story, submit=_("Withdraw"))


@bp.route("/photos/<scan_id>/withdraw", methods=["GET", "POST"])
@may_("close")
def withdraw_photo(scan_id: str) -> ResponseReturnValue:
    """Withdraw a photo of a notice."""
    story, form = _story(queries.notice_of_photo(g.actor, scan_id, "close").closure_id or ""), forms.WhyForm()
    if values := accept(form, schemas.WhySchema()):
        actions.withdraw_photo(g.actor, scan_id, values["why"])
        flash(_("The photo is withdrawn."))
        return redirect(_back(story.row.id))
    return _form_page(form, _("Withdraw the photo"), story, submit=_("Withdraw"))


# ---- resumptions


@bp.route("/reopen", methods=["GET", "POST"])
@may_("close")
def reopen() -> ResponseReturnValue:
    """Record that something is open again, or may be."""
    desk, today = _desk(), clock.today()
    common = _common(desk)
    in_force = queries.in_force(g.actor, desk, today)
    sent = request.form.get("closure_id")  # what was sent once may be open by now, when it is sent again
    stories = [story for story in queries.closures(g.actor, desk) if story.row.id in in_force or story.row.id == sent]
    form = forms.ReopenForm(since=today, kind="reopened", **_asked_scope(desk, stories))
    form.offer(words.places_in(desk, queries.codes_in(desk), common["names"]))
    asked = request.args.get("closure")
    known = {story.row.id for story in stories}
    if asked and asked not in known:
        stories.append(queries.story_for(g.actor, asked, desk))
    form.closure_id.choices = [("", _("All closures in force there")), *(_choice(story, common["names"]) for story in stories)]
    values, phases = accept(form, schemas.ReopeningSchema()), _phases(form)
    if values and not form.form_errors and (rows := _try(form, partial(_reopen, desk, values, phases))):
        flash(_resumed(values["kind"], rows[0].since or values["since"]))
        resumed = ",".join(row.id for row in rows)
        return redirect(url_for(".closure", closure_id=rows[0].closure_id, centre=_asked(desk), resumed=resumed))
    return page(
        "calendar/reopen.html",
        form=form,
        cohorts=queries.running_cohorts(desk, today),
        phases=phases,
        OPENS=OPENS,
        closed=stories,
        **common,
    )


def _phases(form: Form) -> dict[str, date]:
    """The first open days that were typed for single cohorts, by id of the cohort; what is no date stands as a problem of the form."""
    found = {}
    for name, text in request.form.items():
        if name.startswith(OPENS) and text.strip():
            try:
                found[name.removeprefix(OPENS)] = inputs.Day().deserialize(text)
            except inputs.Wrong as wrong:
                form.form_errors.append(say(wrong.problem))
    return found


def _reopen(desk: str, values: dict[str, Any], phases: dict[str, date]) -> list[Resumption]:
    kind, code, sites = _scope(values)
    closure_id = values["closure_id"]
    terms = {"conditions": values["conditions"] or "", "share_percent": values["share_percent"]}
    if phases:
        return actions.resume_by_cohort(g.actor, desk, phases, sites, closure_id, kind=values["kind"], **terms)
    act = actions.reopen if values["kind"] == ResumptionKind.REOPENED else actions.permit
    return act(g.actor, desk, values["since"], kind, code, sites, closure_id, **terms)


def _resumed(kind: str, since: date) -> str:
    if kind == ResumptionKind.REOPENED:
        return _("Open again from %(since)s.", since=since)
    return _("The permission is recorded, from %(since)s. It stays closed until somebody reopens it.", since=since)


def _choice(story: ClosureStory, names: words.Names) -> tuple[str, str]:
    where = words.place(story.row.scope_kind, story.row.scope_code, names)
    return story.row.id, f"{where}: {words.closed_by(story.fact)}"


def _asked_scope(desk: str, stories: list[ClosureStory]) -> dict[str, str]:
    """Sensible defaults: the whole centre, or what the closure from which one comes is about."""
    asked = request.args.get("closure", "")
    story = next((each for each in stories if each.row.id == asked), None)
    if place := request.args.get("place"):
        return {"place": place, "sites": request.args.get("sites", Sites.BOTH), "closure_id": asked}
    if story and story.row.partition == desk:
        return {"place": f"{story.row.scope_kind}:{story.row.scope_code or ''}", "sites": story.row.sites or "both", "closure_id": asked}
    if story and story.row.sites == Sites.WORKPLACES:
        return {"sites": Sites.WORKPLACES, "closure_id": asked}
    return {"sites": "centres" if kind_of(desk) == queries.CENTRE else "both", "closure_id": asked}


@bp.route("/resumptions/<resumption_id>/withdraw", methods=["GET", "POST"])
@may_("close")
def withdraw_resumption(resumption_id: str) -> ResponseReturnValue:
    """Take a permission or an opening back."""
    resumption = queries.resumption_for(g.actor, resumption_id, "close")
    form = forms.WhyForm()
    story = queries.story_for(g.actor, resumption.closure_id or "", resumption.partition)
    if values := accept(form, schemas.WhySchema()):
        actions.withdraw_resumption(g.actor, resumption_id, values["why"])
        flash(_("The reopening is withdrawn: it is closed as before."))
        return redirect(_back(story.row.id, resumed=resumption_id))
    return _form_page(form, _("Withdraw the reopening"), story, submit=_("Withdraw"))


# ---- the week


@bp.route("/week", methods=["GET", "POST"])
@may_("read")
def week() -> ResponseReturnValue:
    """The weekly patterns of a centre, and a new one."""
    desk = _desk()
    if kind_of(desk) != queries.CENTRE:
        raise NotFound
    common, patterns = _common(desk), queries.weekly_patterns(desk)
    campuses = queries.codes_in(desk)["campus"]
    latest = patterns[-1] if patterns else None
    form = forms.WeekForm(
        since=clock.today(),
        weekdays=list((latest.weekdays if latest else None) or "12345"),
        am_minutes=clock_of(latest.am_minutes) if latest and latest.am_minutes else "",
        pm_minutes=clock_of(latest.pm_minutes) if latest and latest.pm_minutes else "",
    )
    form.campus_id.choices = [("", _("All campuses")), *campuses.items()]
    if common["may_close"] and (values := accept(form, schemas.WeekSchema())):
        days = "".join(form.weekdays.data or [])
        since, campus_id, halves = values["since"], values["campus_id"], {name: values[name] for name in ("am_minutes", "pm_minutes")}
        if _try(form, lambda: actions.set_weekly_pattern(g.actor, desk, since, days, campus_id, **halves)):
            flash(_("The training days are set from %(since)s. Earlier days keep what was set for them.", since=since))
            return redirect(url_for(".week", centre=_asked(desk)))
    return page("calendar/week.html", form=form, patterns=list(reversed(patterns)), campuses=campuses, **common)


@bp.route("/week/<pattern_id>/withdraw", methods=["GET", "POST"])
@may_("close")
def withdraw_week(pattern_id: str) -> ResponseReturnValue:
    """Withdraw a weekly pattern."""
    pattern = queries.pattern_for(g.actor, pattern_id, "close")
    form, back = forms.WhyForm(), url_for(".week")
    if values := accept(form, schemas.WhySchema()):
        actions.withdraw_weekly_pattern(g.actor, pattern_id, values["why"])
        flash(_("The pattern is withdrawn; the one before it goes on."))
        return redirect(back)
    title, about = _("Withdraw the weekly pattern"), _("Set from %(since)s.", since=pattern.since)
    return page("calendar/form.html", form=form, title=title, about=about, back=back, submit=_("Withdraw"))


# ---- breaks between terms


@bp.route("/breaks", methods=["GET", "POST"])
@may_("read")
def breaks() -> ResponseReturnValue:
    """The breaks of a centre, and a new one."""
    desk = _desk()
    if kind_of(desk) != queries.CENTRE:
        raise NotFound
    common, form = _common(desk), forms.BreakForm()
    form.offer(_of_break(desk))
    if common["may_close"] and (values := accept(form, schemas.BreakSchema())):
        of, since, until = _parts_of(values), values["since"], values["until"]
        if _try(form, lambda: actions.add_break(g.actor, desk, since, until, values["name"] or "", **of)):
            flash(_("The break is recorded. No registers are due on its days."))
            return redirect(url_for(".breaks", centre=_asked(desk)))
    return page("calendar/breaks.html", form=form, rows=list(reversed(queries.breaks(desk))), **common)


def _of_break(desk: str) -> list[tuple[str, str]]:
    names = queries.names_for(desk)
    codes = queries.codes_in(desk)
    parts = [(f"{kind}:{code}", words.place(kind, code, names)) for kind in ("campus", "cohort") for code in codes[kind]]
    return [("", _("The whole centre")), *parts]


def _parts_of(values: dict[str, Any]) -> dict[str, str | None]:
    kind, _colon, code = str(values["place"] or "").partition(":")
    return {"campus_id": code if kind == "campus" else None, "cohort_id": code if kind == "cohort" else None}


@bp.route("/breaks/<break_id>/edit", methods=["GET", "POST"])
@may_("close")
def edit_break(break_id: str) -> ResponseReturnValue:
    """Correct a break."""
    row = queries.break_for(g.actor, break_id, "close")
    place = f"cohort:{row.cohort_id}" if row.cohort_id else f"campus:{row.campus_id}" if row.campus_id else ""
    form, back = forms.BreakForm(obj=row, place=place), url_for(".breaks", centre=_asked(row.partition))
    form.offer(_of_break(row.partition))
    if values := accept(form, schemas.BreakSchema(), row):
        changed = {name: values[name] for name in ("name", "since", "until")} | _parts_of(values)
        if _try(form, lambda: actions.correct_break(g.actor, break_id, changed, request.form.get("seen"))):
            flash(_("The break is corrected."))
            return redirect(back)
    about = words.of_break(row, queries.names_for(row.partition))
    seen = request.form.get("seen") or seen_token(row)
    return page("calendar/form.html", form=form, title=_("Correct the break"), about=about, back=back, seen=seen)


@bp.route("/breaks/<break_id>/withdraw", methods=["GET", "POST"])
@may_("close")
def withdraw_break(break_id: str) -> ResponseReturnValue:
    """Withdraw a break."""
    row = queries.break_for(g.actor, break_id, "close")
    form, back = forms.WhyForm(), url_for(".breaks", centre=_asked(row.partition))
    if values := accept(form, schemas.WhySchema()):
        actions.withdraw_break(g.actor, break_id, values["why"])
        flash(_("The break is withdrawn: its days are days of training again."))
        return redirect(back)
    about = _("%(first)s to %(last)s", first=row.since or "?", last=row.until or "?")
    return page("calendar/form.html", form=form, title=_("Withdraw the break"), about=about, back=back, submit=_("Withdraw"))


# ---- holidays


@bp.route("/holidays")
@may_("read")
def holidays() -> ResponseReturnValue:
    """The public holidays of a year, with the nation's corrections."""
    years = tz.holiday_years()
    text = request.args.get("year", "")
    year = int(text) if text.isdecimal() and len(text) == 4 else clock.today().year
    desk = _desk()
    jurisdiction = request.args.get("jurisdiction") or _jurisdiction(desk)
    if not tz.has_code("jurisdictions", jurisdiction):
        raise NotFound
    corrections = queries.corrections()
    kept = queries.corrected_holidays(jurisdiction, corrections)
    return page(
        "calendar/holidays.html",
        year=year,
        is_known=year in years,
        jurisdiction=jurisdiction,
        jurisdictions=tz.choices("jurisdictions", language()),
        holidays=[day for on, day in kept.items() if on.year == year],
        corrections=[row for row in corrections if row.on and row.on.year == year and row.jurisdiction in (None, jurisdiction)],
        may_correct=may(g.actor, "edit-holidays", NATION),
        **_common(desk),
    )


def _jurisdiction(desk: str) -> str:
    if kind_of(desk) == queries.CENTRE:
        return queries.calendar_for(g.actor, desk).site_of_campus(None).jurisdiction
    return tz.jurisdiction_of(desk.partition("/")[2]) or tz.MAINLAND


@bp.route("/holidays/correct", methods=["GET", "POST"])
@may_("edit-holidays")
def correct_holiday() -> ResponseReturnValue:
    """Add a holiday, confirm an estimate, or say that a day is none."""
    form = forms.HolidayForm(on=request.args.get("on"), kind="holiday", jurisdiction=request.args.get("jurisdiction"))
    form.kind.choices = [("holiday", _("A public holiday")), ("working", _("No holiday"))]
    form.jurisdiction.choices = [("", _("The whole country")), *tz.choices("jurisdictions", language())]
    if values := accept(form, schemas.HolidaySchema()):
        where, on, is_holiday = values["jurisdiction"], values["on"], form.kind.data == "holiday"
        if _try(form, lambda: actions.correct_holiday(g.actor, where, on, values["name"] or "", is_holiday=is_holiday)):
            flash(_("The holidays are corrected for all centres."))
            return redirect(url_for(".holidays", year=values["on"].year, jurisdiction=values["jurisdiction"]))
    return page("calendar/holiday.html", form=form)


@bp.route("/holidays/<correction_id>/withdraw", methods=["GET", "POST"])
@may_("edit-holidays")
def withdraw_correction(correction_id: str) -> ResponseReturnValue:
    """Withdraw a correction."""
    row = queries.correction_for(g.actor, correction_id, "edit-holidays")
    form, back = forms.WhyForm(), url_for(".holidays", year=row.on.year if row.on else None)
    if values := accept(form, schemas.WhySchema()):
        actions.withdraw_correction(g.actor, correction_id, values["why"])
        flash(_("The correction is withdrawn."))
        return redirect(back)
    about = _("Correction for %(on)s.", on=row.on)
    return page("calendar/form.html", form=form, title=_("Withdraw the correction"), about=about, back=back, submit=_("Withdraw"))
