"""Schema upgrades by Alembic, which is imported only when one is due: it costs 10 MB and a tenth of a second.

Additive only, once the first laptop is out: an old laptop must still understand a new server. A migration is a file
`versions/NNNN_what_it_does.py`; the number is its revision. `python -m tracker.migrations NAME` drafts the next one.
"""

import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa

FOLDER = Path(__file__).parent


def newest() -> str:
    """The revision this program needs."""
    return max(path.name[:4] for path in (FOLDER / "versions").glob("[0-9]*.py"))


def current(engine: sa.Engine) -> str | None:
    """The revision a database has; None for an empty one."""
    if not sa.inspect(engine).has_table("alembic_version"):
        return None
    with engine.connect() as connection:
        found = connection.exec_driver_sql("select version_num from alembic_version").scalar()
    return str(found) if found else None


def is_due(engine: sa.Engine) -> bool:
    """Whether the database is older than the program."""
    return (current(engine) or "") < newest()


def is_newer(engine: sa.Engine) -> bool:
    """Whether a newer program has upgraded the database: an older one must not touch it."""
    return (current(engine) or "") > newest()


def upgrade(engine: sa.Engine) -> None:
    """Bring the database to the newest revision, in one transaction."""
    from alembic import command
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", FOLDER.as_posix())
    with engine.connect().execution_options(is_write=True) as connection, connection.begin():
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")


def upgrade_in_child(home: Path) -> None:
    """The same in a process of its own, so that a server never carries Alembic. Raises CalledProcessError."""
    subprocess.run([sys.executable, "-m", "tracker.migrations", "--upgrade", str(home)], check=True)  # noqa: S603  (our own command)
