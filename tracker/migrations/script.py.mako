"""${message}."""

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Only ever add: an old laptop must still understand a new server."""
    ${upgrades if upgrades else "pass"}
