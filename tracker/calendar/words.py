"""Words of the calendar: places, dates of notices, what a day is, what a history line says."""

from collections.abc import Mapping
from datetime import date

from tracker.calendar.checks import SCOPES_BY_KIND
from tracker.calendar.models import Break
from tracker.calendar.queries import Told
from tracker.calendar.rules import ClosureFact, counting_notice, Day, DayKind, ScopeKind, Site, SiteKind, TermBreak
from tracker.country import tz
from tracker.country.tz import Holiday
from tracker.errors import N_
from tracker.hours import clock_of
from tracker.i18n import _, format_date, language, MONTHS

Names = Mapping[tuple[str, str], str]

SHORT_WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
SIGNS = {DayKind.CLOSED: "✕", DayKind.HOLIDAY: "★", DayKind.BREAK: "≈", DayKind.REST: "–", DayKind.TRAINING: ""}
FIELD_NAMES = {
    "scope": N_("Place"),
    "reason": N_("Reason"),
    "chosen_notice_id": N_("The notice that counts was chosen"),
    "meanwhile": N_("What goes on meanwhile"),
    "share_percent": N_("How many may come on one day"),
    "note": N_("Note"),
    "void_reason": N_("Withdrawn, because"),
    "source": N_("Source"),
    "authority": N_("Announced by"),
    "dates": N_("Dates"),
    "reference": N_("Reference"),
    "kind": N_("Kind"),
    "since": N_("From"),
    "conditions": N_("Conditions"),
}
SHARES = (50, 33, 25)
LISTS = {"reason": "closure_reasons", "kind": "resumption_kinds", "meanwhile": "meanwhile_kinds"}
ROW_NAMES = {"closure": N_("Closure"), "notice": N_("Notice"), "resumption": N_("Reopening")}


def label(list_name: str, code: str | None) -> str:
    """The label of a code of the pack in the current language."""
    return tz.label(list_name, code, language()) if code else ""


def share(percent: int | None) -> str:
    """How many of the apprentices may come on one day."""
    match percent:
        case None:
            return _("All apprentices")
        case 50:
            return _("Half of the apprentices at a time")
        case 33:
            return _("A third of the apprentices at a time")
        case 25:
            return _("A quarter of the apprentices at a time")
    return _("%(n)d percent of the apprentices at a time", n=percent)


def halves(am_minutes: int | None, pm_minutes: int | None) -> str:
    """`4:00 + 2:30`; a dash where nobody said it."""
    return " + ".join(clock_of(each) if each else "–" for each in (am_minutes, pm_minutes)) if am_minutes or pm_minutes else "–"


def month_name(first: date) -> str:
    """`Machi 2026`."""
    return f"{MONTHS[language()][first.month - 1]} {first.year}"


def place(kind: str | None, code: str | None, names: Names) -> str:
    """A scope in words."""
    name = names.get((kind or "", code or ""), "")
    match kind:
        case ScopeKind.NATION:
            return label("closure_scopes", "nation")
        case ScopeKind.JURISDICTION:
            return label("jurisdictions", code)
        case ScopeKind.REGION:
            return _("%(name)s Region", name=label("regions", code))
        case ScopeKind.CENTRE:
            return name or label("closure_scopes", "centre")
        case ScopeKind.CAMPUS:
            return _("Campus: %(name)s", name=name or "?")
        case ScopeKind.COHORT:
            return _("Cohort: %(name)s", name=name or "?")
        case ScopeKind.EMPLOYER:
            return name or label("closure_scopes", "employer")
    return kind or "?"


def site(at: Site, names: Names) -> str:
    """A site in words."""
    if at.kind == SiteKind.WORKPLACE:
        return names.get(("employer", at.employer or ""), "") or _("Workplaces")
    if at.cohort:
        return names.get(("cohort", at.cohort), "")
    return names.get(("campus", at.campus or ""), "") or names.get(("centre", at.centre), "") or label("regions", at.region)


