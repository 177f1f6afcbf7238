"""Settling a conflict."""

import json

from tracker import replication
from tracker.db import SyncedRow, write
from tracker.errors import NotFound
from tracker.policy import Actor, check, may


def settle(actor: Actor, partition: str, table: str, key: str, group: str, *, choose: str, token: str) -> SyncedRow:
    """Let the chosen value replace all that were shown; one that came since stays beside it.

    key     JSON, as the question gave it
    choose  the dot of the value to keep
    token   the dots that the person had before him
    Raises NotFound (settled meanwhile, or none of the actor's business), NotAllowed.
    """
    if not may(actor, "read", partition):
        raise NotFound
    check(actor, "resolve", partition)
    try:
        parts = json.loads(key)
    except ValueError as error:
        raise NotFound from error
    if not isinstance(parts, list) or not all(isinstance(part, str | int) for part in parts):
        raise NotFound
    with write(actor):
        return replication.decide(actor, partition, table, tuple(parts), group, choose=choose, token=token)
