"""What this machine remembers of its talks with other nodes, which does not travel; and what people found out about twins, which does."""

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Code, Instant, LocalRow, Ref, Synced, SyncedRow


class Exchange(LocalRow):
    """One exchange that this machine began, successful or not. Instants are of the real clock."""

    __tablename__ = "exchange"

    id: Mapped[int] = mapped_column(Integer(), primary_key=True)
    started: Mapped[int] = mapped_column(Instant())
    ended: Mapped[int] = mapped_column(Instant(), index=True)
    peer: Mapped[str] = mapped_column(String(200))  # the address it was sent to
    messages: Mapped[int]
    bytes_up: Mapped[int]
    bytes_down: Mapped[int]
    changes_sent: Mapped[int]
    changes_received: Mapped[int]
    error: Mapped[str | None] = mapped_column(String(40))  # code of a SyncError


class Heard(LocalRow):
    """When another node was last heard from here: one row per node, written with what its message brought."""

    __tablename__ = "heard"

    node: Mapped[str] = mapped_column(String(64), primary_key=True)  # its key, hexadecimal
    at: Mapped[int] = mapped_column(Instant())
    bytes: Mapped[int]


class Bundle(LocalRow):
    """A bundle that was written here, or one that was read. Whether it has arrived is asked of the recipient's statements.

    peer    key of the node that it is for, or that wrote it, hexadecimal; empty where all that was read is carried on for others
    files   how many files it has, or had that were read
    heads   JSON: what it says that this computer holds, {partition: [id, ..]}; {} of one that was read
    parts   JSON: of one that was read the numbers of the parts that were taken over, {random name: [number, ..]}
    """

    __tablename__ = "bundle"

    id: Mapped[int] = mapped_column(Integer(), primary_key=True)
    at: Mapped[int] = mapped_column(Instant())
    is_ours: Mapped[bool]  # written here
    peer: Mapped[str] = mapped_column(String(64), index=True)  # the page asks for the newest of each recipient
    file: Mapped[str] = mapped_column(String(200))
    files: Mapped[int]
    bytes: Mapped[int]
    changes: Mapped[int]
    heads: Mapped[str]
    parts: Mapped[str]


class FirstSteps(LocalRow):
    """That this machine is being set up in the browser: one row, from the founding or joining on."""

    __tablename__ = "first_steps"

    id: Mapped[int] = mapped_column(Integer(), primary_key=True)
    begun: Mapped[int] = mapped_column(Instant())


class TwinFinding(SyncedRow):
    """What a person found out about a node that has written in two places at once; a newer fork asks anew.

    node     its key, hexadecimal
    fork     the newer of the two segments that do not know of each other, hexadecimal
    finding  restored (one machine, from a backup) or copied (there are two)
    """

    __tablename__ = "twin_finding"
    __sync__ = Synced(partitions=("centre",), roles=("writer", "commenter"))

    node: Mapped[str] = mapped_column(Ref, primary_key=True)
    fork: Mapped[str] = mapped_column(Ref, primary_key=True)
    finding: Mapped[str | None] = mapped_column(Code)
