"""The country pack of Tanzania: regions, districts, holidays, occupations, code lists, default programmes.

The data lies beside this file in JSON and CSV; this is only the typed way in. Every answer is read once and kept.
Nothing here is refused: a code that is not in the pack is its own label. Checks of identifiers: `identifiers.py`.
"""

import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

MAINLAND, ZANZIBAR = "mainland", "zanzibar"
ENGLISH, KISWAHILI = "en", "sw"

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Code:
    """An entry of a code list; also the common part of everything that has a code and two names."""

    code: str
    en: str
    sw: str

    def label(self, language: str) -> str:
        """The name in `language`: English for `en` and its variants, otherwise Kiswahili."""
        return self.en if language.startswith(ENGLISH) else self.sw


@dataclass(frozen=True, slots=True)
class Region(Code):
    """A region (mkoa). `code` is ISO 3166-2, such as TZ-07."""

    jurisdiction: str


@dataclass(frozen=True, slots=True)
class District:
    """A district (wilaya), known by its name, which is unique in the country.

    also    other spellings and English names in use
    """

    name: str
    region: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Occupation(Code):
    """A trade (fani) with its codes in ISCO-08, ISCED-F 2013 and ISIC rev. 4, the main one first."""

    isco: tuple[str, ...]
    isced_f: tuple[str, ...]
    isic: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Programme(Code):
    """A programme that every centre may start from.

    award           code of the list `awards`, or None where the provider certifies
    occupations     codes; empty: any
    """

    award: str | None
    months: int
    weeks_at_centre: int
    weeks_at_workplace: int
    threshold_percent: int
    occupations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holiday:
    """A public holiday; where two fall on one day, both names with a semicolon.

    jurisdictions   where it is kept: mainland, zanzibar or both
    estimated       the moon had not been sighted when the file was made
    in_lieu         a working day given for a holiday on a weekend (until 2022)
    """

    on: date
    sw: str
    en: str
    jurisdictions: frozenset[str]
    estimated: bool = False
    in_lieu: bool = False

    def label(self, language: str) -> str:
        """The name in `language`: English for `en` and its variants, otherwise Kiswahili."""
        return self.en if language.startswith(ENGLISH) else self.sw


# Regions and districts


@cache
def regions() -> tuple[Region, ...]:
    """All 31 regions, by code."""
    return tuple(Region(row["code"], row["en"], row["sw"], row["jurisdiction"]) for row in _json("regions"))


@cache
def region(code: str) -> Region | None:
    """The region with this ISO code, or None."""
    return next((region for region in regions() if region.code == code), None)


@cache
def jurisdiction_of(region_code: str) -> str | None:
    """`mainland` or `zanzibar`; None for a region that is not in the pack."""
    found = region(region_code)
    return found.jurisdiction if found else None


@cache
def districts(region: str | None = None) -> tuple[District, ...]:
    """The 150 districts, or those of one region (ISO code), by name within their region."""
    return tuple(
        District(district["name"], row["code"], tuple(district.get("also", ())))
        for row in _json("regions")
        for district in row["districts"]
        if region in (None, row["code"])
    )


def district_by_name(name: str) -> District | None:
    """The district somebody wrote; case, spaces, apostrophes and the word *wilaya* do not matter.

    None when there is no such district, or more than one.
    """
    found = _districts_by_spelling().get(_plain(name), frozenset())
    return next(iter(found)) if len(found) == 1 else None


@cache
def _districts_by_spelling() -> Mapping[str, frozenset[District]]:
    by_spelling: dict[str, set[District]] = defaultdict(set)
    for district in districts():
        for spelling in (district.name, *district.also):
            by_spelling[_plain(spelling)].add(district)
    return {spelling: frozenset(found) for spelling, found in by_spelling.items()}


def _plain(name: str) -> str:
    letters = re.sub(r"[^\w\s-]", "", name.casefold())
    words = re.sub(r"[\s_-]+", " ", letters).strip()
    return re.sub(r"^wilaya ya | district$", "", words)


# Holidays


def holidays_between(first: date, last: date, jurisdiction: str) -> dict[date, Holiday]:
    """The public holidays from `first` to `last`, both included, oldest first.

    Empty outside `holiday_years()`: the caller says so, rather than promise a year without holidays.
    """
    kept = _holidays_in(jurisdiction)
    return {on: holiday for on, holiday in kept.items() if first <= on <= last}


def holiday_years() -> range:
    """The years the shipped file covers."""
    years = [holiday.on.year for holiday in _holiday_rows()]
    return range(min(years), max(years) + 1)


