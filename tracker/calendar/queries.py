"""The calendar of a centre: all facts that bear on its days, loaded once; and the doors to closures and what hangs on them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple, TypeVar

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from tracker import replication
from tracker.accounts.history import whereabouts
from tracker.accounts.queries import name_of
from tracker.calendar import models, rules
from tracker.calendar.ends import Ends, ends_in
from tracker.calendar.models import Break, CatchUp, Closure, HolidayCorrection, Notice, Resumption, TaughtDay
from tracker.calendar.rules import (
    BreakFact,
    CatchUpFact,
    ClosedInterval,
    ClosureFact,
    Day,
    DayKind,
    NoticeFact,
    ResumptionFact,
    Scope,
    Site,
    SiteKind,
    TermBreak,
    Terms,
)
from tracker.country import tz
from tracker.country.tz import Holiday
from tracker.db import db, Row, row_for
from tracker.employers.models import Employer
from tracker.errors import NotFound
from tracker.people.models import Cohort
from tracker.places import queries as places
from tracker.places.models import Campus, Centre, Listing
from tracker.policy import Actor, kind_of, may, NATION
from tracker.replication import Version
from tracker.scans.queries import scan_for

AnyRow = TypeVar("AnyRow", bound=Row)
CENTRE = "centre"
MISTAKE = "mistake"  # TaughtDay.decision
UNSAID = tz.MAINLAND  # holidays of a centre that has not said where it lies


def code_of_centre(partition: str) -> str:
    """What a scope and a site call the centre of a partition: `centre/<code>`."""
    return partition.removeprefix("centre/")


# ---- a closure with everything that hangs on it


@dataclass(frozen=True)
class ClosureStory:
    """A closure with its notices and its resumptions, withdrawn ones included, by their day and then as they were recorded."""

    row: Closure
    notices: tuple[Notice, ...]
    resumptions: tuple[Resumption, ...]

    @cached_property
    def fact(self) -> ClosureFact:
        """The closure as the calculus takes it."""
        standing = [_notice_fact(notice) for notice in self.notices if notice.since]
        return ClosureFact(
            self.row.id,
            self.row.partition,
            Scope(self.row.scope_kind or "", self.row.scope_code),
            self.row.sites or "",
            self.row.reason or "",
            tuple(fact for fact in standing if fact),
            self.row.chosen_notice_id,
            withdrawn=self.row.void_reason is not None,
        )

    @cached_property
    def counting(self) -> Notice | None:
        """The notice that counts, if any does."""
        found = rules.counting_notice(self.fact)
        return next((notice for notice in self.notices if found and notice.id == found.id), None)

    @property
    def since(self) -> date | None:
        """The first closed day, by the notice that counts."""
        return self.counting.since if self.counting and self.row.void_reason is None else None

    @property
    def has_reopened(self) -> bool:
        """Whether any part of what it closed was ever opened again."""
        return any(each.kind == rules.ResumptionKind.REOPENED and each.void_reason is None for each in self.resumptions)

    @property
    def is_contradicted(self) -> bool:
        """Whether standing notices differ about the dates."""
        return len({(notice.since, notice.expected_until) for notice in self.notices if notice.void_reason is None}) > 1


def _notice_fact(notice: Notice) -> NoticeFact | None:
    if notice.since is None:
        return None
    return NoticeFact(
        notice.id,
        notice.source or "",
        notice.authority or "",
        notice.since,
        notice.expected_until,
        notice.reference or "",
        withdrawn=notice.void_reason is not None,
    )


def _resumption_fact(row: Resumption) -> ResumptionFact | None:
    if row.since is None:
        return None
    return ResumptionFact(
        row.id,
        row.partition,
        row.closure_id or "",
        Scope(row.scope_kind or "", row.scope_code),
        row.sites or "",
        row.kind or "",
        row.since,
        withdrawn=row.void_reason is not None,
        share_percent=row.share_percent,
    )


def _break_fact(row: Break) -> BreakFact | None:
    if row.since is None or row.until is None:
        return None
    return BreakFact(
        row.id, row.since, row.until, row.name or "", row.campus_id or None, row.cohort_id or None, withdrawn=row.void_reason is not None
    )


def _catch_up_fact(row: CatchUp) -> CatchUpFact | None:
    if row.since is None:
        return None
    return CatchUpFact(row.id, row.cohort_id or "", row.kind or "", row.since, row.until, withdrawn=row.void_reason is not None)


class Facts(NamedTuple):
    """Closures and resumptions as the calculus takes them."""

    closures: list[ClosureFact]
    resumptions: list[ResumptionFact]


def _visible(partition: InstrumentedAttribute[str], own: str | None) -> ColumnElement[bool]:
    above = partition.not_like("centre/%")
    return above if own is None else or_(above, partition == own)


def _stories(own: str | None) -> list[ClosureStory]:
    """The closures of nation and regions, and of one centre; the latest begun first."""
    session = db.session
    closures = session.scalars(select(Closure).where(_visible(Closure.partition, own)))
    notices: dict[str, list[Notice]] = defaultdict(list)
    for notice in session.scalars(select(Notice).where(_visible(Notice.partition, own))):
        notices[f"{notice.partition} {notice.closure_id}"].append(notice)
    resumptions: dict[str, list[Resumption]] = defaultdict(list)
    for resumption in session.scalars(select(Resumption).where(_visible(Resumption.partition, own))):
        resumptions[resumption.closure_id or ""].append(resumption)
    return _by_begin(
        # A notice belongs to the partition of its closure: nobody else's words about it can count.
        ClosureStory(row, _by_date(notices[f"{row.partition} {row.id}"]), _by_date(resumptions[row.id]))
        for row in closures
    )


def _by_date(rows: Iterable[AnyRow]) -> tuple[AnyRow, ...]:
    return tuple(sorted(rows, key=lambda row: (getattr(row, "since") or date.max, row.eff or 0, row.id)))  # noqa: B009 - both kinds have it


def _by_begin(stories: Iterable[ClosureStory]) -> list[ClosureStory]:
    return sorted(stories, key=lambda story: (story.since or date.min, story.row.id), reverse=True)


# ---- the calendar


@dataclass(frozen=True)
class Calendar:
    """All facts that bear on the days of one centre, loaded once; ask it for as many days as you like.

    patterns     per campus id; None: of all campuses
    corrections  the nation's, the newest last
    taught       (cohort id, day) of days without training -> what somebody decided about them; ask `was_taught`, `is_mistake`
    breaks       between terms, withdrawn ones included
    catch_ups    orders to make up lost time, withdrawn ones included
    supposed     closures and resumptions to go by instead of those of the stories
    """

    partition: str
    centre: Centre | None
    campuses: Mapping[str, Campus]
    stories: Sequence[ClosureStory]
    patterns: Mapping[str | None, Sequence[models.WeeklyPattern]]
    corrections: Sequence[HolidayCorrection]
    taught: Mapping[tuple[str, date], TaughtDay]
    breaks: Sequence[Break] = ()
    catch_ups: Sequence[CatchUp] = ()
    supposed: Facts | None = None
    _intervals: dict[Site, list[ClosedInterval]] = field(default_factory=dict)
    _terms: dict[Site, Terms] = field(default_factory=dict)
    _holidays: dict[str, Mapping[date, Holiday]] = field(default_factory=dict)

    # Sites

    @property
    def region(self) -> str:
        """ISO code of the region in which the centre lies; empty if it has not said so."""
        return (self.centre.region if self.centre else None) or ""

    def site_of(self, cohort: Cohort) -> Site:
        """Where a cohort is taught."""
        return self._site(SiteKind.CENTRE, campus=cohort.campus_id, cohort=cohort.id)

    def site_of_campus(self, campus_id: str | None) -> Site:
        """A campus; None: the centre as a whole."""
        return self._site(SiteKind.CENTRE, campus=campus_id)

    def site_of_employer(self, employer: Employer, cohort: Cohort | None = None) -> Site:
        """A workplace, in general or as that of a cohort's apprentices; it lies in its own district, else in its centre's region."""
        district = tz.district_by_name(employer.district or "")
        campus, of_cohort = (cohort.campus_id, cohort.id) if cohort else (None, None)
        return self._site(
            SiteKind.WORKPLACE, campus=campus, cohort=of_cohort, employer=employer.id, region=district.region if district else None
        )

    def _site(
        self, kind: str, *, campus: str | None = None, cohort: str | None = None, employer: str | None = None, region: str | None = None
    ) -> Site:
        of_campus = self.campuses.get(campus or "")
        region = region or (of_campus.region if of_campus and not employer else None) or self.region
        return Site(kind, code_of_centre(self.partition), campus, cohort, employer, region, tz.jurisdiction_of(region) or UNSAID)

    # Facts of a site

    @cached_property
    def closures(self) -> list[ClosureFact]:
        """All closures as facts."""
        return self.supposed.closures if self.supposed else [story.fact for story in self.stories]

    @cached_property
    def resumptions(self) -> list[ResumptionFact]:
        """All resumptions as facts."""
        if self.supposed:
            return self.supposed.resumptions
        rows = (row for story in self.stories for row in story.resumptions)
        return [fact for fact in map(_resumption_fact, rows) if fact]

    def intervals(self, site: Site) -> list[ClosedInterval]:
        """When a site is closed."""
        if site not in self._intervals:
            self._intervals[site] = rules.closed_intervals(site, self.closures, self.resumptions)
        return self._intervals[site]

    @property
    def facts(self) -> Facts:
        """The closures and resumptions it goes by."""
        return Facts(self.closures, self.resumptions)

    def supposing(self, facts: Facts) -> "Calendar":
        """The same calendar, had these closures and resumptions been recorded and no others."""
        return replace(self, supposed=facts, _intervals={})

    def terms(self, site: Site) -> Terms:
        """The breaks of a site, and the days on which it makes up lost time."""
        if site not in self._terms:
            breaks, orders = map(_break_fact, self.breaks), map(_catch_up_fact, self.catch_ups)
            self._terms[site] = rules.terms_of(site, [fact for fact in breaks if fact], [fact for fact in orders if fact])
        return self._terms[site]

    def closures_at(self, site: Site, on: date) -> list[ClosureFact]:
        """The closures in force at a site on a day, by begin."""
        by_id = self._closure_by_id
        return [by_id[closure] for first, last, closure in self.intervals(site) if first <= on and (last is None or on <= last)]

    def share_at(self, site: Site, on: date) -> int | None:
        """How many percent of the apprentices may come to a site on a day that is not closed; None: all."""
        return rules.share_on(site, on, self.closures, self.resumptions)

    @cached_property
    def _closure_by_id(self) -> Mapping[str, ClosureFact]:
        return {fact.id: fact for fact in self.closures}

    def holidays(self, jurisdiction: str) -> Mapping[date, Holiday]:
        """The public holidays of all years the pack covers, with the nation's corrections."""
        if jurisdiction not in self._holidays:
            self._holidays[jurisdiction] = corrected_holidays(jurisdiction, self.corrections)
        return self._holidays[jurisdiction]

    def weekly(self, campus_id: str | None) -> list[rules.WeeklyPattern]:
        """The weekly patterns of a campus: its own and those of all campuses; its own goes before on the same date."""
        own = {row.since: row for row in self.patterns.get(campus_id, ()) if campus_id}
        common = {row.since: row for row in self.patterns.get(None, ())}
        return [
            rules.WeeklyPattern(
                since, frozenset(int(day) - 1 for day in row.weekdays or "" if day in "1234567"), row.am_minutes, row.pm_minutes
            )
            for since, row in {**common, **own}.items()
            if since
        ]

    @cached_property
    def ends(self) -> Ends:
        """The planned ends of cohorts and placements that were moved."""
        return ends_in(self.partition)

    # Days of a cohort

    def day(self, cohort: Cohort, on: date) -> Day[Holiday]:
        """What a day is for a cohort, and why."""
        return self.day_at(self.site_of(cohort), on)

    def day_at(self, site: Site, on: date) -> Day[Holiday]:
        """What a day is at a site, and why."""
        return rules.day_kind(on, self.weekly(site.campus), self.holidays(site.jurisdiction), self.closures_at(site, on), self.terms(site))

    def days_at(self, site: Site, first: date, last: date) -> list[Day[Holiday]]:
        """One entry per calendar day, oldest first, no gaps."""
        return rules.day_calendar(
            first,
            last,
            site,
            self.closures,
            self.resumptions,
            patterns=self.weekly(site.campus),
            holidays=self.holidays(site.jurisdiction),
            terms=self.terms(site),
        )

    def training_days(self, cohort: Cohort, first: date, last: date) -> list[date]:
        """The days on which training is due, oldest first. Days taught anyway are not among them: ask `was_taught`."""
        site = self.site_of(cohort)
        holidays = self.holidays(site.jurisdiction).keys()
        return rules.training_days(first, last, self.weekly(site.campus), holidays, self.intervals(site), self.terms(site))

    def taught_days(self, cohort: Cohort, first: date, last: date) -> list[date]:
        """The days on which a register can be taken, oldest first: training is due, or was given anyway.

        Days whose marks were entered by mistake are not among them, even where their closure was withdrawn later.
        """
        anyway = [
            on for (cohort_id, on) in self.taught if cohort_id == cohort.id and first <= on <= last and self.was_taught(cohort_id, on)
        ]
        days = sorted({*self.training_days(cohort, first, last), *anyway}) if first <= last else []
        return [on for on in days if not self.is_mistake(cohort.id, on)]

    def lost_days(self, cohort: Cohort, first: date, last: date) -> list[date]:
        """The training days that closures took from a cohort, oldest first; those taught anyway are not lost."""
        site = self.site_of(cohort)
        holidays = self.holidays(site.jurisdiction).keys()
        lost = rules.lost_days(first, last, self.intervals(site), self.weekly(site.campus), holidays, self.terms(site))
        return [on for on in lost if not self.was_taught(cohort.id, on)]

    def moved_end(self, cohort: Cohort, planned_end: date, days_owed: int) -> date | None:
        """The day on which the days owed have been made up, if training simply goes on; None while none can be seen."""
        site = self.site_of(cohort)
        holidays = self.holidays(site.jurisdiction).keys()
        return rules.projected_end(planned_end, days_owed, self.weekly(site.campus), holidays, self.intervals(site), self.terms(site))

    def closures_of(self, cohort: Cohort, on: date) -> list[ClosureFact]:
        """The closures in force where a cohort is taught, by begin."""
        return self.closures_at(self.site_of(cohort), on)

    def workplace_closed(self, employer: Employer, on: date) -> list[ClosureFact]:
        """The closures in force at an employer, by begin; none: it is open."""
        return self.closures_at(self.site_of_employer(employer), on)

    def was_taught(self, cohort_id: str, on: date) -> bool:
        """Whether somebody confirmed that the cohort was taught on this day although no training was due."""
        found = self.taught.get((cohort_id, on))
        return found is not None and found.void_reason is None and found.decision is None

    def is_mistake(self, cohort_id: str, on: date) -> bool:
        """Whether somebody said that the marks of a day without training were entered by mistake; they never count."""
        found = self.taught.get((cohort_id, on))
        return found is not None and found.void_reason is None and found.decision == MISTAKE

    def counts(self, cohort: Cohort, on: date) -> bool:
        """Whether marks of this day count in rates: training was due, or was given anyway, and nobody called them a mistake."""
        if self.is_mistake(cohort.id, on):
            return False
        return self.day(cohort, on).kind == DayKind.TRAINING or self.was_taught(cohort.id, on)

    def story(self, closure_id: str) -> ClosureStory | None:
        """A closure with its notices and resumptions."""
        return next((story for story in self.stories if story.row.id == closure_id), None)


