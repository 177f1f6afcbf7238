"""The register of a cohort for a day, the list of registers due, and one mark in full."""

from collections.abc import Collection
from datetime import date

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import clock, inputs
from tracker.attendance import absence_actions, actions, closed_queries, queries, rules, taps, words
from tracker.attendance.forms import MarkForm, TaughtForm
from tracker.country import tz
from tracker.db import seen_token
from tracker.errors import N_, NotFound
from tracker.i18n import _, language, say
from tracker.policy import may
from tracker.web import is_clear, login_required, may_, nav_item, page

bp = Blueprint("attendance", __name__)
nav_item(bp, "today", N_("Attendance"), verb="mark", order=10)


def day_asked(text: str) -> date:
    """The day that an address names; raises NotFound."""
    try:
        return inputs.Day().read(text)
    except inputs.Wrong:
        raise NotFound from None


def _slot() -> str:
    slot = request.values.get("slot", "day")
    if slot not in rules.SLOTS:
        raise NotFound
    return slot


def _address(cohort_id: str, on: date, *, act: rules.Act | None = None, row: str | None = None) -> str:
    slot, anchor = _slot(), f"r{row}" if row else None
    return url_for(
        ".register",
        cohort_id=cohort_id,
        on=on.isoformat(),
        slot=None if slot == "day" else slot,
        act=str(act) if act else None,
        _anchor=anchor,
    )


@bp.route("/")
@may_("read")
def today() -> ResponseReturnValue:
    """The cohorts with their registers of today, and the registers of the last weeks that were not taken."""
    partition = request.args.get("centre") or g.actor.home
    waiting = closed_queries.undecided(g.actor, partition) if may(g.actor, "mark", partition) else []
    overview = queries.day_overview(g.actor, partition, clock.today())
    return page("attendance/today.html", overview=overview, waiting=len(waiting), why=words.why_not_due)


@bp.route("/<cohort_id>")
@login_required
def cohort(cohort_id: str) -> ResponseReturnValue:
    """Go to the register of a day that was asked for, today's otherwise."""
    try:
        on = inputs.Day().read(inputs.plain(request.args.get("on")) or clock.today().isoformat())
    except inputs.Wrong as wrong:
        flash(say(wrong.problem), "error")
        on = clock.today()
    return redirect(_address(cohort_id, on))


@bp.route("/<cohort_id>/<on>", methods=["GET", "POST"])
@login_required
def register(cohort_id: str, on: str) -> ResponseReturnValue:
    """The register of a day. A script sends single taps here and asks for the rows concerned only (`part`)."""
    day, slot = day_asked(on), _slot()
    if request.method == "POST":
        return _save(cohort_id, day, slot)
    shown = queries.register_for(g.actor, cohort_id, day, slot)
    return page(
        "attendance/register.html",
        register=shown,
        choices=words.choices(),
        act=rules.Act.read(request.args.get("act")),
        is_ahead=day > clock.today(),
        why=words.why_not_due(shown.day),
        taught=TaughtForm(),
        reason_of=words.reason_of,
        others_of=words.others,
        slots=words.slots(),
        short_time=words.short_time,
        key=outbox_key(),
    )


def outbox_key() -> str:
    """The key of this person's taps on a phone; none over a clear line, where no browser could use it and anybody could read it."""
    return "" if is_clear() else taps.key_of(current_app.config["SECRET_KEY"], g.actor.id)


def _entries() -> dict[str, rules.Entry]:
    """The rows that were sent, by apprentice. A script sends only what was tapped; a whole form also what nobody touched."""
    found = {}
    for name, status in request.form.items():
        if name.startswith("m"):
            seen, _space, shown = request.form.get(f"s{name[1:]}", "").partition(" ")
            found[name[1:]] = rules.Entry(status or None, seen, None if "part" in request.form else shown or None)
    return found


