"""Why people were erased, without a word about whom."""

from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Code, Row, Synced


class ErasureNote(Row):
    """One person of a centre was erased; who ordered it and when are the row's own stamp.

    order_dot  the order that the nodes confirm
    records    how many rows it took away where it was ordered
    """

    __tablename__ = "erasure_note"
    __sync__ = Synced(partitions=("centre",), groups={"order": ("order_dot", "reason", "records")})

    order_dot: Mapped[str | None]
    reason: Mapped[str | None] = mapped_column(Code)
    records: Mapped[int | None]
