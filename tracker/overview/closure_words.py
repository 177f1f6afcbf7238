"""The closure board in words, and its curve of return as a picture."""

from collections.abc import Mapping, Sequence
from typing import Final

from tracker.calendar.models import Notice
from tracker.calendar.queries import code_of_centre
from tracker.calendar.rules import Rate, ScopeKind
from tracker.calendar.words import place
from tracker.i18n import _, pgettext
from tracker.overview.closure_queries import Board, Line, Shut
from tracker.overview.closure_rules import Point
from tracker.resumption.words import return_picture, sex
from tracker.web.charts import Curve

__all__ = ["heading", "picture", "sex", "share", "source", "state", "tone", "until"]

OWN: Final = (ScopeKind.CAMPUS, ScopeKind.COHORT, ScopeKind.EMPLOYER)


def heading(shut: Shut, names: Mapping[str, str]) -> str:
    """What a closure is about. names: of the centres, by partition."""
    row = shut.story.row
    if row.scope_kind in OWN:  # the places say it with the name of the centre
        return shut.places[0]
    return place(row.scope_kind, row.scope_code, {("centre", code_of_centre(key)): name for key, name in names.items()})


def picture(found: Board) -> Curve | None:
    """The curve of return by week, of all and by sex; None where nothing has reopened."""
    if not found.curve:
        return None
    return return_picture(_shares(found.curve), {code: _shares(points) for code, points in found.curve_by_sex.items()})


def _shares(points: Sequence[Point]) -> list[float | None]:
    return [point.share for point in points]


def share(part: int, whole: int) -> str:
    """`87%`, or that there is no data."""
    found = Rate(part, whole).share
    return _("no data") if found is None else f"{found:.0%}"


def state(line: Line) -> str:
    """What a centre is today."""
    if line.heard is None:
        return _("Nothing heard yet")
    if line.since is None:
        return _("Open since %(day)s", day=line.reopened) if line.reopened else pgettext("a centre", "Open")
    if line.closed < line.campuses:
        return _("%(n)s of %(all)s campuses closed, the first since %(day)s", n=line.closed, all=line.campuses, day=line.since)
    return _("Closed since %(day)s", day=line.since)


def tone(line: Line) -> str:
    """The tone of its badge."""
    return "" if line.heard is None else "good" if line.since is None else "warning" if line.closed < line.campuses else "error"


def until(notice: Notice | None) -> str:
    """Until when a closure is expected to last."""
    if notice is None or notice.expected_until is None:
        return _("Expected end unknown")
    return _("Expected until %(day)s", day=notice.expected_until)


def source(notice: Notice | None) -> str:
    """By which notice."""
    named = [notice.authority, notice.source, notice.reference] if notice else []
    return " · ".join(each for each in named if each) or _("no source named")
