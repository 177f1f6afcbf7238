"""Alembic's entry: works on the connection that `tracker.migrations` hands it, over the models and the engine's tables."""

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

from tracker.db import Base
from tracker.replication import engine_tables


def plain_type(kind: str, thing: Any, _context: object) -> str | Literal[False]:
    """A migration names SQL's own types: the words of the models may change, an old migration never."""
    if kind == "type" and isinstance(thing, TypeDecorator):
        return f"sa.{type(thing.impl_instance).__name__}()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=[Base.metadata, engine_tables],
    render_as_batch=True,
    render_item=plain_type,
    transactional_ddl=True,
)
context.run_migrations()
