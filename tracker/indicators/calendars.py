"""The calendars of many centres, loaded at once: a query per table, not one per table and centre."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from typing import TypeVar

from sqlalchemy import or_, select

from tracker.calendar.models import Break, CatchUp, Closure, Notice, Resumption, TaughtDay, WeeklyPattern
from tracker.calendar.queries import Calendar, ClosureStory, corrected_holidays, corrections
from tracker.country import tz
from tracker.db import db, SyncedRow
from tracker.places.models import Campus, Centre

AnyRow = TypeVar("AnyRow", bound=SyncedRow)
ABOVE = ""  # where rows of the nation and of regions are put


def calendars(centres: Collection[str]) -> dict[str, Calendar]:
    """The calendar of each of these partitions; the caller has checked that the actor may read them."""
    closures, notices, resumptions = _by_centre(Closure, centres), _by_centre(Notice, centres), _by_centre(Resumption, centres)
    profiles, campuses = _by_centre(Centre, centres), _by_centre(Campus, centres)
    patterns, taught = _by_centre(WeeklyPattern, centres), _by_centre(TaughtDay, centres)
    breaks, orders = _by_centre(Break, centres), _by_centre(CatchUp, centres)
    corrected = corrections()
    holidays = {each.code: corrected_holidays(each.code, corrected) for each in tz.codes("jurisdictions")}

    def of(centre: str) -> Calendar:
        by_campus: dict[str | None, list[WeeklyPattern]] = defaultdict(list)
        for pattern in sorted(patterns[centre], key=lambda row: (row.since or date.min, row.id)):
            if pattern.void_reason is None:
                by_campus[pattern.campus_id or None].append(pattern)
        return Calendar(
            partition=centre,
            centre=min(profiles[centre], key=lambda row: row.id, default=None),
            campuses={row.id: row for row in campuses[centre]},
            stories=_stories(
                closures[ABOVE] + closures[centre], notices[ABOVE] + notices[centre], resumptions[ABOVE] + resumptions[centre]
            ),
            patterns=by_campus,
            corrections=corrected,
            taught={(row.cohort_id, row.on): row for row in taught[centre]},
            breaks=breaks[centre],
            catch_ups=orders[centre],
            _holidays=dict(holidays),
        )

    return {centre: of(centre) for centre in centres}


def _by_centre(model: type[AnyRow], centres: Collection[str]) -> dict[str, list[AnyRow]]:
    """The rows of these centres by partition, and under ABOVE those that are no centre's."""
    here = or_(model.partition.in_(centres), model.partition.not_like("centre/%"))
    found: dict[str, list[AnyRow]] = defaultdict(list)
    for row in db.session.scalars(select(model).where(here)):
        found[row.partition if row.partition.startswith("centre/") else ABOVE].append(row)
    return found


def _stories(closures: Iterable[Closure], notices: Iterable[Notice], resumptions: Iterable[Resumption]) -> list[ClosureStory]:
    notices_of: dict[tuple[str, str], list[Notice]] = defaultdict(list)
    for notice in notices:
        notices_of[notice.partition, notice.closure_id or ""].append(notice)
    resumptions_of: dict[str, list[Resumption]] = defaultdict(list)
    for resumption in resumptions:
        resumptions_of[resumption.closure_id or ""].append(resumption)
    return [ClosureStory(row, tuple(notices_of[row.partition, row.id]), tuple(resumptions_of[row.id])) for row in closures]
