"""Staff and teaching are the register's; credentials, sessions and tries belong to this machine alone."""

from datetime import date

from sqlalchemy import ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Code, LocalRow, Ref, Row, Synced, SyncedRow


class Staff(Row):
    """A person who works in a partition, with one role."""

    __tablename__ = "staff"
    __sync__ = Synced(partitions=("centre", "region", "nation"), roles=("writer",))

    name: Mapped[str | None] = mapped_column(Text())
    role: Mapped[str | None] = mapped_column(Code())
    active: Mapped[bool | None]


class Teaching(SyncedRow):
    """An instructor teaches a cohort; ended, not deleted."""

    __tablename__ = "teaching"
    __sync__ = Synced(partitions=("centre",), roles=("writer",))

    staff_id: Mapped[str] = mapped_column(Ref(), primary_key=True)
    cohort_id: Mapped[str] = mapped_column(Ref(), primary_key=True)
    ended_on: Mapped[date | None]


class Credential(LocalRow):
    """A way to sign in on this machine. `staff_id` and `partition` name the staff row; no foreign key may bind a synced row."""

    __tablename__ = "credential"

    id: Mapped[int] = mapped_column(Integer(), primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)  # folded to small letters
    password_hash: Mapped[str] = mapped_column(String(128))
    staff_id: Mapped[str] = mapped_column(String(64))
    partition: Mapped[str] = mapped_column(String(64))
    must_change: Mapped[bool]
    administers: Mapped[bool] = mapped_column(default=False)  # keeps this machine, whatever the role in the register


class Session(LocalRow):
    """A person signed in on a device, until idle or too old. Only the hash of the cookie's token is kept."""

    __tablename__ = "session"

    id: Mapped[int] = mapped_column(Integer(), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)  # every request looks it up
    credential_id: Mapped[int] = mapped_column(ForeignKey("credential.id", ondelete="CASCADE"), index=True)
    created_s: Mapped[float]
    seen_s: Mapped[float]
    device: Mapped[str] = mapped_column(String(200))
    phone_id: Mapped[int | None]  # the enrolled phone it was opened on, with a PIN: ends with the phone


class Throttle(LocalRow):
    """Tries at a password since the last success, per account and per device; in the database so that a restart forgives nothing."""

    __tablename__ = "throttle"

    subject: Mapped[str] = mapped_column(String(100), primary_key=True)  # "account:amina", "device:192.168.1.20"
    tries: Mapped[int]
    last_s: Mapped[float]
