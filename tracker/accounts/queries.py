"""Who is who: staff, users of this machine, and the actor behind a session."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from flask import current_app
from sqlalchemy import select

from tracker.accounts.models import Credential, Session, Staff, Teaching
from tracker.accounts.rules import is_over
from tracker.clock import steady
from tracker.config import Settings
from tracker.db import db
from tracker.errors import NotFound
from tracker.policy import Actor, check, may


@dataclass(frozen=True)
class User:
    """A credential with its staff row; the staff row may still be under way on a laptop that has just joined."""

    credential: Credential
    staff: Staff | None


@dataclass(frozen=True)
class SignedIn:
    """A living session and the person behind it."""

    session: Session
    credential: Credential
    actor: Actor


def _settings() -> Settings:
    settings = current_app.extensions["settings"]
    assert isinstance(settings, Settings)
    return settings


def token_hash(token: str) -> str:
    """What is stored of a session's token."""
    return sha256(token.encode()).hexdigest()


def credential_named(username: str) -> Credential | None:
    """The credential with this username in small letters."""
    return db.session.scalar(select(Credential).where(Credential.username == username))


def staff_of(credential: Credential) -> Staff | None:
    """The staff row of a credential."""
    return db.session.get(Staff, {"partition": credential.partition, "id": credential.staff_id})


def actor_for_credential(credential: Credential) -> Actor | None:
    """The actor that signs in with this credential; None if the person works here no longer."""
    staff = staff_of(credential)
    if staff is None or not staff.active:
        return None
    return replace(actor_for_staff(staff), administers=credential.administers)


def actor_for_staff(staff: Staff) -> Actor:
    """The actor of a staff row: role, places and cohorts."""
    settings, role = _settings(), staff.role or ""
    places = {staff.partition}
    if role == "coordinator" and settings.seat == "region":
        places |= settings.region_partitions
    return Actor(
        id=staff.id,
        name=staff.name or "",
        role=role,
        partitions=None if role == "central" else frozenset(places),
        cohorts=cohorts_taught(staff) if role == "instructor" else frozenset(),
        seat=settings.seat,
        home=staff.partition,
    )


def cohorts_taught(staff: Staff) -> frozenset[str]:
    """Ids of the cohorts that the person teaches now."""
    rows = select(Teaching.cohort_id).where(
        Teaching.partition == staff.partition, Teaching.staff_id == staff.id, Teaching.ended_on.is_(None)
    )
    return frozenset(db.session.scalars(rows))


def signed_in(token: str, phone_id: int | None = None) -> SignedIn | None:
    """The session of a cookie's token, if it is alive and its person still works here.

    phone_id  the enrolled phone that asks: a session that a PIN opened there counts nowhere else
    """
    settings = _settings()
    found = db.session.execute(
        select(Session, Credential).join(Credential, Credential.id == Session.credential_id).where(Session.token_hash == token_hash(token))
    ).first()
    if found is None:
        return None
    session, credential = found
    if session.phone_id is not None and session.phone_id != phone_id:
        return None
    over = is_over(session.created_s, session.seen_s, steady(), idle_s=settings.session_idle_s, absolute_s=settings.session_absolute_s)
    actor = None if over else actor_for_credential(credential)
    return SignedIn(session, credential, replace(actor, by_pin=session.phone_id is not None)) if actor else None


def sessions_of(credential: Credential) -> Sequence[Session]:
    """Where the person is signed in, the latest used first."""
    return db.session.scalars(select(Session).where(Session.credential_id == credential.id).order_by(Session.seen_s.desc())).all()


def users() -> list[User]:
    """Everybody who can sign in on this machine, by username."""
    return [User(each, staff_of(each)) for each in db.session.scalars(select(Credential).order_by(Credential.username))]


def user_for(actor: Actor, credential_id: int) -> User:
    """One user of this machine, for whoever keeps its accounts; raises NotFound, NotAllowed."""
    check(actor, "accounts")
    credential = db.session.get(Credential, credential_id)
    if credential is None:
        raise NotFound
    return User(credential, staff_of(credential))


def staff_in(actor: Actor, partition: str) -> Sequence[Staff]:
    """The people of a partition, by name; raises NotFound for one the actor may not see."""
    if not may(actor, "read", partition) and not may(actor, "accounts"):
        raise NotFound
    return db.session.scalars(select(Staff).where(Staff.partition == partition).order_by(Staff.name, Staff.id)).all()


def name_of(staff_id: str | None) -> str | None:
    """The name of the person with this id, for "edited by"; None if unknown here."""
    return db.session.scalar(select(Staff.name).where(Staff.id == staff_id)) if staff_id else None
