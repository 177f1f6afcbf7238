"""The country pack of Tanzania: what every laptop knows without being told."""

import csv
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import pytest

from tracker.country import tz

OCCUPATIONS = (
    "front-office food-production bakery food-beverage-service housekeeping laundry "
    "ac-refrigeration carpentry tailoring welding tour-guiding"
)

# Years: Good Friday, Easter Monday, Eid El-Fitri (2), Eid El-Hajj, Maulidi. From domain.md, section 2.7.
MOVABLE = {
    2019: ["04-19", "04-22", "06-05", "06-06", "08-13", "11-10"],
    2020: ["04-10", "04-13", "05-24", "05-25", "07-31", "10-29"],
    2021: ["04-02", "04-05", "05-14", "05-15", "07-21", "10-19"],
    2022: ["04-15", "04-18", "05-03", "05-04", "07-10", "10-09"],
    2023: ["04-07", "04-10", "04-22", "04-23", "06-29", "09-28"],
    2024: ["03-29", "04-01", "04-10", "04-11", "06-17", "09-16"],
    2025: ["04-18", "04-21", "03-31", "04-01", "06-07", "09-04"],
    2026: ["04-03", "04-06", "03-21", "03-22", "05-28", "08-26"],
    2027: ["03-26", "03-29", "03-10", "03-11", "05-17", "08-15"],
}
FIXED = ["01-01", "01-12", "04-07", "04-26", "05-01", "07-07", "08-08", "10-14", "12-09", "12-25", "12-26"]
EXTRA = {2020: ["10-28"], 2021: ["03-22", "03-25"], 2022: ["08-23"], 2025: ["10-29"]}


def holidays_of(year: int, jurisdiction: str = tz.MAINLAND) -> dict[date, tz.Holiday]:
    return tz.holidays_between(date(year, 1, 1), date(year, 12, 31), jurisdiction)


# Regions and districts


def test_there_are_31_regions_five_of_them_in_zanzibar() -> None:
    assert [region.code for region in tz.regions()] == [f"TZ-{n:02}" for n in range(1, 32)]
    assert {region.code for region in tz.regions() if region.jurisdiction == tz.ZANZIBAR} == {
        "TZ-06",
        "TZ-07",
        "TZ-10",
        "TZ-11",
        "TZ-15",
    }


def test_there_are_139_districts_on_the_mainland_and_11_in_zanzibar() -> None:
    count = {tz.MAINLAND: 0, tz.ZANZIBAR: 0}
    for district in tz.districts():
        count[tz.jurisdiction_of(district.region) or "nowhere"] += 1
    assert count == {tz.MAINLAND: 139, tz.ZANZIBAR: 11}


def test_a_region_has_both_names() -> None:
    region = tz.region("TZ-15")
    assert region
    assert (region.label("sw"), region.label("en")) == ("Mjini Magharibi", "Zanzibar West")


def test_an_unknown_region_is_nowhere() -> None:
    assert tz.region("TZ-99") is None
    assert tz.jurisdiction_of("TZ-99") is None
    assert tz.districts("TZ-99") == ()


def test_districts_of_one_region() -> None:
    assert [district.name for district in tz.districts("TZ-15")] == ["Magharibi A", "Magharibi B", "Mjini"]


def test_every_district_is_found_by_its_name() -> None:
    assert all(tz.district_by_name(district.name) == district for district in tz.districts())


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("NYANG'HWALE", "Nyang'hwale"),
        ("Nyang\u2019hwale", "Nyang'hwale"),
        ("nyanghwale", "Nyang'hwale"),
        ("  chake   chake ", "Chake Chake"),
        ("Chake-Chake", "Chake Chake"),
        ("Wilaya ya Moshi", "Moshi"),
        ("Moshi District", "Moshi"),
        ("West A", "Magharibi A"),
        ("Misenyi", "Missenyi"),
    ],
)
def test_spelling_of_a_district_is_forgiven(written: str, meant: str) -> None:
    district = tz.district_by_name(written)
    assert district
    assert district.name == meant


@pytest.mark.parametrize("written", ["", "Magharibi", "Nairobi", "---"])
def test_a_district_that_cannot_be_told_is_none(written: str) -> None:
    assert tz.district_by_name(written) is None


