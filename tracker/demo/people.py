"""Invented people. Nobody of them lives: names are drawn from stocks as they are given on the Mainland and in Zanzibar.

Whoever draws with the same seed gets the same people. Phone numbers begin with 0700, which no network gives out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from tracker.country import tz

# Given names, names of fathers, names of families; both sexes share the last two.
MAINLAND: Final = {
    "F": (
        "Neema Upendo Rehema Furaha Tumaini Witness Gloria Anitha Happiness Agnes Scholastica Lilian Mwanahamisi Zawadi Eliza"
        " Nuru Subira Mariam Hadija Joyce Editha Pendo Stella Veronica Beatrice Rose Sikudhani Catherine Doreen Flora"
    ),
    "M": (
        "Baraka Godfrey Emmanuel Juma Frank Elia Gidion Hamisi Paulo Shabani Deogratius Erasto Ibrahim Innocent Jackson Kelvin"
        " Laurent Meshack Nicholaus Onesmo Philipo Ramadhani Salehe Samweli Thadeo Venance Yusuph Zacharia Anold Bahati"
    ),
    "fathers": "John Peter Athumani Michael Rajabu Daniel Simon Hassani Mathias Ernest Omari Elias Joseph Abdi Charles Stanley Bakari",
    "families": (
        "Mushi Massawe Mollel Laizer Kimaro Swai Temba Urio Shirima Mwakalinga Kapinga Komba Ngonyani Haule Msigwa Sanga Kessy"
        " Marwa Wambura Masanja Shija Maganga Mkude Mhando Semkiwa Mgaya Nyoni Kisanga Minja Mosha Ndossi Mfinanga"
    ),
}
ZANZIBAR: Final = {
    "F": (
        "Mwanaisha Zuwena Asha Fatma Salma Rahma Mwajuma Saada Maryam Zainab Khadija Nassra Raya Ruqaya Sharifa Hidaya Tatu"
        " Pili Bimkubwa Kazija Wahida Thuwaiba Warda Latifa Shemsa Halima Mgeni Time Nunuu Aziza"
    ),
    "M": (
        "Makame Vuai Ame Khamis Mussa Suleiman Abdalla Hassan Mohamed Rashid Machano Pandu Mcha Shaaban Issa Faki Kombo Bakari"
        " Ussi Khatib Mwadini Yussuf Nassor Hamad Silima Maulid Ramadhan Ali Iddi Ghalib"
    ),
    "fathers": "Haji Makame Khamis Juma Mussa Suleiman Abdalla Rashid Salum Ame Hassan Bakari Issa Kombo Faki Ali Nassor Omar",
    "families": (
        "Vuai Pandu Machano Mcha Ussi Foum Khatib Mwadini Silima Haji Makame Khamis Juma Ame Shaaban Hamad Kombo Faki Ngwali"
        " Mzee Choum Mwalim Sheha Daima"
    ),
}
YOUNGEST_YEARS, OLDEST_YEARS = 18, 25
YEAR: Final = 365


@dataclass(frozen=True)
class Invented:
    """A person who does not exist."""

    given_name: str
    middle_name: str
    family_name: str
    sex: str
    birth_date: date
    phone: str
    guardian: str
    guardian_phone: str
    home_region: str
    home_district: str

    @property
    def name(self) -> str:
        """Given name and family name, as a supervisor would be called."""
        return f"{self.given_name} {self.family_name}"


class Inventor:
    """Invents people of one part of the country, no two with the same name, every time the same ones.

    regions  codes of the regions from which they come
    """

    def __init__(self, stock: dict[str, str], regions: tuple[str, ...], seed: str) -> None:
        self._random = Random(seed)
        self._stock = {kind: names.split() for kind, names in stock.items()}
        self._districts = [each for region in regions for each in tz.districts(region)]
        self._names: set[tuple[str, str, str]] = set()
        self._phones = self._numbers()

    def person(self, sex: str, on: date) -> Invented:
        """A person who is between 18 and 25 years old on a day."""
        given, middle, family = self._name(sex)
        draw = self._random
        born = on - timedelta(days=draw.randrange(YOUNGEST_YEARS * YEAR + 5, OLDEST_YEARS * YEAR))
        home = draw.choice(self._districts)
        guardian_given = draw.choice(self._stock["F" if draw.random() < 0.6 else "M"])
        guardian = f"{middle} {family}" if draw.random() < 0.5 else f"{guardian_given} {family}"
        return Invented(given, middle, family, sex, born, next(self._phones), guardian, next(self._phones), home.region, home.name)

    def grown_up(self, sex: str = "") -> str:
        """Name of somebody who works: an instructor, a supervisor."""
        given, _, family = self._name(sex or self._random.choice("FM"))
        return f"{given} {family}"

    def _name(self, sex: str) -> tuple[str, str, str]:
        while True:
            name = tuple(self._random.choice(self._stock[kind]) for kind in (sex, "fathers", "families"))
            given, middle, family = name
            if len(set(name)) == len(name) and (given, middle, family) not in self._names:
                self._names.add((given, middle, family))
                return given, middle, family

    def _numbers(self) -> Iterator[str]:
        taken: set[int] = set()
        while True:
            number = self._random.randrange(10**6)
            if number not in taken:
                taken.add(number)
                yield f"+255700{number:06d}"
