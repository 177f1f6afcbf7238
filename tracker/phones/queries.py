"""Which phone asks, who may open it, and which phones there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import func, select

from tracker.accounts import queries as accounts
from tracker.accounts.models import Credential, Session
from tracker.clock import steady
from tracker.db import db
from tracker.phones import rules
from tracker.phones.models import EnrolmentCode, Phone, Pin
from tracker.policy import Actor, may


@dataclass(frozen=True)
class Person:
    """Somebody whose PIN opens a phone."""

    credential_id: int
    name: str


@dataclass(frozen=True)
class Line:
    """A phone as the list shows it.

    people  by name
    seen_s  when it was last used, seconds since 1970
    """

    phone: Phone
    people: Sequence[Person]
    seen_s: float


def hashed(secret: str) -> str:
    """What is stored of a phone's key and of a code, which are long and random: no slow hash is needed."""
    return sha256(secret.encode()).hexdigest()


def phone_with(key: str | None) -> Phone | None:
    """The phone with this key."""
    return db.session.scalar(select(Phone).where(Phone.key_hash == hashed(key))) if key else None


def people_on(phone_id: int) -> list[Person]:
    """Who may open this phone with a PIN and still works here, by name."""
    credentials = db.session.scalars(
        select(Credential).join(Pin, Pin.credential_id == Credential.id).where(Pin.phone_id == phone_id).order_by(Credential.id)
    )
    actors = ((each, accounts.actor_for_credential(each)) for each in credentials)
    return sorted((Person(each.id, actor.name) for each, actor in actors if actor), key=lambda person: person.name)


def invited_by(code: str) -> Credential | None:
    """Whose phone this code enrols; None for a code that is spent, or whose person works here no longer."""
    row = db.session.get(EnrolmentCode, hashed(code))
    return None if row is None or rules.is_spent(row.made_s, steady()) else at_work(row.credential_id)


def at_work(credential_id: int) -> Credential | None:
    """The credential, if its person still works here."""
    credential = db.session.get(Credential, credential_id)
    return credential if credential and accounts.actor_for_credential(credential) else None


def pin_hash(phone_id: int, credential_id: int) -> str | None:
    """What is stored of a person's PIN on a phone; None where he has none."""
    return db.session.scalar(select(Pin.pin_hash).where(Pin.phone_id == phone_id, Pin.credential_id == credential_id))


def phones_for(actor: Actor, credential: Credential) -> list[Line]:
    """The person's own phones, or all of them for who keeps the accounts; the last used first."""
    wanted = select(Phone)
    if not may(actor, "accounts"):
        wanted = wanted.join(Pin, Pin.phone_id == Phone.id).where(Pin.credential_id == credential.id)
    used = select(Session.phone_id, func.max(Session.seen_s)).where(Session.phone_id.is_not(None)).group_by(Session.phone_id)
    seen_by_phone = {row[0]: row[1] for row in db.session.execute(used)}
    lines = [Line(each, people_on(each.id), max(each.seen_s, seen_by_phone.get(each.id, 0.0))) for each in db.session.scalars(wanted)]
    return sorted(lines, key=lambda line: line.seen_s, reverse=True)
