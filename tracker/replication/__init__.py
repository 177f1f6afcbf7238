"""The door to the sync engine: the only package that imports `sync`, and the dozen verbs the house uses."""

import sync
from sync import CONTENT_TYPE, Invitation, Node, Report, sentence_of, SyncError, TooLarge, Unreadable, Unsent
from tracker.replication import capture
from tracker.replication.dates import confirm as confirm_date
from tracker.replication.dates import doubt as doubts_date
from tracker.replication.line import answer, hub_key, invite, join, refuse, sync_now
from tracker.replication.node import (
    begin,
    catch_up,
    create_tables,
    found_central,
    found_centre,
    found_region,
    home,
    install,
    is_set_up,
    NotSetUp,
)
from tracker.replication.review import (
    Conflict,
    conflicts_of,
    count_conflicts,
    decide,
    history,
    nodes,
    open_conflicts,
    PartitionStatus,
    quarantined,
    status,
    unsent,
    unsent_by_table,
    Version,
)

capture.listen()

engine_tables = sync.metadata

__all__ = [
    "CONTENT_TYPE",
    "Conflict",
    "Invitation",
    "Node",
    "NotSetUp",
    "PartitionStatus",
    "Report",
    "SyncError",
    "TooLarge",
    "Unreadable",
    "Unsent",
    "Version",
    "answer",
    "begin",
    "catch_up",
    "confirm_date",
    "conflicts_of",
    "count_conflicts",
    "create_tables",
    "decide",
    "doubts_date",
    "engine_tables",
    "found_central",
    "found_centre",
    "found_region",
    "history",
    "home",
    "hub_key",
    "install",
    "invite",
    "is_set_up",
    "join",
    "nodes",
    "open_conflicts",
    "quarantined",
    "refuse",
    "sentence_of",
    "status",
    "sync_now",
    "unsent",
    "unsent_by_table",
]
