"""Photos, breaks, the reopening checklist, safety sessions, catching up, stand-in placements, difficulties."""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'


def upgrade() -> None:
    """Only ever add: an old laptop must still understand a new server."""
    op.create_table('catch_up',
    sa.Column('partition', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('cohort_id', sa.Text(), nullable=True),
    sa.Column('kind', sa.Text(), nullable=True),
    sa.Column('since', sa.Date(), nullable=True),
    sa.Column('until', sa.Date(), nullable=True),
    sa.Column('minutes', sa.BigInteger(), nullable=True),
    sa.Column('end_reason', sa.Text(), nullable=True),
    sa.Column('authority', sa.Text(), nullable=True),
    sa.Column('reference', sa.Text(), nullable=True),
    sa.Column('void_reason', sa.Text(), nullable=True),
    sa.Column('dot', sa.Text(), nullable=True),
    sa.Column('by', sa.Text(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=True),
    sa.Column('eff', sa.BigInteger(), nullable=True),
    sa.Column('groups', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('partition', 'id')
    )
    with op.batch_alter_table('catch_up', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_catch_up_id'), ['id'], unique=False)

    op.create_table('checklist_answer',
    sa.Column('partition', sa.Text(), nullable=False),
    sa.Column('closure_id', sa.Text(), nullable=False),
    sa.Column('item', sa.Text(), nullable=False),
    sa.Column('answer', sa.Text(), nullable=True),
    sa.Column('on', sa.Date(), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('dot', sa.Text(), nullable=True),
    sa.Column('by', sa.Text(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=True),
    sa.Column('eff', sa.BigInteger(), nullable=True),
    sa.Column('groups', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('partition', 'closure_id', 'item')
    )
    op.create_table('checklist_item',
    sa.Column('partition', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('label_sw', sa.Text(), nullable=True),
    sa.Column('label_en', sa.Text(), nullable=True),
    sa.Column('void_reason', sa.Text(), nullable=True),
    sa.Column('dot', sa.Text(), nullable=True),
    sa.Column('by', sa.Text(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=True),
    sa.Column('eff', sa.BigInteger(), nullable=True),
    sa.Column('groups', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('partition', 'id')
    )
    with op.batch_alter_table('checklist_item', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_checklist_item_id'), ['id'], unique=False)

    op.create_table('extension',
    sa.Column('partition', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('cohort_id', sa.Text(), nullable=True),
    sa.Column('placement_id', sa.Text(), nullable=True),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('announced_on', sa.Date(), nullable=True),
    sa.Column('closure_id', sa.Text(), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('void_reason', sa.Text(), nullable=True),
    sa.Column('dot', sa.Text(), nullable=True),
    sa.Column('by', sa.Text(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=True),
    sa.Column('eff', sa.BigInteger(), nullable=True),
    sa.Column('groups', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('partition', 'id')
    )
    with op.batch_alter_table('extension', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_extension_id'), ['id'], unique=False)

    op.create_table('remote_pack',
    sa.Column('partition', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('cohort_id', sa.Text(), nullable=True),
    sa.Column('title', sa.Text(), nullable=True),
    sa.Column('given_on', sa.Date(), nullable=True),
    sa.Column('minutes', sa.BigInteger(), nullable=True),
    sa.Column('void_reason', sa.Text(), nullable=True),
    sa.Column('dot', sa.Text(), nullable=True),
    sa.Column('by', sa.Text(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=True),
    sa.Column('eff', sa.BigInteger(), nullable=True),
    sa.Column('groups', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('partition', 'id')
    )
    with op.batch_alter_table('remote_pack', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_remote_pack_id'), ['id'], unique=False)

    op.create_table('remote_pack_return',
    sa.Column('partition', sa.Text(), nullable=False),
    sa.Column('pack_id', sa.Text(), nullable=False),
    sa.Column('apprentice_id', sa.Text(), nullable=False),
    sa.Column('returned_on', sa.Date(), nullable=True),
    sa.Column('dot', sa.Text(), nullable=True),
    sa.Column('by', sa.Text(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=True),
    sa.Column('eff', sa.BigInteger(), nullable=True),
    sa.Column('groups', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('partition', 'pack_id', 'apprentice_id')
    )
    op.create_table('safety_presence',
    sa.Column('partition', sa.Text(), nullable=False),
    sa.Column('session_id', sa.Text(), nullable=False),
    sa.Column('apprentice_id', sa.Text(), nullable=False),
    sa.Column('was_there', sa.Boolean(), nullable=True),
    sa.Column('dot', sa.Text(), nullable=True),
    sa.Column('by', sa.Text(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=True),
    sa.Column('eff', sa.BigInteger(), nullable=True),
    sa.Column('groups', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('partition', 'session_id', 'apprentice_id')
    )
    op.create_table('safety_session',
    sa.Column('partition', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('topic', sa.Text(), nullable=True),
    sa.Column('on', sa.Date(), nullable=True),
    sa.Column('minutes', sa.BigInteger(), nullable=True),
    sa.Column('trainer', sa.Text(), nullable=True),
    sa.Column('valid_days', sa.BigInteger(), nullable=True),
    sa.Column('cohort_id', sa.Text(), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('void_reason', sa.Text(), nullable=True),
    sa.Column('dot', sa.Text(), nullable=True),
    sa.Column('by', sa.Text(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=True),
    sa.Column('eff', sa.BigInteger(), nullable=True),
    sa.Column('groups', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('partition', 'id')
    )
    with op.batch_alter_table('safety_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_safety_session_id'), ['id'], unique=False)

    op.create_table('scan',
    sa.Column('partition', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Text(), nullable=True),
    sa.Column('kind', sa.Text(), nullable=True),
    sa.Column('size_bytes', sa.BigInteger(), nullable=True),
    sa.Column('sha256', sa.Text(), nullable=True),
    sa.Column('pieces', sa.BigInteger(), nullable=True),
    sa.Column('void_reason', sa.Text(), nullable=True),
    sa.Column('dot', sa.Text(), nullable=True),
    sa.Column('by', sa.Text(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=True),
    sa.Column('eff', sa.BigInteger(), nullable=True),
    sa.Column('groups', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('partition', 'id')
    )
    with op.batch_alter_table('scan', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_scan_id'), ['id'], unique=False)

    op.create_table('scan_piece',
    sa.Column('partition', sa.Text(), nullable=False),
    sa.Column('scan_id', sa.Text(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('content', sa.Text(), nullable=True),
    sa.Column('dot', sa.Text(), nullable=True),
    sa.Column('by', sa.Text(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=True),
    sa.Column('eff', sa.BigInteger(), nullable=True),
    sa.Column('groups', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('partition', 'scan_id', 'number')
    )
    op.create_table('term_break',
    sa.Column('partition', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('campus_id', sa.Text(), nullable=True),
    sa.Column('cohort_id', sa.Text(), nullable=True),
    sa.Column('name', sa.Text(), nullable=True),
    sa.Column('since', sa.Date(), nullable=True),
    sa.Column('until', sa.Date(), nullable=True),
    sa.Column('void_reason', sa.Text(), nullable=True),
    sa.Column('dot', sa.Text(), nullable=True),
    sa.Column('by', sa.Text(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=True),
    sa.Column('eff', sa.BigInteger(), nullable=True),
    sa.Column('groups', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('partition', 'id')
    )
    with op.batch_alter_table('term_break', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_term_break_id'), ['id'], unique=False)

    with op.batch_alter_table('apprentice', schema=None) as batch_op:
        batch_op.add_column(sa.Column('seeing', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('hearing', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('walking', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('remembering', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('self_care', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('communicating', sa.Text(), nullable=True))

    with op.batch_alter_table('closure', schema=None) as batch_op:
        batch_op.add_column(sa.Column('meanwhile', sa.Text(), nullable=True))

    with op.batch_alter_table('follow_up', schema=None) as batch_op:
        batch_op.add_column(sa.Column('expected_on', sa.Date(), nullable=True))

    with op.batch_alter_table('placement', schema=None) as batch_op:
        batch_op.add_column(sa.Column('replaces_id', sa.Text(), nullable=True))

    with op.batch_alter_table('resumption', schema=None) as batch_op:
        batch_op.add_column(sa.Column('share_percent', sa.BigInteger(), nullable=True))

    with op.batch_alter_table('taught_day', schema=None) as batch_op:
        batch_op.add_column(sa.Column('decision', sa.Text(), nullable=True))
