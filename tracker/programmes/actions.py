"""What the central office does with programmes."""

from collections.abc import Mapping

from tracker.db import apply_form, void, write
from tracker.policy import Actor, check, NATION
from tracker.programmes import queries, rules
from tracker.programmes.models import Programme


def _check_code(code: object, but: str | None = None) -> None:
    if any(each.code == code and (each.row_id is None or each.row_id != but) for each in queries.programmes()):
        raise rules.CodeTaken(text=code)


def add_programme(actor: Actor, values: Mapping[str, object]) -> Programme:
    """Add a programme for the whole nation; raises NotAllowed, CodeTaken."""
    check(actor, "edit-programmes", NATION)
    with write(actor) as session:
        _check_code(values["code"])
        programme = Programme(partition=NATION, **values)
        session.add(programme)
        return programme


def correct_programme(actor: Actor, programme_id: str, values: Mapping[str, object], seen: str | None) -> Programme:
    """Correct a programme; raises NotFound, NotAllowed, CodeTaken."""
    with write(actor):
        programme = queries.programme_for(actor, programme_id, may="edit-programmes")
        _check_code(values.get("code"), but=programme.id)
        apply_form(programme, values, seen)
        return programme


def void_programme(actor: Actor, programme_id: str, reason: str | None) -> Programme:
    """Withdraw a programme with a reason, or restore it (None); raises NotFound, NotAllowed."""
    with write(actor):
        programme = queries.programme_for(actor, programme_id, may="edit-programmes")
        void(programme, reason)
        return programme
