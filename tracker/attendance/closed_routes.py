"""What closures do to registers: on the pages of closures, which belong to an earlier slice, and the marks of closed days."""

from typing import Any

from flask import g

from tracker.attendance import effect_queries
from tracker.attendance.routes import bp
from tracker.calendar.queries import Facts
from tracker.calendar.rules import Change, ClosureFact


@bp.app_context_processor
def effects() -> dict[str, Any]:
    """What `attendance/_effects.html` and `attendance/_changes.html` show on the pages of closures."""

    def effects_of(partition: str, extra: ClosureFact) -> effect_queries.Effects:
        return effect_queries.effects(g.actor, partition, extra)

    def changes_of(partition: str, before: Facts) -> dict[str, Change]:
        return effect_queries.changes(g.actor, partition, before)

    return {"effects_of": effects_of, "changes_of": changes_of}
