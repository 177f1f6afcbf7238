"""What the overview shows: today at a glance, the period by sex, occupation and centre, what is closed, who has not come back."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from sqlalchemy import and_, func, or_, select, Subquery

from tracker import clock
from tracker.calendar.queries import Calendar
from tracker.calendar.rules import ScopeKind, SiteKind
from tracker.country import tz
from tracker.db import db
from tracker.employers.models import Employer
from tracker.errors import NotFound
from tracker.i18n import _, language
from tracker.indicators import queries as facts_queries
from tracker.indicators.queries import campuses_of, Country, country, read
from tracker.indicators.rules import CohortKey, Facts, Figure, HEARD_WITHIN_DAYS, Indicator, INDICATORS, Split
from tracker.overview import rules
from tracker.overview.rules import Period
from tracker.people.models import Apprentice, Cohort
from tracker.places import queries as places
from tracker.places.models import Listing
from tracker.policy import Actor, check, may

CENTRE_ROLES: Final = ("registrar", "instructor")  # who calls apprentices, and therefore sees names and numbers
NO_FIGURE: Final = Figure(0, 0)
NOUGHT: Final = Figure(0)


# ---- whose figures


def centres(actor: Actor) -> dict[str, str]:
    """Partition -> name of the centres whose figures the actor sees, by name; those of the directory, too, that sent nothing yet."""
    names = {row.partition: row.name or "" for row in places.centres(actor)}
    for row in db.session.scalars(select(Listing)):
        if may(actor, "read", row.centre) and _is_near(actor, row):
            names.setdefault(row.centre, row.name or "")
    home = places.home_partition(actor)
    if home and may(actor, "read", home):
        names.setdefault(home, "")
    named = {partition: name or _("A centre without a name") for partition, name in names.items()}
    return dict(sorted(named.items(), key=lambda each: (each[1].casefold(), each[0])))


def _is_near(actor: Actor, row: Listing) -> bool:
    return actor.partitions is None or actor.role != "coordinator" or f"region/{row.region}" in actor.partitions


def chosen_centres(actor: Actor, centre: str | None) -> dict[str, str]:
    """`centres`, or the one asked for; raises NotFound for one that the actor does not see."""
    seen = centres(actor)
    if not centre:
        return seen
    if centre not in seen:
        raise NotFound
    return {centre: seen[centre]}


def period_of(where: Country, kind: str, first: date | None = None, last: date | None = None) -> Period:
    """The period of a kind as of today. A term began when the first of these centres opened again, or with the latest cohort."""
    today = clock.today()
    reopened = None
    if kind == rules.PeriodKind.TERM:
        episodes = facts_queries.episodes(where, where.cohorts.keys(), today).values()
        starts = [row.starts_on for row in where.cohorts.values() if row.starts_on and row.starts_on <= today]
        reopened = min((each.reopened for each in episodes), default=max(starts, default=None))
    return rules.period(kind, today, reopened=reopened, first=first, last=last)


# ---- the page


@dataclass(frozen=True)
class Line:
    """One group of apprentices in a table, with its figures by indicator."""

    code: str
    label: str
    figures: Mapping[str, Figure]
    heard: date | None = None

    def __getitem__(self, name: str) -> Figure:
        """A figure; nought or no data where nothing was counted."""
        return self.figures.get(name) or (NOUGHT if INDICATORS[name].denominator is None else NO_FIGURE)


@dataclass(frozen=True)
class Closed:
    """A closure in force today, and what it closes here."""

    reason: str
    since: date
    authority: str
    places: Sequence[str]


@dataclass(frozen=True)
class Missing:
    """An apprentice expected since a reopening and not seen. `left_on` is known of one who has left since."""

    apprentice: Apprentice
    cohort: str
    reopened: date
    left_on: date | None


@dataclass(frozen=True)
class Freshness:
    """How current the figures are.

    heard    centres of which there is anything at all
    oldest   (name, day) of the one heard from longest ago
    silent   (name, day) of those not heard from within a week, the longest silent first; None = never
    """

    heard: int
    centres: int
    oldest: tuple[str, date] | None
    silent: Sequence[tuple[str, date | None]]


@dataclass(frozen=True)
class Overview:
    """Everything on the page.

    today          figures of today alone
    whole          figures of the period
    not_seen       apprentices still enrolled and not seen since the reopening
    missing        their names, for the centre's own people only; else None
    """

    today: Line
    whole: Line
    by_sex: Sequence[Line]
    by_occupation: Sequence[Line]
    by_centre: Sequence[Line]
    closed: Sequence[Closed]
    not_seen: int
    missing: Sequence[Missing] | None
    freshness: Freshness


def overview(actor: Actor, where: Country, names: Mapping[str, str], period: Period) -> Overview:
    """The figures of these centres for a period; stock figures are of its last day."""
    today = clock.today()
    facts = read(where, period.first, period.last, period.last)
    now = read(where, today, today, today)
    lines = {split: _lines(facts, split, names) for split in Split}
    missing = list(_missing(where, today)) if _may_call(actor, where) else None
    return Overview(
        today=_lines(now, Split.ALL, names)[0],
        whole=lines[Split.ALL][0],
        by_sex=lines[Split.SEX],
        by_occupation=lines[Split.OCCUPATION],
        by_centre=lines[Split.CENTRE],
        # Of a centre that never reported nobody knows whether it has opened again.
        closed=closed_on(where, {centre: names[centre] for centre, day in (now.heard or {}).items() if day}, today),
        not_seen=_not_seen(where, today) if missing is None else sum(each.left_on is None for each in missing),
        missing=missing,
        freshness=_freshness(now.heard or {}, names, today),
    )


def _may_call(actor: Actor, where: Country) -> bool:
    return actor.role in CENTRE_ROLES and all(may(actor, "read", centre) for centre in where.centres)


def _figures(facts: Facts, split: Split) -> dict[str, dict[str, Figure]]:
    """Code -> indicator -> figure."""
    found: dict[str, dict[str, Figure]] = defaultdict(dict)
    for indicator in INDICATORS.values():
        if split in indicator.splits:
            for code, figure in indicator.compute(facts, split).items():
                found[code][indicator.name] = figure
    return found


def _lines(facts: Facts, split: Split, names: Mapping[str, str]) -> list[Line]:
    figures = _figures(facts, split)
    if split == Split.ALL:
        return [Line("", "", figures.get("", {}))]
    known = _labels(split, names)
    # A code that the pack lacks is shown as it is; what is not recorded comes last.
    labels = {**known, **{code: code for code in sorted(figures) if code and code not in known}, "": _("Not recorded")}
    shown = labels if split == Split.CENTRE else {code: label for code, label in labels.items() if _has_any(figures.get(code, {}))}
    return [
        Line(code, label, figures.get(code, {}), (facts.heard or {}).get(code)) for code, label in shown.items() if code or code in figures
    ]


def _has_any(figures: Mapping[str, Figure]) -> bool:
    return any(figure.numerator or figure.denominator for figure in figures.values())


def _labels(split: Split, names: Mapping[str, str]) -> dict[str, str]:
    if split == Split.CENTRE:
        return dict(names)
    known = tz.codes("sexes") if split == Split.SEX else tz.occupations()
    return {each.code: each.label(language()) for each in known}


def _freshness(heard: Mapping[str, date | None], names: Mapping[str, str], today: date) -> Freshness:
    days = [(names[centre], day) for centre, day in heard.items()]
    ever = [(name, day) for name, day in days if day]
    silent = [(name, day) for name, day in days if day is None or (today - day).days >= HEARD_WITHIN_DAYS]
    return Freshness(
        heard=len(ever),
        centres=len(days),
        oldest=min(ever, key=lambda each: (each[1], each[0]), default=None),
        silent=sorted(silent, key=lambda each: (each[1] or date.min, each[0])),
    )


# ---- closed today


def closed_on(where: Country, names: Mapping[str, str], on: date) -> list[Closed]:
    """The closures in force at these centres and their employers on a day, the earliest first."""
    places_by_closure: dict[tuple[date, str], list[str]] = defaultdict(list)
    words: dict[str, tuple[str, str]] = {}
    for centre, name in names.items():
        calendar = where.calendars[centre]
        for fact_id, since, place in closed_places(where, calendar, name, on):
            places_by_closure[since, fact_id].append(place)
            story = calendar.story(fact_id)
            reason = tz.label("closure_reasons", (story and story.row.reason) or "other", language())
            words[fact_id] = reason, (story and story.counting and story.counting.authority) or ""
    return [Closed(words[key][0], since, words[key][1], found) for (since, key), found in sorted(places_by_closure.items())]


def closed_places(where: Country, calendar: Calendar, name: str, on: date) -> Iterator[tuple[str, date, str]]:
    """(closure, since, what it closes) of one centre: its campuses, its workplaces, and the cohorts and employers that closures name."""
    campuses = campuses_of(calendar)
    said: set[str] = set()
    for place, site in [
        *((_campus_name(calendar, campus, name), calendar.site_of_campus(campus)) for campus in campuses),
        (_("Workplaces of %(centre)s", centre=name), replace(calendar.site_of_campus(None), kind=SiteKind.WORKPLACE)),
        *((f"{name}, {cohort.name}", calendar.site_of(cohort)) for cohort in _named_cohorts(where, calendar)),
        *((f"{row.name} ({name})", calendar.site_of_employer(row)) for row in _named_employers(calendar)),
    ]:
        is_general = site.cohort is None and site.employer is None
        for first, last, closure in calendar.intervals(site):
            if first <= on and (last is None or on <= last) and (is_general or closure not in said):
                said |= {closure} if is_general else set()
                yield closure, first, place


def _campus_name(calendar: Calendar, campus: str | None, centre: str) -> str:
    row = calendar.campuses.get(campus or "")
    return f"{centre}, {row.name}" if row and len(campuses_of(calendar)) > 1 else centre


def _codes(calendar: Calendar, kind: ScopeKind) -> set[str | None]:
    return {fact.scope.code for fact in calendar.closures if fact.scope.kind == kind and not fact.withdrawn}


def _named_cohorts(where: Country, calendar: Calendar) -> list[Cohort]:
    codes = _codes(calendar, ScopeKind.COHORT)
    return [row for row in where.cohorts.values() if row.id in codes and row.partition == calendar.partition]


def _named_employers(calendar: Calendar) -> Sequence[Employer]:
    codes = sorted(filter(None, _codes(calendar, ScopeKind.EMPLOYER)))
    rows = select(Employer).where(Employer.partition == calendar.partition, Employer.id.in_(codes)).order_by(Employer.name, Employer.id)
    return db.session.scalars(rows).all() if codes else ()


# ---- who has not come back


def _missing(where: Country, on: date) -> Iterator[Missing]:
    """Who was there before each cohort's closed time and has not been seen since it was over; by name, those who left last."""
    roll = _roll(where, on)
    if roll is None:
        return
    rows = db.session.execute(
        select(Apprentice, roll.c.cohort_id, roll.c.reopened, roll.c.ended_on)
        .join(roll, and_(roll.c.partition == Apprentice.partition, roll.c.apprentice_id == Apprentice.id))
        .where(~roll.c.came)
    ).all()
    found = []
    for apprentice, cohort_id, reopened, ended_on in rows:
        cohort = where.cohorts.get(CohortKey(apprentice.partition, cohort_id))
        left_on = ended_on if ended_on and ended_on < on else None
        found.append(Missing(apprentice, (cohort and cohort.name) or "", reopened, left_on))
    yield from sorted(found, key=lambda each: (each.left_on is not None, each.apprentice.full_name.casefold(), each.apprentice.id))