def calendar_for(actor: Actor, partition: str) -> Calendar:
    """The calendar of a centre. Raises NotFound for one that the actor may not see."""
    if kind_of(partition) != CENTRE or not may(actor, "read", partition):
        raise NotFound
    session = db.session
    patterns: dict[str | None, list[models.WeeklyPattern]] = defaultdict(list)
    for pattern in weekly_patterns(partition):
        patterns[pattern.campus_id or None].append(pattern)
    return Calendar(
        partition=partition,
        centre=session.scalars(select(Centre).where(Centre.partition == partition).order_by(Centre.id)).first(),
        campuses={row.id: row for row in session.scalars(select(Campus).where(Campus.partition == partition).order_by(Campus.name))},
        stories=_stories(partition),
        patterns=patterns,
        corrections=corrections(),
        taught={(row.cohort_id, row.on): row for row in session.scalars(select(TaughtDay).where(TaughtDay.partition == partition))},
        breaks=breaks(partition),
        catch_ups=session.scalars(select(CatchUp).where(CatchUp.partition == partition)).all(),
    )


def share_of(actor: Actor, cohort: Cohort, on: date) -> int | None:
    """How many percent of a cohort may come on a day that is not closed; None: all. The calendar is read only where one was set."""
    row = Resumption
    limited = select(row.id).where(_visible(row.partition, cohort.partition), row.share_percent.is_not(None), row.void_reason.is_(None))
    if db.session.scalar(limited.limit(1)) is None:
        return None
    calendar = calendar_for(actor, cohort.partition)
    return calendar.share_at(calendar.site_of(cohort), on)


