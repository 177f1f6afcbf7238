"""Words of the placements: what one is on a day and why, its roster, and what a history line says."""

from datetime import date

from tracker.calendar.rules import ClosureFact, counting_notice
from tracker.calendar.words import SHORT_WEEKDAYS
from tracker.country import tz
from tracker.employers.told import department_names
from tracker.errors import N_
from tracker.hours import clock_of
from tracker.i18n import _, format_date, language, pgettext
from tracker.placements.queries import Told
from tracker.placements.rules import Pause, REASONS, STAND_IN, State, StateKind, WEEKDAYS

STATES = {
    StateKind.NOT_STARTED: N_("Not started"),
    StateKind.OPEN: N_("Under way"),
    StateKind.SUSPENDED: N_("Suspended"),
    StateKind.ENDED: N_("Ended"),
}
VIEWS = {"running": N_("Running"), "suspended": N_("Suspended"), "warnings": N_("With warnings"), "all": N_("All")}
TONES = {StateKind.OPEN: "good", StateKind.SUSPENDED: "warning"}
FIELD_NAMES = {
    "apprentice_id": N_("Apprentice"),
    "employer_id": N_("Host employer"),
    "span": N_("Dates"),
    "supervisor": N_("Workplace supervisor"),
    "department": N_("Department"),
    "contract": N_("Contract"),
    "replaces_id": N_("Stands in for"),
    "reason": N_("Reason"),
    "since": N_("From"),
    "week": N_("Days and hours of work"),
    "void_reason": N_("Withdrawn, because"),
}


def state(found: State) -> str:
    """What a placement is, in words."""
    return pgettext("one record", "Withdrawn") if found.kind == StateKind.VOID else _(STATES[found.kind])


def department(text: str | None) -> str:
    """A department in the reader's language where the pack knows it."""
    return department_names(text)


def tone(found: State) -> str:
    """The tone of its badge."""
    return TONES.get(found.kind, "")


def why(found: State) -> str:
    """Why it is suspended: closures of the employer, a person's decision; empty otherwise."""
    first_by_reason = {fact.reason: fact for fact in reversed(found.closures)}  # a hotel closed twice over is closed once
    return "; ".join([*map(closed, reversed(first_by_reason.values())), *([paused(found.pause)] if found.pause else [])])


def paused(pause: Pause) -> str:
    """A person's decision, in words."""
    return _("paused since %(since)s: %(reason)s", since=pause.since, reason=pause_reason(pause.reason))


def closed(fact: ClosureFact) -> str:
    """A closure of the employer, in words."""
    reason, notice = tz.label("closure_reasons", fact.reason, language()), counting_notice(fact)
    if notice is None:
        return _("the employer is closed: %(reason)s", reason=reason)
    return _("the employer has been closed since %(since)s: %(reason)s", since=notice.since, reason=reason)


def pause_reason(code: str | None) -> str:
    """The reason of a suspension; one from a newer version is shown as it is."""
    if code == STAND_IN:
        return _("another placement stands in for it")
    return _(REASONS[code]) if code in REASONS else code or ""


def span(first: date | None, last: date | None) -> str:
    """Both days of a placement."""
    if first is None:
        return ""
    return _("%(first)s to %(last)s", first=first, last=last) if last else _("from %(first)s, no end set", first=first)


ROWS = {"placement": N_("Placement"), "suspension": N_("Suspension"), "roster": N_("Roster")}


def roster(weekdays: str | None, minutes: int | None) -> str:
    """The days of a week and the hours of each: `Mon Tue Wed, 8:00 a day`."""
    days = " ".join(_(SHORT_WEEKDAYS[int(day) - 1]) for day in weekdays or "" if day in WEEKDAYS)
    return _("%(days)s, %(hours)s hours a day", days=days, hours=clock_of(minutes or 0))


def told(line: Told) -> str:
    """A line of a history."""
    values, group = line.version.values, line.version.group
    if group == "span":
        first, last = list(values.values())
        shown = span(first if isinstance(first, date) else None, last if isinstance(last, date) else None)
    elif group == "week":
        days, minutes = values.get("weekdays"), values.get("minutes")
        shown = roster(days if isinstance(days, str) else None, minutes if isinstance(minutes, int) else None)
    else:
        shown = ", ".join(_value(group, value, line) for value in values.values() if value is not None)
    return f"{_(ROWS[line.row.__tablename__])} · {_(FIELD_NAMES.get(group, group))}: {shown}"


def _value(group: str, value: object, line: Told) -> str:
    if isinstance(value, date):
        return format_date(value)
    if group == "reason":
        return pause_reason(str(value))
    return line.names.get(str(value), str(value)) if group.endswith("_id") else str(value)
