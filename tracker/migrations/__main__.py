"""`--upgrade FOLDER` upgrades a data folder; any other word drafts a migration of that name (development)."""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config

from tracker import config, migrations
from tracker.app import create_app
from tracker.db import db, prepare_engine, sqlite_url


def draft(name: str) -> None:
    """Write the migration that turns the newest revision into the models' schema."""
    import sqlalchemy as sa

    number = f"{int(migrations.newest() or 0) + 1:04d}" if list((migrations.FOLDER / "versions").glob("[0-9]*.py")) else "0001"
    with tempfile.TemporaryDirectory() as folder:
        create_app(config.load(Path(folder), {}))
        engine = sa.create_engine(sqlite_url(Path(folder) / "draft.sqlite3"))
        prepare_engine(engine)
        if number != "0001":
            migrations.upgrade(engine)
        settings = Config()
        settings.set_main_option("script_location", migrations.FOLDER.as_posix())
        with engine.connect().execution_options(is_write=True) as connection, connection.begin():
            settings.attributes["connection"] = connection
            command.revision(settings, message=name, rev_id=number, autogenerate=True)
        engine.dispose()


def main(words: list[str]) -> int:
    """Run from the command line."""
    if words[:1] == ["--upgrade"]:
        app = create_app(config.load(Path(words[1])))
        with app.app_context():
            migrations.upgrade(db.engine)
            db.engine.dispose()
    else:
        draft(" ".join(words))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