def weekly_patterns(partition: str) -> Sequence[models.WeeklyPattern]:
    """The weekly patterns of a centre that stand, the oldest first."""
    pattern = models.WeeklyPattern
    return db.session.scalars(
        select(pattern).where(pattern.partition == partition, pattern.void_reason.is_(None)).order_by(pattern.since, pattern.id)
    ).all()


def breaks(partition: str) -> Sequence[Break]:
    """The breaks of a centre, withdrawn ones included, the oldest first."""
    return db.session.scalars(select(Break).where(Break.partition == partition).order_by(Break.since, Break.id)).all()


# ---- holidays


def corrections() -> Sequence[HolidayCorrection]:
    """The nation's corrections of holidays that stand, the newest last."""
    row = HolidayCorrection
    return db.session.scalars(select(row).where(row.partition == NATION, row.void_reason.is_(None)).order_by(row.eff, row.dot)).all()


def corrected_holidays(jurisdiction: str, by: Iterable[HolidayCorrection]) -> Mapping[date, Holiday]:
    """The pack's holidays of a jurisdiction with corrections laid over them, by day."""
    kept = tz.holidays_between(date.min, date.max, jurisdiction)
    for row in by:
        if row.on is None or row.jurisdiction not in (None, jurisdiction):
            continue
        if not row.is_holiday:
            kept.pop(row.on, None)
        elif (known := kept.get(row.on)) and not row.name:
            kept[row.on] = replace(known, estimated=False)
        else:
            name = row.name or "?"
            kept[row.on] = Holiday(row.on, sw=name, en=name, jurisdictions=frozenset({jurisdiction}))
    return dict(sorted(kept.items()))


