"""Pages of cohorts, apprentices and enrolments."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from tracker import inputs, replication
from tracker.clock import today
from tracker.country import tz
from tracker.db import seen_token, SyncedRow
from tracker.errors import N_, Problem
from tracker.i18n import _, say
from tracker.people import actions, queries, rules, schemas, told
from tracker.people.forms import (
    ApprenticeForm,
    CohortForm,
    EndForm,
    EnrolmentForm,
    InstructorForm,
    MoveForm,
    NOTHING,
    RegistrationForm,
)
from tracker.people.models import Apprentice
from tracker.policy import may
from tracker.web import may_, nav_item, page, typed

bp = Blueprint("people", __name__)
nav_item(bp, "apprentices", N_("Apprentices"), verb="read", order=20)


def _seen(row: SyncedRow) -> str:
    """The token of the values that the person had before him: those of the first showing, when a form comes back with errors."""
    return request.form.get("seen") or seen_token(row)


def _named(rows: Iterable[queries.Named]) -> list[tuple[str, str]]:
    """Choices of a select field: each row's id and name."""
    return [(row.id, row.name or row.id) for row in rows]


def _own_centre() -> str:
    """The centre that new records belong to."""
    partition = queries.scope(g.actor, request.args.get("centre"))
    if partition is None:
        raise rules.ChooseCentre
    return partition


def _reason() -> str | None:
    """The reason of a withdrawal; without one a sentence says so."""
    reason = inputs.plain(request.form.get("reason"))[: inputs.LONGEST]
    if not reason:
        flash(_("Say why. Nothing is withdrawn without a reason."), "error")
    return reason or None


# ---- apprentices


def _kept(*names: str) -> dict[str, Any]:
    """What the next page of a list keeps of this one's address: only what is known, since url_for has names of its own."""
    return {name: request.args[name] for name in names if name in request.args}


@bp.route("/")
@may_("read")
def apprentices() -> ResponseReturnValue:
    """The apprentices of the centre, or of all centres for those above, found by name, number or phone."""
    partition = queries.scope(g.actor, request.args.get("centre"))
    text, cohort_id = request.args.get("q", "").strip()[:100], request.args.get("cohort") or None
    cohort = queries.cohort_for(g.actor, cohort_id) if cohort_id else None
    is_void = "void" in request.args
    found = queries.find(g.actor, text, partition, cohort_id, page=request.args.get("page", 1, int), void=is_void)
    return page(
        "people/apprentices.html",
        found=found,
        text=text,
        cohort=cohort,
        partition=partition,
        is_void=is_void,
        centres=queries.centre_names(g.actor),
        is_above=queries.is_above(g.actor),
        cohorts=queries.cohorts(g.actor, partition) if partition else [],
        cohort_names=queries.cohort_names(partition),
        enrolments=queries.present_enrolments(found.rows),
        in_conflict=queries.in_conflict(partition),
        label=told.label,
        may_edit=partition is not None and may(g.actor, "edit-people", partition),
        url_of=lambda number: url_for(".apprentices", **_kept("centre", "q", "cohort", "void"), page=number),
    )


@bp.route("/new", methods=["GET", "POST"])
@may_("edit-people")
def new() -> ResponseReturnValue:
    """Register an apprentice, and perhaps the next one."""
    partition = _own_centre()
    form = RegistrationForm(
        cohort_id=request.args.get("cohort"), occupation=request.args.get("occupation"), again=request.args.get("again") == "1"
    )
    form.offer()
    form.offer_enrolment(_named(queries.cohorts(g.actor, partition)))
    alike: list[Apprentice] = []
    values = inputs.accept(form, schemas.RegistrationSchema())
    if values is not None:
        if not typed(form.sure):
            name = " ".join(values[part] for part in ("given_name", "middle_name", "family_name") if values[part])
            alike = queries.possible_duplicates(g.actor, partition, name, birth_date=values["birth_date"], phone=values["phone"])
        if not alike:
            try:
                apprentice = actions.register_apprentice(g.actor, partition, values)
            except rules.NumberTaken as refusal:
                form.number.errors = [say(refusal)]
            else:
                flash(_("%(name)s is registered.", name=apprentice.full_name))
                if not form.again.data:
                    return redirect(url_for(".apprentice", apprentice_id=apprentice.id))
                return redirect(url_for(".new", cohort=typed(form.cohort_id) or None, occupation=typed(form.occupation) or None, again=1))
        else:
            form.sure.data = "1"
    return page("people/new.html", form=form, alike=alike, last_number=queries.last_number(g.actor, partition), districts=tz.districts())


