"""Pages of the placements: the list, one placement with its warnings and suspensions, and its forms."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from tracker import clock
from tracker.db import seen_token
from tracker.errors import DomainError, N_
from tracker.hours import clock_of, NoHours
from tracker.i18n import _, say
from tracker.inputs import accept
from tracker.placements import actions, forms, queries, rules, schemas, words
from tracker.placements.models import Placement
from tracker.policy import may
from tracker.web import Form, may_, nav_item, page

bp = Blueprint("placements", __name__)
nav_item(bp, "placements", N_("Placements"), verb="read", order=30)

Done = TypeVar("Done")
# Beside which field a refusal stands; the others stand above the form.
FIELD_OF: dict[type[DomainError], tuple[str, ...]] = {
    rules.UnknownApprentice: ("apprentice_id",),
    rules.UnknownEmployer: ("employer_id",),
    rules.NoStart: ("starts_on",),
    rules.EndsBeforeStart: ("ends_on", "on"),
    rules.AlreadyPlaced: ("apprentice_id", "on"),
    rules.AlreadySuspended: ("since",),
    rules.SuspendsOutside: ("since",),
    rules.NotSuspended: ("on",),
    rules.RosterOutside: ("since",),
    rules.NoWorkdays: ("weekdays",),
    NoHours: ("hours",),
}


def _try(form: Form, act: Callable[[], Done]) -> Done | None:
    """What was done; None with the reason beside the field where it was refused."""
    try:
        return act()
    except DomainError as refusal:
        if refusal.status in {403, 404}:
            raise
        name = next((each for each in FIELD_OF.get(type(refusal), ()) if each in form), None)
        if name:
            form[name].errors = [*form[name].errors, say(refusal)]
        else:
            form.form_errors.append(say(refusal))
        return None


@bp.app_context_processor
def panel() -> dict[str, Any]:
    """What `placements/_of_apprentice.html` shows on the apprentice's page, which belongs to an earlier slice."""

    def placements_of(apprentice_id: str) -> list[queries.Listed]:
        return queries.panel(g.actor, apprentice_id, clock.today())

    return {"placements_of": placements_of, "placement_words": words}


@bp.route("/")
@may_("read")
def placements() -> ResponseReturnValue:
    """The placements of a centre, or of one apprentice; those that run stand first."""
    apprentice = queries.apprentice_for(g.actor, asked) if (asked := request.args.get("apprentice")) else None
    desk = apprentice.partition if apprentice else queries.home(g.actor, request.args.get("centre"))
    rows = queries.placements_of(g.actor, apprentice.id) if apprentice else queries.placements(g.actor, desk)
    listed = queries.listed(g.actor, desk, rows, clock.today())
    text, chosen = request.args.get("q", "").strip(), request.args.get("show", "all" if apprentice else "running")
    shown = [each for each in listed if queries.is_shown(each, chosen) and queries.fits(each, text)]
    return page(
        "placements/placements.html",
        apprentice=apprentice,
        placements=shown,
        views=[(view, _(label), sum(queries.is_shown(each, view) for each in listed)) for view, label in words.VIEWS.items()],
        chosen=chosen,
        q=text,
        desk=desk,
        asked=request.args.get("centre"),
        centres=queries.centres(g.actor),
        words=words,
        may_edit=may(g.actor, "edit-placements", desk),
    )


@bp.route("/new", methods=["GET", "POST"])
@may_("edit-placements")
def new() -> ResponseReturnValue:
    """Place an apprentice; `?apprentice=` and `?employer=` choose beforehand."""
    desk = queries.home(g.actor, request.args.get("centre"))
    form = forms.PlacementForm(
        apprentice_id=request.args.get("apprentice"), employer_id=request.args.get("employer"), starts_on=clock.today()
    )
    form.offer(queries.apprentices_to_place(desk), queries.hosts(g.actor, desk))
    values = accept(form, schemas.TermsSchema())
    if values and (done := _try(form, lambda: actions.open_placement(g.actor, desk, values))):
        flash(_("The placement is recorded."))
        return redirect(url_for(".placement", placement_id=done.id))
    return page("placements/edit.html", form=form, title=_("New placement"), back=url_for(".placements"), seen=None)


