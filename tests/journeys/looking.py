"""What two machines must show alike: every row of a partition, and its open conflicts."""

from typing import TypeAlias

from tests.country import Machine
from tracker import replication
from tracker.db import db
from tracker.replication.tables import models_by_table

Shown: TypeAlias = dict[str, list[tuple[object, ...]]]


def rows(machine: Machine, partition: str) -> Shown:
    """Every synced row of a partition, stamps included, by table."""
    with machine.on():
        shown: Shown = {}
        for name, model in sorted(models_by_table().items()):
            table = model.__table__
            found = db.session.execute(table.select().where(table.c.partition == partition))
            shown[name] = sorted((tuple(row) for row in found), key=repr)
        return shown


def conflicts(machine: Machine, partition: str) -> list[tuple[str, str, list[str]]]:
    """(table, group, dots of the values) of the open conflicts."""
    with machine.on():
        found = replication.open_conflicts(partition)
        return [(each.row.__tablename__, each.group, [version.dot for version in each.versions]) for each in found]