def _save(cohort_id: str, on: date, slot: str) -> ResponseReturnValue:
    wish = request.form.get("do", "save")
    entries = _entries()
    touched: Collection[str] | None = list(entries)
    if wish == "undo":
        done = rules.Act.read(request.form.get("act"))
        # What was undone before, but the answer to it was lost, touches nothing now: the page needs all rows to be right again.
        touched = (done and actions.undo(g.actor, cohort_id, on, slot, done)) or None
        act = None
    elif wish in set(absence_actions.Excuse):
        act = absence_actions.excuse(g.actor, cohort_id, on, slot, absence_actions.Excuse(wish), entries)
        touched = touched if act else None  # as with undo
    else:
        note = rules.NOBODY_CAME if wish == "sure" else None
        act = actions.save_register(g.actor, cohort_id, on, slot, entries, rest=wish == "rest", done=wish == "done", note=note)
    if "part" not in request.form:
        flash(_("The last save is undone.") if wish == "undo" else _("The register is saved."))
        return redirect(_address(cohort_id, on, act=act))
    return drawn(cohort_id, on, slot, touched, act)


def drawn(cohort_id: str, on: date, slot: str, touched: Collection[str] | None, act: rules.Act | None) -> str:
    """What a script puts in the place of what changed: these rows (None = all) and those of the act, and the counts. Raises NotFound."""
    shown = queries.register_for(g.actor, cohort_id, on, slot)
    return render_template(
        "attendance/_part.html",
        register=shown,
        rows=[row for row in shown.rows if touched is None or row.id in touched or (act and act.made(row.seen))],
        choices=words.choices(),
        act=act,
        is_ahead=on > clock.today(),
        reason_of=words.reason_of,
        others_of=words.others,
        short_time=words.short_time,
    )


@bp.route("/<cohort_id>/<on>/taught", methods=["POST"])
@login_required
def taught(cohort_id: str, on: str) -> ResponseReturnValue:
    """Say that a day without training was taught anyway, which opens its register, or that it was not after all."""
    form = TaughtForm()
    if not form.validate_on_submit():
        flash(_("Please say why there was training on this day, or why there was none."), "error")
    elif request.form.get("do") == "withdraw":
        actions.withdraw_taught(g.actor, cohort_id, day_asked(on), str(form.reason.data))
        flash(_("The day does not count as taught any more. Its marks are kept."))
    else:
        actions.teach_anyway(g.actor, cohort_id, day_asked(on), str(form.reason.data))
        flash(_("The day counts as taught. The register is open."))
    return redirect(_address(cohort_id, day_asked(on)))


@bp.route("/<cohort_id>/<on>/<apprentice_id>", methods=["GET", "POST"])
@login_required
def mark(cohort_id: str, on: str, apprentice_id: str) -> ResponseReturnValue:
    """One mark in full: its reason, place and minutes, who marked it when, and taking it back."""
    day, slot = day_asked(on), _slot()
    shown = queries.register_for(g.actor, cohort_id, day, slot)
    row, stored = shown.row(apprentice_id), queries.mark_of(shown.cohort, apprentice_id, day, slot)
    form = MarkForm(data=None if stored is None else {**queries.value_of(stored)._asdict(), "status": stored.status or ""})
    if request.method == "GET":
        form.reason.data = words.reason_of(stored.reason if stored else None)
    if form.validate_on_submit():
        try:
            actions.edit_mark(g.actor, cohort_id, apprentice_id, day, slot, form.values(), request.form.get("seen"))
        except (rules.NotYet, rules.UnknownStatus) as refusal:
            form.status.errors = [say(refusal)]
        else:
            flash(_("The mark of %(name)s is saved.", name=row.name))
            return redirect(_address(cohort_id, day, row=apprentice_id))
    return page(
        "attendance/mark.html",
        form=form,
        register=shown,
        row=row,
        back=_address(cohort_id, day),
        seen=seen_token(stored) if stored else None,
        past=queries.history_of(stored) if stored else [],
        word_of=words.word_of,
        reason_of=words.reason_of,
        reasons=[code.label(language()) for code in tz.codes("excuse_reasons")],
    )


# Further pages of the same blueprint; they need what stands above.
from tracker.attendance import closed_routes, paper_routes, sheet_routes, workplace_routes  # noqa: E402, F401
