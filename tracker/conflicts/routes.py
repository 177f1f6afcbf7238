"""Open conflicts: every value that two people wrote apart, side by side, until one of them is chosen."""

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from tracker.conflicts import actions, queries
from tracker.errors import N_, NotFound
from tracker.i18n import _
from tracker.web import may_, nav_item, page

bp = Blueprint("conflicts", __name__)


def _waiting() -> int:
    return queries.waiting_for(g.actor)


nav_item(bp, "index", N_("Conflicts"), verb="resolve", order=70, count=_waiting)


@bp.route("/")
@may_("resolve")
def index() -> ResponseReturnValue:
    """The open conflicts, those that wait for this person first."""
    found = queries.questions(g.actor)
    return page("conflicts/index.html", questions=found[: queries.SHOWN], more=max(0, len(found) - queries.SHOWN))


@bp.route("/settle", methods=["POST"])
@may_("resolve")
def settle() -> ResponseReturnValue:
    """Keep one of the values that were shown."""
    sent = {name: request.form.get(name, "") for name in ("partition", "table", "key", "group", "choose", "token")}
    try:
        row = actions.settle(g.actor, **sent)
    except NotFound:
        flash(_("This was settled meanwhile. Here is what is still open."))
    else:
        flash(_("Settled: %(title)s.", title=queries.title(row, sent["group"])))
    return redirect(url_for(".index"))
