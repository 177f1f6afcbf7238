"""Pages of centres and their campuses."""

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from tracker import inputs
from tracker.country import tz
from tracker.db import seen_token
from tracker.errors import N_
from tracker.i18n import _, language
from tracker.places import actions, queries
from tracker.places.forms import CampusForm, CentreForm
from tracker.places.models import Centre
from tracker.places.schemas import CampusSchema, CentreSchema
from tracker.policy import may
from tracker.web import may_, nav_item, page, top_bar

bp = Blueprint("places", __name__)
nav_item(bp, "home", N_("Centre"), verb="read", order=80, seats=("centre",))
nav_item(bp, "home", N_("Centres"), verb="read", order=15, seats=("region",))


def _seat_name() -> str:
    centre = queries.home_centre(g.actor)
    return (centre and (centre.short_name or centre.name)) or str(g.settings.name or "")


top_bar(bp, "seat_name", _seat_name)


def _region(code: str | None) -> str:
    return tz.label("regions", code, language()) if code else ""


def _draw(centre: Centre) -> ResponseReturnValue:
    return page(
        "places/centre.html",
        centre=centre,
        region_of=_region,
        campuses=queries.campuses(g.actor, centre.partition),
        withdrawn=[each for each in queries.campuses(g.actor, centre.partition, with_void=True) if each.void_reason],
        may_edit=may(g.actor, "edit-places", centre),
    )


@bp.route("/")
@may_("read")
def home() -> ResponseReturnValue:
    """The own centre; above a centre, all that one sees."""
    centre = queries.home_centre(g.actor)
    if centre is not None:
        return _draw(centre)
    return page("places/centres.html", centres=queries.centres(g.actor), region_of=_region)


@bp.route("/<centre_id>")
@may_("read")
def centre(centre_id: str) -> ResponseReturnValue:
    """One centre."""
    return _draw(queries.centre_for(g.actor, centre_id))


@bp.route("/<centre_id>/edit", methods=["GET", "POST"])
@may_("edit-places")
def edit_centre(centre_id: str) -> ResponseReturnValue:
    """Correct the profile of a centre."""
    found = queries.centre_for(g.actor, centre_id, may="edit-places")
    form = CentreForm(obj=found)
    form.offer(found.region)
    values = inputs.accept(form, CentreSchema(), found)
    if values is not None:
        actions.correct_centre(g.actor, centre_id, values, request.form.get("seen"))
        flash(_("The changes are saved."))
        return redirect(url_for(".home"))
    return page("places/centre_edit.html", form=form, districts=tz.districts(), seen=request.form.get("seen") or seen_token(found))


@bp.route("/<centre_id>/campuses/new", methods=["GET", "POST"])
@may_("edit-places")
def new_campus(centre_id: str) -> ResponseReturnValue:
    """Add a campus."""
    found = queries.centre_for(g.actor, centre_id, may="edit-places")
    form = CampusForm(region=found.region, district=found.district)
    form.offer(found.region)
    values = inputs.accept(form, CampusSchema())
    if values is not None:
        actions.add_campus(g.actor, found.partition, **values)
        flash(_("%(name)s is added.", name=values["name"]))
        return redirect(url_for(".home"))
    return page("places/campus_edit.html", form=form, campus=None, districts=tz.districts(), seen=None)


@bp.route("/campuses/<campus_id>", methods=["GET", "POST"])
@may_("edit-places")
def campus(campus_id: str) -> ResponseReturnValue:
    """Correct a campus."""
    found = queries.campus_for(g.actor, campus_id, may="edit-places")
    form = CampusForm(obj=found)
    form.offer(found.region)
    values = inputs.accept(form, CampusSchema(), found)
    if values is not None:
        actions.correct_campus(g.actor, campus_id, values, request.form.get("seen"))
        flash(_("The changes are saved."))
        return redirect(url_for(".home"))
    return page(
        "places/campus_edit.html", form=form, campus=found, districts=tz.districts(), seen=request.form.get("seen") or seen_token(found)
    )


@bp.route("/campuses/<campus_id>/void", methods=["POST"])
@may_("edit-places")
def void_campus(campus_id: str) -> ResponseReturnValue:
    """Withdraw a campus."""
    reason = inputs.plain(request.form.get("reason"))
    if not reason:
        flash(_("Say why. Nothing is withdrawn without a reason."), "error")
        return redirect(url_for(".campus", campus_id=campus_id))
    actions.void_campus(g.actor, campus_id, reason[: inputs.LONGEST])
    flash(_("The record is withdrawn. It can be restored."))
    return redirect(url_for(".home"))


@bp.route("/campuses/<campus_id>/restore", methods=["POST"])
@may_("edit-places")
def restore_campus(campus_id: str) -> ResponseReturnValue:
    """Restore a campus."""
    actions.void_campus(g.actor, campus_id, None)
    flash(_("The record is restored."))
    return redirect(url_for(".home"))