@bp.route("/<apprentice_id>")
@may_("read")
def apprentice(apprentice_id: str) -> ResponseReturnValue:
    """One apprentice."""
    found = queries.apprentice_for(g.actor, apprentice_id)
    may_edit = may(g.actor, "edit-people", found)
    return page(
        "people/apprentice.html",
        apprentice=found,
        # Sensitive: for those who ask the questions and act on the answers, and for nobody else.
        difficulties=told.difficulties(found) if may_edit else [],
        enrolments=queries.enrolments_of(found),
        cohort_names=queries.cohort_names(found.partition),
        warnings=_warnings(found, may_edit=may_edit),
        alike=queries.possible_duplicates(
            g.actor, found.partition, found.full_name, birth_date=found.birth_date, phone=found.phone, but=found.id
        ),
        conflicts=[_(told.GROUP_LABELS.get(each.group, each.group)) for each in replication.conflicts_of(found)],
        entries=told.of_apprentice(found, with_difficulties=may_edit),
        label=told.label,
        may_edit=may_edit,
        centre=queries.centre_names(g.actor).get(found.partition) if queries.is_above(g.actor) else None,
    )


def _warnings(apprentice: Apprentice, *, may_edit: bool) -> list[str]:
    schema = schemas.ApprenticeSchema()
    told_to_all = [name for name in schema.fields if hasattr(apprentice, name) and (may_edit or name not in rules.DIFFICULTIES)]
    values = {name: getattr(apprentice, name) for name in told_to_all}
    return [_worded(problem) for problem in schema.warnings(values)]


def _worded(problem: Problem) -> str:
    label = told.LABELS.get(problem.column or "") if problem.sentence in {inputs.ODD_PHONE, inputs.UNKNOWN_DISTRICT} else None
    return _("%(field)s: %(warning)s", field=_(label), warning=say(problem)) if label else say(problem)


@bp.route("/<apprentice_id>/edit", methods=["GET", "POST"])
@may_("edit-people")
def edit(apprentice_id: str) -> ResponseReturnValue:
    """Correct an apprentice."""
    found = queries.apprentice_for(g.actor, apprentice_id, may="edit-people")
    form = ApprenticeForm(obj=found)
    form.offer(found.home_region)
    values = inputs.accept(form, schemas.ApprenticeSchema(), found)
    if values is not None:
        try:
            actions.correct_apprentice(g.actor, apprentice_id, values, request.form.get("seen"))
        except rules.NumberTaken as refusal:
            form.number.errors = [say(refusal)]
        else:
            flash(_("The changes are saved."))
            return redirect(url_for(".apprentice", apprentice_id=apprentice_id))
    return page("people/edit.html", form=form, apprentice=found, districts=tz.districts(), seen=_seen(found))


@bp.route("/<apprentice_id>/void", methods=["POST"])
@may_("edit-people")
def void(apprentice_id: str) -> ResponseReturnValue:
    """Withdraw an apprentice."""
    if reason := _reason():
        actions.void_apprentice(g.actor, apprentice_id, reason)
        flash(_("The record is withdrawn. It can be restored."))
    return redirect(url_for(".apprentice", apprentice_id=apprentice_id))


@bp.route("/<apprentice_id>/restore", methods=["POST"])
@may_("edit-people")
def restore(apprentice_id: str) -> ResponseReturnValue:
    """Restore an apprentice."""
    actions.void_apprentice(g.actor, apprentice_id, None)
    flash(_("The record is restored."))
    return redirect(url_for(".apprentice", apprentice_id=apprentice_id))


# ---- enrolments


@bp.route("/<apprentice_id>/enrol", methods=["GET", "POST"])
@may_("edit-people")
def enrol(apprentice_id: str) -> ResponseReturnValue:
    """Enrol an apprentice once more."""
    found = queries.apprentice_for(g.actor, apprentice_id, may="edit-people")
    form = EnrolmentForm()
    form.offer_enrolment(_named(queries.cohorts(g.actor, found.partition)))
    values = inputs.accept(form, schemas.EnrolmentSchema())
    if values is not None:
        actions.enrol(g.actor, apprentice_id, values)
        flash(_("%(name)s is enrolled.", name=found.full_name))
        return redirect(url_for(".apprentice", apprentice_id=apprentice_id))
    return page("people/enrolment.html", form=form, apprentice=found, title=_("Enrol"), seen=None)


