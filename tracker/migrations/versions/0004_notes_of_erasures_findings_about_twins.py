"""Notes of erasures, and findings about twins."""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'


def upgrade() -> None:
    """Only ever add: an old laptop must still understand a new server."""
    op.create_table('erasure_note',
    sa.Column('partition', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('order_dot', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('records', sa.BigInteger(), nullable=True),
    sa.Column('dot', sa.Text(), nullable=True),
    sa.Column('by', sa.Text(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=True),
    sa.Column('eff', sa.BigInteger(), nullable=True),
    sa.Column('groups', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('partition', 'id')
    )
    with op.batch_alter_table('erasure_note', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_erasure_note_id'), ['id'], unique=False)

    op.create_table('twin_finding',
    sa.Column('partition', sa.Text(), nullable=False),
    sa.Column('node', sa.Text(), nullable=False),
    sa.Column('fork', sa.Text(), nullable=False),
    sa.Column('finding', sa.Text(), nullable=True),
    sa.Column('dot', sa.Text(), nullable=True),
    sa.Column('by', sa.Text(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=True),
    sa.Column('eff', sa.BigInteger(), nullable=True),
    sa.Column('groups', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('partition', 'node', 'fork')
    )