# Holidays


@pytest.mark.parametrize("year", tz.holiday_years())
def test_the_holidays_are_those_of_the_table_and_the_fixed_days(year: int) -> None:
    expected = {date.fromisoformat(f"{year}-{day}") for day in [*FIXED, *MOVABLE[year], *EXTRA.get(year, [])]}
    assert {on for on, holiday in holidays_of(year).items() if not holiday.in_lieu} == expected


def test_days_in_lieu_of_2020() -> None:
    in_lieu = [on for on, holiday in holidays_of(2020).items() if holiday.in_lieu]
    assert in_lieu == [date(2020, 1, 13), date(2020, 4, 27), date(2020, 5, 26), date(2020, 8, 10), date(2020, 12, 28)]


def test_there_are_days_in_lieu_until_2022_only() -> None:
    years = {on.year for year in tz.holiday_years() for on, holiday in holidays_of(year).items() if holiday.in_lieu}
    assert years == {2019, 2020, 2021, 2022}


def test_only_dates_of_the_moon_from_2026_are_estimates() -> None:
    estimates = {f"{on}" for year in tz.holiday_years() for on, day in holidays_of(year).items() if day.estimated}
    assert estimates == {f"{year}-{day}" for year in (2026, 2027) for day in MOVABLE[year][2:]}


@pytest.mark.parametrize("day", [date(2026, 1, 12), date(2026, 4, 7)])
def test_the_days_of_zanzibars_history_are_kept_in_both_parts(day: date) -> None:
    assert day in holidays_of(2026, tz.MAINLAND)
    assert day in holidays_of(2026, tz.ZANZIBAR)


def test_two_holidays_on_one_day_keep_both_names() -> None:
    day = holidays_of(2023)[date(2023, 4, 7)]
    assert day.sw == "Ijumaa Kuu; Kumbukumbu ya Karume"
    assert day.label("en") == "Good Friday; Karume Day"


def test_both_ends_of_a_period_are_included_and_the_oldest_comes_first() -> None:
    assert list(tz.holidays_between(date(2020, 12, 25), date(2020, 12, 28), tz.ZANZIBAR)) == [
        date(2020, 12, 25),
        date(2020, 12, 26),
        date(2020, 12, 28),
    ]


def test_the_file_says_which_years_it_covers() -> None:
    assert tz.holiday_years() == range(2019, 2028)
    assert tz.holidays_between(date(2030, 1, 1), date(2030, 12, 31), tz.MAINLAND) == {}


