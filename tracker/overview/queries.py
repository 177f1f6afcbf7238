"""What the overview shows: today at a glance, the period by sex, occupation and centre, what is closed, who has not come back."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from sqlalchemy import select

from tracker import clock
from tracker.calendar.queries import Calendar
from tracker.calendar.rules import ScopeKind, Site, SiteKind
from tracker.country import tz
from tracker.db import db
from tracker.employers.models import Employer
from tracker.errors import N_, NotFound
from tracker.i18n import _, language
from tracker.indicators import queries as facts_queries
from tracker.indicators.queries import campuses_of, Country, country, read
from tracker.indicators.recovery import with_recovery
from tracker.indicators.rules import (
    Basis,
    CohortKey,
    Facts,
    Figure,
    HEARD_WITHIN_DAYS,
    Indicator,
    INDICATORS,
    PLACEMENT,
    Split,
    THEORY,
    WITH_DIFFICULTY,
    WITHOUT_DIFFICULTY,
)
from tracker.overview import rules
from tracker.overview.rules import Period
from tracker.people.models import Apprentice, Cohort
from tracker.people.queries import CHUNK
from tracker.places import queries as places
from tracker.places.models import Listing
from tracker.policy import Actor, check, may

CENTRE_ROLES: Final = ("registrar", "instructor")  # who calls apprentices, and therefore sees names and numbers
AGE_NAMES: Final = {
    "0-14": N_("Under 15"),
    "15-17": N_("15 to 17"),
    "18-24": N_("18 to 24"),
    "25-35": N_("25 to 35"),
    "36+": N_("36 and older"),
}
# By the six questions; the word stands in no question and on no page of a person.
DISABILITY_NAMES: Final = {WITH_DIFFICULTY: N_("With disability"), WITHOUT_DIFFICULTY: N_("Without disability")}
PHASE_NAMES: Final = {THEORY: N_("In theory, at the centre"), PLACEMENT: N_("In a placement")}
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
    now = read(where, today, today, today, with_returns=False)
    lines = {split: _lines(facts, split, names) for split in (Split.ALL, Split.SEX, Split.OCCUPATION, Split.CENTRE)}
    keys = {each.key for each in now.enrolments} | where.cohorts.keys()
    missing = list(_missing(where, keys, today)) if _may_call(actor, where) else None
    return Overview(
        today=_lines(now, Split.ALL, names)[0],
        whole=lines[Split.ALL][0],
        by_sex=lines[Split.SEX],
        by_occupation=lines[Split.OCCUPATION],
        by_centre=lines[Split.CENTRE],
        # Of a centre that never reported nobody knows whether it has opened again.
        closed=closed_on(where, {centre: names[centre] for centre, day in (now.heard or {}).items() if day}, today),
        not_seen=_not_seen(where, keys, today) if missing is None else sum(each.left_on is None for each in missing),
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
    known = labels(split, names)
    # A code that the pack lacks is shown as it is; what is not recorded comes last.
    named = {**known, **{code: code for code in sorted(figures) if code and code not in known}, "": _("Not recorded")}
    shown = named if split == Split.CENTRE else {code: label for code, label in named.items() if _has_any(figures.get(code, {}))}
    return [
        Line(code, label, figures.get(code, {}), (facts.heard or {}).get(code)) for code, label in shown.items() if code or code in figures
    ]


def _has_any(figures: Mapping[str, Figure]) -> bool:
    return any(figure.numerator or figure.denominator for figure in figures.values())


def labels(split: Split, names: Mapping[str, str]) -> dict[str, str]:
    """The known codes of a split with their words, in the order in which a table shows them. names: of the centres."""
    worded = {
        Split.AGE: AGE_NAMES,
        Split.DISABILITY: DISABILITY_NAMES,
        Split.PHASE: PHASE_NAMES,
    }
    if split == Split.CENTRE:
        return dict(names)
    if split in worded:
        return {code: _(name) for code, name in worded[split].items()}
    if split == Split.OCCUPATION:
        return {each.code: each.label(language()) for each in tz.occupations()}
    if split == Split.REGION:
        return {each.code: each.label(language()) for each in tz.regions()}
    return {each.code: each.label(language()) for each in tz.codes({Split.SEX: "sexes", Split.TOPIC: "safety_topics"}[split])}


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
        for fact_id, since, place, _site in closed_places(where, calendar, name, on):
            places_by_closure[since, fact_id].append(place)
            story = calendar.story(fact_id)
            reason = tz.label("closure_reasons", (story and story.row.reason) or "other", language())
            words[fact_id] = reason, (story and story.counting and story.counting.authority) or ""
    return [Closed(words[key][0], since, words[key][1], found) for (since, key), found in sorted(places_by_closure.items())]


def closed_places(where: Country, calendar: Calendar, name: str, on: date) -> Iterator[tuple[str, date, str, Site]]:
    """(closure, since, what it closes in words and as a site) of one centre.

    That is its campuses, its workplaces, and the cohorts and employers that closures name.
    """
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
                yield closure, first, place, site


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


def _missing(where: Country, keys: Collection[CohortKey], on: date) -> Iterator[Missing]:
    """Who was there before each cohort's closed time and has not been seen since it was over; by name, those who left last."""
    rows = {(each.centre, each.apprentice_id): each for each in facts_queries.not_seen(where, keys, on)}
    found = []
    for apprentice in _apprentices(where, {key for _centre, key in rows}):
        if each := rows.get((apprentice.partition, apprentice.id)):
            cohort = where.cohorts.get(CohortKey(each.centre, each.cohort))
            found.append(Missing(apprentice, (cohort and cohort.name) or "", each.reopened, each.left_on))
    yield from sorted(found, key=lambda each: (each.left_on is not None, each.apprentice.full_name.casefold(), each.apprentice.id))


