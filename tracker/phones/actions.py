"""What people do with phones: make a code, enrol, open with a PIN, end a phone; and keep the Wi-Fi's name.

Two things open the register on a phone: its key, which no person ever sees, and a PIN, which is worth nothing elsewhere.
"""

import base64
import secrets
from dataclasses import dataclass, replace

from flask import current_app
from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session as OrmSession

from tracker import config
from tracker.accounts import actions as accounts
from tracker.accounts import passwords
from tracker.accounts import rules as accounts_rules
from tracker.accounts.models import Credential, Session, Throttle
from tracker.clock import steady
from tracker.db import write
from tracker.errors import NotFound
from tracker.phones import queries, rules
from tracker.phones.models import EnrolmentCode, Phone, Pin
from tracker.policy import Actor, check, may, OPERATOR


@dataclass(frozen=True)
class Opened:
    """What a phone keeps: its own key, and the token of the session that was opened on it."""

    key: str
    token: str


def make_code(actor: Actor, credential: Credential) -> str:
    """A code that enrols one phone for this person within ten minutes; the one before no longer does. Raises NotAllowed."""
    check(actor, "enrol")
    code = base64.b32encode(secrets.token_bytes(16)).decode("ascii").rstrip("=").lower()  # can be typed, if it must be
    with write(actor) as session:
        session.execute(delete(EnrolmentCode).where(EnrolmentCode.credential_id == credential.id))
        session.add(EnrolmentCode(code_hash=queries.hashed(code), credential_id=credential.id, made_s=steady()))
    return code


def enrol(code: str, pin: str, *, key: str | None, user_agent: str, old_token: str | None = None) -> Opened:
    """Spend the code: this phone knows its person by the PIN from now on, and is open.

    key  the phone's, where it is enrolled for somebody else already
    Raises WeakPin, CodeSpent; after WeakPin the code is as good as before.
    """
    rules.check_pin(pin)
    if queries.invited_by(code) is None:  # before the slow hash, which strangers shall not have for nothing
        raise rules.CodeSpent
    pin_hash, device, now = passwords.hashed(pin), accounts_rules.device_name(user_agent), steady()
    with write(OPERATOR) as session:
        credential = queries.invited_by(code)
        spent = session.execute(
            delete(EnrolmentCode).where(EnrolmentCode.code_hash == queries.hashed(code)).returning(EnrolmentCode.made_s)
        )
        if spent.scalar() is None or credential is None:
            raise rules.CodeSpent
        phone = queries.phone_with(key)
        if phone is None or key is None:
            key = secrets.token_urlsafe(32)
            phone = Phone(key_hash=queries.hashed(key), name=device, enrolled_s=now, seen_s=now)
            session.add(phone)
            session.flush()
        _end_pin(session, phone.id, credential.id)
        session.add(Pin(phone_id=phone.id, credential_id=credential.id, pin_hash=pin_hash))
        return Opened(key, accounts.open_session(credential.id, device, old_token=old_token, phone_id=phone.id))


def open_with_pin(phone_id: int, credential_id: int, pin: str, *, user_agent: str, old_token: str | None = None) -> str:
    """Open a session on an enrolled phone; gives its token. Raises WrongPin, WaitFirst, PinGone."""
    pin_hash = queries.pin_hash(phone_id, credential_id)
    if pin_hash is None:
        raise rules.PinGone
    tries = accounts.count_try([_subject(phone_id, credential_id)])
    is_right = passwords.is_right(pin, pin_hash)
    if not is_right and tries < rules.MOST_WRONG:
        raise rules.WrongPin(left=rules.MOST_WRONG - tries)
    if not is_right or queries.at_work(credential_id) is None:  # or he left, as another computer has told us
        _forget(phone_id, credential_id)
        raise rules.PinGone
    accounts.forgive(_subject(phone_id, credential_id))
    with write(OPERATOR) as session:
        phone = session.get(Phone, phone_id)
        if phone is None or queries.pin_hash(phone_id, credential_id) != pin_hash:  # ended while the hash was reckoned
            raise rules.PinGone
        phone.seen_s = steady()
        return accounts.open_session(credential_id, accounts_rules.device_name(user_agent), old_token=old_token, phone_id=phone_id)


def end_phone(actor: Actor, credential: Credential, phone_id: int) -> None:
    """End a phone: for everybody, if the actor keeps the accounts, else for himself. Raises NotFound where he has no PIN on it."""
    with write(actor) as session:
        mine = select(Pin.credential_id).where(Pin.phone_id == phone_id)
        if not may(actor, "accounts"):
            mine = mine.where(Pin.credential_id == credential.id)
        ended = session.scalars(mine).all()
        if not ended:
            raise NotFound
        for each in ended:
            _end_pin(session, phone_id, each)
        _drop_unused(session)


def _forget(phone_id: int, credential_id: int) -> None:
    with write(OPERATOR) as session:
        _end_pin(session, phone_id, credential_id)
        _drop_unused(session)


def forget_person(credential_id: int) -> None:
    """End all PINs and codes of a person whose access ends, or whose password was set anew."""
    with write(OPERATOR) as session:
        for phone_id in session.scalars(select(Pin.phone_id).where(Pin.credential_id == credential_id)).all():
            _end_pin(session, phone_id, credential_id)
        session.execute(delete(EnrolmentCode).where(EnrolmentCode.credential_id == credential_id))
        _drop_unused(session)


accounts.when_access_ends.append(forget_person)


def _subject(phone_id: int, credential_id: int) -> str:
    return f"phone:{phone_id}:{credential_id}"


def _end_pin(session: OrmSession, phone_id: int, credential_id: int) -> None:
    session.execute(delete(Pin).where(Pin.phone_id == phone_id, Pin.credential_id == credential_id))
    session.execute(delete(Session).where(Session.phone_id == phone_id, Session.credential_id == credential_id))
    # The next phone may get the same number, and is not to be punished for this one's tries.
    session.execute(delete(Throttle).where(Throttle.subject == _subject(phone_id, credential_id)))


def _drop_unused(session: OrmSession) -> None:
    session.execute(delete(Phone).where(~exists().where(Pin.phone_id == Phone.id)))


def keep_wifi(actor: Actor, name: str, password: str) -> None:
    """Keep the Wi-Fi's name and password in the data folder, or forget them (both empty). Raises NotAllowed, OSError."""
    check(actor, "accounts")
    settings: config.Settings = current_app.extensions["settings"]
    config.save(settings.home, wifi_name=name, wifi_password=password)
    current_app.extensions["settings"] = replace(settings, wifi_name=name, wifi_password=password)