@bp.route("/<placement_id>")
@may_("read")
def placement(placement_id: str) -> ResponseReturnValue:
    """One placement: its state today, what decent work finds missing, suspensions, history."""
    row = queries.placement_for(g.actor, placement_id)
    (shown,) = queries.listed(g.actor, row.partition, [row], clock.today())
    return page(
        "placements/placement.html",
        placement=row,
        apprentice=shown.apprentice,
        employer=shown.employer,
        state=shown.state,
        warnings=[say(problem) for problem in shown.warnings],
        recorded=queries.recorded(row),
        suspensions=queries.suspensions(row),
        rosters=queries.rosters(row),
        history=[
            {"at": line.version.at, "who": line.who or "–", "what": words.told(line), "where": line.where} for line in queries.history(row)
        ],
        conflicts=[_(words.FIELD_NAMES.get(group, group)) for group in queries.conflicting(row)],
        words=words,
        may_edit=may(g.actor, "edit-placements", row),
    )


def _mine(placement_id: str) -> Placement:
    return queries.placement_for(g.actor, placement_id, "edit-placements")


def _back(placement_id: str) -> str:
    return url_for(".placement", placement_id=placement_id)


@bp.route("/<placement_id>/edit", methods=["GET", "POST"])
@may_("edit-placements")
def edit(placement_id: str) -> ResponseReturnValue:
    """Correct a placement."""
    row = _mine(placement_id)
    form = forms.PlacementForm(obj=row)
    people = queries.apprentices_to_place(row.partition, queries.apprentice_of(row))
    form.offer(people, queries.hosts(g.actor, row.partition, queries.employer_of(row)))
    seen = request.form.get("seen")
    values = accept(form, schemas.TermsSchema(), row)
    if values and _try(form, lambda: actions.correct_placement(g.actor, placement_id, values, seen)):
        flash(_("The placement is corrected."))
        return redirect(_back(placement_id))
    return page("placements/edit.html", form=form, title=_("Correct the placement"), back=_back(placement_id), seen=seen or seen_token(row))


def _form_page(row: Placement, form: Form, title: str, template: str = "placements/form.html", **values: Any) -> ResponseReturnValue:
    apprentice, employer = queries.apprentice_of(row), queries.employer_of(row)
    about = " · ".join(each for each in (apprentice.full_name if apprentice else "", (employer.name if employer else None) or "") if each)
    return page(template, form=form, title=title, about=about, back=_back(row.id), **values)


@bp.route("/<placement_id>/suspend", methods=["GET", "POST"])
@may_("edit-placements")
def suspend(placement_id: str) -> ResponseReturnValue:
    """Pause a placement for a reason of its own."""
    row, form = _mine(placement_id), forms.SuspendForm(since=clock.today())
    form.offer()
    values = accept(form, schemas.SuspensionSchema())
    if values and _try(form, lambda: actions.suspend_placement(g.actor, placement_id, **values)):
        flash(_("The placement is suspended."))
        return redirect(_back(placement_id))
    hint = _("You need not do this when the employer closes: record the closure, and all its placements are suspended.")
    return _form_page(row, form, _("Suspend the placement"), hint=hint, submit=_("Suspend"))


@bp.route("/<placement_id>/resume", methods=["GET", "POST"])
@may_("edit-placements")
def resume(placement_id: str) -> ResponseReturnValue:
    """End the pause; the date is the first day back."""
    row, form = _mine(placement_id), forms.DayForm(on=clock.today())
    values = accept(form, schemas.DaySchema())
    if values and _try(form, lambda: actions.resume_placement(g.actor, placement_id, values["on"])):
        flash(_("The placement goes on from %(on)s.", on=values["on"]))
        return redirect(_back(placement_id))
    return _form_page(row, form, _("Resume the placement"), hint=_("Enter the first day back at the employer."), submit=_("Resume"))