def correction_for(actor: Actor, correction_id: str, verb: str = "read") -> HolidayCorrection:
    """A correction, by its id. Raises NotFound, NotAllowed."""
    return row_for(HolidayCorrection, actor, correction_id, verb)


# ---- doors and lists


def closures(actor: Actor, partition: str | None = None) -> list[ClosureStory]:
    """The closures that reach a centre or a region; of the nation, its own and all regions'; None: all that the actor sees.

    The latest begun stands first. Raises NotFound for a centre that the actor does not see.
    """
    if partition is not None and not may(actor, "read", partition):
        raise NotFound
    if partition is None:
        return [story for own in _partitions(actor) for story in own]
    if kind_of(partition) == CENTRE:
        calendar = calendar_for(actor, partition)
        regions = {calendar.region, *(campus.region for campus in calendar.campuses.values())}
        near = {NATION, partition, *(f"region/{region}" for region in regions)}
        return [story for story in calendar.stories if story.row.partition in near]
    return [story for story in _stories(None) if partition == NATION or story.row.partition in (NATION, partition)]


def _partitions(actor: Actor) -> Iterable[list[ClosureStory]]:
    yield _stories(None)
    rows = db.session.scalars(select(Closure.partition).where(Closure.partition.like("centre/%")).distinct().order_by(Closure.partition))
    for partition in rows.all():
        if may(actor, "read", partition):
            yield [story for story in _stories(partition) if story.row.partition == partition]


