"""What a valid host employer is: the import columns of design.md 7, and its contact."""

from collections.abc import Iterator, Mapping
from typing import Any

from tracker import inputs
from tracker.country import tz
from tracker.errors import N_, Problem


class Sector(inputs.Cell):
    """A sector's code, from a code, an ISIC number or a label; anything else is kept as written."""

    def read(self, text: str) -> str:
        """The code or the text."""
        return tz.sector_of(text) or str(super().read(text))


class Departments(inputs.Cell):
    """Names of departments, split by semicolons."""

    def read(self, text: str) -> str | None:
        """The names, one semicolon and one space apart."""
        return str(super().read("; ".join(part.strip() for part in text.split(";") if part.strip()))) or None


class EmployerSchema(inputs.Sheet):
    """A host employer; only a name is asked for."""

    name = inputs.Text(needed=N_("Enter the name of the employer."))
    sector = Sector()
    district = inputs.District()
    phone = inputs.Phone()
    departments = Departments()
    capacity = inputs.Whole(0, 10_000)
    contact = inputs.Text()

    def warnings(self, values: Mapping[str, Any]) -> Iterator[Problem]:
        """A sector, a district or a phone number that looks odd."""
        if (text := values.get("sector")) and not tz.has_code("sectors", text):
            yield inputs.warn("sector", inputs.UNKNOWN_SECTOR, text=text)
        yield from inputs.odd_district(values)
        yield from inputs.odd_phone(values)
