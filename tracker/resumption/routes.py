"""Pages of who has come back: roll calls after closures, and apprentices whose employers are closed."""

from typing import Any

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from tracker import clock
from tracker.errors import DomainError, NotFound
from tracker.i18n import _, ngettext, say
from tracker.inputs import accept
from tracker.policy import may
from tracker.resumption import actions, forms, queries, rules, words
from tracker.web import login_required, may_, page

bp = Blueprint("resumption", __name__)


@bp.app_context_processor
def panel() -> dict[str, Any]:
    """What `resumption/_link.html` and `resumption/_of_placement.html` show on pages of earlier slices."""

    def displaced_of(placement: Any) -> queries.Displaced | None:
        found = queries.displaced(g.actor, placement.partition, placement.apprentice_id)
        return next((each for each in found if placement in (each.placement, each.stand_in)), None)

    return {"not_back": lambda: queries.not_back(g.actor), "displaced_of": displaced_of, "resumption_words": words}


# ---- the roll call


@bp.route("/")
@may_("read")
def index() -> ResponseReturnValue:
    """The roll calls of a centre; above a centre those of all, in figures."""
    home = queries.home(g.actor, request.args.get("centre"))
    names = {home: ""} if home else queries.centre_names(g.actor)
    found = queries.closures_with_roll_calls(g.actor, names)
    return page("resumption/index.html", found=found, names=names, home=home, words=words, asked=request.args.get("centre"))


@bp.route("/<closure_id>")
@may_("read")
def roll(closure_id: str) -> ResponseReturnValue:
    """The roll call after a closure: whom to call, how many are back by sex, cohort and week."""
    home = queries.home(g.actor, request.args.get("centre"))
    if home is None:
        return redirect(url_for(".index"))
    whole = queries.roll_call(g.actor, home, closure_id)
    cohort, chosen = request.args.get("cohort"), request.args.get("show", "missing")
    found = whole.of_cohort(cohort or None)
    return page(
        "resumption/roll.html",
        roll=found,
        people=[each for each in found.people if queries.is_shown(each, chosen)],
        views=[(view, label, sum(queries.is_shown(each, view) for each in found.people)) for view, label in words.VIEWS.items()],
        chosen=chosen,
        cohort=cohort or "",
        cohorts=whole.by_cohort(),
        cohort_names={each.cohort.id: each.cohort.name or "?" for each in whole.people if each.cohort},
        curve=queries.curve_of(found.people, found.on),
        names=queries.scope_names(home),
        named=queries.sees_names(g.actor, home),
        may_end=may(g.actor, "edit-people", home),
        asked=request.args.get("centre"),
        words=words,
    )


@bp.route("/<closure_id>/nobody-answered", methods=["POST"])
@login_required
def nobody_answered(closure_id: str) -> ResponseReturnValue:
    """Note a call of today that nobody answered, with one tap in the list."""
    actions.nobody_answered(g.actor, request.form.get("apprentice", ""))
    flash(_("The call is recorded. Try again tomorrow."))
    return redirect(url_for(".roll", closure_id=closure_id, show=request.args.get("show"), cohort=request.args.get("cohort")))


# ---- displaced


@bp.route("/displaced")
@may_("read")
def displaced() -> ResponseReturnValue:
    """Apprentices whose employers are closed, by employer; above a centre how many."""
    home = queries.home(g.actor, request.args.get("centre"))
    names = {home: ""} if home else queries.centre_names(g.actor)
    found = {partition: queries.displaced(g.actor, partition) for partition in names}
    return page(
        "resumption/displaced.html",
        found=found,
        names=names,
        home=home,
        grouped=queries.grouped,
        named=home is not None and queries.sees_names(g.actor, home),
        may_edit=home is not None and may(g.actor, "edit-placements", home),
        asked=request.args.get("centre"),
        words=words,
    )


@bp.route("/elsewhere", methods=["GET", "POST"])
@may_("edit-placements")
def elsewhere() -> ResponseReturnValue:
    """Place one or several displaced apprentices at an employer that is open; `?placement=`, once for each, ticks beforehand."""
    home, today = queries.home(g.actor, None), clock.today()
    if home is None:
        raise NotFound
    waiting = [each for each in queries.displaced(g.actor, home) if each.needs_place]
    ticked = request.args.getlist("placement")
    form = forms.PlaceForm(starts_on=today, placement=ticked)
    occupations = {each.occupation for each in waiting if each.placement.id in ticked or not ticked}
    form.offer(waiting, queries.open_hosts(g.actor, home, today, occupations))
    if values := accept(form, forms.PlaceSchema()):
        try:
            done = actions.place_elsewhere(g.actor, form.placement.data or [], values["employer_id"], forms.shared(values))
        except DomainError as refusal:
            if refusal.status in {403, 404}:
                raise
            form.form_errors.append(say(refusal))
        else:
            flash(ngettext("%(n)d placement is recorded.", "%(n)d placements are recorded.", len(done)))
            if len(done) == 1:
                return redirect(url_for("placements.placement", placement_id=done[0].id))
            return redirect(url_for("placements.placements", show="warnings"))
    return page("resumption/elsewhere.html", form=form, waiting=waiting)


@bp.route("/back/<placement_id>", methods=["POST"])
@may_("edit-placements")
def back(placement_id: str) -> ResponseReturnValue:
    """Let somebody go back to his own employer from today on."""
    try:
        actions.send_back(g.actor, placement_id, clock.today())
    except (rules.NothingToEnd, rules.HostClosed) as refusal:
        flash(say(refusal), "error")
    else:
        flash(_("From today on the apprentice is expected at the own employer again. The other placement has ended."))
    return redirect(url_for(".displaced"))
