"""What a registrar does with host employers."""

from collections.abc import Mapping

from tracker.db import apply_form, void, write
from tracker.employers import queries
from tracker.employers.models import Employer
from tracker.policy import Actor, check


def add_employer(actor: Actor, partition: str, values: Mapping[str, object]) -> Employer:
    """Add a host employer; `values` are clean (EmployerSchema). Raises NotAllowed."""
    check(actor, "edit-employers", partition)
    with write(actor) as session:
        employer = Employer(partition=partition, **values)
        session.add(employer)
        return employer


def correct_employer(actor: Actor, employer_id: str, values: Mapping[str, object], seen: str | None) -> Employer:
    """Correct an employer; raises NotFound, NotAllowed."""
    with write(actor):
        employer = queries.employer_for(actor, employer_id, may="edit-employers")
        apply_form(employer, values, seen)
        return employer


def void_employer(actor: Actor, employer_id: str, reason: str | None) -> Employer:
    """Withdraw an employer with a reason, or restore it (None); raises NotFound, NotAllowed."""
    with write(actor):
        employer = queries.employer_for(actor, employer_id, may="edit-employers")
        void(employer, reason)
        return employer
