"""The closure calculus as a table: facts in few words, and what a calendar in one's hand says of them.

A fact is `what which whom what-sites since`; `until` is the expected end of a notice, `by` who recorded it (else the nation).
All dates are of 2020: 16 March, 1 June and 22 June are Mondays.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest

from tracker.calendar.rules import (
    BreakFact,
    CatchUpFact,
    closed_intervals,
    ClosureFact,
    is_closed,
    lost_days,
    NoticeFact,
    projected_end,
    ResumptionFact,
    Scope,
    Site,
    terms_of,
    training_days,
    WeeklyPattern,
)
from tracker.country import tz

SITES = {
    "nct": Site("centre", "nct", "bustani", "nct-2019", None, "TZ-02", "mainland"),
    "nct next year": Site("centre", "nct", "bustani", "nct-2020", None, "TZ-02", "mainland"),
    "nct temeke": Site("centre", "nct", "temeke", "nct-2018", None, "TZ-02", "mainland"),
    "nct as a whole": Site("centre", "nct", None, None, None, "TZ-02", "mainland"),
    "suza": Site("centre", "suza", "maruhubi", "suza-2019", None, "TZ-15", "zanzibar"),
    "ramada": Site("workplace", "nct", "bustani", "nct-2019", "ramada", "TZ-02", "mainland"),
    "serena": Site("workplace", "nct", "bustani", "nct-2019", "serena", "TZ-02", "mainland"),
    # An employer of nct that lies in Arusha.
    "lake": Site("workplace", "nct", "bustani", "nct-2019", "lake", "TZ-01", "mainland"),
}


@dataclass
class Told:
    """The facts of a row."""

    closures: dict[str, ClosureFact] = field(default_factory=dict)
    resumptions: list[ResumptionFact] = field(default_factory=list)
    breaks: list[BreakFact] = field(default_factory=list)
    orders: list[CatchUpFact] = field(default_factory=list)
    holidays: set[date] = field(default_factory=set)
    patterns: list[WeeklyPattern] = field(default_factory=list)


def day(text: str) -> date:
    """`18.3`."""
    number, month = text.split(".")
    return date(2020, int(month), int(number))


def _scope(text: str) -> Scope:
    kind, _colon, code = text.partition(":")
    return Scope(kind, code or None)


def _after(words: list[str], word: str, default: str = "") -> str:
    return words[words.index(word) + 1] if word in words else default


def told(text: str) -> Told:
    """The facts of a row, read word by word; a word that is not known fails the test."""
    found = Told()
    for number, line in enumerate(each.strip() for each in text.split(";")):
        words = line.split()
        gone, until, by = "withdrawn" in words, _after(words, "until"), _after(words, "by", "nation")
        match words:
            case []:
                pass
            case ["close", key, scope, sites, since, *_]:
                notice = NoticeFact(f"{key}1", "", "", day(since), day(until) if until else None)
                found.closures[key] = ClosureFact(key, by, _scope(scope), sites, "covid-19", (notice,), None, gone)
            case ["notice", of, key, since, *_]:
                notice = NoticeFact(key, "", "", day(since), day(until) if until else None, withdrawn=gone)
                found.closures[of] = replace(found.closures[of], notices=(*found.closures[of].notices, notice))
            case ["choose", of, key]:
                found.closures[of] = replace(found.closures[of], chosen_notice=key)
            case ["unsay", of, key]:
                notices = tuple(replace(each, withdrawn=each.withdrawn or each.id == key) for each in found.closures[of].notices)
                found.closures[of] = replace(found.closures[of], notices=notices)
            case ["open" | "permit" as kind, of, scope, sites, since, *_]:
                word = "reopened" if kind == "open" else "permitted"
                found.resumptions.append(ResumptionFact(f"r{number}", by, of, _scope(scope), sites, word, day(since), gone))
            case ["break", of, first, last, *_]:
                part, _colon, code = of.partition(":")
                of_part = {part: code} if code else {}
                found.breaks.append(BreakFact(f"b{number}", day(first), day(last), "", withdrawn=gone, **of_part))
            case ["teach" | "saturdays" | "longer_days" as kind, cohort, first, last, *_]:
                order = {"teach": "no_break"}.get(kind, kind)
                found.orders.append(CatchUpFact(f"o{number}", cohort, order, day(first), None if last == "on" else day(last), gone))
            case ["holiday", on]:
                found.holidays.add(day(on))
            case ["week", weekdays, since]:
                found.patterns.append(WeeklyPattern(day(since), frozenset(int(each) - 1 for each in weekdays)))
            case _:
                pytest.fail(f"nobody knows what this means: {line}")
    return found


def _said(days: Iterable[date]) -> str:
    """Days as runs: `18.3-31.5, 10.6`."""
    runs: list[list[date]] = []
    for on in sorted(days):
        if runs and on - runs[-1][-1] == timedelta(days=1):
            runs[-1].append(on)
        else:
            runs.append([on])
    return ", ".join(f"{run[0].day}.{run[0].month}" + (f"-{run[-1].day}.{run[-1].month}" if len(run) > 1 else "") for run in runs)


# When a site is closed, looked at from 1 March to 31 July: who is still closed then is closed "on".
CLOSED = [
    # --- one closure
    ("nobody closed anything", "", "nct", ""),
    ("open-ended", "close c nation both 18.3", "nct", "18.3 on"),
    ("the first day is closed, the day of reopening is open", "close c nation both 18.3; open c nation both 1.6", "nct", "18.3-31.5"),
    ("closed for one day", "close c nation both 18.3; open c nation both 19.3", "nct", "18.3"),
    ("reopened on the very day", "close c nation both 18.3; open c nation both 18.3", "nct", ""),
    ("an expected end is a hope", "close c nation both 18.3 until 17.4", "nct", "18.3 on"),
    ("withdrawn", "close c nation both 18.3 withdrawn", "nct", ""),
    ("withdrawn though somebody reopened it", "close c nation both 18.3 withdrawn; open c nation both 1.6", "nct", ""),
    # --- what the scope covers
    ("the mainland", "close c jurisdiction:mainland both 17.3", "nct", "17.3 on"),
    ("the mainland is not Zanzibar", "close c jurisdiction:mainland both 17.3", "suza", ""),
    ("a region", "close c region:TZ-02 both 17.3", "nct", "17.3 on"),
    ("another region", "close c region:TZ-01 both 17.3", "nct", ""),
    ("a hotel lies in its own region", "close c region:TZ-01 both 17.3", "lake", "17.3 on"),
    ("a centre with its hotels", "close c centre:nct both 17.3", "ramada", "17.3 on"),
    ("a campus", "close c campus:bustani both 17.3", "nct", "17.3 on"),
    ("another campus", "close c campus:bustani both 17.3", "nct temeke", ""),
    ("a campus is not the centre as a whole", "close c campus:bustani both 17.3", "nct as a whole", ""),
    ("a cohort", "close c cohort:nct-2019 both 17.3", "nct", "17.3 on"),
    ("a cohort at its hotel", "close c cohort:nct-2019 both 17.3", "ramada", "17.3 on"),
    ("another cohort", "close c cohort:nct-2019 both 17.3", "nct next year", ""),
    ("an employer", "close c employer:ramada workplaces 17.3", "ramada", "17.3 on"),
    ("another employer", "close c employer:ramada workplaces 17.3", "serena", ""),
    ("an employer closes, its college does not", "close c employer:ramada workplaces 17.3", "nct", ""),
    ("a kind of scope that nobody knows yet", "close c ward:kariakoo both 17.3", "nct", ""),
    ("a scope whose code is lost", "close c campus both 17.3", "nct as a whole", ""),
    # --- centres or workplaces
    ("centres only, at a centre", "close c nation centres 18.3", "nct", "18.3 on"),
    ("centres only, at a hotel", "close c nation centres 18.3", "ramada", ""),
    ("workplaces only, at a hotel", "close c nation workplaces 18.3", "ramada", "18.3 on"),
    ("workplaces only, at a centre", "close c nation workplaces 18.3", "nct", ""),
    ("sites that nobody knows yet", "close c nation ships 18.3", "nct", ""),
    # --- who speaks for whom
    ("a centre closes itself", "close c centre:nct both 18.3 by centre/nct", "nct", "18.3 on"),
    ("a centre cannot close another", "close c centre:suza both 18.3 by centre/nct", "suza", ""),
    ("a centre that says nation means itself", "close c nation both 18.3 by centre/nct", "nct", "18.3 on"),
    ("a centre that says nation means no other", "close c nation both 18.3 by centre/nct", "suza", ""),
    ("a region closes its centre", "close c centre:nct both 18.3 by region/TZ-02", "nct", "18.3 on"),
    ("a region cannot close another's", "close c region:TZ-15 both 18.3 by region/TZ-02", "suza", ""),
    ("a centre reports its hotel in another region closed", "close c employer:lake workplaces 18.3 by centre/nct", "lake", "18.3 on"),
    ("a centre reopens itself only", "close c nation both 18.3; open c nation both 1.6 by centre/nct", "suza", "18.3 on"),
    # --- contradicting, chosen, extended, withdrawn notices
    ("two notices differ: the earlier counts", "close c nation both 15.4; notice c n2 18.3", "nct", "18.3 on"),
    ("the chosen one counts though it is later", "close c nation both 18.3; notice c n2 15.4; choose c n2", "nct", "15.4 on"),
    ("the chosen one is withdrawn", "close c nation both 18.3; notice c n2 15.4; choose c n2; unsay c n2", "nct", "18.3 on"),
    ("the one that counted is withdrawn", "close c nation both 18.3; notice c n2 15.4; unsay c c1", "nct", "15.4 on"),
    ("the chosen one has not arrived", "close c nation both 18.3; choose c elsewhere", "nct", "18.3 on"),
    ("no notice is left", "close c nation both 18.3; unsay c c1", "nct", ""),
    ("extended twice", "close c nation both 18.3 until 17.4; notice c n2 18.3 until 17.5; choose c n2", "nct", "18.3 on"),
    (
        "extended, then reopened before the new expected end",
        "close c nation both 18.3 until 17.4; notice c n2 18.3 until 30.6; choose c n2; open c nation both 1.6",
        "nct",
        "18.3-31.5",
    ),
    (
        "a later notice is chosen, and the reopening lies before it",
        "close c nation both 18.3; notice c n2 22.6; choose c n2; open c nation both 1.6",
        "nct",
        "22.6 on",
    ),
    (
        "an earlier notice is chosen after the reopening",
        "close c nation both 15.4; notice c n2 18.3; choose c n2; open c nation both 1.6",
        "nct",
        "18.3-31.5",
    ),
    # --- permitted and reopened
    ("permission opens nothing", "close c nation both 18.3; permit c nation both 1.6", "nct", "18.3 on"),
    (
        "permitted, then reopened three weeks later",
        "close c nation both 18.3; permit c nation both 1.6; open c nation both 22.6",
        "suza",
        "18.3-21.6",
    ),
    ("the reopening is withdrawn", "close c nation both 18.3; open c nation both 1.6 withdrawn", "nct", "18.3 on"),
    (
        "of two reopenings the earlier opens",
        "close c nation both 18.3; open c nation both 22.6; open c nation both 1.6",
        "nct",
        "18.3-31.5",
    ),
    (
        "of two reopenings the earlier is withdrawn",
        "close c nation both 18.3; open c nation both 22.6; open c nation both 1.6 withdrawn",
        "nct",
        "18.3-21.6",
    ),
    ("a reopening before the closure opens nothing", "close c nation both 18.3; open c nation both 17.3", "nct", "18.3 on"),
    ("a reopening of a closure that nobody knows", "close c nation both 18.3; open x nation both 1.6", "nct", "18.3 on"),
    # --- narrower resumptions of a wider closure
    ("the college opens", "close c nation both 18.3; open c centre:nct centres 1.6 by centre/nct", "nct", "18.3-31.5"),
    ("the college opens, its hotel does not", "close c nation both 18.3; open c centre:nct centres 1.6 by centre/nct", "ramada", "18.3 on"),
    ("the college opens, another does not", "close c nation both 18.3; open c centre:nct centres 1.6 by centre/nct", "suza", "18.3 on"),
    ("a hotel opens by itself", "close c nation both 18.3; open c employer:ramada workplaces 1.7 by centre/nct", "ramada", "18.3-30.6"),
    (
        "a hotel opens, the next does not",
        "close c nation both 18.3; open c employer:ramada workplaces 1.7 by centre/nct",
        "serena",
        "18.3 on",
    ),
    ("the mainland opens, Zanzibar does not", "close c nation both 18.3; open c jurisdiction:mainland both 1.6", "suza", "18.3 on"),
    (
        "the region opens before the nation",
        "close c nation both 18.3; open c region:TZ-02 both 25.5 by region/TZ-02; open c nation both 1.6",
        "nct",
        "18.3-24.5",
    ),
    (
        "phased: the last year comes first",
        "close c nation both 18.3; open c cohort:nct-2019 centres 1.6; open c nation both 29.6",
        "nct",
        "18.3-31.5",
    ),
    (
        "phased: the others follow",
        "close c nation both 18.3; open c cohort:nct-2019 centres 1.6; open c nation both 29.6",
        "nct next year",
        "18.3-28.6",
    ),
    (
        "the centre as a whole stays closed while one campus opens",
        "close c nation both 18.3; open c campus:bustani both 1.6",
        "nct as a whole",
        "18.3 on",
    ),
    # --- several closures
    (
        "two overlap: open when both are",
        "close c nation both 18.3; close flood region:TZ-02 both 25.5; open c nation both 1.6; open flood region:TZ-02 both 8.6",
        "nct",
        "18.3-7.6",
    ),
    (
        "one inside the other adds nothing",
        "close c nation both 18.3; close s centre:nct both 15.4; open s centre:nct both 22.4; open c nation both 1.6",
        "nct",
        "18.3-31.5",
    ),
    ("of two only one is reopened", "close c nation both 18.3; close s centre:nct centres 15.4; open c nation both 1.6", "nct", "18.3 on"),
    (
        "two one after the other",
        "close c nation both 18.3; open c nation both 25.3; close s nation both 1.4; open s nation both 3.4",
        "nct",
        "18.3-24.3, 1.4-2.4",
    ),
    ("closed again", "close c nation both 18.3; open c nation both 1.6; close again nation both 10.6", "nct", "18.3-31.5, 10.6 on"),
    (
        "closed again, and a late reopening of the first changes nothing",
        "close c nation both 18.3; open c nation both 1.6; close again nation both 10.6; open c nation both 15.6",
        "nct",
        "18.3-31.5, 10.6 on",
    ),
    (
        "a narrower closure does not undo the wider one",
        "close c nation both 18.3; close s centre:nct centres 1.3; open s centre:nct centres 1.4",
        "nct",
        "1.3 on",
    ),
]


@pytest.mark.parametrize(("facts", "site", "closed"), [row[1:] for row in CLOSED], ids=[row[0] for row in CLOSED])
def test_when_a_site_is_closed(facts: str, site: str, closed: str) -> None:
    found = told(facts)
    first, last = day("1.3"), day("31.7")
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    shut = [on for on in days if is_closed(SITES[site], on, list(found.closures.values()), found.resumptions)]
    runs = _said(shut)
    assert (runs.rpartition("-")[0] + " on" if runs.endswith("-31.7") else runs) == closed


# Days of training and days lost at a site from Monday, 16 March, to Friday, 27 March: ten days from Monday to Friday.
COUNTED = [
    ("as planned", "", "nct", 10, 0),
    ("closed since Wednesday", "close c nation both 18.3", "nct", 2, 8),
    ("closed from Wednesday to Tuesday", "close c nation both 18.3; open c nation both 25.3", "nct", 5, 5),
    ("closed over a weekend", "close c nation both 21.3; open c nation both 23.3", "nct", 10, 0),
    (
        "two overlap, and their days are lost once",
        "close c nation both 18.3; open c nation both 21.3; close s centre:nct both 20.3; open s centre:nct both 25.3",
        "nct",
        5,
        5,
    ),
    ("closed before, and reopened in between", "close c nation both 2.3; open c nation both 18.3", "nct", 8, 2),
    ("closed at the college, not at the hotel", "close c nation centres 18.3", "ramada", 10, 0),
    # --- the week
    ("a week of six days", "week 123456 1.1", "nct", 11, 0),
    (
        "a week of six days, closed from Wednesday to Tuesday",
        "week 123456 1.1; close c nation both 18.3; open c nation both 25.3",
        "nct",
        5,
        6,
    ),
    ("no Fridays from the second week on", "week 1234 23.3", "nct", 9, 0),
    # --- holidays
    ("a holiday", "holiday 20.3", "nct", 9, 0),
    ("a holiday on a Sunday", "holiday 22.3", "nct", 10, 0),
    ("a holiday inside a closure is not lost", "holiday 20.3; close c nation both 18.3; open c nation both 25.3", "nct", 5, 4),
    ("a holiday after a closure is not due", "holiday 26.3; close c nation both 18.3; open c nation both 25.3", "nct", 4, 5),
    # --- breaks
    ("a break", "break all 23.3 27.3", "nct", 5, 0),
    ("a break of one day", "break all 20.3 20.3", "nct", 9, 0),
    ("two breaks overlap", "break all 16.3 18.3; break all 18.3 20.3", "nct", 5, 0),
    ("a break of the campus", "break campus:bustani 23.3 27.3", "nct", 5, 0),
    ("a break of another campus", "break campus:temeke 23.3 27.3", "nct", 10, 0),
    ("a break of the cohort", "break cohort:nct-2019 23.3 27.3", "nct", 5, 0),
    ("a break of another cohort", "break cohort:nct-2020 23.3 27.3", "nct", 10, 0),
    ("a withdrawn break", "break all 23.3 27.3 withdrawn", "nct", 10, 0),
    ("a break that ends before it begins", "break all 27.3 23.3", "nct", 10, 0),
    ("a break is none at a hotel", "break all 23.3 27.3", "ramada", 10, 0),
    ("a break inside a closure is not lost", "break all 23.3 27.3; close c nation both 18.3", "nct", 2, 3),
    ("a break before a closure", "break all 16.3 18.3; close c nation both 18.3; open c nation both 25.3", "nct", 3, 4),
    ("a holiday inside a break", "break all 23.3 27.3; holiday 25.3", "nct", 5, 0),
    # --- making up for lost time
    ("Saturdays", "saturdays nct-2019 16.3 27.3", "nct", 11, 0),
    ("Saturdays of another cohort", "saturdays nct-2020 16.3 27.3", "nct", 10, 0),
    ("Saturdays from the next day on", "saturdays nct-2019 22.3 on", "nct", 10, 0),
    ("Saturdays until somebody ends them", "saturdays nct-2019 1.3 on", "nct", 11, 0),
    ("Saturdays that were withdrawn", "saturdays nct-2019 1.3 on withdrawn", "nct", 10, 0),
    ("a Saturday that is a holiday", "saturdays nct-2019 16.3 27.3; holiday 21.3", "nct", 10, 0),
    ("a closed Saturday is not lost again", "saturdays nct-2019 16.3 27.3; close c nation both 18.3; open c nation both 25.3", "nct", 5, 5),
    (
        "a Saturday is lost where the week has it anyway",
        "week 123456 1.1; saturdays nct-2019 1.3 on; close c nation both 18.3; open c nation both 25.3",
        "nct",
        5,
        6,
    ),
    ("the break is given up", "break all 23.3 27.3; teach nct-2019 23.3 27.3", "nct", 10, 0),
    ("half of the break is given up", "break all 23.3 27.3; teach nct-2019 23.3 25.3", "nct", 8, 0),
    ("another cohort gives up the break", "break all 23.3 27.3; teach nct-2020 23.3 27.3", "nct", 5, 0),
    ("giving up the break is withdrawn, as the order of 2020 was", "break all 23.3 27.3; teach nct-2019 23.3 27.3 withdrawn", "nct", 5, 0),
    (
        "a given up break closes in its turn: nothing planned is lost",
        "break all 23.3 27.3; teach nct-2019 23.3 27.3; close c nation both 25.3",
        "nct",
        7,
        0,
    ),
    ("a Saturday in a break stays free", "break all 21.3 27.3; saturdays nct-2019 16.3 on", "nct", 5, 0),
    ("a Saturday in a break that is given up", "break all 21.3 27.3; saturdays nct-2019 16.3 on; teach nct-2019 21.3 27.3", "nct", 11, 0),
    ("longer days are not more days", "longer_days nct-2019 16.3 27.3", "nct", 10, 0),
]


@pytest.mark.parametrize(("facts", "site", "due", "lost"), [row[1:] for row in COUNTED], ids=[row[0] for row in COUNTED])
def test_how_many_days_are_taught_and_lost(facts: str, site: str, due: int, lost: int) -> None:
    found, at = told(facts), SITES[site]
    period = day("16.3"), day("27.3")
    intervals = closed_intervals(at, found.closures.values(), found.resumptions)
    terms = terms_of(at, found.breaks, found.orders)
    assert len(training_days(*period, found.patterns, found.holidays, intervals, terms)) == due
    assert len(lost_days(*period, intervals, found.patterns, found.holidays, terms)) == lost


# A course that was to end on Friday, 27 March, and owes some days: when they are made up. 10 and 13 April 2020 are Easter.
ENDS = [
    ("nothing is owed", "", 0, "27.3"),
    ("a week is owed", "", 5, "3.4"),
    ("two weeks and a day, over Easter", "holiday 10.4; holiday 13.4", 11, "15.4"),
    ("with Saturdays it goes quicker", "saturdays nct-2019 1.3 on", 6, "3.4"),  # 28, 30, 31 March, 1, 2, 3 April
    ("a break is in the way", "break all 30.3 3.4", 5, "10.4"),
    ("the break is given up", "break all 30.3 3.4; teach nct-2019 30.3 3.4", 5, "3.4"),
    ("a closure is in the way", "close c nation both 30.3; open c nation both 1.6", 5, "5.6"),
    ("nobody has reopened", "close c nation both 30.3", 5, None),
]


@pytest.mark.parametrize(("facts", "owed", "end"), [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
def test_when_lost_days_are_made_up(facts: str, owed: int, end: str | None) -> None:
    found, at = told(facts), SITES["nct"]
    intervals = closed_intervals(at, found.closures.values(), found.resumptions)
    terms = terms_of(at, found.breaks, found.orders)
    assert projected_end(day("27.3"), owed, found.patterns, found.holidays, intervals, terms) == (day(end) if end else None)


# The closure of 2020 by the pack's own holidays: calendar days, and days from Monday to Friday that are no holiday.
YEAR_2020 = [
    ("the college on the mainland", "close c nation both 18.3; open c centre:nct centres 1.6", "nct", 75, 46),
    (
        "the college in Zanzibar, permitted on 1 June",
        "close c nation both 18.3; permit c nation both 1.6; open c centre:suza centres 22.6",
        "suza",
        96,
        61,
    ),
    (
        "by the other notice, on the mainland",
        "close c nation both 18.3; notice c ilo 15.4; choose c ilo; open c nation both 1.6",
        "nct",
        47,
        29,
    ),
    (
        "by the other notice, in Zanzibar",
        "close c nation both 18.3; notice c ilo 15.4; choose c ilo; open c nation both 22.6",
        "suza",
        68,
        44,
    ),
    # 10 + 22 + 21 + 22 + 23 days from Monday to Friday, less 7, 10, 13 and 27 April, 1, 25 and 26 May, 7 and 31 July.
    ("a hotel that nobody reopened, up to 31 July", "close c nation both 18.3; open c centre:nct centres 1.6", "ramada", 136, 89),
]


@pytest.mark.parametrize(
    ("facts", "site", "calendar_days", "working_days"), [row[1:] for row in YEAR_2020], ids=[row[0] for row in YEAR_2020]
)
def test_the_days_of_2020_are_those_counted_by_hand(facts: str, site: str, calendar_days: int, working_days: int) -> None:
    found, at = told(facts), SITES[site]
    first, last = day("1.3"), day("31.7")
    intervals = closed_intervals(at, found.closures.values(), found.resumptions)
    holidays = tz.holidays_between(first, last, at.jurisdiction)
    closed = [
        first + timedelta(days=n)
        for n in range(153)
        if is_closed(at, first + timedelta(days=n), list(found.closures.values()), found.resumptions)
    ]
    assert len(closed) == calendar_days
    assert len(lost_days(first, last, intervals, (), holidays)) == working_days


def test_the_table_has_at_least_sixty_cases() -> None:
    assert len(CLOSED) + len(COUNTED) + len(ENDS) + len(YEAR_2020) >= 60
