"""The sync engine: git, for registers. These are its public names; nothing else may be imported from outside.

`README.md` beside this file is the protocol's specification; the files read in the order
errors dots schema changes keys segments merge rights ledger rows fold writing exchange joining http.
"""

from sync.dots import Mint
from sync.errors import NotJoined, sentence_of, SyncError, TooLarge, Unreadable
from sync.exchange import DEFAULT_BYTES
from sync.fold import is_behind, refold, upgrade
from sync.http import answer, CONTENT_TYPE, Hub, join, Line, refusal, Report, sync
from sync.joining import enter, found, found_alone, Invitation, invite, Welcome
from sync.keys import NodeKey
from sync.ledger import (
    CONTROL,
    equal_heads,
    get_self,
    heads,
    metadata,
    Node,
    nodes,
    open_conflicts,
    OpenConflict,
    past,
    peer_heads,
    pending_counts,
    quarantine_counts,
    Replica,
    set_self,
    Unsent,
    unsent,
    unsent_by_table,
)
from sync.merge import Head
from sync.schema import Field, Key, Kind, Plain, Schema, Table
from sync.writing import Draft, Writing

__all__ = [
    "CONTENT_TYPE",
    "CONTROL",
    "DEFAULT_BYTES",
    "Draft",
    "Field",
    "Head",
    "Hub",
    "Invitation",
    "Key",
    "Kind",
    "Line",
    "Mint",
    "Node",
    "NodeKey",
    "NotJoined",
    "OpenConflict",
    "Plain",
    "Replica",
    "Report",
    "Schema",
    "SyncError",
    "Table",
    "TooLarge",
    "Unreadable",
    "Unsent",
    "Welcome",
    "Writing",
    "answer",
    "enter",
    "equal_heads",
    "found",
    "found_alone",
    "get_self",
    "heads",
    "invite",
    "is_behind",
    "join",
    "metadata",
    "nodes",
    "open_conflicts",
    "past",
    "peer_heads",
    "pending_counts",
    "quarantine_counts",
    "refold",
    "refusal",
    "sentence_of",
    "set_self",
    "sync",
    "unsent",
    "unsent_by_table",
    "upgrade",
]
