"""What a registrar does with people: open cohorts, register and correct apprentices, enrol, move and end."""

from collections.abc import Mapping
from datetime import date

from tracker.accounts import actions as accounts
from tracker.accounts.models import Teaching
from tracker.db import apply_form, db, groups_of, void, write
from tracker.errors import NotFound
from tracker.people import queries, rules
from tracker.people.models import Apprentice, Cohort, Enrolment
from tracker.policy import Actor, check

FIELDS = frozenset(name for fields in groups_of(Apprentice).values() for name in fields)
ENROLMENT_FIELDS = frozenset({"cohort_id", "occupation", "starts_on"})


# ---- cohorts


def open_cohort(
    actor: Actor,
    partition: str,
    name: str,
    programme: str | None,
    starts_on: date | None,
    ends_on: date | None = None,
    campus_id: str | None = None,
) -> Cohort:
    """Open a cohort, an import without knowing its first day; raises NotAllowed, EndsBeforeStart."""
    check(actor, "edit-people", partition)
    rules.check_span(starts_on, ends_on)
    with write(actor) as session:
        cohort = Cohort(
            partition=partition, name=name, programme=programme, starts_on=starts_on, ends_on=ends_on, campus_id=campus_id or None
        )
        session.add(cohort)
        return cohort


def correct_cohort(actor: Actor, cohort_id: str, values: Mapping[str, object], seen: str | None) -> Cohort:
    """Correct a cohort; raises NotFound, NotAllowed."""
    with write(actor):
        cohort = queries.cohort_for(actor, cohort_id, may="edit-people")
        apply_form(cohort, values, seen)
        return cohort


def void_cohort(actor: Actor, cohort_id: str, reason: str | None) -> Cohort:
    """Withdraw a cohort with a reason, or restore it (None); raises NotFound, NotAllowed."""
    with write(actor):
        cohort = queries.cohort_for(actor, cohort_id, may="edit-people")
        void(cohort, reason)
        return cohort


def set_instructor(actor: Actor, cohort_id: str, staff_id: str, *, ended_on: date | None = None) -> Teaching:
    """Say that an instructor teaches the cohort, or since when no longer; raises NotFound, NotAllowed."""
    cohort = queries.cohort_for(actor, cohort_id, may="edit-people")
    known = queries.instructors_of(cohort) if ended_on else queries.instructors(actor, cohort.partition)
    if staff_id not in {each.id for each in known}:
        raise NotFound
    return accounts.set_teaching(actor, cohort.partition, staff_id, cohort.id, ended_on=ended_on)


# ---- apprentices


def register_apprentice(actor: Actor, partition: str, values: Mapping[str, object]) -> Apprentice:
    """Register an apprentice together with the enrolment.

    values  clean fields of ApprenticeSchema, of which `cohort` (a name) is not used; and, all optional,
            cohort_id   row id of a cohort of this centre, else no cohort yet
            starts_on   first day; else the cohort's first day, else open
    Raises NotAllowed, NumberTaken, ForeignCohort.
    """
    check(actor, "edit-people", partition)
    with write(actor) as session:
        apprentice = Apprentice(partition=partition, **{name: value for name, value in values.items() if name in FIELDS})
        _check_number(apprentice)
        session.add(apprentice)
        enrolment = {name: value for name, value in values.items() if name in ENROLMENT_FIELDS}
        session.add(_enrolment(apprentice, enrolment))
        return apprentice


def _check_number(apprentice: Apprentice) -> None:
    holder = apprentice.number and queries.holder_of(apprentice.partition, apprentice.number, but=apprentice.id)
    if holder:
        raise rules.NumberTaken(number=apprentice.number, name=holder.full_name)


def _cohort_of_centre(cohort_id: object, partition: str) -> Cohort | None:
    if not cohort_id:
        return None
    # By its key, so that an import that registers hundreds into one cohort asks the database once.
    cohort = db.session.get(Cohort, {"partition": partition, "id": str(cohort_id)})
    if cohort is None:
        raise rules.ForeignCohort
    return cohort


def _enrolment(apprentice: Apprentice, values: Mapping[str, object]) -> Enrolment:
    cohort = _cohort_of_centre(values.get("cohort_id"), apprentice.partition)
    starts_on = values.get("starts_on") or (cohort and cohort.starts_on)
    return Enrolment(
        partition=apprentice.partition,
        apprentice_id=apprentice.id,
        cohort_id=cohort.id if cohort else None,
        occupation=values.get("occupation"),
        starts_on=starts_on,
        status=rules.ACTIVE,
    )


