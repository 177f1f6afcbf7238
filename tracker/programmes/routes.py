"""Pages of the programmes: everybody reads them, the central office keeps them."""

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from tracker import inputs
from tracker.country import tz
from tracker.db import seen_token
from tracker.errors import N_
from tracker.i18n import _, language, say
from tracker.policy import may, NATION
from tracker.programmes import actions, queries, rules
from tracker.programmes.forms import ProgrammeForm
from tracker.programmes.schemas import ProgrammeSchema
from tracker.web import may_, nav_item, page

bp = Blueprint("programmes", __name__)
nav_item(bp, "programmes", N_("Programmes"), verb="edit-programmes", order=85, seats=("central",))


def _award(code: str | None) -> str:
    return tz.label("awards", code, language()) if code else ""


@bp.route("/")
@may_("read")
def programmes() -> ResponseReturnValue:
    """The pack's programmes and those that the central office added."""
    return page(
        "programmes/programmes.html",
        programmes=queries.programmes(),
        withdrawn=[each for each in queries.programmes(with_void=True) if each.void_reason],
        award_of=_award,
        may_edit=may(g.actor, "edit-programmes", NATION),
    )


@bp.route("/new", methods=["GET", "POST"])
@may_("edit-programmes")
def new() -> ResponseReturnValue:
    """Add a programme."""
    form = ProgrammeForm(threshold_percent=str(queries.DEFAULT_THRESHOLD_PERCENT))
    form.offer()
    values = inputs.accept(form, ProgrammeSchema())
    if values is not None:
        try:
            actions.add_programme(g.actor, values)
        except rules.CodeTaken as refusal:
            form.code.errors = [say(refusal)]
        else:
            flash(_("%(name)s is added.", name=values["name_sw"]))
            return redirect(url_for(".programmes"))
    return page("programmes/edit.html", form=form, programme=None, seen=None)


@bp.route("/<programme_id>", methods=["GET", "POST"])
@may_("edit-programmes")
def edit(programme_id: str) -> ResponseReturnValue:
    """Correct a programme."""
    found = queries.programme_for(g.actor, programme_id, may="edit-programmes")
    form = ProgrammeForm(obj=found)
    form.offer(found.award)
    values = inputs.accept(form, ProgrammeSchema(), found)
    if values is not None:
        try:
            actions.correct_programme(g.actor, programme_id, values, request.form.get("seen"))
        except rules.CodeTaken as refusal:
            form.code.errors = [say(refusal)]
        else:
            flash(_("The changes are saved."))
            return redirect(url_for(".programmes"))
    return page("programmes/edit.html", form=form, programme=found, seen=request.form.get("seen") or seen_token(found))


@bp.route("/<programme_id>/void", methods=["POST"])
@may_("edit-programmes")
def void(programme_id: str) -> ResponseReturnValue:
    """Withdraw a programme."""
    reason = inputs.plain(request.form.get("reason"))
    if not reason:
        flash(_("Say why. Nothing is withdrawn without a reason."), "error")
        return redirect(url_for(".edit", programme_id=programme_id))
    actions.void_programme(g.actor, programme_id, reason[: inputs.LONGEST])
    flash(_("The record is withdrawn. It can be restored."))
    return redirect(url_for(".programmes"))


@bp.route("/<programme_id>/restore", methods=["POST"])
@may_("edit-programmes")
def restore(programme_id: str) -> ResponseReturnValue:
    """Restore a programme."""
    actions.void_programme(g.actor, programme_id, None)
    flash(_("The record is restored."))
    return redirect(url_for(".programmes"))