def _apprentices(where: Country, ids: Collection[str]) -> Iterator[Apprentice]:
    wanted = sorted(ids)
    for start in range(0, len(wanted), CHUNK):
        few = Apprentice.id.in_(wanted[start : start + CHUNK])
        yield from db.session.scalars(select(Apprentice).where(Apprentice.partition.in_(where.centres), few))


def _not_seen(where: Country, keys: Collection[CohortKey], on: date) -> int:
    return sum(each.size for each in facts_queries.roll_call(where, keys, on) if each.seen_on is None and each.is_enrolled)


# ---- after closures


CENTRES_WITH_HOURS: Final = 5
RECOVERY: Final = frozenset({"I16", "I17", "I18", "I19", "I20"})
SPLIT_NAMES: Final = {
    Split.SEX: N_("By sex"),
    Split.AGE: N_("By age"),
    Split.DISABILITY: N_("By disability"),
    Split.OCCUPATION: N_("By occupation"),
    Split.PHASE: N_("By phase"),
    Split.CENTRE: N_("By centre"),
    Split.REGION: N_("By region"),
}


@dataclass(frozen=True)
class Recovery:
    """The figures of closures and of coming back (I16 to I20).

    tables  by split, each group with its figures
    topics  of safety sessions, with the figure of I20
    topic   the name of that which I20 is about in all tables; empty: there were no sessions
    has_hours  whether hours were reckoned (I19): not for more centres than a page can wait for
    """

    whole: Line
    tables: Mapping[Split, Sequence[Line]]
    topics: Sequence[Line]
    topic: str
    has_hours: bool


def recovery(actor: Actor, where: Country, names: Mapping[str, str], period: Period) -> Recovery:
    """The figures of I16 and I17 for a period and of I18 to I20 on its last day.

    Above a centre, what is told by disability leaves out groups of fewer than five, and what the other centres that the actor
    may ask about would give away of them. Raises NotFound.
    """
    has_hours = len(where.centres) <= CENTRES_WITH_HOURS
    facts = with_recovery(actor, where, read(where, period.first, period.last, period.last), with_hours=has_hours)
    tables = {
        split: _lines(facts, split, names) for split in SPLIT_NAMES if len(where.centres) > 1 or split not in {Split.CENTRE, Split.REGION}
    }
    if actor.role not in CENTRE_ROLES:
        small = _small(actor, where, facts)
        tables[Split.DISABILITY] = [line for line in tables[Split.DISABILITY] if line.code not in small]
    topic = tz.label("safety_topics", facts.topic, language()) if facts.topic else ""
    return Recovery(_lines(facts, Split.ALL, names)[0], tables, _lines(facts, Split.TOPIC, names), topic, has_hours)