def correct_apprentice(actor: Actor, apprentice_id: str, values: Mapping[str, object], seen: str | None) -> Apprentice:
    """Correct an apprentice. `occupation` and `cohort_id`, where given, correct the present enrolment, as an import does.

    Raises NotFound, NotAllowed, NumberTaken, ForeignCohort.
    """
    with write(actor):
        apprentice = queries.apprentice_for(actor, apprentice_id, may="edit-people")
        number = apprentice.number
        apply_form(apprentice, {name: value for name, value in values.items() if name in FIELDS}, seen)
        if apprentice.number != number:
            _check_number(apprentice)
        enrolment = {name: value for name, value in values.items() if name in {"occupation", "cohort_id"} and value}
        if enrolment:
            _correct_present(actor, apprentice, enrolment)
        return apprentice


def _correct_present(actor: Actor, apprentice: Apprentice, values: Mapping[str, object]) -> None:
    present = next(iter(queries.enrolments_of(apprentice)), None)
    if present is None:
        enrol(actor, apprentice.id, values)
    else:
        correct_enrolment(actor, present.id, values, None)


def void_apprentice(actor: Actor, apprentice_id: str, reason: str | None) -> Apprentice:
    """Withdraw an apprentice with a reason, or restore him (None); raises NotFound, NotAllowed, NumberTaken."""
    with write(actor):
        apprentice = queries.apprentice_for(actor, apprentice_id, may="edit-people")
        if reason is None:
            _check_number(apprentice)
        void(apprentice, reason)
        return apprentice


# ---- enrolments


def enrol(actor: Actor, apprentice_id: str, values: Mapping[str, object]) -> Enrolment:
    """Enrol an apprentice once more: `cohort_id`, `occupation`, `starts_on`, all optional.

    Raises NotFound, NotAllowed, StillEnrolled, ForeignCohort.
    """
    with write(actor) as session:
        apprentice = queries.apprentice_for(actor, apprentice_id, may="edit-people")
        _check_free(apprentice)
        enrolment = _enrolment(apprentice, values)
        session.add(enrolment)
        return enrolment


def _check_free(apprentice: Apprentice) -> None:
    if any(each.status == rules.ACTIVE for each in queries.enrolments_of(apprentice)):
        raise rules.StillEnrolled(name=apprentice.full_name)


def correct_enrolment(actor: Actor, enrolment_id: str, values: Mapping[str, object], seen: str | None) -> Enrolment:
    """Correct cohort, occupation or first day of an enrolment, for the past too; raises NotFound, NotAllowed, ForeignCohort."""
    with write(actor):
        enrolment = queries.enrolment_for(actor, enrolment_id, may="edit-people")
        _cohort_of_centre(values.get("cohort_id"), enrolment.partition)
        apply_form(enrolment, values, seen)
        return enrolment


def move(actor: Actor, enrolment_id: str, cohort_id: str, since: date) -> Enrolment:
    """Move an apprentice to another cohort; the days before `since` stay with the old one. Gives the enrolment that counts now.

    Raises NotFound, NotAllowed, NotActive, ForeignCohort.
    """
    with write(actor) as session:
        enrolment = queries.enrolment_for(actor, enrolment_id, may="edit-people")
        if enrolment.status != rules.ACTIVE:
            raise rules.NotActive
        cohort = _cohort_of_centre(cohort_id, enrolment.partition)
        if cohort is None:
            raise rules.ForeignCohort
        if enrolment.cohort_id is None or (enrolment.starts_on is not None and since <= enrolment.starts_on):
            enrolment.cohort_id = cohort.id
            return enrolment
        enrolment.status, enrolment.ended_on = rules.TRANSFERRED, rules.day_before(since)
        moved = Enrolment(
            partition=enrolment.partition,
            apprentice_id=enrolment.apprentice_id,
            cohort_id=cohort.id,
            occupation=enrolment.occupation,
            starts_on=since,
            status=rules.ACTIVE,
        )
        session.add(moved)
        return moved


def end_enrolment(actor: Actor, enrolment_id: str, status: str, ended_on: date, end_reason: str | None = None) -> Enrolment:
    """End an enrolment: completed, left (with a reason) or transferred; `ended_on` is its last day.

    Raises NotFound, NotAllowed, NotActive, EndsBeforeStart, NeedsReason.
    """
    with write(actor):
        enrolment = queries.enrolment_for(actor, enrolment_id, may="edit-people")
        if enrolment.status != rules.ACTIVE:
            raise rules.NotActive
        rules.check_span(enrolment.starts_on, ended_on)
        if status == rules.LEFT and not end_reason:
            raise rules.NeedsReason
        enrolment.status, enrolment.ended_on, enrolment.end_reason = status, ended_on, end_reason
        return enrolment


def reopen_enrolment(actor: Actor, enrolment_id: str) -> Enrolment:
    """Take the end of an enrolment back; raises NotFound, NotAllowed, StillEnrolled."""
    with write(actor):
        enrolment = queries.enrolment_for(actor, enrolment_id, may="edit-people")
        _check_free(queries.apprentice_for(actor, enrolment.apprentice_id or ""))
        enrolment.status, enrolment.ended_on, enrolment.end_reason = rules.ACTIVE, None, None
        return enrolment
