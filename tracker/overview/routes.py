"""The overview: one page, for a centre, a region or the country."""

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue

from tracker.errors import N_
from tracker.indicators.queries import country
from tracker.indicators.rules import INDICATORS
from tracker.overview import queries
from tracker.overview.forms import PeriodForm
from tracker.overview.rules import DEFAULT
from tracker.web import may_, nav_item, page

bp = Blueprint("overview", __name__)
# Above a centre the overview is the first page; in a centre the register is.
nav_item(bp, "index", N_("Overview"), verb="read", order=5, seats=("region", "central"))
nav_item(bp, "index", N_("Overview"), verb="read", order=50, seats=("centre",))


@bp.route("/")
@may_("read")
def index() -> ResponseReturnValue:
    """Today at a glance, and the figures of a period."""
    form = PeriodForm(request.args)
    seen = queries.centres(g.actor)
    form.offer(seen)
    names = queries.chosen_centres(g.actor, form.centre.data)
    where = country(names)
    asked = (form.period.data, form.first.data, form.last.data) if form.validate() else (DEFAULT,)
    period = queries.period_of(where, *asked)
    return page(
        "overview/index.html",
        form=form,
        period=period,
        seen=seen,
        names=names,
        view=queries.overview(g.actor, where, names, period),
        indicators=INDICATORS.values(),
    )


# Further pages of the same blueprint; they need what stands above.
from tracker.overview import picture_routes  # noqa: E402, F401
