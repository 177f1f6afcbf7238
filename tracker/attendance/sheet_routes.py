"""Pages about many days: the month sheet, the lists of whom to call, follow-ups, and leave given beforehand."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from tracker import clock
from tracker.attendance import absence_actions, absence_forms, absence_queries, absence_rules, sheet_queries, sheet_words, words
from tracker.attendance.routes import bp
from tracker.calendar.words import month_name, SHORT_WEEKDAYS, SIGNS
from tracker.country import tz
from tracker.errors import DomainError, NotFound
from tracker.i18n import _, format_date, language, say
from tracker.inputs import accept
from tracker.web import Form, login_required, may_, page

Done = TypeVar("Done")
# Beside which field a refusal stands.
FIELD_OF: dict[type[DomainError], str] = {
    absence_rules.LeaveBackwards: "until",
    absence_rules.LeaveTooLong: "until",
    absence_rules.LeaveFarAway: "since",
    absence_rules.AheadOfToday: "on",
    absence_rules.PromisedTooEarly: "expected_on",
    absence_rules.PromisedTooLate: "expected_on",
}


@bp.app_context_processor
def panel() -> dict[str, Any]:
    """What `attendance/_of_apprentice.html` shows on the apprentice's page, which belongs to an earlier slice."""

    def absences_of(apprentice_id: str) -> tuple[list[absence_queries.Noted], list[absence_queries.Noted]]:
        return absence_queries.panel(g.actor, apprentice_id)

    return {"absences_of": absences_of, "may_attend": absence_queries.may_attend, "sheet_words": sheet_words}


@bp.route("/<cohort_id>/month/<month>")
@login_required
def month(cohort_id: str, month: str) -> ResponseReturnValue:
    """The month sheet of a cohort: `2026-03`."""
    found = re.fullmatch(r"([0-9]{4})-([0-9]{2})", month)
    if not found:
        raise NotFound
    sheet = sheet_queries.month_sheet(g.actor, cohort_id, int(found[1]), int(found[2]))
    return page(
        "attendance/month.html",
        sheet=sheet,
        name=month_name(sheet.first),
        weekdays=SHORT_WEEKDAYS,
        signs=SIGNS,
        choices=words.choices(),
        letter_of=sheet_words.letters(),
        words=sheet_words,
        why=words.why_not_due,
    )


@bp.route("/lists")
@may_("read")
def lists() -> ResponseReturnValue:
    """Registers that were not taken, who stays away, and who is below the threshold."""
    partition = request.args.get("centre") or g.actor.home
    return page("attendance/lists.html", lists=sheet_queries.lists(g.actor, partition), words=sheet_words)


def _back(apprentice_id: str, partition: str) -> str:
    """The list that the page was opened from, else the apprentice's page."""
    if closure := request.args.get("closure"):  # the roll call after this closure
        return url_for("resumption.roll", closure_id=closure)
    if request.args.get("from") == "lists":
        return url_for(".lists", centre=None if partition == g.actor.home else partition)
    return url_for("people.apprentice", apprentice_id=apprentice_id)


def _try(form: Form, act: Callable[[], Done]) -> Done | None:
    """What was done; None with the reason beside its field where it was refused."""
    try:
        return act()
    except DomainError as refusal:
        if type(refusal) not in FIELD_OF:
            raise
        form[FIELD_OF[type(refusal)]].errors = [say(refusal)]
        return None


@bp.route("/follow-up/<apprentice_id>", methods=["GET", "POST"])
@login_required
def follow_up(apprentice_id: str) -> ResponseReturnValue:
    """Write down an attempt to reach an apprentice; all attempts so far."""
    apprentice = absence_queries.apprentice_to_attend(g.actor, apprentice_id)
    back = _back(apprentice_id, apprentice.partition)
    form = absence_forms.FollowUpForm(on=clock.today(), means="call" if request.args.get("closure") else None)
    values = accept(form, absence_forms.FollowUpSchema())
    if values and _try(form, lambda: absence_actions.record_follow_up(g.actor, apprentice_id, **values)):
        flash(_("The follow-up of %(name)s is recorded.", name=apprentice.full_name))
        return redirect(back)
    past = absence_queries.follow_ups_of(apprentice)
    return page("attendance/follow_up.html", form=form, apprentice=apprentice, past=past, back=back, words=sheet_words)


@bp.route("/follow-up/<follow_up_id>/withdraw", methods=["GET", "POST"])
@login_required
def withdraw_follow_up(follow_up_id: str) -> ResponseReturnValue:
    """Say that an attempt was not made."""
    row = absence_queries.follow_up_to_change(g.actor, follow_up_id)
    back = url_for(".follow_up", apprentice_id=row.apprentice_id)
    form = absence_forms.WhyForm()
    if values := accept(form, absence_forms.WhySchema()):
        absence_actions.withdraw_follow_up(g.actor, follow_up_id, values["why"])
        flash(_("The follow-up is withdrawn."))
        return redirect(back)
    about = f"{format_date(row.on)} · {sheet_words.follow_up(row)}"
    return page("attendance/withdraw.html", form=form, title=_("Withdraw the follow-up"), about=about, back=back)


@bp.route("/leave/<apprentice_id>", methods=["GET", "POST"])
@login_required
def leave(apprentice_id: str) -> ResponseReturnValue:
    """Write down leave given beforehand; all leave so far."""
    apprentice = absence_queries.apprentice_to_attend(g.actor, apprentice_id)
    form = absence_forms.LeaveForm()
    values = accept(form, absence_forms.LeaveSchema())
    if values:
        values["reason"] = tz.code_of("excuse_reasons", values["reason"]) or values["reason"]
        if _try(form, lambda: absence_actions.enter_leave(g.actor, apprentice_id, **values)):
            flash(_("The leave of %(name)s is entered. It stands in the register as a hint; excuse there.", name=apprentice.full_name))
            return redirect(url_for(".leave", apprentice_id=apprentice_id))
    return page(
        "attendance/leave.html",
        form=form,
        apprentice=apprentice,
        past=absence_queries.leave_of(apprentice),
        reasons=[code.label(language()) for code in tz.codes("excuse_reasons")],
        back=_back(apprentice_id, apprentice.partition),
        words=sheet_words,
    )


@bp.route("/leave/<leave_id>/withdraw", methods=["GET", "POST"])
@login_required
def withdraw_leave(leave_id: str) -> ResponseReturnValue:
    """Say that leave was not given."""
    row = absence_queries.leave_to_change(g.actor, leave_id)
    back = url_for(".leave", apprentice_id=row.apprentice_id)
    form = absence_forms.WhyForm()
    if values := accept(form, absence_forms.WhySchema()):
        absence_actions.withdraw_leave(g.actor, leave_id, values["why"])
        flash(_("The leave is withdrawn. Marks that were made by it stay."))
        return redirect(back)
    return page("attendance/withdraw.html", form=form, title=_("Withdraw the leave"), about=sheet_words.leave(row), back=back)
