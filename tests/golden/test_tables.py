"""The synced tables of each version that laptops run: a folder's file says what its rows were folded by.

A change of tables, groups or roles is a new version: raise SCHEMA_VERSION and add `tables-N.json`, as this test prints it.
"""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from sync import Field
from tracker.replication.tables import schema, SCHEMA_VERSION

pytestmark = pytest.mark.usefixtures("app")  # which imports the models of all slices
FILES = sorted(Path(__file__).parent.glob("tables-*.json"))


def described() -> dict[str, object]:
    """What two programs must agree on, by table."""
    return {
        table.name: {
            "key": _said(table.key),
            "groups": {group: _said(fields) for group, fields in sorted(table.groups.items())},
            "partitions": " ".join(sorted(table.partitions)),
            "roles": " ".join(sorted(table.roles)),
            "quiet": " ".join(sorted(table.quiet)),
        }
        for table in sorted(schema().tables.values(), key=lambda table: table.name)
    }


def _said(fields: Iterable[Field]) -> str:
    return ", ".join(f"{field.name} {field.kind}" for field in fields)


def test_tables_that_change_have_a_new_version() -> None:
    kept = Path(__file__).parent / f"tables-{SCHEMA_VERSION}.json"
    now = json.dumps(described(), indent=1)
    assert kept.read_text(encoding="utf-8").rstrip() == now, f"{kept.name} of a new version is:\n{now}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_field_stays_in_its_group(file: Path) -> None:
    """A field that moved would be another field's neighbour on an older laptop, and win or lose with it."""
    then, now = json.loads(file.read_text(encoding="utf-8")), json.loads(json.dumps(described()))
    for name, table in then.items():
        assert now[name]["key"] == table["key"], name
        for group, fields in table["groups"].items():
            assert now[name]["groups"][group].startswith(fields), f"{name}: {group}"
