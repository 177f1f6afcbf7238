"""Enrolled phones, the PINs that open them, and the codes that enrol them: this machine's own, never synced."""

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import LocalRow


class Phone(LocalRow):
    """A phone that was enrolled here. Its key is a long random word in a cookie; only the hash is kept."""

    __tablename__ = "phone"

    id: Mapped[int] = mapped_column(Integer(), primary_key=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)  # every request with the cookie looks it up
    name: Mapped[str] = mapped_column(String(200))
    enrolled_s: Mapped[float]
    seen_s: Mapped[float]


class Pin(LocalRow):
    """A person's PIN on one phone: worth nothing without that phone's key."""

    __tablename__ = "pin"

    phone_id: Mapped[int] = mapped_column(ForeignKey("phone.id", ondelete="CASCADE"), primary_key=True)
    credential_id: Mapped[int] = mapped_column(ForeignKey("credential.id", ondelete="CASCADE"), primary_key=True)
    pin_hash: Mapped[str] = mapped_column(String(128))


class EnrolmentCode(LocalRow):
    """A code on the laptop's screen that enrols one phone for one person, within minutes and once."""

    __tablename__ = "enrolment_code"

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    credential_id: Mapped[int] = mapped_column(ForeignKey("credential.id", ondelete="CASCADE"))
    made_s: Mapped[float]
