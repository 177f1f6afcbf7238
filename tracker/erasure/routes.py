"""Erasing a person, and which computers have done it."""

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from tracker import replication
from tracker.erasure import actions, forms, queries, rules
from tracker.errors import NotFound
from tracker.i18n import _, say
from tracker.web import may_, page, typed

bp = Blueprint("erasure", __name__)


@bp.route("/")
@may_("erase")
def index() -> ResponseReturnValue:
    """Who was erased, without names, and which computers still have to confirm it."""
    return page("erasure/index.html", cases=queries.cases(g.actor))


@bp.route("/person/<apprentice_id>", methods=["GET", "POST"])
@may_("erase")
def person(apprentice_id: str) -> ResponseReturnValue:
    """What would be erased; and erase it, once the reason is chosen and the number is typed."""
    if request.method == "POST" and replication.is_erased(("apprentice", apprentice_id)):
        return _done_before()
    subject = queries.subject_for(g.actor, apprentice_id)
    form = forms.EraseForm()
    form.offer()
    if form.validate_on_submit():
        try:
            actions.erase_person(g.actor, apprentice_id, reason=str(form.reason.data), typed=typed(form.typed))
        except rules.NotTyped as refusal:
            form.typed.errors = [say(refusal)]
        except NotFound:  # somebody else was quicker
            return _done_before()
        else:
            flash(_("The person is erased here. The other computers do it when they next exchange."))
            return redirect(url_for(".index"))
    return page("erasure/person.html", subject=subject, form=form)


def _done_before() -> ResponseReturnValue:
    flash(_("This person is erased already. Nothing was changed."))
    return redirect(url_for(".index"))
