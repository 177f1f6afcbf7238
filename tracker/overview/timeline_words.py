"""An apprentice's timeline in words and as a picture: each span is a line of the list and a bar of the chart."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple

from tracker.calendar import words as calendar_words
from tracker.country import tz
from tracker.errors import N_
from tracker.i18n import _, language, MONTHS
from tracker.overview.timeline_queries import Pack, Timeline, Workplace
from tracker.overview.timeline_rules import Interruption, Kind, Piece
from tracker.web.charts import Flag, Part
from tracker.web.charts import Timeline as Chart
from tracker.web.charts import timeline as chart_of

KINDS: Final = {
    Kind.THEORY: N_("At the centre"),
    Kind.PLACEMENT: N_("At the workplace"),
    Kind.SUSPENDED: N_("Placement suspended"),
    Kind.PLANNED: N_("Planned"),
    Kind.EXTENSION: N_("After the original end"),
    Kind.REMOTE: N_("Remote learning"),
    Kind.CATCH_UP: N_("Catching up"),
}
CODES: Final = {Kind.CLOSED: "day_kinds", Kind.ABSENT: "mark_statuses", Kind.EXCUSED: "mark_statuses"}  # named by the pack
SHORT_MONTH: Final = 3  # letters; no two months of a language share them


class Told(NamedTuple):
    """A line of the list."""

    first: date
    last: date
    words: str


def month(on: date) -> str:
    """`Mac 2020`."""
    return f"{MONTHS[language()][on.month - 1][:SHORT_MONTH]} {on.year}"


def kind(of: str) -> str:
    """A kind of the legend in words."""
    known = Kind(of)
    return _(KINDS[known]) if known in KINDS else tz.label(CODES[known], known, language())


def picture(found: Timeline) -> Chart:
    """The chart: a row for the centre, one for each workplace, and one each for what happened beside."""
    rows = [(label, [Part(each.first, each.last, drawn, each.words) for drawn, each in parts]) for label, parts in _rows(found)]
    return chart_of(found.first, found.last, rows, list(_flags(found)), month)


def told(found: Timeline) -> list[Told]:
    """The same as the chart, as sentences, the earliest first."""
    return sorted(each for _label, parts in _rows(found) for _drawn, each in parts)


def interrupted(found: Timeline, each: Interruption) -> str:
    """What closures broke off on a day."""
    if each.post is None:
        return _("Interrupted on %(on)s in the middle of theory at the centre", on=each.on)
    return _("Interrupted on %(on)s in the middle of the placement at %(host)s", on=each.on, host=_host(found, each.post))


def _flags(found: Timeline) -> Iterator[Flag]:
    if found.original_end:
        yield Flag(found.original_end, "planned-end", _("Original end"))
    if found.new_end and found.new_end != found.original_end:
        yield Flag(found.new_end, "new-end", _("New end"))
    row = found.enrolment
    if row and row.ended_on:
        yield Flag(row.ended_on, "ended", tz.label("enrolment_statuses", row.status or "left", language()))
    yield Flag(found.today, "today", _("Today"))


def _rows(found: Timeline) -> Iterator[tuple[str, Sequence[tuple[str, Told]]]]:
    """The label of each row, and its spans with how they are drawn."""
    yield _("At the centre"), [(piece.kind, _at_centre(found, piece)) for piece in found.centre]
    for place in found.workplaces:
        host = place.employer.name if place.employer and place.employer.name else "?"
        label = _("%(host)s (stands in)", host=host) if place.row.replaces_id else host
        yield label, [(piece.kind, _at_work(found, place, host, piece)) for piece in place.pieces]
    remote = [(piece.kind, Told(piece.first, piece.last, _("Remote learning"))) for piece in found.marked if piece.kind == Kind.REMOTE]
    yield _("Remote learning"), [*remote, *((Kind.REMOTE, _pack(found, each)) for each in found.packs)]
    yield (
        _("Catching up"),
        [
            (Kind.CATCH_UP, Told(first, last, _("Catching up: %(kind)s", kind=tz.label("catch_up_kinds", row.kind or "", language()))))
            for row, first, last in found.orders
        ],
    )
    away = [(piece.kind, Told(piece.first, piece.last, kind(piece.kind))) for piece in found.marked if piece.kind != Kind.REMOTE]
    yield _("Absences"), away


def _at_centre(found: Timeline, piece: Piece) -> Told:
    cohort = found.cohorts.get(piece.of)
    where = (cohort.name if cohort else None) or _("No cohort yet")
    if piece.kind == Kind.CLOSED:
        words = _("The centre was closed: %(why)s", why=_why(found, piece))
    elif piece.kind == Kind.PLANNED:
        words = _("Planned at the centre: %(cohort)s", cohort=where)
    elif piece.kind == Kind.EXTENSION:
        words = _("At the centre after the original end: %(cohort)s", cohort=where)
    elif piece.displaced:
        hosts = ", ".join(_host(found, placement) for placement in piece.displaced)
        words = _("Back at the centre, because the placement is suspended: %(hosts)s", hosts=hosts)
    else:
        words = _("At the centre: %(cohort)s", cohort=where)
    return Told(piece.first, piece.last, words)


def _at_work(found: Timeline, place: Workplace, host: str, piece: Piece) -> Told:
    if piece.kind == Kind.CLOSED:
        words = _("%(host)s was closed: %(why)s", host=host, why=_why(found, piece))
    elif piece.kind == Kind.SUSPENDED:
        words = _("The placement at %(host)s was suspended", host=host)
    elif piece.kind == Kind.PLANNED:
        words = _("Planned at the workplace: %(host)s", host=host)
    elif place.new_end and place.row.ends_on and piece.first > place.row.ends_on:
        words = _("At the workplace after the original end: %(host)s", host=host)
    else:
        words = _("At the workplace: %(host)s", host=host)
    return Told(piece.first, piece.last, words)


def _pack(found: Timeline, pack: Pack) -> Told:
    title = pack.row.title or "?"
    if pack.returned_on:
        return Told(pack.given_on, max(pack.given_on, pack.returned_on), _("Remote pack brought back: %(title)s", title=title))
    return Told(pack.given_on, max(pack.given_on, found.today), _("Remote pack not brought back yet: %(title)s", title=title))


def _why(found: Timeline, piece: Piece) -> str:
    return "; ".join(calendar_words.closed_by(found.closures[closure]) for closure in piece.closures)


def _host(found: Timeline, placement: str) -> str:
    names = (each.employer.name for each in found.workplaces if each.row.id == placement and each.employer)
    return next(names, None) or "?"
