"""Words of catching up: hours, ways, what a line of a debt is, and the notice of a new end in both languages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from tracker.calendar.models import CatchUp, Extension
from tracker.calendar.rules import ClosureFact
from tracker.calendar.words import closed_by, Names, place
from tracker.catchup.queries import Notice, Summary
from tracker.catchup.rules import Kind, Line, Owed, Part, runs, Way
from tracker.country import tz
from tracker.errors import N_
from tracker.hours import clock_of
from tracker.i18n import _, format_date, language, LANGUAGES, ngettext, speaking

PARTS = {
    Part.TAUGHT: N_("Taught anyway on closed days"),
    Part.STAND_IN: N_("Placed elsewhere on these days"),
    Part.REMOTE: N_("Marked as remote learning on closed days"),
    Part.PACKS: N_("Remote packs brought back"),
    Part.LONGER_DAYS: N_("Longer days, register taken"),
    Part.SATURDAYS: N_("Saturdays held, register taken"),
    Part.NO_BREAK: N_("Days of a break held, register taken"),
    Part.AFTER: N_("Training after the original end"),
}


def hours(minutes: int | None) -> str:
    """`322:00`; a dash where nothing is known."""
    return "–" if minutes is None else clock_of(minutes)


def span(first: date, last: date) -> str:
    """Days in a row."""
    return format_date(first) if first == last else _("%(first)s to %(last)s", first=first, last=last)


def days(line: Line) -> str:
    """The days of a line: `9 February 2026 to 13 February 2026 (5 days)`; empty where days do not matter."""
    found = runs(line.days)
    return "; ".join(f"{span(each.first, each.last)} ({ngettext('%(n)d day', '%(n)d days', each.days)})" for each in found)


@dataclass(frozen=True)
class Row:
    """A line of a sum as the page shows it. `sign` is empty for what was lost, and minus for what makes it up."""

    label: str
    days: str
    sign: str
    hours: str


def rows(owed: Owed) -> list[Row]:
    """How a debt comes about, line by line; the last is what is owed."""
    found = [Row(_("Training days that closures took"), days(owed.lost), "", hours(owed.lost.minutes))]
    found += [Row(_(PARTS[part]), days(line), "−", hours(line.minutes)) for part, line in owed.lines.items()]
    if owed.beyond:
        found.append(Row(_("More than was lost; it pays nobody else's debt"), "", "+", hours(owed.beyond)))
    return found


def way(found: Way) -> str:
    """A way of catching up: `Longer days, 2:00 hours more on each training day`."""
    if found.kind == Kind.LONGER_DAYS:
        return _("Longer days: %(hours)s hours more on each training day", hours=hours(found.minutes))
    if found.kind == Kind.SATURDAYS:
        if found.minutes is None:
            return _("Saturdays are taught, as long as a training day")
        return _("Saturdays are taught, %(hours)s hours each", hours=hours(found.minutes))
    if found.kind == Kind.NO_BREAK:
        return _("The break between terms is taught")
    return tz.label("catch_up_kinds", found.kind, language())


def ways(found: Iterable[Way], all_words: str) -> str:
    """Several ways; those of the row of all together are not said again."""
    listed = [way(each) for each in found]
    return listed[0] if len(listed) == 1 else all_words if listed else _("Nothing more is chosen")


def while_(found: Way) -> str:
    """From when to when it is in force."""
    if found.until is None:
        return _("from %(since)s until all is made up or it is ended", since=found.since)
    return span(found.since, found.until)


def source(row: CatchUp) -> str:
    """Who announced it, and where that is written."""
    return " · ".join(part for part in (row.authority, row.reference) if part)


def moved(original: date | None, extension: Extension | None) -> str:
    """An end with the original beside it, where it was moved."""
    if extension is None or extension.ends_on is None:
        return format_date(original)
    if original is None:
        return format_date(extension.ends_on)
    return _("%(ends_on)s (first planned: %(original)s)", ends_on=extension.ends_on, original=original)


def by_day(on: date | None) -> str:
    """The day by which all is made up."""
    return format_date(on) if on else _("Not to be seen yet")


def by(found: Summary) -> str:
    """When a cohort's largest debt is made up, and why that may not be known."""
    if found.debt.original_end is None:
        return _("The last day of the cohort is not known")
    if not found.largest and not found.debt.to_come:
        return _("Nothing is owed at the centre")
    return by_day(found.projected)


def needed(weeks: int | None, minutes: int | None) -> str:
    """What a programme asks for; empty where it does not say."""
    if weeks is None or minutes is None:
        return ""
    return _("%(weeks)d weeks, %(hours)s hours", weeks=weeks, hours=hours(minutes))


def closures(found: Iterable[ClosureFact], names: Names) -> list[tuple[str, str]]:
    """Closures to choose from: `Tanzania Bara: UVIKO-19, tangu 18 Machi 2020`."""
    return [(fact.id, f"{place(fact.scope.kind, fact.scope.code, names)}: {closed_by(fact)}") for fact in found]


def percent(part: int, whole: int | None) -> str:
    """What share of the programme a debt is, rounded down; empty where the programme does not say."""
    return f"{part * 100 // whole} %" if whole else ""


# ---- the notice to print


@dataclass(frozen=True)
class Letter:
    """A notice in one language: its heading, sentences, pairs of a table, and the lines to sign."""

    lang: str
    title: str
    sentence: str
    facts: Sequence[tuple[str, str]]
    signs: Sequence[str]


def letters(notice: Notice, centre: str, cohort: str) -> list[Letter]:
    """The same notice in every language, Kiswahili first: the apprentice, the guardian and the host sign what they read."""
    found = []
    for code in LANGUAGES:
        with speaking(code):
            found.append(_letter(notice, centre, cohort, code))
    return found


def _letter(notice: Notice, centre: str, cohort: str, code: str) -> Letter:
    closed = days(Line(notice.lost_minutes, notice.lost_days))
    facts = [
        (_("Apprentice"), " · ".join(part for part in (notice.apprentice.full_name, notice.apprentice.number) if part)),
        (_("Cohort"), cohort),
        (_("Host employer"), (notice.employer.name or "") if notice.employer else ""),
        (_("Original end"), format_date(notice.original)),
        (_("New end"), format_date(notice.moved_to)),
        (_("Training days that closures took"), closed),
        (_("Closure"), closed_by(notice.closure) if notice.closure else ""),
        (_("Why"), notice.note or ""),
        (_("Announced on"), format_date(notice.announced_on)),
    ]
    if notice.employer:
        sentence = _(
            "The placement at %(employer)s ends later than was agreed, so that lost time is made up.", employer=notice.employer.name
        )
        signs = [_("Apprentice"), _("Parent or guardian"), _("Host employer"), centre]
    else:
        sentence = _("The training ends later than was planned, so that lost time is made up.")
        signs = [_("Apprentice"), _("Parent or guardian"), centre]
    return Letter(code, _("Notice of a new end of training"), sentence, [(label, value) for label, value in facts if value], signs)
