"""What people do with accounts: sign in and out, change a password, add and change users, say who teaches whom."""

import secrets
from collections.abc import Callable
from datetime import date

from flask import current_app
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as OrmSession

from tracker.accounts import passwords, queries, rules
from tracker.accounts.models import Credential, Session, Staff, Teaching, Throttle
from tracker.clock import steady
from tracker.config import Settings
from tracker.db import apply_form, write
from tracker.errors import NotFound
from tracker.policy import Actor, check, kind_of, OPERATOR

SEEN_EVERY_S = 60
# Called inside the write that ends a person's access or changes his password, with the credential's id: what else opens
# the register in his name, such as PINs, belongs to later slices and ends with it.
when_access_ends: list[Callable[[int], None]] = []


def _settings() -> Settings:
    settings = current_app.extensions["settings"]
    assert isinstance(settings, Settings)
    return settings


def sign_in(username: str, password: str, *, device: str, address: str, old_token: str | None = None) -> str:
    """Check the password and open a session; gives the token for the cookie. A session already open in this browser ends.

    Raises WrongSignIn, WaitFirst.
    """
    name = username.strip().casefold()[:40]
    subjects = [f"account:{name}", f"device:{address}"]
    count_try(subjects)
    credential = queries.credential_named(name)
    if credential is None:
        passwords.waste_time(password)
        raise rules.WrongSignIn
    if not passwords.is_right(password, credential.password_hash) or queries.actor_for_credential(credential) is None:
        raise rules.WrongSignIn
    with write(OPERATOR) as session:
        session.execute(delete(Throttle).where(Throttle.subject.in_(subjects)))
        return open_session(credential.id, device, old_token=old_token)


def count_try(subjects: list[str]) -> int:
    """Count a try before its password is checked, so that a hundred tries at once get no free look; raises WaitFirst.

    Returns how many tries there were since the last success, this one included; of several subjects the most.
    """
    try:
        return _count_once(subjects)
    except IntegrityError:  # PostgreSQL lets two first tries begin at once; now the other one's row is there to wait for
        return _count_once(subjects)


def _count_once(subjects: list[str]) -> int:
    settings, now = _settings(), steady()
    with write(OPERATOR) as session:
        longest, most = 0.0, 0
        for subject in subjects:
            row = session.get(Throttle, subject, with_for_update=True)
            if row is None:
                row = Throttle(subject=subject, tries=0, last_s=now)
                session.add(row)
            row.last_s = min(row.last_s, now)  # a clock that was set back must not lock anybody out for years
            wait = rules.wait_s(row.tries, now - row.last_s, free=settings.throttle_free, longest_s=settings.throttle_max_s)
            longest = max(longest, wait)
            if not wait:
                row.tries, row.last_s = row.tries + 1, now
            most = max(most, row.tries)
    if longest:
        raise rules.WaitFirst(seconds=int(longest) + 1)
    return most


def forgive(subject: str) -> None:
    """Forget the tries of a subject: the right word was said, or there is nothing left to guess."""
    with write(OPERATOR) as session:
        session.execute(delete(Throttle).where(Throttle.subject == subject))


def open_session(credential_id: int, device: str, *, old_token: str | None = None, phone_id: int | None = None) -> str:
    """Open a session for somebody who has proved who he is; gives the token for the cookie.

    old_token  of the session that was open in this browser; it ends
    phone_id   the enrolled phone whose PIN was given: the session counts on that phone alone
    """
    token, now = secrets.token_urlsafe(32), steady()
    with write(OPERATOR) as session:
        if old_token:
            session.execute(delete(Session).where(Session.token_hash == queries.token_hash(old_token)))
        session.execute(delete(Session).where(Session.created_s < now - _settings().session_absolute_s))
        row = Session(token_hash=queries.token_hash(token), credential_id=credential_id, created_s=now, seen_s=now, device=device[:200])
        row.phone_id = phone_id
        session.add(row)
    return token


def touch(session_row: Session) -> None:
    """Note that the person is still there; once a minute is enough."""
    now = steady()
    if now - session_row.seen_s >= SEEN_EVERY_S:
        with write(OPERATOR):
            session_row.seen_s = now


def sign_out(token: str) -> None:
    """End the session of this token."""
    with write(OPERATOR) as session:
        session.execute(delete(Session).where(Session.token_hash == queries.token_hash(token)))