@bp.route("/enrolments/<enrolment_id>", methods=["GET", "POST"])
@may_("edit-people")
def enrolment(enrolment_id: str) -> ResponseReturnValue:
    """Correct an enrolment."""
    row = queries.enrolment_for(g.actor, enrolment_id, may="edit-people")
    found = queries.apprentice_for(g.actor, row.apprentice_id or "")
    form = EnrolmentForm(obj=row)
    form.offer_enrolment(_named(queries.cohorts(g.actor, row.partition)), row.occupation)
    values = inputs.accept(form, schemas.EnrolmentSchema(), row)
    if values is not None:
        actions.correct_enrolment(g.actor, enrolment_id, values, request.form.get("seen"))
        flash(_("The changes are saved."))
        return redirect(url_for(".apprentice", apprentice_id=found.id))
    return page("people/enrolment.html", form=form, apprentice=found, title=_("Correct the enrolment"), seen=_seen(row))


@bp.route("/enrolments/<enrolment_id>/move", methods=["GET", "POST"])
@may_("edit-people")
def move(enrolment_id: str) -> ResponseReturnValue:
    """Move an apprentice to another cohort."""
    row = queries.enrolment_for(g.actor, enrolment_id, may="edit-people")
    found = queries.apprentice_for(g.actor, row.apprentice_id or "")
    form = MoveForm(since=today().isoformat())
    form.cohort_id.choices = [NOTHING, *_named(each for each in queries.cohorts(g.actor, row.partition) if each.id != row.cohort_id)]
    values = inputs.accept(form, schemas.MoveSchema())
    if values is not None:
        actions.move(g.actor, enrolment_id, **values)
        flash(_("%(name)s is moved.", name=found.full_name))
        return redirect(url_for(".apprentice", apprentice_id=found.id))
    return page("people/move.html", form=form, apprentice=found)


@bp.route("/enrolments/<enrolment_id>/end", methods=["GET", "POST"])
@may_("edit-people")
def end(enrolment_id: str) -> ResponseReturnValue:
    """Say how and when an enrolment ended."""
    row = queries.enrolment_for(g.actor, enrolment_id, may="edit-people")
    found = queries.apprentice_for(g.actor, row.apprentice_id or "")
    closure = request.args.get("closure")  # opened from the roll call after this closure: somebody has not come back
    back = url_for("resumption.roll", closure_id=closure) if closure else url_for(".apprentice", apprentice_id=found.id)
    form = EndForm(ended_on=today().isoformat(), status=rules.LEFT if closure else None)
    form.offer()
    values = inputs.accept(form, schemas.EndSchema())
    if values is not None:
        try:
            actions.end_enrolment(g.actor, enrolment_id, **values)
        except rules.NeedsReason as refusal:
            form.end_reason.errors = [say(refusal)]
        except rules.EndsBeforeStart as refusal:
            form.ended_on.errors = [say(refusal)]
        else:
            flash(_("The enrolment of %(name)s has ended.", name=found.full_name))
            return redirect(back)
    return page("people/end.html", form=form, apprentice=found, back=back)


@bp.route("/enrolments/<enrolment_id>/reopen", methods=["POST"])
@may_("edit-people")
def reopen(enrolment_id: str) -> ResponseReturnValue:
    """Take the end of an enrolment back."""
    row = queries.enrolment_for(g.actor, enrolment_id, may="edit-people")
    try:
        actions.reopen_enrolment(g.actor, enrolment_id)
    except rules.StillEnrolled as refusal:
        flash(say(refusal), "error")
    else:
        flash(_("The enrolment goes on."))
    return redirect(url_for(".apprentice", apprentice_id=row.apprentice_id))


# ---- cohorts


@bp.route("/cohorts")
@may_("read")
def cohorts() -> ResponseReturnValue:
    """The cohorts of a centre."""
    partition = queries.scope(g.actor, request.args.get("centre"))
    found = queries.cohorts(g.actor, partition, with_void=True) if partition else []
    return page(
        "people/cohorts.html",
        cohorts=[each for each in found if not each.void_reason],
        withdrawn=[each for each in found if each.void_reason],
        partition=partition,
        centres=queries.centre_names(g.actor),
        is_above=queries.is_above(g.actor),
        sizes=queries.sizes(g.actor, partition) if partition else {},
        programme_name=told.programme_name,
        may_edit=partition is not None and may(g.actor, "edit-people", partition),
    )


