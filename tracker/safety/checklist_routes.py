"""Pages of the reopening checklist: its answers, its items, and how ready centres are."""

from functools import partial
from typing import Any

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from tracker import clock
from tracker.calendar import queries as calendar
from tracker.calendar import words as calendar_words
from tracker.country import tz
from tracker.i18n import _, language, ngettext
from tracker.inputs import accept
from tracker.policy import kind_of, may, NATION
from tracker.safety import actions, forms, queries, rules
from tracker.safety.routes import asked, attempt, bp, withdrawing
from tracker.safety.session_routes import centre_asked, desk_asked
from tracker.web import at_most, may_, page


@bp.app_context_processor
def panel() -> dict[str, Any]:
    """What `safety/_of_closure.html` and `safety/_warning.html` say on the pages of closures, which belong to an earlier slice."""

    def readiness_of(story: calendar.ClosureStory, desk: str) -> list[tuple[str, str, rules.Ready]]:
        return queries.readiness(g.actor, story, desk)

    return {"readiness_of": readiness_of, "ready_words": ready_words}


def ready_words(ready: rules.Ready) -> str:
    """How a checklist stands, in words."""
    if ready.is_ready:
        return _("All %(n)d items are ready.", n=ready.all)
    parts = [_("%(n)d of %(all)d items are ready", n=ready.ready, all=ready.all)]
    if ready.partly:
        parts.append(_("%(n)d partly", n=ready.partly))
    if ready.not_ready:
        parts.append(_("%(n)d not yet", n=ready.not_ready))
    if ready.unanswered:
        parts.append(_("%(n)d without an answer", n=ready.unanswered))
    return ", ".join(parts) + "."


@bp.route("/checklist/<closure_id>", methods=["GET", "POST"])
@at_most("upload_max_bytes")
@may_("read")
def checklist(closure_id: str) -> ResponseReturnValue:
    """The reopening checklist of a centre for a closure, all items in one form."""
    desk = centre_asked()
    found = queries.checklist(g.actor, desk, closure_id)
    story = calendar.story_for(g.actor, closure_id, desk)
    form, may_answer = forms.ChecklistForm(on=clock.today()), may(g.actor, "close", desk)
    if may_answer and (values := accept(form, forms.ChecklistSchema())):
        answers = _answers(found)
        if attempt(form, lambda: [actions.answer(g.actor, desk, closure_id, answers, values["on"])]):
            flash(ngettext("%(n)d answer is saved.", "%(n)d answers are saved.", len(answers)))
            return redirect(url_for(".checklist", closure_id=closure_id, centre=asked()))
    names = calendar.names_for(story.row.partition) | calendar.names_for(desk)
    where = "" if story.row.partition == desk else calendar_words.place(story.row.scope_kind, story.row.scope_code, names)
    return page(
        "safety/checklist.html",
        form=form,
        found=found,
        choices=tz.choices("checklist_answers", language()),
        may_answer=may_answer,
        subject_of=queries.subject_of,
        about=": ".join(filter(None, (where, calendar_words.closed_by(story.fact)))),
        centre_name=calendar_words.partition(desk, names),
        language_code=language(),
        asked=asked(),
    )


def _answers(found: queries.Checklist) -> dict[str, actions.Answered]:
    """What was sent for each item. A note or a photo without an answer is refused with a sentence, not lost."""
    said = {}
    for item, _row in found.lines:
        photo = request.files.get(f"photo-{item.id}")
        one = actions.Answered(
            request.form.get(f"answer-{item.id}", ""), request.form.get(f"note-{item.id}", ""), photo.read() if photo else b""
        )
        if one.answer or one.note.strip() or one.photo:
            said[item.id] = one
    return said


@bp.route("/photos/<photo_id>/withdraw", methods=["GET", "POST"])
@may_("close")
def withdraw_photo(photo_id: str) -> ResponseReturnValue:
    """Withdraw the photo of an answer."""
    closure_id = queries.closure_of_photo(g.actor, photo_id, "close")
    back = url_for(".checklist", closure_id=closure_id, centre=asked())
    return withdrawing(_("Withdraw the photo"), back, _("The photo is withdrawn."), partial(actions.withdraw_photo, g.actor, photo_id))


@bp.route("/items", methods=["GET", "POST"])
@may_("read")
def items() -> ResponseReturnValue:
    """What is checked before reopening, and further items of the centre or the nation."""
    desk = desk_asked()
    form, own = forms.ItemForm(), desk if kind_of(desk) in (calendar.CENTRE, NATION) else NATION
    may_add = may(g.actor, "close", own)
    if may_add and (values := accept(form, forms.ItemSchema())):
        sw, en = values["label_sw"] or "", values["label_en"] or ""
        if attempt(form, lambda: actions.add_item(g.actor, own, sw, en)):
            flash(_("The item is added to the checklist."))
            return redirect(url_for(".items", centre=asked()))
    return page("safety/items.html", form=form, items=queries.items(own), own=own, may_add=may_add, language_code=language(), asked=asked())


@bp.route("/items/<item_id>/withdraw", methods=["GET", "POST"])
@may_("close")
def withdraw_item(item_id: str) -> ResponseReturnValue:
    """Want an item checked no more."""
    queries.item_for(g.actor, item_id, "close")
    back = url_for(".items", centre=asked())
    return withdrawing(
        _("Withdraw the item"), back, _("The item is withdrawn. Its answers are kept."), partial(actions.withdraw_item, g.actor, item_id)
    )