@cache
def _holidays_in(jurisdiction: str) -> Mapping[date, Holiday]:
    by_day: dict[date, Holiday] = {}
    for holiday in _holiday_rows():
        if jurisdiction in holiday.jurisdictions:
            other = by_day.get(holiday.on)
            by_day[holiday.on] = _together(other, holiday) if other else holiday
    return by_day


def _together(one: Holiday, two: Holiday) -> Holiday:
    return Holiday(
        one.on,
        sw=f"{one.sw}; {two.sw}",
        en=f"{one.en}; {two.en}",
        jurisdictions=one.jurisdictions & two.jurisdictions,
        # The day is free for certain, and for its own sake, as soon as one of the two is.
        estimated=one.estimated and two.estimated,
        in_lieu=one.in_lieu and two.in_lieu,
    )


@cache
def _holiday_rows() -> tuple[Holiday, ...]:
    with (_HERE / "holidays.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Holiday(
                date.fromisoformat(row["date"]),
                sw=row["name_sw"],
                en=row["name_en"],
                jurisdictions=frozenset((MAINLAND, ZANZIBAR) if row["jurisdiction"] == "both" else (row["jurisdiction"],)),
                estimated=row["estimated"] == "1",
                in_lieu=row["in_lieu"] == "1",
            )
            for row in csv.DictReader(file)
        )


# Occupations and programmes


@cache
def occupations() -> tuple[Occupation, ...]:
    """The trades of the pack, hotel trades first."""
    return tuple(
        Occupation(row["code"], row["en"], row["sw"], tuple(row["isco"]), tuple(row["isced_f"]), tuple(row["isic"]))
        for row in _json("occupations")
    )


@cache
def occupation(code: str) -> Occupation | None:
    """The trade with this code, or None."""
    return next((occupation for occupation in occupations() if occupation.code == code), None)


@cache
def programmes() -> tuple[Programme, ...]:
    """The default programmes."""
    return tuple(Programme(**{**row, "occupations": tuple(row["occupations"])}) for row in _json("programmes"))


@cache
def programme(code: str) -> Programme | None:
    """The default programme with this code, or None."""
    return next((programme for programme in programmes() if programme.code == code), None)


# Code lists


@cache
def list_names() -> tuple[str, ...]:
    """The names `codes` and `label` know."""
    return ("regions", "occupations", "programmes", *_json("codes"))


@cache
def codes(list_name: str) -> tuple[Code, ...]:
    """A code list in the order in which people should see it. Raises KeyError for a list that does not exist."""
    match list_name:
        case "regions":
            return regions()
        case "occupations":
            return occupations()
        case "programmes":
            return programmes()
    return tuple(Code(**row) for row in _json("codes")[list_name])


def has_code(list_name: str, code: str) -> bool:
    """Whether the pack knows this code. Something to warn about, never to refuse."""
    return code in _by_code(list_name)


def label(list_name: str, code: str, language: str) -> str:
    """What people read instead of the code; a code that is not in the pack is shown as it is."""
    entry = _by_code(list_name).get(code)
    return entry.label(language) if entry else code


def choices(list_name: str, language: str) -> list[tuple[str, str]]:
    """(code, label) for a select field."""
    return [(entry.code, entry.label(language)) for entry in codes(list_name)]


def code_of(list_name: str, text: str) -> str | None:
    """The code somebody meant by writing a code or a label of either language; None if there is none, or several."""
    wanted = _plain(text)
    return _the_only(entry.code for entry in codes(list_name) if wanted in (_plain(entry.code), _plain(entry.en), _plain(entry.sw)))


def sector_of(text: str) -> str | None:
    """The sector (ISIC division with its letter, `I55`) for `I55`, `i5510`, `55`, `5510` or a label; else None."""
    isic = re.fullmatch(r"([A-Ua-u]?)(\d\d)\d{0,2}", text.strip())
    if isic is None:
        return code_of("sectors", text)
    letter, division = isic[1].upper(), isic[2]
    return _the_only(entry.code for entry in codes("sectors") if entry.code.endswith(division) and entry.code.startswith(letter))


@cache
def _by_code(list_name: str) -> Mapping[str, Code]:
    return {entry.code: entry for entry in codes(list_name)}


def _the_only(found: Iterable[str]) -> str | None:
    distinct = set(found)
    return distinct.pop() if len(distinct) == 1 else None


@cache
def _json(name: str) -> Any:
    return json.loads((_HERE / f"{name}.json").read_text(encoding="utf-8"))