def test_the_file_has_the_columns_an_office_can_correct() -> None:
    with Path(tz.__file__).with_name("holidays.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["date", "name_sw", "name_en", "jurisdiction", "estimated", "in_lieu"]
    assert {row["jurisdiction"] for row in rows} <= {"both", "mainland", "zanzibar"}
    assert {row["estimated"] for row in rows} | {row["in_lieu"] for row in rows} == {"0", "1"}


@pytest.mark.skipif(find_spec("holidays") is None, reason="the generator needs the development tools")
def test_the_generator_agrees_with_the_file_on_what_is_certain() -> None:
    from tracker.country.tz import generate_holidays

    generated = {row[0] for row in generate_holidays.rows() if row[4] == "0"}
    shipped = {f"{on}" for year in tz.holiday_years() for on, day in holidays_of(year).items() if not day.estimated}
    # A later release of the tool may confirm what the file still calls an estimate, but not the other way round.
    assert shipped <= generated


# Code lists


def test_the_occupations_are_those_of_the_contract() -> None:
    assert [occupation.code for occupation in tz.occupations()] == OCCUPATIONS.split()


def test_every_occupation_has_its_international_codes() -> None:
    for occupation in tz.occupations():
        assert occupation.isco
        assert all(len(code) == 4 for code in (*occupation.isco, *occupation.isced_f, *occupation.isic))
    assert [occupation.isco for occupation in tz.occupations() if occupation.code == "front-office"] == [("4224",)]
    assert tz.occupation("astronaut") is None


@pytest.mark.parametrize(
    ("list_name", "expected"),
    [
        ("sexes", "F M"),
        ("mark_statuses", "present late absent excused remote"),
        ("slots", "day am pm"),
        ("places", "centre workplace remote"),
        ("roles", "instructor registrar administrator coordinator central"),
        ("awards", "NVA1 NVA2 NVA3 NTA4 NTA5 NTA6 RPL"),
        ("closure_reasons", "covid-19 other-disease flood strike election unrest power other"),
        ("closure_scopes", "nation jurisdiction region centre campus employer cohort"),
    ],
)
def test_code_lists_hold_what_the_design_names(list_name: str, expected: str) -> None:
    assert [entry.code for entry in tz.codes(list_name)] == expected.split()


@pytest.mark.parametrize("list_name", tz.list_names())
def test_every_code_is_unique_and_has_both_labels(list_name: str) -> None:
    entries = tz.codes(list_name)
    assert len({entry.code for entry in entries}) == len(entries) > 0
    assert all(entry.code.isascii() and entry.en.strip() and entry.sw.strip() for entry in entries)


@pytest.mark.parametrize(
    ("list_name", "code", "sw", "en"),
    [
        ("mark_statuses", "present", "Yupo", "Present"),
        ("mark_statuses", "late", "Amechelewa", "Late"),
        ("mark_statuses", "absent", "Hayupo", "Absent"),
        ("mark_statuses", "excused", "Ameruhusiwa", "Excused"),
        ("regions", "TZ-19", "Pwani", "Coast"),
        ("occupations", "carpentry", "Useremala", "Carpentry and joinery"),
        ("sectors", "I55", "Hoteli na malazi", "Hotels and lodging"),
    ],
)
def test_labels_are_in_the_language_asked_for(list_name: str, code: str, sw: str, en: str) -> None:
    assert (tz.label(list_name, code, "sw"), tz.label(list_name, code, "en")) == (sw, en)


def test_a_variant_of_english_is_english() -> None:
    assert tz.label("sexes", "F", "en_GB") == "Female"


def test_an_unknown_code_is_its_own_label() -> None:
    assert tz.label("sectors", "Z99", "sw") == "Z99"
    assert not tz.has_code("sectors", "Z99")


def test_a_list_that_does_not_exist_is_a_mistake_of_the_program() -> None:
    with pytest.raises(KeyError):
        tz.codes("colours")


def test_choices_are_ready_for_a_form() -> None:
    assert tz.choices("sexes", "sw") == [("F", "Mwanamke"), ("M", "Mwanaume")]


@pytest.mark.parametrize("text", ["carpentry", "Carpentry and joinery", "USEREMALA "])
def test_a_label_or_a_code_leads_to_the_code(text: str) -> None:
    assert tz.code_of("occupations", text) == "carpentry"


@pytest.mark.parametrize(
    ("text", "sector"),
    [
        ("I55", "I55"),
        ("i55", "I55"),
        ("I5510", "I55"),
        ("5610", "I56"),
        ("hotels and lodging", "I55"),
        ("Elimu", "P85"),
        ("C55", None),
        ("99", None),
        ("", None),
        ("nuclear power", None),
    ],
)
def test_a_sector_is_found_by_isic_code_or_label(text: str, sector: str | None) -> None:
    assert tz.sector_of(text) == sector


# Programmes


def test_the_hotel_programme_is_26_weeks_at_college_and_78_at_work() -> None:
    hotel = tz.programme("hotel-24m")
    assert hotel
    assert (hotel.award, hotel.months, hotel.weeks_at_centre, hotel.weeks_at_workplace) == ("NTA5", 24, 26, 78)
    assert hotel.threshold_percent == 75


def test_the_modular_programme_is_half_and_half() -> None:
    modular = tz.programme("modular-6m")
    assert modular
    assert (modular.months, modular.weeks_at_centre, modular.weeks_at_workplace) == (6, 13, 13)


@pytest.mark.parametrize("programme", tz.programmes())
def test_programmes_refer_to_codes_of_the_pack(programme: tz.Programme) -> None:
    assert all(tz.has_code("occupations", code) for code in programme.occupations)
    assert programme.award is None or tz.has_code("awards", programme.award)


def test_an_unknown_programme_is_none() -> None:
    assert tz.programme("phd") is None
