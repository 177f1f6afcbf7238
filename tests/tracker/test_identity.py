"""Who a node is stands in a few bytes: a flipped bit in them must never make it another node."""

import pytest
import sqlalchemy as sa
from flask import Flask

import sync
from tracker import replication
from tracker.db import db
from tracker.replication import checking, node


def _flip(name: str) -> None:
    with db.engine.connect().execution_options(is_write=True) as connection, connection.begin():
        value = bytearray(sync.get_self(connection, name) or b"")
        value[3] ^= 1
        sync.set_self(connection, name, bytes(value))
    db.engine.dispose()


@pytest.mark.parametrize("name", ["seed", "home"])
def test_a_flipped_bit_is_named_before_anything_is_signed(app: Flask, name: str) -> None:
    _flip(name)
    app.extensions["forget_replica"]()
    with pytest.raises(node.IdentityDamaged), node.begin():
        replication.node.replica()
    assert [each.kind for each in checking.examine(deep=True).broken] == ["identity"]


def test_an_older_folder_is_proven_from_its_next_start_on(app: Flask) -> None:
    with db.engine.connect().execution_options(is_write=True) as connection, connection.begin():
        connection.execute(sa.text("delete from sync_self where name = :name"), {"name": node.PROOF})
    replication.catch_up()
    _flip("seed")
    app.extensions["forget_replica"]()
    with pytest.raises(node.IdentityDamaged):
        node.replica()


@pytest.mark.usefixtures("app")
def test_damaged_changes_that_were_never_sent_are_not_folded_by_an_upgrade() -> None:
    with db.engine.connect().execution_options(is_write=True) as connection, connection.begin():
        connection.execute(sa.text("update sync_pending set change = replace(change, 'Amina', 'Omina')"))
        connection.execute(sa.text("delete from sync_self where name = 'schema'"))
    with pytest.raises(node.UnsentDamaged):
        replication.catch_up()
