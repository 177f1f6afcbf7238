"""What the story is about: centres, cohorts, hotels, days and figures. Plain values.

Published figures (who, how many, when) are as in the sources of 2019 and 2020: 41 enrolled at the National College of
Tourism, 38 of them taken in in November 2019, in 15 hotels; 52 graduates of SUZA on 23 April 2019, 33 of them employed;
31 partner hotels; more than 200 back after the closure. How they part into women and men, groups and hotels is invented.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

MAINLAND_GOVERNMENT: Final = "Serikali ya Jamhuri ya Muungano wa Tanzania"
MINISTRY: Final = "Wizara ya Elimu, Sayansi na Teknolojia"
TRAINER: Final = "Afisa afya wa wilaya"
# Cohorts that were given work to take home, and what it is worth once it is brought back: twenty hours.
PACKED: Final = ("NCT/D/19", "NCT/A/19", "SUZA/20A")
PACK: Final = "Kazi za nyumbani: usafi wa chakula"
PACK_MINUTES: Final = 1200
CENTRAL_NAME: Final = "Makao makuu"
NCT_NAME, NCT_SHORT, NCT_REGION = "National College of Tourism", "NCT", "TZ-02"
SUZA_NAME, SUZA_SHORT, SUZA_REGION = "State University of Zanzibar, Institute of Tourism", "SUZA IoT", "TZ-15"
PROGRAMME: Final = "hotel-24m"

SET_UP: Final = date(2020, 1, 2)
FIRST_REGISTER: Final = date(2020, 1, 6)
PLACING: Final = date(2020, 2, 28)
TO_HOTELS: Final = date(2020, 3, 2)
LAST_OPEN: Final = date(2020, 3, 17)
CLOSED: Final = date(2020, 3, 18)
MAINLAND_EXPECTED_UNTIL: Final = date(2020, 4, 16)  # 30 days, the first included
ILO_DATE: Final = date(2020, 4, 15)
PACKS_GIVEN: Final = date(2020, 4, 6)
EXTENDED: Final = date(2020, 4, 14)
RUMOUR, RUMOUR_OF, RUMOUR_WITHDRAWN = date(2020, 5, 19), date(2020, 5, 25), date(2020, 5, 22)
PERMISSION_READ: Final = date(2020, 5, 28)
PERMITTED: Final = date(2020, 6, 1)
NCT_REOPENED: Final = date(2020, 6, 1)
SUZA_REOPENED: Final = date(2020, 6, 22)
SCHOOLS_ANNOUNCED: Final = date(2020, 6, 17)
SCHOOLS_REOPENED: Final = date(2020, 6, 29)
NCT_PACKS_BACK, SUZA_PACKS_BACK = date(2020, 6, 10), date(2020, 7, 1)
NCT_SESSION_AGAIN, SUZA_SESSION_AGAIN = date(2020, 7, 8), date(2020, 7, 15)
SESSION_DAYS: Final = 30
ORDER_WITHDRAWN: Final = date(2020, 7, 10)
HOUR_MORE: Final = date(2020, 7, 13)
END_MOVED: Final = date(2020, 7, 24)
TERM_ENDS: Final = date(2020, 12, 18)
NEW_END: Final = date(2021, 12, 17)
ILO_ARTICLE_READ: Final = date(2020, 7, 2)
LEFT: Final = date(2020, 7, 17)
LAST_REGISTER: Final = date(2020, 7, 29)
TODAY: Final = date(2020, 7, 30)
GRADUATED: Final = date(2019, 4, 23)


@dataclass(frozen=True)
class Cohort:
    """A cohort as it was when everything closed.

    prefix     of the apprentices' numbers
    campus     index among the centre's campuses; None: the centre as a whole
    trades     trades in turn, as often as they come
    placed     how many were in hotels, and since when
    never      (women, men) who did not come back after the reopening
    late       (women, men) who came back only on LATE
    not_taken  days whose register nobody took
    """

    prefix: str
    name: str
    starts_on: date
    ends_on: date
    instructor: str
    women: int
    men: int
    trades: tuple[str, ...]
    campus: int | None = None
    placed: int = 0
    placed_since: date = TO_HOTELS
    never: tuple[int, int] = (0, 0)
    late: tuple[int, int] = (0, 0)
    not_taken: tuple[date, ...] = ()

    @property
    def size(self) -> int:
        """How many are enrolled."""
        return self.women + self.men


@dataclass(frozen=True)
class Call:
    """An attempt to reach somebody who has not come back. expected_on: the day on which he said to come."""

    on: date
    means: str
    outcome: str
    note: str | None = None
    expected_on: date | None = None


LATE: Final = date(2020, 7, 6)  # the 35th day after NCT's reopening: back, but not within 30 days
HOTEL_TRADES: Final = ("food-production", "food-beverage-service", "front-office", "housekeeping")
SUZA_TRADES: Final = ("front-office", "food-production", "housekeeping", "front-office", "bakery")

NCT_COHORTS: Final = (
    Cohort(
        "NCT/D/19",
        "Dar es Salaam, Novemba 2019",
        date(2019, 11, 4),
        date(2021, 10, 29),
        "baraka",
        12,
        10,
        HOTEL_TRADES,
        campus=0,
        placed=12,
        never=(1, 1),
        not_taken=(date(2020, 2, 12), date(2020, 7, 8)),
    ),
    Cohort(
        "NCT/A/19",
        "Arusha, Novemba 2019",
        date(2019, 11, 4),
        date(2021, 10, 29),
        "neema",
        9,
        7,
        HOTEL_TRADES,
        campus=1,
        placed=9,
        never=(1, 0),
        late=(0, 1),
        not_taken=(date(2020, 7, 16), date(2020, 7, 24)),
    ),
    Cohort(
        "NCT/D/18",
        "Dar es Salaam, Novemba 2018",
        date(2018, 11, 5),
        date(2020, 10, 30),
        "baraka",
        1,
        2,
        HOTEL_TRADES,
        campus=0,
        placed=3,
        placed_since=date(2019, 5, 6),
    ),
)
SUZA_COHORTS: Final = (
    Cohort(
        "SUZA/18",
        "Septemba 2018",
        date(2018, 9, 3),
        date(2020, 8, 28),
        "makame",
        26,
        24,
        SUZA_TRADES,
        placed=50,
        placed_since=date(2019, 3, 4),
        never=(2, 1),
    ),
    Cohort("SUZA/19A", "Septemba 2019 A", date(2019, 9, 2), date(2021, 8, 27), "makame", 17, 15, SUZA_TRADES, never=(1, 1)),
    Cohort(
        "SUZA/19B",
        "Septemba 2019 B",
        date(2019, 9, 2),
        date(2021, 8, 27),
        "salma",
        16,
        15,
        SUZA_TRADES,
        never=(1, 0),
        not_taken=(date(2020, 2, 5), date(2020, 7, 20)),
    ),
    Cohort("SUZA/20A", "Januari 2020 A", date(2020, 1, 20), date(2022, 1, 14), "salma", 16, 15, SUZA_TRADES, never=(2, 0)),
    Cohort(
        "SUZA/20B",
        "Januari 2020 B",
        date(2020, 1, 20),
        date(2022, 1, 14),
        "salma",
        15,
        16,
        SUZA_TRADES,
        never=(0, 1),
        not_taken=(date(2020, 3, 4),),
    ),
)
# (trade, how many, how many of them employed on the day of graduation)
GRADUATES: Final = (("front-office", 24, 16), ("food-production", 10, 6), ("bakery", 6, 4), ("housekeeping", 12, 7))
GRADUATE_WOMEN_OF_EACH_FIVE = 3
GRADUATES_COHORT: Final = ("Agosti 2017", date(2017, 8, 17))
REASONS_FOR_LEAVING: Final = (("F", "pregnancy-childcare"), ("F", "transport-lodging"), ("F", "employment"), ("M", "moved"))

NCT_CAMPUSES: Final = (("Kampasi ya Dar es Salaam", "TZ-02", "Ilala"), ("Kampasi ya Arusha", "TZ-01", "Arusha"))
NCT_HOTELS: Final = (
    ("Mikoko Bay Hotel", "Kinondoni"),
    ("Pwani Garden Hotel", "Kinondoni"),
    ("Mnazi Mrefu Hotel", "Ilala"),
    ("Jahazi Court Hotel", "Ilala"),
    ("Msafiri Plaza Hotel", "Ilala"),
    ("Kivuko View Hotel", "Kigamboni"),
    ("Dau la Buluu Resort", "Kigamboni"),
    ("Lango la Ubungo Inn", "Ubungo"),
    ("Tausi Court Hotel", "Temeke"),
    ("Mlima Safi Lodge", "Arusha"),
    ("Twiga Corner Hotel", "Arusha"),
    ("Jua la Asubuhi Hotel", "Arusha"),
    ("Kahawa Hill Lodge", "Arumeru"),
    ("Mgunga Ridge Lodge", "Monduli"),
    ("Nyanda Juu Lodge", "Karatu"),
)
DAR_HOTELS: Final = 9
SUZA_HOTELS: Final = (
    ("Mawimbi Saba Resort", "Kaskazini A"),
    ("Ngalawa Reef Hotel", "Kaskazini A"),
    ("Kasa Lagoon Resort", "Kaskazini A"),
    ("Pweza Point Hotel", "Kaskazini A"),
    ("Mlango wa Chaza Hotel", "Kaskazini B"),
    ("Upepo wa Kusi Resort", "Kusini"),
    ("Mvinje Shore Hotel", "Kusini"),
    ("Mwani Bay Lodge", "Kusini"),
    ("Kaskazi Shore Hotel", "Kati"),
    ("Pomboo Cove Resort", "Kati"),
    ("Vanila Court Hotel", "Mjini"),
    ("Mdalasini House Hotel", "Mjini"),
    ("Iliki Garden Hotel", "Mjini"),
    ("Mlango wa Shaba Hotel", "Mjini"),
    ("Tufaha Garden Hotel", "Magharibi A"),
    ("Mchaichai Villa Hotel", "Magharibi B"),
)
DEPARTMENTS: Final = (
    "Front office; Housekeeping; Kitchen; Restaurant",
    "Front office; Housekeeping; Laundry; Kitchen; Restaurant; Bar",
    "Front office; Housekeeping; Kitchen; Pastry; Restaurant",
)
DEPARTMENT_BY_TRADE: Final = {
    "food-production": "Kitchen",
    "bakery": "Pastry",
    "food-beverage-service": "Restaurant",
    "front-office": "Front office",
    "housekeeping": "Housekeeping",
}
# Numbers of apprentices whose placement lacks something, so that the list of placements has something to remind of.
WITHOUT_SUPERVISOR: Final = ("NCT/A/19/004", "SUZA/18/011")
WITHOUT_CONTRACT: Final = ("NCT/D/19/007", "SUZA/18/023", "SUZA/18/031")
# Who answered one of the six questions with a great difficulty, by number; all others of the cohorts have none.
DIFFICULTIES: Final = {
    "NCT/D/19/003": {"seeing": "a_lot"},
    "NCT/A/19/012": {"walking": "a_lot"},
    "SUZA/18/007": {"hearing": "a_lot"},
    "SUZA/19A/002": {"walking": "cannot"},
    "SUZA/19A/010": {"seeing": "some"},
    "SUZA/19B/003": {"remembering": "a_lot"},
    "SUZA/20A/001": {"seeing": "a_lot"},
    "SUZA/20B/001": {"communicating": "a_lot"},
    "SUZA/20B/003": {"walking": "a_lot"},
}
# Who of NCT has not come back, by number, and what came of looking for them.
CALLS: Final = {
    "NCT/D/19/021": (Call(date(2020, 7, 3), "call", "not_reached"), Call(date(2020, 7, 20), "message", "not_reached")),
    "NCT/D/19/022": (
        Call(date(2020, 7, 3), "call", "promised", expected_on=date(2020, 7, 13)),
        Call(date(2020, 7, 20), "call", "promised", "Anauguza mama yake.", expected_on=date(2020, 8, 3)),
    ),
    "NCT/A/19/016": (Call(date(2020, 7, 6), "call", "wrong_number"), Call(date(2020, 7, 9), "visit", "reached", "Hana nauli.")),
}
ALLOWANCE_TZS: Final = 150_000

PASSWORD: Final = "kalamu-na-wino"  # noqa: S105 - of invented people, on one machine, in a folder that is thrown away
# machine -> (username, name, role, keeps the machine)
USERS: Final = {
    "central": (("tatu", "Tatu Wambura", "central", True),),
    "dar": (("rehema", "Rehema Kessy", "registrar", True), ("baraka", "Baraka Msigwa", "instructor", False)),
    "arusha": (("gidion", "Gidion Laizer", "registrar", True), ("neema", "Neema Mollel", "instructor", False)),
    "suza": (
        ("asha", "Asha Mcha", "registrar", True),
        ("makame", "Makame Ussi", "instructor", False),
        ("salma", "Salma Foum", "instructor", False),
    ),
}
