"""What a machine does among the others: answers them, lets them in, exchanges with its server."""

from tracker import clock, replication
from tracker.db import db, write
from tracker.nodes.models import Heard
from tracker.places.models import Centre, Listing
from tracker.policy import NATION, OPERATOR


def answer(envelope: bytes, *, name: str) -> bytes:
    """The reply to an envelope of another node; who was heard is noted with what the message brought."""

    def heard(node: bytes) -> None:
        _note_heard(node, len(envelope))

    return replication.answer(envelope, name=name, admitted=admit, heard=heard)


def _note_heard(node: bytes, size: int) -> None:
    with write(OPERATOR) as session:
        row = session.get(Heard, node.hex())
        if row is None:
            row = Heard(node=node.hex())
            session.add(row)
        row.at, row.bytes = int(clock.wall()), size
        session.flush()


def admit(invitation: replication.Invitation, partition: str) -> None:
    """Enter a new centre in the nation's directory and begin its profile, as the invitation names it.

    A further laptop of a centre and a coordinator's laptop bring nothing new.
    """
    if invitation.seat != "centre" or invitation.home:
        return
    with write(OPERATOR) as session:
        if db.session.get(Listing, {"partition": NATION, "centre": partition}) is not None:
            return
        session.add(Listing(partition=NATION, centre=partition, name=invitation.name, region=invitation.more or None))
        session.add(Centre(partition=partition, name=invitation.name, region=invitation.more or None))
        session.flush()
