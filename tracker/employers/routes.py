"""Pages of host employers."""

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from tracker import inputs, replication
from tracker.country import tz
from tracker.db import seen_token
from tracker.employers import actions, queries, told
from tracker.employers.forms import EmployerForm
from tracker.employers.schemas import EmployerSchema
from tracker.errors import N_, NotFound
from tracker.i18n import _, say
from tracker.policy import may
from tracker.web import may_, nav_item, page

bp = Blueprint("employers", __name__)
nav_item(bp, "employers", N_("Employers"), verb="read", order=40)


@bp.route("/")
@may_("read")
def employers() -> ResponseReturnValue:
    """The employers of the centre, or of all centres for those above."""
    partition = queries.scope(g.actor, request.args.get("centre"))
    text = request.args.get("q", "").strip()[:100]
    found = queries.employers(g.actor, partition, text=text, with_void=True)
    return page(
        "employers/employers.html",
        employers=[each for each in found if not each.void_reason],
        withdrawn=[each for each in found if each.void_reason],
        text=text,
        partition=partition,
        centres=queries.centre_names(g.actor),
        sector_name=told.sector_name,
        may_edit=partition is not None and may(g.actor, "edit-employers", partition),
    )


@bp.route("/new", methods=["GET", "POST"])
@may_("edit-employers")
def new() -> ResponseReturnValue:
    """Add an employer."""
    partition = queries.scope(g.actor, request.args.get("centre"))
    if partition is None:
        raise NotFound
    form = EmployerForm()
    form.offer()
    values = inputs.accept(form, EmployerSchema())
    if values is not None:
        found = actions.add_employer(g.actor, partition, values)
        flash(_("%(name)s is added.", name=found.name))
        return redirect(url_for(".employer", employer_id=found.id))
    return page("employers/edit.html", form=form, employer=None, districts=tz.districts(), seen=None)


@bp.route("/<employer_id>")
@may_("read")
def employer(employer_id: str) -> ResponseReturnValue:
    """One employer."""
    found = queries.employer_for(g.actor, employer_id)
    schema = EmployerSchema()
    warnings = schema.warnings({name: getattr(found, name) for name in schema.fields})
    return page(
        "employers/employer.html",
        employer=found,
        sector=told.sector_name(found.sector),
        departments=told.department_names(found.departments),
        warnings=[say(problem) for problem in warnings],
        conflicts=[_(told.LABELS.get(each.group, each.group)) for each in replication.conflicts_of(found)],
        entries=told.of_employer(found),
        may_edit=may(g.actor, "edit-employers", found),
    )


@bp.route("/<employer_id>/edit", methods=["GET", "POST"])
@may_("edit-employers")
def edit(employer_id: str) -> ResponseReturnValue:
    """Correct an employer."""
    found = queries.employer_for(g.actor, employer_id, may="edit-employers")
    form = EmployerForm(obj=found)
    form.offer(found.sector)
    values = inputs.accept(form, EmployerSchema(), found)
    if values is not None:
        actions.correct_employer(g.actor, employer_id, values, request.form.get("seen"))
        flash(_("The changes are saved."))
        return redirect(url_for(".employer", employer_id=employer_id))
    return page(
        "employers/edit.html", form=form, employer=found, districts=tz.districts(), seen=request.form.get("seen") or seen_token(found)
    )


@bp.route("/<employer_id>/void", methods=["POST"])
@may_("edit-employers")
def void(employer_id: str) -> ResponseReturnValue:
    """Withdraw an employer."""
    if reason := inputs.plain(request.form.get("reason"))[: inputs.LONGEST]:
        actions.void_employer(g.actor, employer_id, reason)
        flash(_("The record is withdrawn. It can be restored."))
    else:
        flash(_("Say why. Nothing is withdrawn without a reason."), "error")
    return redirect(url_for(".employer", employer_id=employer_id))


@bp.route("/<employer_id>/restore", methods=["POST"])
@may_("edit-employers")
def restore(employer_id: str) -> ResponseReturnValue:
    """Restore an employer."""
    actions.void_employer(g.actor, employer_id, None)
    flash(_("The record is restored."))
    return redirect(url_for(".employer", employer_id=employer_id))