def end_session(actor: Actor, credential: Credential, session_id: int) -> None:
    """End one of the person's own sessions; raises NotFound for anybody else's."""
    with write(actor) as session:
        row = session.get(Session, session_id)
        if row is None or row.credential_id != credential.id:
            raise NotFound
        session.delete(row)


def change_password(actor: Actor, credential: Credential, *, current: str, new: str, device: str) -> str:
    """Set a new password; every session of the person ends and a new one opens, whose token is given.

    Raises WrongSignIn, WaitFirst, WeakPassword.
    """
    confirm(credential, current)
    if new == current:
        raise rules.SamePassword
    _set_password(actor, credential, new, must_change=False)
    return open_session(credential.id, device)


def confirm(credential: Credential, password: str) -> None:
    """Let the person prove once more who is there; raises WrongSignIn, WaitFirst."""
    subject = f"account:{credential.username}"
    count_try([subject])
    if not passwords.is_right(password, credential.password_hash):
        raise rules.WrongSignIn
    forgive(subject)


def _set_password(actor: Actor, credential: Credential, password: str, *, must_change: bool) -> None:
    rules.check_password(password, credential.username, passwords.common_words())
    password_hash = passwords.hashed(password)
    with write(actor) as session:
        credential.password_hash, credential.must_change = password_hash, must_change
        _end_access(session, credential.id)


def _end_access(session: OrmSession, credential_id: int) -> None:
    session.execute(delete(Session).where(Session.credential_id == credential_id))
    for end in when_access_ends:
        end(credential_id)


def add_user(
    actor: Actor,
    partition: str,
    username: str,
    name: str,
    role: str,
    password: str,
    *,
    must_change: bool = True,
    administers: bool = False,
) -> Credential:
    """Add a person to the staff of a partition and let him sign in on this machine; `administers` lets him keep it, too.

    Raises NotAllowed, BadUsername, UsernameTaken, WrongRole, WeakPassword.
    """
    check(actor, "accounts")
    username = rules.folded_username(username)
    rules.check_role(role, kind_of(partition))
    rules.check_password(password, username, passwords.common_words())
    password_hash = passwords.hashed(password)
    with write(actor) as session:
        if queries.credential_named(username) is not None:
            raise rules.UsernameTaken(username=username)
        staff = Staff(partition=partition, name=name.strip(), role=role, active=True)
        session.add(staff)
        credential = Credential(
            username=username,
            password_hash=password_hash,
            staff_id=staff.id,
            partition=partition,
            must_change=must_change,
            administers=administers,
        )
        session.add(credential)
        session.flush()
        return credential


def change_user(actor: Actor, credential_id: int, values: dict[str, object], seen: str | None) -> Staff:
    """Change name, role or active of a user's staff row; raises NotFound, NotAllowed, WrongRole."""
    with write(actor) as session:
        staff = queries.user_for(actor, credential_id).staff
        if staff is None:
            raise NotFound
        rules.check_role(str(values["role"]), kind_of(staff.partition))
        apply_form(staff, values, seen)
        if not staff.active:
            _end_access(session, credential_id)
        return staff


def reset_password(actor: Actor, credential_id: int, password: str) -> Credential:
    """Give a user a new first password, to be changed at the next sign-in; all sessions of the user end.

    Raises NotFound, NotAllowed, WeakPassword.
    """
    credential = queries.user_for(actor, credential_id).credential
    _set_password(actor, credential, password, must_change=True)
    with write(actor) as session:
        session.execute(delete(Throttle).where(Throttle.subject == f"account:{credential.username}"))
    return credential


def set_teaching(actor: Actor, partition: str, staff_id: str, cohort_id: str, *, ended_on: date | None = None) -> Teaching:
    """Say that a person teaches a cohort, or since when no longer; raises NotAllowed."""
    check(actor, "edit-people", partition)
    with write(actor) as session:
        row = session.scalar(
            select(Teaching).where(Teaching.partition == partition, Teaching.staff_id == staff_id, Teaching.cohort_id == cohort_id)
        )
        if row is None:
            row = Teaching(partition=partition, staff_id=staff_id, cohort_id=cohort_id)
            session.add(row)
        row.ended_on = ended_on
        return row
