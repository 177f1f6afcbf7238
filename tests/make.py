"""Makes what a test needs, by the same actions that people use; every part has a plain default."""

from dataclasses import dataclass
from datetime import date

from tracker.accounts import actions, queries
from tracker.accounts.models import Credential
from tracker.employers import actions as employers
from tracker.employers.models import Employer
from tracker.people import actions as people
from tracker.people.models import Apprentice, Cohort
from tracker.policy import Actor, OPERATOR

PASSWORD = "maneno manne ya siri"


@dataclass
class Make:
    """The maker of a test's world.

    centre  partition of the laptop's own centre
    other   partition of another centre, where Chausiku works
    """

    centre: str
    other: str

    def user(self, name: str = "Zawadi Mushi", role: str = "registrar", *, partition: str | None = None) -> Credential:
        """A person who can sign in with the first name and PASSWORD."""
        username = name.split(maxsplit=1)[0].lower()
        return actions.add_user(OPERATOR, partition or self.centre, username, name, role, PASSWORD, must_change=False)

    def actor(self, username: str) -> Actor:
        """The actor that signs in with this username."""
        credential = queries.credential_named(username)
        assert credential is not None
        actor = queries.actor_for_credential(credential)
        assert actor is not None
        return actor

    def cohort(self, name: str = "Housekeeping 2026 A", starts_on: date = date(2026, 1, 5), *, partition: str | None = None) -> Cohort:
        """A cohort of the hotel programme."""
        return people.open_cohort(OPERATOR, partition or self.centre, name, "hotel-24m", starts_on)

    def apprentice(
        self, name: str = "Asha Juma", cohort: Cohort | None = None, *, partition: str | None = None, **values: object
    ) -> Apprentice:
        """An apprentice, enrolled in the cohort if there is one; `values` as in ApprenticeSchema."""
        given, _, family = name.partition(" ")
        values = {"given_name": given, "family_name": family, "cohort_id": cohort.id if cohort else None, **values}
        return people.register_apprentice(OPERATOR, partition or self.centre, values)

    def employer(self, name: str = "Hoteli ya Bahari", *, partition: str | None = None, **values: object) -> Employer:
        """A host employer."""
        return employers.add_employer(OPERATOR, partition or self.centre, {"name": name, **values})