def _not_seen(where: Country, on: date) -> int:
    roll = _roll(where, on)
    if roll is None:
        return 0
    still = or_(roll.c.ended_on.is_(None), roll.c.ended_on >= on)
    return db.session.scalar(select(func.count()).select_from(roll).where(~roll.c.came, still)) or 0


def _roll(where: Country, on: date) -> Subquery | None:
    episodes = facts_queries.episodes(where, where.cohorts.keys(), on)
    return facts_queries.roll_call(facts_queries.spans(where.centres), episodes, None, on) if episodes else None


# ---- the report


REPORT_COLUMNS: Final = (
    "indicator",
    "centre",
    "split",
    "code",
    "numerator",
    "denominator",
    "value",
    "number",
    "unit",
    "first",
    "last",
)


def report_rows(actor: Actor, *, first: date | None = None, last: date | None = None) -> list[dict[str, object]]:
    """Every indicator as flat rows: for all centres together (centre "") and for each, in all and by sex and occupation.

    first, last  the period; the calendar year up to today unless said
    value        the number, or the share from 0 to 1; None is "no data"
    Raises NotAllowed.
    """
    check(actor, "export")
    names = _distinct(centres(actor))
    where = country(names)
    period = rules.period(rules.PeriodKind.CUSTOM, clock.today(), first=first, last=last)
    facts = read(where, period.first, period.last, period.last)
    rows = list(_report(facts, "", period))
    for centre, own in facts.by_centre().items():
        rows += _report(own, names[centre], period)
    return rows