def closure_for(actor: Actor, closure_id: str, verb: str = "read") -> Closure:
    """A closure, by its id. Raises NotFound, NotAllowed."""
    return row_for(Closure, actor, closure_id, verb)


def story_for(actor: Actor, closure_id: str, partition: str | None = None) -> ClosureStory:
    """A closure with its notices and with the resumptions of nation, regions and one centre. Raises NotFound."""
    row = closure_for(actor, closure_id)
    own = row.partition if kind_of(row.partition) == CENTRE else partition
    return next(story for story in _stories(own) if story.row.id == row.id)


def resumptions_by_centres(actor: Actor, story: ClosureStory) -> list[Resumption]:
    """What the centres that the actor reads recorded themselves of a closure from above them and have not withdrawn, by day."""
    if kind_of(story.row.partition) == CENTRE:
        return []
    about = Resumption.closure_id == story.row.id, Resumption.partition.startswith(f"{CENTRE}/"), Resumption.void_reason.is_(None)
    return [row for row in _by_date(db.session.scalars(select(Resumption).where(*about))) if may(actor, "read", row)]


def notice_for(actor: Actor, notice_id: str, verb: str = "read") -> Notice:
    """A notice, by its id. Raises NotFound, NotAllowed."""
    return row_for(Notice, actor, notice_id, verb)


