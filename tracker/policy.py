"""Who may do what: one decision for pages, API, command line and import.

Roles come from design.md 5. A role gives verbs; the partition of the thing decides whether they reach it. What a
*node* may write is another matter, decided from signed grants by the engine.
"""

from dataclasses import dataclass, replace
from typing import Final, Protocol

from tracker.errors import N_, NotAllowed

ROLES: Final = ("instructor", "registrar", "administrator", "coordinator", "central")
NATION: Final = "nation"

# Reading verbs reach whatever the actor can see; machine verbs are about this laptop, not about a partition.
READING: Final = frozenset({"read", "export"})
MACHINE: Final = frozenset({"accounts", "backup", "enrol", "invite", "join", "revoke", "sync"})
RECORDS: Final = frozenset({"close", "edit-employers", "edit-people", "edit-places", "edit-placements", "import", "mark", "resolve"})
VERBS: Final = READING | MACHINE | RECORDS | {"comment", "edit-directory", "erase", "edit-holidays", "edit-programmes"}

# A PIN of four digits on a phone that lies about opens the register, not the machine.
NEEDS_PASSWORD: Final = frozenset({"accounts", "backup", "enrol", "erase", "invite", "join", "revoke"})

VERBS_BY_ROLE: Final[dict[str, frozenset[str]]] = {
    "instructor": frozenset({"read", "mark", "enrol", "sync"}),
    "registrar": READING | RECORDS | {"comment", "enrol", "sync"},
    "administrator": frozenset({"accounts", "backup", "enrol", "erase", "join", "sync"}),
    "coordinator": READING | {"close", "comment", "enrol", "resolve", "sync"},
    "central": READING
    | {"close", "comment", "edit-directory", "edit-holidays", "edit-programmes", "enrol", "erase", "invite", "resolve", "revoke", "sync"},
    "operator": VERBS,
}
# Kinds of partition that a role's writing verbs reach. Nobody above a centre edits its records or settles its conflicts.
WRITES_KINDS: Final[dict[str, frozenset[str]]] = {
    "instructor": frozenset({"centre"}),
    "registrar": frozenset({"centre"}),
    "coordinator": frozenset({"region"}),
    "central": frozenset({"nation", "region"}),
    "operator": frozenset({"nation", "region", "centre"}),
}


@dataclass(frozen=True)
class Actor:
    """The person behind a request.

    id          id of the staff row; "operator" on the command line
    partitions  where the person works; None = everywhere
    cohorts     ids of the cohorts that an instructor teaches
    seat        centre, region or central: which kind of machine this is
    home        partition of the person's own staff row, where what he adds belongs
    administers keeps this machine besides his role: accounts, joining, backup
    by_pin      came in by a PIN on an enrolled phone, which does less than a password
    """

    id: str
    name: str
    role: str
    partitions: frozenset[str] | None
    cohorts: frozenset[str] = frozenset()
    seat: str = "centre"
    home: str = ""
    administers: bool = False
    by_pin: bool = False


OPERATOR: Final = Actor(id="operator", name="operator", role="operator", partitions=None)


class NeedsPassword(NotAllowed):
    """The role includes it, but a PIN is not enough."""

    code = "needs_password"
    sentence = N_("A PIN is not enough for this. Do it on the computer itself, signed in with your password.")


class Placed(Protocol):
    """A row, or anything else that lies in a partition."""

    @property
    def partition(self) -> str:
        """Name of the partition: nation, region/TZ-01, centre/..."""


def kind_of(partition: str) -> str:
    """The kind of a partition: nation, region or centre."""
    return partition.partition("/")[0]


def works_in(actor: Actor, partition: str) -> bool:
    """Whether the partition is one the actor belongs to."""
    return actor.partitions is None or partition in actor.partitions


def sees(actor: Actor, partition: str) -> bool:
    """Whether the actor may read the partition.

    The nation's and the regions' facts are for everyone. A coordinator's laptop holds only the centres of its
    regions, so on that seat whatever is held may be read.
    """
    if kind_of(partition) != "centre" or works_in(actor, partition):
        return True
    return actor.role == "central" or (actor.role == "coordinator" and actor.seat == "region")


def may(actor: Actor, verb: str, thing: Placed | str | None = None) -> bool:
    """Whether the actor may do `verb` to a row or a partition; None asks whether there is anything he might do it to."""
    if verb not in VERBS:
        raise ValueError(f"no such verb: {verb}")
    if actor.by_pin and verb in NEEDS_PASSWORD:
        return False
    if verb not in VERBS_BY_ROLE.get(actor.role, frozenset()) and not (actor.administers and verb in VERBS_BY_ROLE["administrator"]):
        return False
    if thing is None or verb in MACHINE:
        return True
    partition = thing if isinstance(thing, str) else thing.partition
    if verb in READING or verb in {"comment", "erase"}:  # whether this machine is the root that may order it, the engine knows
        return sees(actor, partition)
    if verb == "mark" and actor.role == "instructor" and not _teaches(actor, thing):
        return False
    if actor.role == "central":  # belongs to no region, yet writes in all
        return kind_of(partition) in WRITES_KINDS["central"]
    return kind_of(partition) in WRITES_KINDS[actor.role] and works_in(actor, partition)


def _teaches(actor: Actor, thing: Placed | str) -> bool:
    """Whether the thing is, or belongs to, a cohort of this instructor; a bare partition may be entered to look for one."""
    if isinstance(thing, str):
        return bool(actor.cohorts)
    return getattr(thing, "cohort_id", None) in actor.cohorts or getattr(thing, "id", None) in actor.cohorts


def check(actor: Actor, verb: str, thing: Placed | str | None = None) -> None:
    """Raise NotAllowed unless the actor may; NeedsPassword where only the PIN stands in the way."""
    if actor.by_pin and verb in NEEDS_PASSWORD and may(replace(actor, by_pin=False), verb, thing):
        raise NeedsPassword(verb=verb)
    if not may(actor, verb, thing):
        raise NotAllowed(verb=verb)
