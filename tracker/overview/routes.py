"""The overview: one page, for a centre, a region or the country."""

from flask import Blueprint, g, request, Response
from flask.typing import ResponseReturnValue

from tracker.errors import N_
from tracker.files.rules import csv_rows
from tracker.indicators.calendars import Country, country
from tracker.indicators.rules import INDICATORS
from tracker.overview import queries
from tracker.overview.forms import PeriodForm
from tracker.overview.rules import DEFAULT, FEWEST, Period
from tracker.policy import may
from tracker.web import may_, nav_item, page

bp = Blueprint("overview", __name__)
# Above a centre the overview is the first page; in a centre the register is.
nav_item(bp, "index", N_("Overview"), verb="read", order=5, seats=("region", "central"))
nav_item(bp, "index", N_("Overview"), verb="read", order=50, seats=("centre",))


def _asked(form: PeriodForm) -> tuple[dict[str, str], dict[str, str], Country, Period]:
    """The centres that somebody may ask about, those he asks about with their records, and the period."""
    seen = queries.centres(g.actor)
    form.offer(seen)
    names = queries.chosen_centres(g.actor, form.centre.data)
    where = country(names)
    asked = (form.period.data, form.first.data, form.last.data) if form.validate() else (DEFAULT,)
    return seen, names, where, queries.period_of(where, *asked)


@bp.route("/")
@may_("read")
def index() -> ResponseReturnValue:
    """Today at a glance, and the figures of a period."""
    form = PeriodForm(request.args)
    seen, names, where, period = _asked(form)
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


@bp.route("/recovery")
@may_("read")
def recovery() -> ResponseReturnValue:
    """What closures took and what came back: I16 to I20 by every split."""
    form = PeriodForm(request.args)
    seen, names, where, period = _asked(form)
    view = queries.recovery(g.actor, where, names, period)
    return page(
        "overview/recovery.html",
        form=form,
        period=period,
        seen=seen,
        names=names,
        view=view,
        split_names=queries.SPLIT_NAMES,
        indicators=[each for each in INDICATORS.values() if each.number in queries.RECOVERY],
        fewest=FEWEST,
        may_export=may(g.actor, "export"),
    )


@bp.route("/indicators.csv")
@may_("export")
def indicators() -> ResponseReturnValue:
    """All indicators for those outside the office: without what fewer than five people stand behind."""
    form = PeriodForm(request.args)
    _seen, _names, _where, period = _asked(form)
    rows = queries.report_rows(g.actor, first=period.first, last=period.last, for_others=True)
    response = Response("".join(csv_rows(queries.REPORT_COLUMNS, rows)), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="indicators-{period.last.isoformat()}.csv"'
    return response