@bp.route("/<placement_id>/end", methods=["GET", "POST"])
@may_("edit-placements")
def end(placement_id: str) -> ResponseReturnValue:
    """Set the last day."""
    row = _mine(placement_id)
    form = forms.DayForm(on=clock.today())
    values = accept(form, schemas.DaySchema())
    if values and _try(form, lambda: actions.end_placement(g.actor, placement_id, values["on"])):
        flash(_("The last day of the placement is %(on)s.", on=values["on"]))
        return redirect(_back(placement_id))
    return _form_page(row, form, _("End the placement"), hint=_("Enter the last day at the employer."), submit=_("End"))


@bp.route("/<placement_id>/void", methods=["GET", "POST"])
@may_("edit-placements")
def void(placement_id: str) -> ResponseReturnValue:
    """Say that a placement never was."""
    row, form = _mine(placement_id), forms.WhyForm()
    if values := accept(form, schemas.WhySchema()):
        actions.void_placement(g.actor, placement_id, values["why"])
        flash(_("The placement is withdrawn."))
        return redirect(_back(placement_id))
    hint = _("Withdraw what was entered by mistake. A placement that took place and is over is ended, not withdrawn.")
    return _form_page(row, form, _("Withdraw the placement"), hint=hint, submit=_("Withdraw"))


@bp.route("/<placement_id>/restore", methods=["POST"])
@may_("edit-placements")
def restore(placement_id: str) -> ResponseReturnValue:
    """Take the withdrawal back."""
    actions.restore_placement(g.actor, placement_id)
    flash(_("The placement stands again."))
    return redirect(_back(placement_id))


@bp.route("/suspensions/<suspension_id>/withdraw", methods=["GET", "POST"])
@may_("edit-placements")
def withdraw_suspension(suspension_id: str) -> ResponseReturnValue:
    """Say that a pause never was."""
    suspension = queries.suspension_for(g.actor, suspension_id, "edit-placements")
    row, form = _mine(suspension.placement_id or ""), forms.WhyForm()
    if values := accept(form, schemas.WhySchema()):
        actions.withdraw_suspension(g.actor, suspension_id, values["why"])
        flash(_("The suspension is withdrawn."))
        return redirect(_back(row.id))
    return _form_page(row, form, _("Withdraw the suspension"), submit=_("Withdraw"))


@bp.route("/<placement_id>/roster", methods=["GET", "POST"])
@may_("edit-placements")
def roster(placement_id: str) -> ResponseReturnValue:
    """Set the days and hours of work from a date on."""
    row = _mine(placement_id)
    latest = next((each for each in reversed(queries.rosters(row)) if each.void_reason is None), None)
    form = forms.RosterForm(
        since=clock.today() if latest else row.starts_on,
        weekdays=list((latest.weekdays if latest else None) or "12345"),
        hours=clock_of(latest.minutes) if latest and latest.minutes else "8:00",
    )
    form.offer()
    values, days = accept(form, schemas.RosterSchema()), "".join(form.weekdays.data or [])
    if values and _try(form, lambda: actions.set_roster(g.actor, placement_id, values["since"], days, values["hours"])):
        flash(_("The days and hours of work are saved."))
        return redirect(_back(placement_id))
    return _form_page(row, form, _("Days and hours of work"), template="placements/roster.html")


@bp.route("/rosters/<roster_id>/withdraw", methods=["GET", "POST"])
@may_("edit-placements")
def withdraw_roster(roster_id: str) -> ResponseReturnValue:
    """Say that a roster never was."""
    found = queries.roster_for(g.actor, roster_id, "edit-placements")
    row, form = _mine(found.placement_id or ""), forms.WhyForm()
    if values := accept(form, schemas.WhySchema()):
        actions.withdraw_roster(g.actor, roster_id, values["why"])
        flash(_("The days and hours of work are withdrawn."))
        return redirect(_back(row.id))
    return _form_page(row, form, _("Withdraw the days and hours of work"), submit=_("Withdraw"))
