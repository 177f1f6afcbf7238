"""Numbers that people carry: a warning at most, and never a duty to have one."""

from collections.abc import Callable
from datetime import date

import pytest

from tracker.country import tz
from tracker.country.tz.identifiers import (
    csee_warning,
    nida_warning,
    normal_nida,
    normal_phone,
    phone_warning,
    tin_warning,
    zanid_warning,
)

BORN = date(1999, 5, 21)


@pytest.mark.parametrize("check", [nida_warning, zanid_warning, csee_warning, tin_warning, phone_warning])
@pytest.mark.parametrize("nothing", ["", "   "])
def test_no_number_is_required(check: Callable[[str], str | None], nothing: str) -> None:
    assert check(nothing) is None


@pytest.mark.parametrize("text", ["19990521-12345-00001-23", "19990521123450000123", "19990521 12345 00001 23"])
def test_a_national_id_may_have_hyphens_or_not(text: str) -> None:
    assert nida_warning(text, BORN) is None
    assert normal_nida(text) == "19990521-12345-00001-23"


@pytest.mark.parametrize("text", ["1999052112345000012", "19990521-12345-00001-2X", "abc"])
def test_a_national_id_has_20_digits(text: str) -> None:
    assert nida_warning(text, BORN) == "nida.format"
    assert normal_nida(text) is None


def test_a_national_id_begins_with_the_date_of_birth() -> None:
    assert nida_warning("19990522-12345-00001-23", BORN) == "nida.birth_date"
    assert nida_warning("19990522-12345-00001-23") is None


def test_a_zanzibar_id_has_9_digits() -> None:
    assert zanid_warning("012345678") is None
    assert zanid_warning("01234567") == "zanid.format"


@pytest.mark.parametrize("text", ["S0101/0001/2019", "s0101/0001", " P0101 / 0001 / 2019"])
def test_an_index_number_names_school_and_candidate(text: str) -> None:
    assert csee_warning(text) is None


@pytest.mark.parametrize("text", ["0101/0001", "S101/0001", "S0101-0001", "S0101/0001/19"])
def test_another_index_number_gets_a_warning(text: str) -> None:
    assert csee_warning(text) == "csee.format"


@pytest.mark.parametrize("text", ["123-456-789", "123456789"])
def test_a_taxpayer_number_has_9_digits(text: str) -> None:
    assert tin_warning(text) is None
    assert tin_warning(text[:-1]) == "tin.format"


@pytest.mark.parametrize(
    "text",
    [
        "0712345678",
        "0712 345 678",
        "(0712) 345-678",
        "255712345678",
        "+255 712 345 678",
        "+255 (0) 712 345 678",
        "00255712345678",
        "712345678",
    ],
)
def test_a_phone_number_has_one_form(text: str) -> None:
    assert normal_phone(text) == "+255712345678"
    assert phone_warning(text) is None


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("0622 000 111", "+255622000111"),
        ("024 223 1234", "+255242231234"),
        ("+254 712 345 678", "+254712345678"),
        ("0044 20 7946 0000", "+442079460000"),
    ],
)
def test_other_networks_fixed_lines_and_neighbours_are_known(text: str, normal: str) -> None:
    assert normal_phone(text) == normal


@pytest.mark.parametrize("text", ["07123", "0512345678", "07123456789", "simu ya mama", "+255 512 345 678"])
def test_what_is_no_phone_number_gets_a_warning(text: str) -> None:
    assert normal_phone(text) is None
    assert phone_warning(text) == "phone.format"


def test_every_warning_has_a_sentence() -> None:
    given = {nida_warning("1"), nida_warning("19990522123450000123", BORN), zanid_warning("1"), csee_warning("1")}
    given |= {tin_warning("1"), phone_warning("1")}
    assert given == {entry.code for entry in tz.codes("identifier_warnings")}
