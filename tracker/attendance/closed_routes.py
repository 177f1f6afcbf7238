"""What closures do to registers: on the pages of closures, which belong to an earlier slice, and the marks of days without training."""

from itertools import groupby
from typing import Any

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from tracker import inputs
from tracker.attendance import closed_actions, closed_queries, effect_queries, words
from tracker.attendance.forms import DecisionForm, TAUGHT
from tracker.attendance.routes import bp, day_asked
from tracker.calendar.queries import Facts, MISTAKE
from tracker.calendar.rules import Change, ClosureFact
from tracker.errors import NotFound
from tracker.i18n import _, ngettext
from tracker.web import login_required, may_, page

SHORT_LIST = 12  # days to decide about that stand open at once
LONGEST_LIST = 50  # of the days that are decided: older ones stand on their registers


@bp.app_context_processor
def effects() -> dict[str, Any]:
    """What `attendance/_effects.html` and `attendance/_changes.html` show on the pages of closures."""

    def effects_of(partition: str, extra: ClosureFact) -> effect_queries.Effects:
        return effect_queries.effects(g.actor, partition, extra)

    def changes_of(partition: str, before: Facts) -> dict[str, Change]:
        return effect_queries.changes(g.actor, partition, before)

    return {"effects_of": effects_of, "changes_of": changes_of}


@bp.route("/closed-days", methods=["GET", "POST"])
@may_("mark")
def closed_days() -> ResponseReturnValue:
    """The marks on days without training, and what to do with them."""
    partition = request.args.get("centre") or g.actor.home
    form = DecisionForm()
    chosen = request.form.getlist("day")
    if form.validate_on_submit():
        if chosen or form.everything.data:
            return _decide(partition, form, chosen)
        form.form_errors.append(_("Choose the days that you mean, or all days of the list."))
    found = closed_queries.marked_days(g.actor, partition)
    waiting = [each for each in found if not each.decision]
    decided = sorted((each for each in found if each.decision), key=lambda each: each.on, reverse=True)
    return page(
        "attendance/closed_days.html",
        form=form,
        chosen=chosen,
        waiting=[(cohort, list(days)) for cohort, days in groupby(waiting, lambda each: each.cohort)],
        is_short=len(waiting) <= SHORT_LIST,
        decided=decided[:LONGEST_LIST],
        MISTAKE=MISTAKE,
        why=words.why_not_due,
    )


def _decide(partition: str, form: DecisionForm, chosen: list[str]) -> ResponseReturnValue:
    days = None if form.everything.data else [_key(each) for each in chosen]
    decision = None if form.decision.data == TAUGHT else MISTAKE
    count = closed_actions.decide(g.actor, partition, days, str(form.reason.data), decision=decision)
    if not count:  # pressed twice, or decided elsewhere meanwhile
        flash(_("These days wait for no decision any more. Look at the list again."))
    elif decision is None:
        flash(ngettext("%(n)d day counts as taught now.", "%(n)d days count as taught now.", count))
    else:
        flash(ngettext("The marks of %(n)d day never count.", "The marks of %(n)d days never count.", count))
    return redirect(url_for(".closed_days", centre=request.args.get("centre")))


def _key(text: str) -> tuple[str, Any]:
    cohort_id, _space, on = text.partition(" ")
    try:
        return cohort_id, inputs.Day().read(on)
    except inputs.Wrong:
        raise NotFound from None


@bp.route("/closed-days/<cohort_id>/<on>/again", methods=["POST"])
@login_required
def decide_again(cohort_id: str, on: str) -> ResponseReturnValue:
    """Take back what was decided about the marks of a day."""
    closed_actions.decide_again(g.actor, cohort_id, day_asked(on), _("Decided again"))
    flash(_("The decision is taken back. The marks are kept, and count in no rate until you decide."))
    return redirect(url_for(".closed_days", centre=request.args.get("centre")))
