"""Hours at the workplaces, entered by week."""

from datetime import timedelta
from typing import Any

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from tracker import clock
from tracker.attendance import actions, grid_forms, paper, words, workplace, workplace_queries
from tracker.attendance.grid_forms import Sent
from tracker.attendance.paper import Reading
from tracker.attendance.routes import bp, day_asked
from tracker.attendance.rules import MarkValue, UNMARKED
from tracker.attendance.workplace_queries import WorkWeek
from tracker.calendar.words import SHORT_WEEKDAYS
from tracker.hours import clock_of
from tracker.i18n import _
from tracker.placements import words as placement_words
from tracker.web import at_most, may_, page

WEEK = timedelta(days=7)


@bp.route("/workplace")
@may_("read")
def workplace_now() -> ResponseReturnValue:
    """Go to the present week."""
    return redirect(url_for(".workplace_week", on=clock.today().isoformat(), centre=request.args.get("centre")))


def _choices() -> list[words.Choice]:
    return [choice for choice in words.choices() if choice.status in workplace.STATUSES]


def _read(week: WorkWeek) -> Sent:
    letters = {key: choice.status for choice in _choices() for key in choice.keys if key.isalpha()}
    offered = " ".join(choice.letter for choice in _choices())
    cells = week.boxes
    sent = grid_forms.read(cells, lambda box, text: workplace.read_hours(text, letters, offered, cells[box].rostered))
    _fill(week, sent.reading, sent.rest)
    return sent


def _fill(week: WorkWeek, reading: Reading, rest: tuple[str, ...]) -> None:
    """Add what "as rostered" says of a placement: present on each day of the roster that is neither typed nor marked."""
    for line in (line for host in week.hosts for line in host.lines if line.placement_id in rest):
        for cell in line.cells:
            if not cell.is_open or not cell.rostered or cell.box in reading.faults:
                continue
            if reading.values.get(cell.box) == UNMARKED:
                reading.faults[cell.box] = paper.TakenBackAndPresent()
            elif cell.box not in reading.values and cell.value is None:
                reading.values[cell.box] = MarkValue("present", workplace.WORKPLACE, minutes=cell.rostered)


def _shown_as(value: MarkValue | None) -> str:
    """What is marked, as it would be typed: `8:00`, `H`, `C 6:30`; nothing for no mark."""
    if value is None:
        return ""
    letter = next((choice.letter for choice in words.choices() if choice.status == value.status), "?")
    if value.minutes is None:
        return letter
    hours = clock_of(value.minutes)
    return hours if value.status == "present" else f"{letter} {hours}"


@bp.route("/workplace/<on>", methods=["GET", "POST"])
@at_most("request_max_bytes")
@may_("read")
def workplace_week(on: str) -> ResponseReturnValue:
    """The week in which a day lies, of a centre, by employer: everything is read first, and with any fault nothing is saved."""
    partition, chosen = request.args.get("centre") or g.actor.home, request.args.get("employer")
    week = workplace_queries.workplace_week(g.actor, partition, day_asked(on), chosen)
    here: dict[str, Any] = {"employer": week.chosen, "centre": request.args.get("centre")}
    sent = Sent()
    if request.method == "POST":
        sent = _read(week)
        if sent.may_be_saved:
            actions.save_hours(g.actor, partition, sent.entered)
            flash(_("The week is saved.") if sent.entered else _("Nothing was entered."))
            return redirect(url_for(".workplace_week", on=week.monday.isoformat(), **here))
    return page(
        "attendance/workplace.html",
        week=week,
        here=here,
        choices=_choices(),
        weekdays=SHORT_WEEKDAYS,
        previous=week.monday - WEEK,
        following=week.monday + WEEK,
        sent=sent,
        lost=sent.about_lost({line.cells[0].box.apprentice_id: line.name for host in week.hosts for line in host.lines}),
        tokens=sent.tokens({box: cell.seen for box, cell in week.boxes.items()}),
        shown_as=_shown_as,
        clock_of=clock_of,
        why=placement_words.why,
        state_word=placement_words.state,
    )
