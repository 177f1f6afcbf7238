"""What a valid centre and a valid campus are."""

from collections.abc import Iterator, Mapping
from typing import Any

from tracker import inputs
from tracker.errors import N_, Problem

WRONG_REGION = N_("There is no region %(text)s.")


class CampusSchema(inputs.Sheet):
    """A campus; its district decides which closures reach it."""

    name = inputs.Text(needed=N_("Enter the name."))
    region = inputs.CodeOf("regions", WRONG_REGION, needed=N_("Choose the region."))
    district = inputs.District()

    def warnings(self, values: Mapping[str, Any]) -> Iterator[Problem]:
        """A district that the pack does not know."""
        yield from inputs.odd_district(values)


class CentreSchema(CampusSchema):
    """The profile of a centre."""

    short_name = inputs.Text(needed=N_("Enter a short name; it stands at the top of every page."))
    aliases = inputs.Text()
    phone = inputs.Phone()

    def warnings(self, values: Mapping[str, Any]) -> Iterator[Problem]:
        """A district or a phone number that looks odd."""
        yield from inputs.odd_district(values)
        yield from inputs.odd_phone(values)
