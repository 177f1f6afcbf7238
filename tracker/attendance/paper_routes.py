"""A week on paper: the sheet to print, the code that finds it again, and entering what was written on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from tracker import clock, inputs
from tracker.attendance import paper, paper_actions, paper_queries, words
from tracker.attendance.paper import Box, Entered, Reading
from tracker.attendance.paper_queries import Week
from tracker.attendance.routes import bp, day_asked
from tracker.calendar.words import SHORT_WEEKDAYS
from tracker.errors import DomainError
from tracker.i18n import _, say
from tracker.policy import check, may
from tracker.web import at_most, login_required, may_, page

WEEK = timedelta(days=7)
QR_DOT = 3  # CSS pixels


def _halves_asked() -> bool | None:
    return {"1": True, "0": False}.get(request.args.get("halves", ""))


def _address(endpoint: str, week: Week, *, monday: date | None = None, has_halves: bool | None = None) -> str:
    """The page of this week or another, with the halves that stand on it now unless others are asked for."""
    halves = week.has_halves if has_halves is None else has_halves
    return url_for(endpoint, cohort_id=week.cohort.id, on=(monday or week.monday).isoformat(), halves=int(halves))


def _common(week: Week) -> dict[str, object]:
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
        return redirect(url_for(".today"))
    endpoint = ".enter_week" if may(g.actor, "mark", cohort) else ".week"
    return redirect(url_for(endpoint, cohort_id=cohort.id, on=named.monday.isoformat(), halves=int(named.has_halves)))


@bp.route("/<cohort_id>/week/<on>")
@login_required
def week(cohort_id: str, on: str) -> ResponseReturnValue:
    """The week in which a day lies, as a sheet to print; `?halves=1` with a box for each half of a day."""
    shown = paper_queries.week_for(g.actor, cohort_id, day_asked(on), has_halves=_halves_asked())
    link = url_for(".by_code", code=shown.code, _external=True)
    return page("attendance/week.html", **_common(shown), qr=_qr(link), printed_at=clock.now())


@dataclass(frozen=True)
class Sent:
    """What came with a form. lost: names of the boxes that stand on the sheet no more."""

    texts: Mapping[str, str] = field(default_factory=dict)
    reading: Reading = Reading({}, {})
    rest: Mapping[tuple[date, str], list[str]] = field(default_factory=dict)
    lost: tuple[str, ...] = ()

    @property
    def may_be_saved(self) -> bool:
        """Whether everything is right."""
        return not self.reading.faults and not self.lost


def _sent(week: Week) -> Sent:
    letters = {key: choice.status for choice in words.choices() for key in choice.keys}
    offered = " ".join(choice.letter for choice in words.choices())
    texts = {name[1:]: text for name, text in request.form.items() if name.startswith("b") and text.strip()}
    boxes = {box.name: box for box in week.boxes}
    reading = paper.read_boxes(
        {boxes[name]: text for name, text in texts.items() if name in boxes},
        lambda _box, text: paper.read_letter(text, letters, offered),
    )
    shown = {name[1:] for name in request.form if name.startswith("s")}
    rest = {
        (column.on, column.slot): [box.apprentice_id for box in boxes.values() if box[1:] == (column.on, column.slot) and box[0] in shown]
        for column in week.columns
        if column.is_open and column.name in request.form.getlist("rest")
    }
    paper.check_rest(reading, set(rest))
    return Sent(texts, reading, rest, tuple(name for name in texts if name not in boxes))


def _seen(box: Box) -> str:
    """The token of what the page showed in a box."""
    return paper.unpacked(request.form.get(f"s{box.apprentice_id}", "")).get(paper.column_name(box.on, box.slot), "")


def _save(week: Week, sent: Sent) -> None:
    entered = {box: Entered(value, _seen(box)) for box, value in sent.reading.values.items()}
    paper_actions.save_week(g.actor, week.cohort.id, entered, sent.rest)
    flash(_("The week is saved.") if entered or sent.rest else _("Nothing was entered."))


def _tokens(week: Week, sent: Sent) -> dict[str, str]:
    """The hidden field of each row. What was typed keeps the token of what its writer saw, also when a fault sends the page back."""
    found = {}
    for line in week.lines:
        seen = {cell.column.name: _seen(cell.box) if cell.box.name in sent.texts else cell.seen for cell in line.cells}
        found[line.id] = paper.packed(seen)
    return found


def _lost(week: Week, sent: Sent) -> str:
    names = {line.id: line.name for line in week.lines}
    whom = sorted({names.get(name.partition(".")[0], "?") for name in sent.lost})
    return say(paper.NoBox(names=", ".join(whom))) if whom else ""


@bp.route("/<cohort_id>/week/<on>/enter", methods=["GET", "POST"])
@at_most("request_max_bytes")
@login_required
def enter_week(cohort_id: str, on: str) -> ResponseReturnValue:
    """Enter a week from paper: everything is read first, and with any fault nothing is saved."""
    shown = paper_queries.week_for(g.actor, cohort_id, day_asked(on), has_halves=_halves_asked())
    check(g.actor, "mark", shown.cohort)
    sent = Sent()
    if request.method == "POST":
        sent = _sent(shown)
        if sent.may_be_saved:
            _save(shown, sent)
            return redirect(_address(".enter_week", shown))
    return page(
        "attendance/enter.html",
        **_common(shown),
        texts=sent.texts,
        rest=sent.rest,
        faults={box.name: say(fault) for box, fault in sent.reading.faults.items()},
        lost=_lost(shown, sent),
        tokens=_tokens(shown, sent),
    )
