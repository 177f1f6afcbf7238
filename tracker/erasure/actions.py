"""Ordering that a person be erased everywhere."""

from tracker import replication
from tracker.db import write
from tracker.erasure import queries, rules
from tracker.erasure.models import ErasureNote
from tracker.errors import NotFound
from tracker.policy import Actor


def erase_person(actor: Actor, apprentice_id: str, *, reason: str, typed: str) -> None:
    """Erase all that tells of an apprentice: here at once, elsewhere with the next exchange of each computer. It cannot be undone.

    typed  the admission number, or the name of one without
    Raises NotFound, NotAllowed, NotTheRoot, NotTyped.
    """
    with write(actor) as session:
        subject = queries.subject_for(actor, apprentice_id)
        rules.check_typed(subject.to_type, typed)
        partition, records = subject.apprentice.partition, sum(count for _words, count in subject.records)
        replication.hold(partition)
        if replication.is_erased(("apprentice", apprentice_id)):  # somebody else was quicker
            raise NotFound
        orders = replication.erase(partition, subject.rows)
        session.add(ErasureNote(partition=partition, order_dot=orders[0].dot, reason=reason, records=records))
    replication.carry_out_erasures()