def notice_of_photo(actor: Actor, scan_id: str, verb: str = "read") -> Notice:
    """The notice that a photo shows. Raises NotFound, NotAllowed."""
    return notice_for(actor, scan_for(actor, scan_id, verb).subject_id or "", verb)


def resumption_for(actor: Actor, resumption_id: str, verb: str = "read") -> Resumption:
    """A resumption, by its id. Raises NotFound, NotAllowed."""
    return row_for(Resumption, actor, resumption_id, verb)


def resumptions_saying(partition: str, about: Mapping[str, object]) -> list[Resumption]:
    """The resumptions of a partition that stand and have these values, whatever closure they answer."""
    return list(db.session.scalars(select(Resumption).filter_by(partition=partition, void_reason=None, **about).order_by(Resumption.id)))


def pattern_for(actor: Actor, pattern_id: str, verb: str = "read") -> models.WeeklyPattern:
    """A weekly pattern, by its id. Raises NotFound, NotAllowed."""
    return row_for(models.WeeklyPattern, actor, pattern_id, verb)


def break_for(actor: Actor, break_id: str, verb: str = "read") -> Break:
    """A break between terms, by its id. Raises NotFound, NotAllowed."""
    return row_for(Break, actor, break_id, verb)


# ---- territory: what a partition may speak for


def cohorts_in(partition: str) -> Sequence[Cohort]:
    """The cohorts of a centre, by name."""
    return db.session.scalars(
        select(Cohort).where(Cohort.partition == partition, Cohort.void_reason.is_(None)).order_by(Cohort.name, Cohort.id)
    ).all()


def running_cohorts(partition: str, on: date) -> list[Cohort]:
    """The cohorts of a centre that have begun and not ended, by name; of a region or the nation none."""
    ends = ends_in(partition)
    return [row for row in cohorts_in(partition) if (row.starts_on or date.min) <= on <= (ends.of_cohort(row) or date.max)]


def employers_in(partition: str) -> Sequence[Employer]:
    """The host employers of a centre, by name."""
    return db.session.scalars(
        select(Employer).where(Employer.partition == partition, Employer.void_reason.is_(None)).order_by(Employer.name, Employer.id)
    ).all()


def centres_in(region: str | None) -> dict[str, tuple[str, str]]:
    """Code -> (name, region) of the centres known here, all or those of a region, by name."""
    found = {
        code_of_centre(row.centre): (row.name or "", row.region or "")
        for row in db.session.scalars(select(Listing).where(Listing.partition == NATION))
    }
    found |= {code_of_centre(row.partition): (row.name or "", row.region or "") for row in db.session.scalars(select(Centre))}
    return {code: one for code, one in sorted(found.items(), key=lambda each: each[1]) if region in (None, one[1])}