def _report(facts: Facts, centre: str, period: Period) -> Iterator[dict[str, object]]:
    for indicator in INDICATORS.values():
        for split in (Split.ALL, Split.SEX, Split.OCCUPATION):
            figures = _compute(indicator, facts, split, is_one_centre=bool(centre))
            for code, figure in figures.items():
                value = figure.value
                yield {
                    "indicator": indicator.name,
                    "centre": centre,
                    "split": str(split),
                    "code": code,
                    "numerator": figure.numerator,
                    "denominator": figure.denominator,
                    "value": round(value, 4) if isinstance(value, float) else value,
                    "number": indicator.number,
                    "unit": indicator.unit,
                    "first": period.first,
                    "last": period.last,
                }


def _compute(indicator: Indicator, facts: Facts, split: Split, *, is_one_centre: bool) -> dict[str, Figure]:
    if split in indicator.splits:
        return indicator.compute(facts, split)
    # Of one centre, "by centre" and "all" are the same figure.
    if split == Split.ALL and is_one_centre:
        return dict(zip([""], indicator.compute(facts, Split.CENTRE).values(), strict=False))
    return {}


def _distinct(names: Mapping[str, str]) -> dict[str, str]:
    """The names, each with its code where two centres share one."""
    times = Counter(names.values())
    return {key: name if times[name] == 1 else f"{name} ({key.removeprefix('centre/')})" for key, name in names.items()}
