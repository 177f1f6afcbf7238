"""What people do with places: set up the centre, correct its profile, keep its campuses."""

from collections.abc import Mapping

from tracker.country import tz
from tracker.country.tz.identifiers import normal_phone
from tracker.db import apply_form, void, write
from tracker.places import queries, rules
from tracker.places.models import Campus, Centre
from tracker.policy import Actor, check


def _check_region(region: str) -> None:
    if tz.region(region) is None:
        raise rules.UnknownRegion(region=region)


def _in_pack_spelling(district: str | None) -> str | None:
    found = district and tz.district_by_name(district)
    return found.name if found else district


def set_up_centre(
    actor: Actor, partition: str, name: str, short_name: str, region: str, district: str | None = None, phone: str | None = None
) -> Centre:
    """Write the profile of a partition that has none yet; raises NotAllowed, UnknownRegion, AlreadySetUp."""
    check(actor, "edit-places", partition)
    _check_region(region)
    with write(actor) as session:
        if (known := queries.centre_in(actor, partition)) is not None:
            raise rules.AlreadySetUp(name=known.name)
        centre = Centre(
            partition=partition,
            name=name,
            short_name=short_name,
            region=region,
            district=_in_pack_spelling(district),
            phone=phone and (normal_phone(phone) or phone),
        )
        session.add(centre)
        return centre


def correct_centre(actor: Actor, centre_id: str, values: Mapping[str, object], seen: str | None) -> Centre:
    """Correct the profile; raises NotFound, NotAllowed."""
    with write(actor):
        centre = queries.centre_for(actor, centre_id, may="edit-places")
        apply_form(centre, values, seen)
        return centre


def add_campus(actor: Actor, partition: str, name: str, region: str, district: str | None = None) -> Campus:
    """Add a campus; raises NotAllowed, UnknownRegion."""
    check(actor, "edit-places", partition)
    _check_region(region)
    with write(actor) as session:
        campus = Campus(partition=partition, name=name, region=region, district=_in_pack_spelling(district))
        session.add(campus)
        return campus


def correct_campus(actor: Actor, campus_id: str, values: Mapping[str, object], seen: str | None) -> Campus:
    """Correct a campus; raises NotFound, NotAllowed."""
    with write(actor):
        campus = queries.campus_for(actor, campus_id, may="edit-places")
        apply_form(campus, values, seen)
        return campus


def void_campus(actor: Actor, campus_id: str, reason: str | None) -> Campus:
    """Withdraw a campus with a reason, or restore it (None); raises NotFound, NotAllowed."""
    with write(actor):
        campus = queries.campus_for(actor, campus_id, may="edit-places")
        void(campus, reason)
        return campus
