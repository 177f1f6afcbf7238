"""Development only: writes `holidays.csv` from the `holidays` package and the additions below.

Run `python -m tracker.country.tz.generate_holidays` once a year, read the diff, then correct by hand what the
government announced otherwise. The application reads the file and never this module.
"""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

FIRST_YEAR, LAST_YEAR = 2019, 2027
COLUMNS = ("date", "name_sw", "name_en", "jurisdiction", "estimated", "in_lieu")

# The package's official names are too long for a cell of a month sheet.
SHORT_NAMES = {
    "Mwaka Mpya": ("Mwaka Mpya", "New Year's Day"),
    "Mapinduzi ya Zanzibar": ("Mapinduzi ya Zanzibar", "Zanzibar Revolution Day"),
    "Siku ya kumbukumbu ya Rais wa Kwanza wa Serikali ya Mapinduzi Zanzibar Sheikh Abeid Amani Karume": (
        "Kumbukumbu ya Karume",
        "Karume Day",
    ),
    "Ijumaa Kuu": ("Ijumaa Kuu", "Good Friday"),
    "Jumatatu ya Pasaka": ("Jumatatu ya Pasaka", "Easter Monday"),
    "Muungano wa Tanzania": ("Muungano wa Tanzania", "Union Day"),
    "Sikukuu ya Wafanyakazi Ulimwenguni": ("Sikukuu ya Wafanyakazi", "Workers' Day"),
    "Sabasaba": ("Sabasaba", "Saba Saba"),
    "Sikukuu ya Wakulima": ("Sikukuu ya Wakulima", "Farmers' Day (Nane Nane)"),
    "Kumbukumbu ya Mwalimu Nyerere na Kilele cha mbio za Mwenge": ("Kumbukumbu ya Mwalimu Nyerere", "Nyerere Day"),
    "Uhuru na Jamhuri": ("Uhuru na Jamhuri", "Independence and Republic Day"),
    "Kuzaliwa Kristo": ("Kuzaliwa Kristo", "Christmas Day"),
    "Siku ya Kupeana Zawadi": ("Siku ya Kupeana Zawadi", "Boxing Day"),
    "Eid El-Fitri": ("Eid El-Fitri", "Eid al-Fitr"),
    "Eid El Hajj": ("Eid El-Hajj", "Eid al-Adha"),
    "Maulidi": ("Maulidi", "Prophet's Birthday"),
    "Sikukuu ya Uchaguzi Mkuu wa Tanzania": ("Uchaguzi Mkuu", "General Election"),
    "Mazishi ya John Pombe Magufuli": ("Mazishi ya Rais Magufuli", "Funeral of President Magufuli"),
    "Siku ya Sensa ya Kitaifa ya Watu na Makazi": ("Siku ya Sensa", "Census Day"),
}

# Declared after the package's release. Source: statement of the Chief Secretary, 24 October 2025.
ADDITIONS = {date(2025, 10, 29): "Sikukuu ya Uchaguzi Mkuu wa Tanzania"}

ESTIMATE, IN_LIEU = " (makisio)", "Badala ya "


def main() -> None:
    """Write the file anew."""
    path = Path(__file__).with_name("holidays.csv")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows())


def rows() -> Iterator[tuple[str, str, str, str, str, str]]:
    """One row per holiday, by date, then name; two holidays on one day are two rows."""
    # Imported here: the package is a development tool and no laptop has it.
    from holidays import country_holidays

    found = country_holidays("TZ", years=range(FIRST_YEAR, LAST_YEAR + 1), language="sw")
    named = [(on, name) for on, names in found.items() for name in names.split("; ")]
    for on, name in sorted({*named, *ADDITIONS.items()}):
        estimated, in_lieu = name.endswith(ESTIMATE), name.startswith(IN_LIEU)
        sw, en = SHORT_NAMES[name.removesuffix(ESTIMATE).removeprefix(IN_LIEU)]
        if in_lieu:
            sw, en = f"{IN_LIEU}{sw}", f"{en} (in lieu)"
        yield on.isoformat(), sw, en, "both", str(int(estimated)), str(int(in_lieu))


if __name__ == "__main__":
    main()