@bp.route("/cohorts/new", methods=["GET", "POST"])
@may_("edit-people")
def new_cohort() -> ResponseReturnValue:
    """Open a cohort."""
    partition = _own_centre()
    form = CohortForm()
    form.offer(_named(queries.campuses(g.actor, partition)))
    values = inputs.accept(form, schemas.CohortSchema())
    if values is not None:
        found = actions.open_cohort(g.actor, partition, **values)
        flash(_("%(name)s is added.", name=found.name))
        return redirect(url_for(".cohort", cohort_id=found.id))
    return page("people/cohort_edit.html", form=form, cohort=None, seen=None)


@bp.route("/cohorts/<cohort_id>")
@may_("read")
def cohort(cohort_id: str) -> ResponseReturnValue:
    """One cohort with its members."""
    found = queries.cohort_for(g.actor, cohort_id)
    may_edit = may(g.actor, "edit-people", found)
    campuses = queries.campuses(g.actor, found.partition)
    everybody = queries.all_members(g.actor, found)
    teachers = queries.instructors_of(found)
    form = InstructorForm()
    if may_edit:
        free = [each for each in queries.instructors(g.actor, found.partition) if each not in teachers]
        form.staff_id.choices = [NOTHING, *_named(free)]
    return page(
        "people/cohort.html",
        cohort=found,
        members=[pair for pair in everybody if pair[1].status == rules.ACTIVE],
        former=[pair for pair in everybody if pair[1].status != rules.ACTIVE],
        campus=next((each.name for each in campuses if each.id == found.campus_id), None),
        programme=told.programme_name(found.programme),
        teachers=teachers,
        form=form,
        conflicts=[_(told.GROUP_LABELS.get(each.group, each.group)) for each in replication.conflicts_of(found)],
        in_conflict=queries.in_conflict(found.partition),
        entries=told.of_cohort(found, campuses),
        label=told.label,
        may_edit=may_edit,
    )


@bp.route("/cohorts/<cohort_id>/edit", methods=["GET", "POST"])
@may_("edit-people")
def edit_cohort(cohort_id: str) -> ResponseReturnValue:
    """Correct a cohort."""
    found = queries.cohort_for(g.actor, cohort_id, may="edit-people")
    form = CohortForm(obj=found)
    form.offer(_named(queries.campuses(g.actor, found.partition)), found.programme)
    values = inputs.accept(form, schemas.CohortSchema(), found)
    if values is not None:
        actions.correct_cohort(g.actor, cohort_id, values, request.form.get("seen"))
        flash(_("The changes are saved."))
        return redirect(url_for(".cohort", cohort_id=cohort_id))
    return page("people/cohort_edit.html", form=form, cohort=found, seen=_seen(found))


@bp.route("/cohorts/<cohort_id>/void", methods=["POST"])
@may_("edit-people")
def void_cohort(cohort_id: str) -> ResponseReturnValue:
    """Withdraw a cohort."""
    if reason := _reason():
        actions.void_cohort(g.actor, cohort_id, reason)
        flash(_("The record is withdrawn. It can be restored."))
    return redirect(url_for(".cohort", cohort_id=cohort_id))


@bp.route("/cohorts/<cohort_id>/restore", methods=["POST"])
@may_("edit-people")
def restore_cohort(cohort_id: str) -> ResponseReturnValue:
    """Restore a cohort."""
    actions.void_cohort(g.actor, cohort_id, None)
    flash(_("The record is restored."))
    return redirect(url_for(".cohort", cohort_id=cohort_id))


@bp.route("/cohorts/<cohort_id>/instructors", methods=["POST"])
@may_("edit-people")
def add_instructor(cohort_id: str) -> ResponseReturnValue:
    """Say who teaches the cohort."""
    if staff_id := request.form.get("staff_id"):
        actions.set_instructor(g.actor, cohort_id, staff_id)
        flash(_("The changes are saved."))
    return redirect(url_for(".cohort", cohort_id=cohort_id))


@bp.route("/cohorts/<cohort_id>/instructors/<staff_id>/end", methods=["POST"])
@may_("edit-people")
def end_instructor(cohort_id: str, staff_id: str) -> ResponseReturnValue:
    """Say who no longer teaches the cohort."""
    actions.set_instructor(g.actor, cohort_id, staff_id, ended_on=today())
    flash(_("The changes are saved."))
    return redirect(url_for(".cohort", cohort_id=cohort_id))
