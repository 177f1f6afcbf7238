"""Charts: days and shares become places, and nothing falls off the edge."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from tracker.web.charts import BAR_PX, curve, Flag, FLAG_PX, LEAST, LEFT, MOST_LABELS, MOST_TICKS, Part, RIGHT, ROW_PX, Series, timeline

JAN_1, DEC_31 = date(2020, 1, 1), date(2020, 12, 31)
DAYS = st.dates(date(1995, 1, 1), date(2060, 12, 31))


def month(on: date) -> str:
    return on.isoformat()[:7]


def test_a_part_lies_where_its_days_lie() -> None:
    # 2020 has 366 days. 18 March is the 78th: 77 days before it, 77/366 = 21.04 %. To 31 May are 75 days, 75/366 = 20.49 %.
    (_label, (box,)) = timeline(JAN_1, DEC_31, [("Centre", [Part(date(2020, 3, 18), date(2020, 5, 31), "closed", "x")])], (), month).rows[0]
    assert (box.x, box.width, box.kind, box.words) == (21.04, 20.49, "closed", "x")


def test_what_lies_outside_is_cut_off_and_an_empty_row_is_left_out() -> None:
    rows = [
        ("Before", [Part(date(2019, 1, 1), date(2019, 12, 31), "theory", "")]),
        ("All", [Part(date.min, date.max - (date(2, 1, 1) - date(1, 1, 1)), "theory", "")]),
    ]
    chart = timeline(JAN_1, DEC_31, rows, (), month)
    assert [(label.words, [(box.x, box.width) for box in boxes]) for label, boxes in chart.rows] == [("All", [(0, 100)])]
    assert chart.height == FLAG_PX + ROW_PX


def test_a_single_day_in_years_can_be_seen_even_at_the_edge() -> None:
    (_label, (box,)) = timeline(
        JAN_1, date(2029, 12, 31), [("", [Part(date(2029, 12, 31), date(2029, 12, 31), "absent", "")])], (), month
    ).rows[0]
    assert box.width == LEAST
    assert box.x + box.width <= 100


def test_two_flags_on_one_day_can_both_be_read() -> None:
    flags = [
        Flag(date(2020, 11, 3), "planned-end", "Planned end"),
        Flag(date(2020, 11, 3), "today", "Today"),
        Flag(date(2021, 1, 1), "new-end", ""),
    ]
    chart = timeline(JAN_1, DEC_31, (), flags, month)
    assert [pole.label.words for pole in chart.poles] == ["Planned end", "Today"]  # who lies outside is not shown
    assert len({pole.label.y for pole in chart.poles}) == 2
    assert all(pole.label.is_before and pole.label.dx < 0 for pole in chart.poles)  # near the right edge


def test_months_are_named_evenly() -> None:
    assert [tick.words for tick in timeline(date(2019, 11, 4), date(2021, 11, 3), (), (), month).ticks] == [
        "2020-01",
        "2020-07",
        "2021-01",  # at 58 per cent; July at 83 would have its name before it
    ]
    # July 2027 stands at 75 per cent and January 2028 at 99: on a phone the two names would lie on one another.
    assert [tick.words for tick in timeline(date(2026, 1, 5), date(2028, 1, 14), (), (), month).ticks] == ["2026-07", "2027-01", "2027-07"]
    assert [tick.words for tick in timeline(date(2020, 3, 2), date(2020, 5, 31), (), (), month).ticks] == ["2020-04", "2020-05"]


@given(one=DAYS, other=DAYS, begin=DAYS, end=DAYS)
def test_nothing_falls_off_the_edge(one: date, other: date, begin: date, end: date) -> None:
    first, last = sorted((one, other))
    chart = timeline(first, last, [("", [Part(min(begin, end), max(begin, end), "theory", "")])], [Flag(begin, "today", "")], month)
    boxes = [box for _label, boxes in chart.rows for box in boxes]
    assert all(box.x >= 0 and box.width > 0 and box.x + box.width <= 100.011 and box.y + BAR_PX <= chart.height for box in boxes)
    assert all(0 <= label.x <= 100 for label in [*chart.ticks, *(pole.label for pole in chart.poles)])
    assert len(chart.ticks) <= MOST_TICKS


def test_a_legend_explains_what_is_drawn_and_no_more() -> None:
    parts = [Part(JAN_1, JAN_1, "theory", ""), Part(DEC_31, DEC_31, "closed", ""), Part(JAN_1, JAN_1, "theory", "")]
    assert timeline(JAN_1, DEC_31, [("", parts)], (), month).kinds == ["theory", "closed"]


# Curves


def test_a_line_rises_with_its_shares() -> None:
    (line,) = curve(["1", "2", "3"], [Series("All", [0.0, 0.5, 1.0])]).lines
    assert [dot.x for dot in line.dots] == [LEFT, 54, RIGHT]
    assert line.dots[0].y > line.dots[1].y > line.dots[2].y
    assert len(line.strokes) == 2
    assert line.dots[1].words == "All, 2: 50%"


def test_where_there_is_no_data_the_line_is_broken() -> None:
    (line,) = curve(["1", "2", "3", "4"], [Series("All", [0.1, None, 0.2, 0.3])]).lines
    assert (len(line.dots), len(line.strokes)) == (3, 1)


def test_one_place_alone_stands_in_the_middle() -> None:
    chart = curve(["1"], [Series("All", [0.25])])
    assert (chart.lines[0].dots[0].x, chart.lines[0].strokes) == (50, [])


def test_of_many_places_a_few_are_named_and_always_the_last() -> None:
    names = [str(n) for n in range(1, 27)]
    ticks = curve(names, []).ticks
    assert len(ticks) <= MOST_LABELS
    assert ticks[-1].words == "26"
