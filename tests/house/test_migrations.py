"""Migrating an empty file gives the schema of the models."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tracker import config, migrations
from tracker.app import create_app
from tracker.db import Base, prepare_engine, sqlite_url
from tracker.replication import engine_tables


def test_an_empty_file_migrates_to_the_models(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    create_app(config.load(tmp_path, {}))  # imports all models
    engine = sa.create_engine(sqlite_url(tmp_path / "empty.sqlite3"))
    prepare_engine(engine)
    assert migrations.is_due(engine)
    migrations.upgrade(engine)
    assert not migrations.is_due(engine)
    with engine.connect() as connection:
        whole: Any = [Base.metadata, engine_tables]  # Alembic takes several, its annotation one
        assert compare_metadata(MigrationContext.configure(connection), whole) == []
    engine.dispose()


def test_a_database_of_a_newer_program_is_told(tmp_path: Path) -> None:
    engine = sa.create_engine(sqlite_url(tmp_path / "newer.sqlite3"))
    with engine.begin() as connection:
        connection.exec_driver_sql("create table alembic_version (version_num text)")
        connection.exec_driver_sql("insert into alembic_version values ('9999')")
    assert migrations.is_newer(engine)
    engine.dispose()