def _small(actor: Actor, where: Country, facts: Facts) -> set[str]:
    """The codes of the disability of which the page of these centres says nothing."""
    everywhere = centres(actor)
    enrolments = facts_queries.enrolments_in(dict.fromkeys(everywhere, ""), facts.on)
    behind = {("", code): count for code, count in replace(facts, enrolments=enrolments).people(Split.DISABILITY).items()}
    for centre in everywhere:
        own = replace(facts, enrolments=[each for each in enrolments if each.group.centre == centre])
        behind |= {(centre, code): count for code, count in own.people(Split.DISABILITY).items()}
    here = where.centres[0] if len(where.centres) == 1 < len(everywhere) else ""
    return {code for centre, code in rules.kept_back(behind) if centre == here}


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


REPORT_SPLITS: Final = (
    Split.ALL,
    Split.SEX,
    Split.AGE,
    Split.DISABILITY,
    Split.OCCUPATION,
    Split.PHASE,
    Split.TOPIC,
    Split.REGION,
)


def report_rows(actor: Actor, *, first: date | None = None, last: date | None = None, for_others: bool = False) -> list[dict[str, object]]:
    """Every indicator as flat rows: for all centres together (centre "") and for each, in all and by each split.

    first, last  the period; the calendar year up to today unless said
    for_others   leave out what fewer than five people stand behind; by disability that is always left out
    value        the number, or the share from 0 to 1; None is "no data"
    Raises NotAllowed.
    """
    check(actor, "export")
    names = _distinct(centres(actor))
    where = country(names)
    period = rules.period(rules.PeriodKind.CUSTOM, clock.today(), first=first, last=last)
    facts = with_recovery(actor, where, read(where, period.first, period.last, period.last))
    scopes = {"": facts, **{names[centre]: own for centre, own in facts.by_centre().items()}}
    found = {
        (indicator.name, split): _table(indicator, split, scopes, for_others=for_others)
        for indicator in INDICATORS.values()
        for split in REPORT_SPLITS
    }
    return [
        {
            "indicator": indicator.name,
            "centre": centre,
            "split": str(split),
            "code": code,
            "numerator": figure.numerator,
            "denominator": figure.denominator,
            "value": round(figure.value, 4) if isinstance(figure.value, float) else figure.value,
            "number": indicator.number,
            "unit": indicator.unit,
            "first": period.first,
            "last": period.last,
        }
        for centre in scopes
        for indicator in INDICATORS.values()
        for split in REPORT_SPLITS
        for code, figure in found[indicator.name, split].get(centre, {}).items()
    ]


def _table(indicator: Indicator, split: Split, scopes: Mapping[str, Facts], *, for_others: bool) -> dict[str, dict[str, Figure]]:
    """The figures of an indicator by centre and code, without those that are kept back."""
    asked = {centre: facts for centre, facts in scopes.items() if not (centre and split == Split.REGION)}
    table = {centre: _compute(indicator, facts, split, is_one_centre=bool(centre)) for centre, facts in asked.items()}
    if indicator.basis == Basis.NOBODY or not (for_others or split == Split.DISABILITY):
        return table
    behind = {
        (centre, code): n for centre, figures in table.items() for code, n in _behind(indicator, asked[centre], split, figures).items()
    }
    out = rules.kept_back(behind)
    return {centre: {code: figure for code, figure in figures.items() if (centre, code) not in out} for centre, figures in table.items()}


def _behind(indicator: Indicator, facts: Facts, split: Split, figures: Mapping[str, Figure]) -> dict[str, int]:
    """How many people stand behind each figure."""
    if indicator.basis == Basis.GROUP and figures:
        people = facts.people(split)
        return {code: people.get(code, 0) for code in figures}
    return {code: each.numerator if each.denominator is None else each.denominator for code, each in figures.items()}


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
