"""The centres of a question, with their cohorts and calendars: a query per table, not one per table and centre."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from sqlalchemy import or_, select

from tracker.attendance.sheet_queries import after_months
from tracker.calendar import rules as calendar_rules
from tracker.calendar.models import Break, CatchUp, Closure, Notice, Resumption, TaughtDay, WeeklyPattern
from tracker.calendar.queries import Calendar, ClosureStory, corrected_holidays, corrections
from tracker.calendar.rules import ClosedInterval, Site, SiteKind, Terms
from tracker.country import tz
from tracker.db import db, SyncedRow
from tracker.indicators.rules import CohortKey
from tracker.people.models import Cohort
from tracker.places.models import Campus, Centre, Listing
from tracker.programmes.queries import programme

AnyRow = TypeVar("AnyRow", bound=SyncedRow)
ABOVE = ""  # where rows of the nation and of regions are put


@dataclass(frozen=True)
class Country:
    """The centres of a question with their cohorts and calendars, read once for any number of periods.

    regions  code of the region in which each centre lies; empty where nobody has said it
    """

    centres: tuple[str, ...]
    calendars: Mapping[str, Calendar]
    cohorts: Mapping[CohortKey, Cohort]
    regions: Mapping[str, str]
    _ends: Mapping[CohortKey, date]
    _days: dict[object, list[date]] = field(default_factory=dict)

    def site(self, key: CohortKey) -> Site:
        """Where a cohort is taught; apprentices without a cohort belong to the centre as a whole."""
        cohort, calendar = self.cohorts.get(key), self.calendars[key.centre]
        return calendar.site_of(cohort) if cohort else calendar.site_of_campus(None)

    def intervals(self, key: CohortKey) -> list[ClosedInterval]:
        """When a cohort's place at the centre is closed."""
        return self.calendars[key.centre].intervals(self.site(key))

    def original_end(self, key: CohortKey) -> date | None:
        """The last day of a cohort as it was planned first, if it is known."""
        return self._ends.get(key)

    def planned(self, site: Site, centre: str, first: date, last: date, terms: Terms | None = None) -> list[date]:
        """The days of training from `first` to `last` without closures. Most centres share theirs, so they are kept.

        terms  None: as planned, without what was ordered to make up for lost time
        """
        calendar = self.calendars[centre]
        patterns, terms = calendar.weekly(site.campus), terms or calendar.terms(site).as_planned
        kept = (site.jurisdiction, frozenset(patterns), terms, first, last)
        if kept not in self._days:
            holidays = calendar.holidays(site.jurisdiction).keys()
            self._days[kept] = calendar_rules.training_days(first, last, patterns, holidays, terms=terms)
        return self._days[kept]


def country(centres: Collection[str]) -> Country:
    """Cohorts and calendars of these partitions; the caller has checked that the actor may read them."""
    rows = db.session.scalars(select(Cohort).where(Cohort.partition.in_(centres)))
    cohorts = {CohortKey(row.partition, row.id): row for row in rows}
    known = calendars(centres)
    regions = {centre: calendar.region for centre, calendar in known.items()}
    if not all(regions.values()):  # a centre that has sent nothing yet stands in the nation's directory
        listed = {row.centre: row.region or "" for row in db.session.scalars(select(Listing))}
        regions = {centre: region or listed.get(centre, "") for centre, region in regions.items()}
    return Country(tuple(centres), known, cohorts, regions, _original_ends(cohorts))


def _original_ends(cohorts: Mapping[CohortKey, Cohort]) -> dict[CohortKey, date]:
    """As `sheet_queries.original_end` has them, each programme looked up once."""
    without = {row.programme for row in cohorts.values() if row.programme and not row.ends_on}
    months = {code: course.months for code in without if (course := programme(code))}
    found = {}
    for key, row in cohorts.items():
        length = months.get(row.programme or "")
        if end := row.ends_on or (after_months(row.starts_on, length) if row.starts_on and length else None):
            found[key] = end
    return found


def campuses_of(calendar: Calendar) -> list[str | None]:
    """The campuses of a centre that stand; one that names none is one campus."""
    return [row.id for row in calendar.campuses.values() if row.void_reason is None] or [None]


def workplace_of(site: Site) -> Site:
    """The workplaces of a site's cohort, whoever the employer is."""
    return Site(SiteKind.WORKPLACE, site.centre, site.campus, site.cohort, None, site.region, site.jurisdiction)


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
