"""Phones and their taps, leave, follow-ups, rosters, and the length of half days."""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'


def upgrade() -> None:
    """Only ever add: an old laptop must still understand a new server."""
    op.create_table('expected_absence',
    sa.Column('partition', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('apprentice_id', sa.Text(), nullable=True),
    sa.Column('since', sa.Date(), nullable=True),
    sa.Column('until', sa.Date(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('void_reason', sa.Text(), nullable=True),
    sa.Column('dot', sa.Text(), nullable=True),
    sa.Column('by', sa.Text(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=True),
    sa.Column('eff', sa.BigInteger(), nullable=True),
    sa.Column('groups', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('partition', 'id')
    )
    with op.batch_alter_table('expected_absence', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_expected_absence_id'), ['id'], unique=False)

    op.create_table('follow_up',
    sa.Column('partition', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('apprentice_id', sa.Text(), nullable=True),
    sa.Column('on', sa.Date(), nullable=True),
    sa.Column('means', sa.Text(), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('void_reason', sa.Text(), nullable=True),
    sa.Column('dot', sa.Text(), nullable=True),
    sa.Column('by', sa.Text(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=True),
    sa.Column('eff', sa.BigInteger(), nullable=True),
    sa.Column('groups', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('partition', 'id')
    )
    with op.batch_alter_table('follow_up', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_follow_up_id'), ['id'], unique=False)

    op.create_table('phone',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key_hash', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('enrolled_s', sa.Double(), nullable=False),
    sa.Column('seen_s', sa.Double(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('key_hash')
    )
    op.create_table('roster',
    sa.Column('partition', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('placement_id', sa.Text(), nullable=True),
    sa.Column('since', sa.Date(), nullable=True),
    sa.Column('weekdays', sa.Text(), nullable=True),
    sa.Column('minutes', sa.BigInteger(), nullable=True),
    sa.Column('void_reason', sa.Text(), nullable=True),
    sa.Column('dot', sa.Text(), nullable=True),
    sa.Column('by', sa.Text(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=True),
    sa.Column('eff', sa.BigInteger(), nullable=True),
    sa.Column('groups', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('partition', 'id')
    )
    with op.batch_alter_table('roster', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_roster_id'), ['id'], unique=False)

    op.create_table('saved_tap',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('act', sa.Text(), nullable=False),
    sa.Column('kept_on', sa.Date(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('saved_tap', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_saved_tap_kept_on'), ['kept_on'], unique=False)

    op.create_table('enrolment_code',
    sa.Column('code_hash', sa.String(length=64), nullable=False),
    sa.Column('credential_id', sa.Integer(), nullable=False),
    sa.Column('made_s', sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(['credential_id'], ['credential.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('code_hash')
    )
    op.create_table('pin',
    sa.Column('phone_id', sa.Integer(), nullable=False),
    sa.Column('credential_id', sa.Integer(), nullable=False),
    sa.Column('pin_hash', sa.String(length=128), nullable=False),
    sa.ForeignKeyConstraint(['credential_id'], ['credential.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['phone_id'], ['phone.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('phone_id', 'credential_id')
    )
    with op.batch_alter_table('session', schema=None) as batch_op:
        batch_op.add_column(sa.Column('phone_id', sa.BigInteger(), nullable=True))

    with op.batch_alter_table('weekly_pattern', schema=None) as batch_op:
        batch_op.add_column(sa.Column('am_minutes', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('pm_minutes', sa.BigInteger(), nullable=True))
