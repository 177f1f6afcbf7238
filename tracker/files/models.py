"""Files that wait for a person's yes between preview and import; they never leave this machine."""

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import LocalRow


class Upload(LocalRow):
    """The last file that a person has uploaded and not imported yet: one per person."""

    __tablename__ = "upload"
    holds_people = True

    staff_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    token: Mapped[str] = mapped_column(String(64))  # in the address of the preview; a newer upload makes the older page stale
    kind: Mapped[str] = mapped_column(String(20))
    file_name: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes] = mapped_column(LargeBinary())
