"""Charts as plain shapes: days and numbers in, places on the page out; `_macros/charts.html` draws them as SVG.

Places across are per cent of the width and heights are pixels, without a viewBox: a chart fills a phone, a screen or a
sheet of paper, and its letters keep their size. What a shape means is said by its row, its pattern and its words; colour
only helps. A chart repeats a table or a list that stands beside it. Pure; no clock, no language: words come in.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

ROW_PX: Final = 42  # a label above its bar
BAR_PX: Final = 18
LABEL_PX: Final = 14  # from the top of a row to the foot of its label
GAP_PX: Final = 4  # between a line and its words
FLAG_PX: Final = 18  # a line of words above the rows
LEAST: Final = 0.6  # per cent: two pixels on a phone, so that a single day is seen
MOST_TICKS: Final = 5
NEAR_EDGE: Final = 80  # per cent: words that begin further right leave the picture
STEPS: Final = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600)  # months between ticks
PLOT_PX: Final = 160
EDGE_PX: Final = 22  # above the plot, for the words of its highest line
LEFT, RIGHT = 11.0, 97.0  # per cent: no point hides the words of a level on a phone, and the sign of the last one is whole
MOST_LABELS: Final = 4  # of two words each, side by side on a phone
_DAY = timedelta(days=1)


class Part(NamedTuple):
    """Something that lasted from `first` to `last`, both included.

    kind   how it is drawn: a kind of the legend
    words  what it was, for who points at it
    """

    first: date
    last: date
    kind: str
    words: str


class Flag(NamedTuple):
    """A day that is told apart in all rows."""

    on: date
    kind: str
    words: str


class Box(NamedTuple):
    """A drawn part: per cent of the width, and pixels from the top."""

    x: float
    width: float
    y: int
    kind: str
    words: str


class Label(NamedTuple):
    """Words at a place. is_before: they end there instead of beginning, since the edge is near."""

    x: float
    y: int
    words: str
    is_before: bool = False

    @property
    def dx(self) -> int:
        """Pixels from the place to the words."""
        return -GAP_PX if self.is_before else GAP_PX


class Pole(NamedTuple):
    """A drawn flag: a line from `y` down through all rows, with its words beside its top."""

    label: Label
    kind: str

    @property
    def y(self) -> int:
        """The upper end of the line."""
        return self.label.y - LABEL_PX + 2


@dataclass(frozen=True, slots=True)
class Timeline:
    """Rows of bars over a span of days. Sizes in pixels.

    top     where the rows begin
    ticks   the months that are named
    rows    the label of each row, with its boxes
    """

    height: int
    top: int
    bar: int
    ticks: Sequence[Label]
    poles: Sequence[Pole]
    rows: Sequence[tuple[Label, Sequence[Box]]]

    @property
    def kinds(self) -> list[str]:
        """The kinds that are drawn, as the rows have them: what a legend has to explain."""
        return list(dict.fromkeys(box.kind for _label, boxes in self.rows for box in boxes))


def timeline(
    first: date, last: date, rows: Iterable[tuple[str, Iterable[Part]]], flags: Sequence[Flag], month: Callable[[date], str]
) -> Timeline:
    """The rows between two days, both included; what lies outside is cut off, and a row without any part in it is left out.

    flags  each has a line of words of its own, so that two days close together can be read
    month  the short name of the month that begins on a day
    """
    shown = [flag for flag in flags if first <= flag.on <= last]
    top = FLAG_PX * (len(shown) + 1)
    drawn: list[tuple[Label, list[Box]]] = []
    for words, parts in rows:
        inside = [part for part in parts if part.first <= last and part.last >= first and part.first <= part.last]
        if inside:
            y = top + ROW_PX * len(drawn)
            drawn.append((Label(0, y + LABEL_PX, words), [_box(first, last, part, y + LABEL_PX + GAP_PX) for part in inside]))
    return Timeline(
        height=top + ROW_PX * len(drawn),
        top=top,
        bar=BAR_PX,
        ticks=_months(first, last, month),
        poles=[
            Pole(Label(x := _at(first, last, flag.on), FLAG_PX * (n + 2) - GAP_PX, flag.words, is_before=x > 50), flag.kind)
            for n, flag in enumerate(shown)
        ],
        rows=drawn,
    )


def _months(first: date, last: date, month: Callable[[date], str]) -> list[Label]:
    """The named months. One near the right edge is named only where it stands alone: on a phone its name would run into the last."""
    days = _ticks(first, last)
    places = [_at(first, last, on) for on in days]
    kept = [n for n, x in enumerate(places) if x <= NEAR_EDGE or len(places) == 1]
    return [Label(places[n], FLAG_PX - GAP_PX, month(days[n]), is_before=places[n] > NEAR_EDGE) for n in kept]


def _at(first: date, last: date, on: date) -> float:
    """Where a day begins, in per cent of the days from `first` to `last`."""
    return round(100 * (on - first).days / ((last - first).days + 1), 2)


def _box(first: date, last: date, part: Part, y: int) -> Box:
    begin, end = _at(first, last, max(part.first, first)), _at(first, last, min(part.last, last) + _DAY)
    width = max(end - begin, LEAST)
    return Box(min(begin, 100 - width), round(width, 2), y, part.kind, part.words)


def _ticks(first: date, last: date) -> list[date]:
    """First days of months, evenly apart and at most MOST_TICKS."""
    begin, end = first.year * 12 + first.month - 1 + (first.day > 1), last.year * 12 + last.month - 1
    found = (range(begin + -begin % step, end + 1, step) for step in STEPS)
    return [date(month // 12, month % 12 + 1, 1) for month in next((months for months in found if len(months) <= MOST_TICKS), ())]


# ---- curves


class Series(NamedTuple):
    """A line of a curve: its words, and a value from 0 to 1 for each place across; None: no data there."""

    words: str
    shares: Sequence[float | None]


class Stroke(NamedTuple):
    """From one point of a line to the next."""

    x1: float
    y1: float
    x2: float
    y2: float


class Dot(NamedTuple):
    """A point of a line, with its value in words."""

    x: float
    y: float
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """A drawn series. `order` counts from 0, and chooses the sign of its points and the dashes of its strokes."""

    words: str
    order: int
    strokes: Sequence[Stroke]
    dots: Sequence[Dot]


@dataclass(frozen=True, slots=True)
class Curve:
    """Lines over evenly spaced places, from 0 to 100 per cent.

    levels  the words of the lines across, at their height
    ticks   the places that are named
    """

    height: int
    foot: int
    levels: Sequence[Label]
    ticks: Sequence[Label]
    lines: Sequence[Line]


def curve(places: Sequence[str], series: Sequence[Series]) -> Curve:
    """Lines through shares at named places, the first at the left."""
    foot = EDGE_PX + PLOT_PX
    # The last place is always named: it is the one people ask about.
    every = max(1, -(-len(places) // MOST_LABELS))
    named = [n for n in range(len(places)) if (len(places) - 1 - n) % every == 0]
    return Curve(
        height=foot + FLAG_PX,
        foot=foot,
        levels=[Label(0, _height(share), f"{share:.0%}") for share in (1.0, 0.5, 0.0)],
        ticks=[Label(_across(n, len(places)), foot + LABEL_PX, places[n]) for n in named],
        lines=[_line(order, one, places) for order, one in enumerate(series)],
    )


def _line(order: int, one: Series, places: Sequence[str]) -> Line:
    dots = [
        None if share is None else Dot(_across(n, len(places)), _height(share), f"{one.words}, {places[n]}: {share:.0%}")
        for n, share in enumerate(one.shares)
    ]
    strokes = [Stroke(a.x, a.y, b.x, b.y) for a, b in pairwise(dots) if a and b]
    return Line(one.words, order, strokes, [dot for dot in dots if dot])


def _across(n: int, count: int) -> float:
    return round(LEFT + (RIGHT - LEFT) * n / (count - 1), 2) if count > 1 else 50.0


def _height(share: float) -> int:
    return EDGE_PX + round(PLOT_PX * (1 - share))