def sites_closed(sites: list[Site], names: Names) -> str:
    """What of a centre is closed, in one line: its campuses or the whole, else cohorts; and the employers."""
    own = [at for at in sites if at.kind == SiteKind.CENTRE]
    shown = [at for at in own if not at.cohort] or own
    employers = [at for at in sites if at.kind == SiteKind.WORKPLACE]
    return ", ".join(dict.fromkeys(word for at in [*shown, *employers] if (word := site(at, names))))


def partition(of: str, names: Names) -> str:
    """A partition in words."""
    kind, _slash, code = of.partition("/")
    return place(kind, code or None, names)


def places_in(of: str, codes: Mapping[str, Mapping[str, str]], names: Names) -> list[tuple[str, str]]:
    """(kind:code, words) of all scopes that a partition may close or open, the widest first."""
    kind = of.partition("/")[0]
    offered: list[tuple[str, str]] = []
    for scope in SCOPES_BY_KIND[kind]:
        if scope == ScopeKind.NATION:
            offered.append(("nation:", place("nation", None, names)))
        offered += [(f"{scope}:{code}", place(scope, code, names)) for code in codes.get(scope, {})]
    return offered


def closed_by(fact: ClosureFact) -> str:
    """`UVIKO-19, tangu 18 Machi 2020`."""
    reason, notice = label("closure_reasons", fact.reason), counting_notice(fact)
    return _("%(reason)s, since %(since)s", reason=reason, since=notice.since) if notice else reason


def holiday(day: Holiday) -> str:
    """Its name, and whether the date is an estimate."""
    name = day.label(language())
    return _("%(name)s (estimate)", name=name) if day.estimated else name


def of_break(row: Break, names: Names) -> str:
    """Who is not taught in a break."""
    if row.cohort_id:
        return place(ScopeKind.COHORT, row.cohort_id, names)
    return place(ScopeKind.CAMPUS, row.campus_id, names) if row.campus_id else _("The whole centre")


def term_break(found: TermBreak) -> str:
    """`Likizo kati ya mihula: Pasaka`."""
    kind = label("day_kinds", DayKind.BREAK)
    return f"{kind}: {found.name}" if found.name else kind


def day(on: Day[Holiday]) -> str:
    """What a day is, in words."""
    if on.kind == DayKind.CLOSED:
        return "; ".join(closed_by(fact) for fact in on.closures)
    if on.kind == DayKind.HOLIDAY and on.holiday:
        return holiday(on.holiday)
    if on.kind == DayKind.BREAK and on.term_break:
        return term_break(on.term_break)
    return label("day_kinds", on.kind)


def span(first: date | None, last: date | None) -> str:
    """The dates of a notice."""
    if first is None:
        return ""
    if last is None:
        return _("from %(since)s until further notice", since=first)
    return _("from %(since)s, expected until %(until)s", since=first, until=last)


def told(line: Told, names: Names) -> str:
    """A line of a history."""
    values = line.version.values
    group = line.version.group
    if group == "scope":
        shown = (
            f"{place(_text(values['scope_kind']), _text(values['scope_code']), names)} ({label('closure_sites', _text(values['sites']))})"
        )
    elif group == "dates":
        first, last = values["since"], values["expected_until"]
        shown = span(first if isinstance(first, date) else None, last if isinstance(last, date) else None)
    elif group == "chosen_notice_id":
        shown = ""
    elif group in LISTS:
        shown = label(LISTS[group], _text(values[group]))
    elif group == "share_percent":
        percent = values[group]
        shown = share(percent if isinstance(percent, int) else None)
    else:
        value = values[group]
        shown = format_date(value) if isinstance(value, date) else str(value)
    row, name = _(ROW_NAMES[line.row.__tablename__]), _(FIELD_NAMES.get(group, group))
    return f"{row} · {name}: {shown}" if shown else f"{row} · {name}"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
