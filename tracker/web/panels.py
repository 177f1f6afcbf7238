"""Places on a page where later slices show what they know of the same thing, without being known to it.

`panel(bp, "apprentice", draw)` in a slice's routes; the page of the apprentice draws them by `panels("apprentice", row)`.
"""

from collections.abc import Callable

from flask import Blueprint, current_app
from flask.blueprints import BlueprintSetupState
from markupsafe import Markup

from tracker.db import SyncedRow

Draw = Callable[[SyncedRow], str]


def panel(bp: Blueprint, place: str, draw: Draw) -> None:
    """Let a slice draw on a page of an earlier one; the slices' order is the order on the page.

    place  "apprentice", "cohort", "employer" or "centre"
    draw   gives the rendered template, or an empty text where there is nothing to show
    """

    def add(state: BlueprintSetupState) -> None:
        state.app.extensions.setdefault("panels", {}).setdefault(place, []).append(draw)

    bp.record(add)


def panels(place: str, row: SyncedRow) -> list[Markup]:
    """What the slices draw at this place for this row."""
    drawn = (draw(row) for draw in current_app.extensions.get("panels", {}).get(place, ()))
    return [Markup(each) for each in drawn if each]  # noqa: S704 - rendered by our own templates