def codes_in(partition: str) -> dict[str, dict[str, str]]:
    """Kind of scope -> code -> name, of everything that a partition may close or open. Names of the pack are left empty."""
    kind, _, code = partition.partition("/")
    if kind == CENTRE:
        campuses = db.session.scalars(
            select(Campus).where(Campus.partition == partition, Campus.void_reason.is_(None)).order_by(Campus.name, Campus.id)
        )
        return {
            "centre": {code: ""},
            "campus": {row.id: row.name or "" for row in campuses},
            "cohort": {row.id: row.name or "" for row in cohorts_in(partition)},
            "employer": {row.id: row.name or "" for row in employers_in(partition)},
        }
    centres = {key: name for key, (name, _region) in centres_in(code or None).items()}
    if kind == "region":
        return {"region": {code: ""}, "centre": centres}
    return {
        "jurisdiction": {each.code: "" for each in tz.codes("jurisdictions")},
        "region": {each.code: "" for each in tz.regions()},
        "centre": centres,
    }


def sites_in(actor: Actor, partition: str) -> list[Site]:
    """The sites of a centre; above a centre, one centre and one workplace for each region and for each centre known here."""
    if kind_of(partition) == CENTRE:
        calendar = calendar_for(actor, partition)
        # A centre that has campuses is its campuses: where all have reopened, nothing of it is closed.
        campuses: list[str | None] = [key for key, row in calendar.campuses.items() if row.void_reason is None] or [None]
        return [
            *(calendar.site_of_campus(campus) for campus in campuses),
            *(calendar.site_of(cohort) for cohort in cohorts_in(partition)),
            *(calendar.site_of_employer(employer) for employer in employers_in(partition)),
        ]
    own = partition.partition("/")[2]
    ground = [("", each.code) for each in tz.regions() if own in ("", each.code)]
    ground += [(code, region) for code, (_name, region) in centres_in(own or None).items()]
    return [
        Site(kind, code, None, None, None, region, tz.jurisdiction_of(region) or UNSAID) for code, region in ground for kind in SiteKind
    ]


def facts_for(partition: str) -> Facts:
    """The closures and resumptions that can reach a partition's sites."""
    stories = _stories(partition if kind_of(partition) == CENTRE else None)
    rows = (row for story in stories for row in story.resumptions)
    return Facts([story.fact for story in stories], [fact for fact in map(_resumption_fact, rows) if fact])


def closed_by(actor: Actor, partition: str, scope: Scope, sites: str, on: date) -> list[str]:
    """Ids of the closures in force on a day at any site of a scope, by begin; "Resume" answers each of them."""
    facts, openings = facts_for(partition)
    found: dict[str, ClosureFact] = {}
    for site in sites_in(actor, partition):
        if rules.covers(scope, sites, site):
            found |= {fact.id: fact for fact in rules.closures_on(site, on, facts, openings)}
    return [interval.id for interval in sorted(found.values(), key=_begin)]


def reaches(actor: Actor, partition: str, closure_id: str, scope: Scope, sites: str) -> bool:
    """Whether a closure is about any site of a partition that lies in this scope."""
    fact = next((each for each in facts_for(partition).closures if each.id == closure_id), None)
    return fact is not None and any(rules.covers(scope, sites, site) and rules.closes(fact, site) for site in sites_in(actor, partition))


def _begin(fact: ClosureFact) -> tuple[date, str]:
    counting = rules.counting_notice(fact)
    return counting.since if counting else date.max, fact.id


# ---- pages


def desks(actor: Actor) -> list[str]:
    """The partitions whose calendar the actor may look at, the own one first."""
    own = places.home_partition(actor)
    if own:
        return [own]
    regions = [f"region/{each.code}" for each in tz.regions()] if actor.partitions is None else sorted(actor.partitions)
    above = [NATION] if actor.partitions is None else []
    return [*above, *regions, *(centre.partition for centre in places.centres(actor))]


def desk_for(actor: Actor, asked: str | None) -> str:
    """The partition that a page is about: the one asked for, else the actor's own. Raises NotFound for one he may not see."""
    offered = desks(actor)
    desk = asked or next(iter(offered), None)
    if desk is None or (desk not in offered and not (kind_of(desk) == CENTRE and may(actor, "read", desk))):
        raise NotFound
    return desk


def names_for(partition: str) -> dict[tuple[str, str], str]:
    """(kind of scope, code) -> name, of everything that closures reaching a partition may name and that the pack does not know."""
    names = {("centre", code): name for code, (name, _region) in centres_in(None).items()}
    return names | {(kind, code): name for kind, known in codes_in(partition).items() for code, name in known.items() if name}


