"""Words of the roll call: what became of somebody, what a closure was, where a displaced apprentice is."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from tracker.attendance import sheet_words
from tracker.calendar.queries import ClosureStory
from tracker.calendar.rules import Rate
from tracker.calendar.words import label, Names, place
from tracker.country import tz
from tracker.errors import N_
from tracker.i18n import _, format_date, language, ngettext, pgettext
from tracker.people.models import Enrolment
from tracker.resumption.queries import Curve, Displaced, Host, Person, RollCall
from tracker.resumption.rules import REACHED, SAID_LEFT, StateKind
from tracker.web.charts import Curve as Chart
from tracker.web.charts import curve as chart_of
from tracker.web.charts import Series

dialled, follow_up = sheet_words.dialled, sheet_words.follow_up
STATES: Final = {
    StateKind.STILL_CLOSED: N_("Still closed"),
    StateKind.RETURNED: N_("Is back"),
    StateKind.LEFT: N_("Has left"),
    StateKind.REACHED: N_("Reached"),
    StateKind.NOT_SEEN: N_("Not seen"),
}
TONES: Final = {StateKind.RETURNED: "good", StateKind.NOT_SEEN: "error", StateKind.REACHED: "warning"}
# What the list shows: only those who are missing, unless somebody asks for others.
VIEWS: Final = {
    "missing": N_("Not back yet"),
    "not-seen": N_("Not seen yet"),
    "reached": N_("Were reached"),
    "returned": N_("Returned"),
    "left": N_("Left"),
    "all": N_("All"),
}


def closure(story: ClosureStory, names: Names) -> str:
    """A closure in one line: why, where, since when."""
    parts = [label("closure_reasons", story.row.reason), place(story.row.scope_kind, story.row.scope_code, names)]
    known = ", ".join(part for part in parts if part)
    return _("%(closure)s, since %(day)s", closure=known, day=story.since) if story.since else known


def reopened(roll: RollCall) -> str:
    """When places opened again."""
    if not roll.reopened:
        return _("Nothing has reopened here yet.")
    if len(roll.reopened) == 1:
        return _("Reopened on %(day)s", day=roll.reopened[0])
    return _("Reopened step by step from %(first)s to %(last)s", first=roll.reopened[0], last=roll.reopened[-1])


def state(each: Person) -> str:
    """What became of somebody, in a word or two."""
    word = each.state.word
    if each.state.said_left:
        return _("Says: has left")
    if each.state.kind == StateKind.REACHED and word and word.outcome != REACHED:
        return _("Promised to come")
    return _(STATES[each.state.kind])


def tone(each: Person) -> str:
    """The tone of its badge."""
    return TONES.get(each.state.kind, "")


def since(each: Person, today: date) -> str:
    """What goes with it: the day, the reason, and whether somebody should call now."""
    found, word = each.state, each.state.word
    if found.kind == StateKind.STILL_CLOSED:
        return _("Opens on %(day)s", day=found.reopened) if found.reopened else _("No day is known.")
    if found.kind == StateKind.RETURNED:
        return _("First seen on %(day)s", day=found.seen_on or today)
    if found.kind == StateKind.LEFT:
        return why_left(each.enrolment)
    if found.said_left:
        return _("Record it with the reason, or call again.")
    if word and word.expected_on:
        if word.expected_on < today:
            return _("Was to come on %(day)s", day=word.expected_on)
        return _("Will come on %(day)s", day=word.expected_on)
    return _("Expected since %(day)s", day=found.reopened or today)


def why_left(enrolment: Enrolment) -> str:
    """When an enrolment ended and why."""
    parts = [tz.label("enrolment_statuses", enrolment.status, language()) if enrolment.status and enrolment.status != SAID_LEFT else ""]
    parts += [tz.label("leaving_reasons", enrolment.end_reason, language()) if enrolment.end_reason else ""]
    parts += [format_date(enrolment.ended_on) if enrolment.ended_on else ""]
    return " · ".join(part for part in parts if part)


def share(rate: Rate) -> str:
    """`87%`; a dash where nobody was expected, which is not nought."""
    return "–" if rate.share is None else f"{100 * rate.share:.0f}%"


def sex(code: str) -> str:
    """The label of a sex."""
    return label("sexes", code) or _("Not recorded")


def host(each: Host) -> str:
    """An employer that could take somebody, with the room it has."""
    name = each.row.name or "?"
    if each.room is None:
        return _("%(name)s: says nothing of how many it takes; has %(placed)d", name=name, placed=each.placed)
    return ngettext("%(name)s: room for %(n)d", "%(name)s: room for %(n)d", each.room, name=name)


def where(each: Displaced) -> str:
    """Where somebody is whose employer is closed."""
    if each.stand_in and each.is_kept:
        return _("At %(employer)s meanwhile", employer=(each.host.name if each.host else None) or "?")
    return _("Back at the centre") if each.is_centre_open else _("At home: the centre is closed too")


def planned(each: Displaced) -> str:
    """When he returns to the employer."""
    if each.is_open:
        return _("The employer is open again")
    return _("Returns on %(day)s", day=each.opens_on) if each.opens_on else _("The day of return is not known yet")


# ---- the curve of return


def picture(found: Curve) -> Chart:
    """The curve of return as a chart."""
    of_sex = {code: [point.rate.share for point in points] for code, points in found.by_sex.items()}
    return return_picture([point.rate.share for point in found.points], of_sex)


def return_picture(shares: Sequence[float | None], by_sex: Mapping[str, Sequence[float | None]]) -> Chart:
    """The chart of who was back, from 0 to 1 by the end of each week: of all, and by code of the sex where there are several."""
    apart = [Series(sex(code), found) for code, found in by_sex.items()] if len(by_sex) > 1 else []
    weeks = [_("Week %(n)s", n=n) for n in range(1, len(shares) + 1)]
    return chart_of(weeks, [Series(pgettext("apprentices", "All"), shares), *apart])
