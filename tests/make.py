"""Makes what a test needs, by the same actions that people use; every part has a plain default."""

from dataclasses import dataclass

from tracker.accounts import actions, queries
from tracker.accounts.models import Credential
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
