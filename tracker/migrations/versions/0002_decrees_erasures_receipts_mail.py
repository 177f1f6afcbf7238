"""Keep decrees, erasures, receipts and mail; name the author of a segment, and guard what is pending."""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'


def upgrade() -> None:
    """Only ever add: an old laptop must still understand a new server."""
    op.create_table('sync_decree',
    sa.Column('partition', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('segment', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('node', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('role', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('author', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('heads', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('counts', sa.Boolean(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('partition', 'segment', 'kind', 'node', 'role')
    )
    op.create_table('sync_erased',
    sa.Column('partition', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('segment', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('row', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('dot', sa.Text(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('partition', 'segment', 'row')
    )
    op.create_table('sync_erasure',
    sa.Column('partition', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('id', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('rows', sa.Text(), nullable=True),
    sa.Column('bodies', sa.Text(), nullable=True),
    sa.Column('dot', sa.Text(), nullable=True),
    sa.Column('by', sa.Text(), nullable=True),
    sa.Column('groups', sa.Text(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=True),
    sa.Column('eff', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('partition', 'id')
    )
    op.create_table('sync_handover',
    sa.Column('partition', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('node', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('dot', sa.Text(), nullable=True),
    sa.Column('by', sa.Text(), nullable=True),
    sa.Column('groups', sa.Text(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=True),
    sa.Column('eff', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('partition', 'node')
    )
    op.create_table('sync_mail',
    sa.Column('id', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('sender', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('recipient', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('envelope', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('sync_mail', schema=None) as batch_op:
        batch_op.create_index('sync_mail_by_recipient', ['recipient', 'place'], unique=False)

    op.create_table('sync_receipt',
    sa.Column('node', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('partition', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('about', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('counter', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('heads', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('signature', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('node', 'partition', 'about')
    )
    op.create_table('sync_revocation',
    sa.Column('partition', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('node', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('heads', sa.Text(), nullable=True),
    sa.Column('dot', sa.Text(), nullable=True),
    sa.Column('by', sa.Text(), nullable=True),
    sa.Column('groups', sa.Text(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=True),
    sa.Column('eff', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('partition', 'node')
    )
    op.create_table('sync_safe',
    sa.Column('segment', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('seat', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('partition', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('since', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('segment', 'seat')
    )
    with op.batch_alter_table('sync_safe', schema=None) as batch_op:
        batch_op.create_index('sync_safe_by_partition', ['partition', 'seat'], unique=False)

    op.create_table('sync_staged',
    sa.Column('id', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('partition', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('peer', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('total', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('body', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('sync_told',
    sa.Column('node', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('node')
    )
    op.create_table('sync_trim',
    sa.Column('partition', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('segment', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('target', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.Column('hash', sa.LargeBinary(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('partition', 'segment', 'target')
    )
    op.drop_table('sync_granted')  # what it held stands in sync_decree after the next start, which folds everything anew
    empty = sa.text("''")
    op.add_column('sync_pending', sa.Column('proof', sa.LargeBinary(), nullable=False, server_default=empty))
    op.add_column('sync_segment', sa.Column('author', sa.LargeBinary(), nullable=False, server_default=empty))
    op.add_column('sync_invitation', sa.Column('lock', sa.LargeBinary(), nullable=True))
    op.create_index('sync_segment_by_verdict', 'sync_segment', ['verdict', 'partition', 'id'])
    _fill(op.get_bind())


def _fill(connection: sa.Connection) -> None:
    segment = sa.table('sync_segment', *(sa.column(name, sa.LargeBinary) for name in ('id', 'header', 'author')))
    for row in connection.execute(sa.select(segment.c.id, segment.c.header)).all():
        author = bytes.fromhex(json.loads(row.header)[2])
        connection.execute(segment.update().where(segment.c.id == row.id).values(author=author))
    bytes_of = {name: sa.column(name, sa.LargeBinary) for name in ('nonce', 'proof')}
    pending = sa.table('sync_pending', *(sa.column(name) for name in ('partition', 'counter', 'change')), *bytes_of.values())
    for held in connection.execute(sa.select(pending.c.partition, pending.c.counter, pending.c.nonce, pending.c.change)).all():
        text = f'daftari pending\n{held.partition}\n{held.counter}\n{held.nonce.hex()}\n{held.change}'
        proof = hashlib.sha256(text.encode()).digest()[:8]
        here = sa.and_(pending.c.partition == held.partition, pending.c.counter == held.counter)
        connection.execute(pending.update().where(here).values(proof=proof))
