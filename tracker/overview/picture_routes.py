"""Pictures: an apprentice's timeline, the year of a centre, and the closure board."""

from collections.abc import Mapping

from flask import g, request
from flask.typing import ResponseReturnValue

from tracker import clock
from tracker.calendar import words as calendar_words
from tracker.calendar.queries import calendar_for
from tracker.errors import NotFound
from tracker.i18n import _
from tracker.indicators.queries import country
from tracker.overview import closure_queries, closure_words, queries, timeline_queries, timeline_words, year_queries
from tracker.overview.forms import PeriodForm
from tracker.overview.routes import bp
from tracker.overview.rules import DEFAULT
from tracker.overview.year_queries import Choice
from tracker.places.models import Campus
from tracker.places.queries import home_partition
from tracker.web import may_, page

YEARS = range(1990, 2100)


@bp.route("/apprentices/<apprentice_id>")
@may_("read")
def timeline(apprentice_id: str) -> ResponseReturnValue:
    """An apprentice's training from enrolment to planned end, in one picture."""
    found = timeline_queries.timeline_of(g.actor, apprentice_id)
    return page(
        "overview/timeline.html", found=found, chart=timeline_words.picture(found), words=timeline_words, closed_by=calendar_words.closed_by
    )


@bp.route("/year")
@may_("read")
def year() -> ResponseReturnValue:
    """The calendar year of a centre, of a campus or of a cohort, month by month."""
    names = queries.centres(g.actor)
    centre = request.args.get("centre") or home_partition(g.actor) or next(iter(names), "")
    if centre not in names:
        raise NotFound
    calendar, today = calendar_for(g.actor, centre), clock.today()
    choices = year_queries.choices(calendar)
    site = request.args.get("site", "")
    site = site if site in choices else next(iter(choices))
    shown = _year(today.year)
    words = {key: _words(choice, names[centre], calendar.campuses) for key, choice in choices.items()}
    return page(
        "overview/year.html",
        year=shown,
        found=year_queries.year_of(calendar, choices[site], shown),
        years=[each for each in (shown - 1, shown + 1) if each in YEARS],
        today=today,
        names=names,
        centre=centre,
        site=site,
        sites=words,
        words=calendar_words,
    )


def _year(otherwise: int) -> int:
    text = request.args.get("year", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) == 4 and int(text) in YEARS else otherwise


def _words(choice: Choice, centre: str, campuses: Mapping[str, Campus]) -> str:
    if choice.cohort:
        return _("Cohort: %(name)s", name=choice.cohort.name or "?")
    return (campuses[choice.campus].name if choice.campus else None) or centre


@bp.route("/closures")
@may_("read")
def closures() -> ResponseReturnValue:
    """What is closed today, what may open, who is back, and what closures cost in a period."""
    form = PeriodForm(request.args)
    seen = queries.centres(g.actor)
    form.offer(seen)
    names = queries.chosen_centres(g.actor, form.centre.data)
    where = country(names)
    asked = (form.period.data, form.first.data, form.last.data) if form.validate() else (DEFAULT,)
    period = queries.period_of(where, *asked)
    found = closure_queries.board(where, names, period)
    return page(
        "overview/closures.html",
        form=form,
        period=period,
        seen=seen,
        names=names,
        board=found,
        chart=closure_words.picture(found),
        words=closure_words,
        calendar_words=calendar_words,
        split_names=queries.SPLIT_NAMES,
    )
