"""On paper: a week's sheet, the code that finds it again, entering what was written on it, and an apprentice's sheet."""

from datetime import date, timedelta
from typing import Any

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from tracker import clock, inputs
from tracker.attendance import apprentice_queries, grid_forms, paper, paper_actions, paper_queries, sheet_words, words
from tracker.attendance.grid_forms import Sent
from tracker.attendance.paper_queries import Week
from tracker.attendance.routes import bp, day_asked
from tracker.calendar.words import closed_by, month_name, SHORT_WEEKDAYS, SIGNS
from tracker.errors import DomainError
from tracker.i18n import _, say
from tracker.policy import check, may
from tracker.web import at_most, login_required, may_, page, reach

WEEK = timedelta(days=7)
QR_DOT = 3  # CSS pixels


def _halves_asked() -> bool | None:
    return {"1": True, "0": False}.get(request.args.get("halves", ""))


def _address(endpoint: str, week: Week, *, monday: date | None = None, has_halves: bool | None = None) -> str:
    """The page of this week or another, with the halves that stand on it now unless others are asked for."""
    halves = week.has_halves if has_halves is None else has_halves
    return url_for(endpoint, cohort_id=week.cohort.id, on=(monday or week.monday).isoformat(), halves=int(halves))


def _common(week: Week) -> dict[str, Any]:
    return {
        "week": week,
        "letters": {choice.status: choice.letter for choice in words.choices()},
        "choices": words.choices(),
        "weekdays": SHORT_WEEKDAYS,
        "why": words.why_not_due,
        "word_of": words.word_of,
        "address": lambda endpoint, **more: _address(endpoint, week, **more),
        "previous": week.monday - WEEK,
        "following": week.monday + WEEK,
    }


def _link(code: str) -> str:
    """The address that opens the week of a code, on a phone too while phones are let in."""
    found = reach()
    first_page = found.urls[0] if found and found.urls else request.url_root
    return first_page.rstrip("/") + url_for(".by_code", code=code)


def _qr(text: str) -> str:
    """The picture of a text as a data address; there is nothing about anybody in it."""
    import segno

    return str(segno.make(text, error="m", micro=False).svg_data_uri(scale=QR_DOT, border=2))


@bp.route("/paper")
@may_("read")
def by_code() -> ResponseReturnValue:
    """Go to the week that the code of a paper register names."""
    try:
        cohort, named = paper_queries.named_by(g.actor, inputs.plain(request.args.get("code")))
    except DomainError as fault:
        flash(say(fault), "error")
        asked = request.args.get("centre")
        # Who marks nowhere has no registers of his own to go back to.
        return redirect(url_for(".today", centre=asked) if asked or may(g.actor, "mark") else "/")
    endpoint = ".enter_week" if may(g.actor, "mark", cohort) else ".week"
    return redirect(url_for(endpoint, cohort_id=cohort.id, on=named.monday.isoformat(), halves=int(named.has_halves)))


@bp.route("/<cohort_id>/week/<on>")
@login_required
def week(cohort_id: str, on: str) -> ResponseReturnValue:
    """The week in which a day lies, as a sheet to print; `?halves=1` with a box for each half of a day."""
    shown = paper_queries.week_for(g.actor, cohort_id, day_asked(on), has_halves=_halves_asked())
    return page("attendance/week.html", **_common(shown), qr=_qr(_link(shown.code)), printed_at=clock.now())


Rest = dict[tuple[date, str], list[str]]


def _read(week: Week) -> tuple[Sent, Rest]:
    """What was sent, and whom each day's "rest" is about: those who stood on the page."""
    letters = {key: choice.status for choice in words.choices() for key in choice.keys}
    offered = " ".join(choice.letter for choice in words.choices())
    sent = grid_forms.read(week.boxes, lambda _box, text: paper.read_letter(text, letters, offered))
    shown = grid_forms.shown_rows()
    rest = {
        (column.on, column.slot): [line.id for line in week.lines if line.id in shown]
        for column in week.columns
        if column.is_open and column.name in sent.rest
    }
    paper.check_rest(sent.reading, set(rest))
    return sent, rest


@bp.route("/<cohort_id>/week/<on>/enter", methods=["GET", "POST"])
@at_most("request_max_bytes")
@login_required
def enter_week(cohort_id: str, on: str) -> ResponseReturnValue:
    """Enter a week from paper: everything is read first, and with any fault nothing is saved."""
    shown = paper_queries.week_for(g.actor, cohort_id, day_asked(on), has_halves=_halves_asked())
    check(g.actor, "mark", shown.cohort)
    sent = Sent()
    if request.method == "POST":
        sent, rest = _read(shown)
        if sent.may_be_saved:
            paper_actions.save_week(g.actor, cohort_id, sent.entered, rest)
            flash(_("The week is saved.") if sent.entered or rest else _("Nothing was entered."))
            return redirect(_address(".enter_week", shown))
    return page(
        "attendance/enter.html",
        **_common(shown),
        sent=sent,
        lost=sent.about_lost({line.id: line.name for line in shown.lines}),
        tokens=sent.tokens({cell.box: cell.seen for line in shown.lines for cell in line.cells}),
    )


@bp.route("/apprentice/<apprentice_id>")
@may_("read")
def apprentice(apprentice_id: str) -> ResponseReturnValue:
    """The attendance of an apprentice, as a sheet to print."""
    return page(
        "attendance/apprentice.html",
        sheet=apprentice_queries.apprentice_sheet(g.actor, apprentice_id),
        printed_at=clock.now(),
        choices=words.choices(),
        letters=sheet_words.letters(),
        signs=SIGNS,
        words=sheet_words,
        word_of=words.word_of,
        reason_of=words.reason_of,
        closed_by=closed_by,
        month_name=month_name,
    )