def in_force(actor: Actor, partition: str, on: date) -> dict[str, list[Site]]:
    """Id of each closure in force on a day -> the sites of a partition that it closes."""
    facts, openings = facts_for(partition)
    found: dict[str, list[Site]] = defaultdict(list)
    for site in sites_in(actor, partition):
        for fact in rules.closures_on(site, on, facts, openings):
            found[fact.id].append(site)
    return dict(found)


def doubtful(actor: Actor, partition: str, on: date) -> set[str]:
    """Ids of closures in force at a site that has reopened since after another one: somebody should be asked."""
    facts, openings = facts_for(partition)
    return {fact.id for site in sites_in(actor, partition) for fact in rules.doubtful_closures(site, on, facts, openings)}


@dataclass(frozen=True)
class Run:
    """Days in a row with the same closures, the same break, or a holiday."""

    first: date
    last: date
    closures: tuple[ClosureFact, ...]
    holiday: Holiday | None
    term_break: TermBreak | None = None


@dataclass(frozen=True)
class Month:
    """A month at a site.

    weeks   from Monday; None where another month's day would stand
    counts  days by kind
    runs    the closed days, holidays and breaks, oldest first
    """

    first: date
    last: date
    weeks: Sequence[Sequence[Day[Holiday] | None]]
    counts: Mapping[str, int]
    runs: Sequence[Run]


def month_of(calendar: Calendar, site: Site, first: date) -> Month:
    """The month that begins on `first`."""
    last = date(first.year + first.month // 12, first.month % 12 + 1, 1) - timedelta(days=1)
    days = calendar.days_at(site, first, last)
    padded: list[Day[Holiday] | None] = [*[None] * first.weekday(), *days]
    padded += [None] * (-len(padded) % 7)
    weeks = [padded[start : start + 7] for start in range(0, len(padded), 7)]
    return Month(first, last, weeks, Counter(str(day.kind) for day in days), runs_of(days))


def runs_of(days: Iterable[Day[Holiday]]) -> list[Run]:
    """The closed days, holidays and breaks among days without gaps, oldest first."""
    runs: list[Run] = []
    for day in days:
        before = runs[-1] if runs else None
        holiday = day.holiday if day.kind == DayKind.HOLIDAY else None
        term_break = day.term_break if day.kind == DayKind.BREAK else None
        if not day.closures and holiday is None and term_break is None:
            continue
        goes_on = before and before.last == day.on - timedelta(days=1) and holiday is None
        if before and goes_on and (before.closures, before.term_break, before.holiday) == (day.closures, term_break, None):
            runs[-1] = replace(before, last=day.on)
        else:
            runs.append(Run(day.on, day.on, day.closures, holiday, term_break))
    return runs


@dataclass(frozen=True)
class Told:
    """A line of a history: who made which value of what, when; and where it is safe, in words."""

    row: Closure | Notice | Resumption
    version: Version
    who: str | None
    where: str


def history(story: ClosureStory) -> list[Told]:
    """All values that a closure, its notices and its resumptions ever had, newest first; empty ones left out, and whose they are."""
    rows: list[Closure | Notice | Resumption] = [story.row, *story.notices, *story.resumptions]
    versions = [(row, version) for row in rows for version in replication.history(row)]
    versions = [(row, version) for row, version in versions if version.group != "closure_id"]
    told = [(row, version) for row, version in versions if any(value is not None for value in version.values.values())]
    where = whereabouts(story.row.partition, {version.dot for _row, version in told})
    lines = [Told(row, version, name_of(version.by), where[version.dot]) for row, version in told]
    return sorted(lines, key=lambda line: (line.version.at, line.version.dot), reverse=True)


def choice_in(told: Iterable[Told], story: ClosureStory) -> Told | None:
    """Who chose the notice that counts, and when, from the history of its closure; None where it counts without being chosen."""
    if story.counting is None or story.row.chosen_notice_id != story.counting.id:
        return None
    lines = (line for line in told if line.version.group == "chosen_notice_id")
    return next((line for line in lines if line.version.values["chosen_notice_id"] == story.counting.id), None)
