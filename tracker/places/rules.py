"""What the profile of a centre refuses."""

from tracker.errors import DomainError, N_


class AlreadySetUp(DomainError):
    """The partition has its centre."""

    code, status = "places.already_set_up", 409
    sentence = N_("This centre is set up already: %(name)s.")


class UnknownRegion(DomainError):
    """The region is none of the country's."""

    code, status = "places.unknown_region", 422
    sentence = N_("There is no region %(region)s. Use a code such as TZ-07.")
