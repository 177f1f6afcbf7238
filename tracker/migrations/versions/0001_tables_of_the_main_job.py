"""Tables of the main job."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Only ever add: an old laptop must still understand a new server."""
    op.create_table(
        "apprentice",
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("given_name", sa.Text(), nullable=True),
        sa.Column("middle_name", sa.Text(), nullable=True),
        sa.Column("family_name", sa.Text(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("guardian", sa.Text(), nullable=True),
        sa.Column("guardian_phone", sa.Text(), nullable=True),
        sa.Column("nida", sa.Text(), nullable=True),
        sa.Column("zanid", sa.Text(), nullable=True),
        sa.Column("csee", sa.Text(), nullable=True),
        sa.Column("home_region", sa.Text(), nullable=True),
        sa.Column("home_district", sa.Text(), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("dot", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("eff", sa.BigInteger(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("partition", "id"),
    )
    with op.batch_alter_table("apprentice", schema=None) as batch_op:
        batch_op.create_index("apprentice_by_number", ["partition", "number"], unique=False)
        batch_op.create_index(batch_op.f("ix_apprentice_id"), ["id"], unique=False)

    op.create_table(
        "campus",
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("dot", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("eff", sa.BigInteger(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("partition", "id"),
    )
    with op.batch_alter_table("campus", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_campus_id"), ["id"], unique=False)

    op.create_table(
        "centre",
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("short_name", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("aliases", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("dot", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("eff", sa.BigInteger(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("partition", "id"),
    )
    with op.batch_alter_table("centre", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_centre_id"), ["id"], unique=False)

    op.create_table(
        "closure",
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("scope_kind", sa.Text(), nullable=True),
        sa.Column("scope_code", sa.Text(), nullable=True),
        sa.Column("sites", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("chosen_notice_id", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("dot", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("eff", sa.BigInteger(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("partition", "id"),
    )
    with op.batch_alter_table("closure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_closure_id"), ["id"], unique=False)

    op.create_table(
        "cohort",
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("programme", sa.Text(), nullable=True),
        sa.Column("campus_id", sa.Text(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("dot", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("eff", sa.BigInteger(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("partition", "id"),
    )
    with op.batch_alter_table("cohort", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cohort_id"), ["id"], unique=False)

    op.create_table(
        "credential",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.String(length=128), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("partition", sa.String(length=64), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("administers", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("username"),
    )
    op.create_table(
        "employer",
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("sector", sa.Text(), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("departments", sa.Text(), nullable=True),
        sa.Column("capacity", sa.BigInteger(), nullable=True),
        sa.Column("contact", sa.Text(), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("dot", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("eff", sa.BigInteger(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("partition", "id"),
    )
    with op.batch_alter_table("employer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_employer_id"), ["id"], unique=False)

    op.create_table(
        "enrolment",
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("apprentice_id", sa.Text(), nullable=True),
        sa.Column("cohort_id", sa.Text(), nullable=True),
        sa.Column("occupation", sa.Text(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("dot", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("eff", sa.BigInteger(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("partition", "id"),
    )
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.create_index("enrolment_by_apprentice", ["partition", "apprentice_id"], unique=False)
        batch_op.create_index("enrolment_by_cohort", ["partition", "cohort_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_enrolment_id"), ["id"], unique=False)

    op.create_table(
        "exchange",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=False),
        sa.Column("peer", sa.String(length=200), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("bytes_up", sa.BigInteger(), nullable=False),
        sa.Column("bytes_down", sa.BigInteger(), nullable=False),
        sa.Column("changes_sent", sa.BigInteger(), nullable=False),
        sa.Column("changes_received", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("exchange", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_ended"), ["ended"], unique=False)

    op.create_table(
        "first_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("begun", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "heard",
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("node"),
    )
    op.create_table(
        "holiday_correction",
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=True),
        sa.Column("on", sa.Date(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("is_holiday", sa.Boolean(), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("dot", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("eff", sa.BigInteger(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("partition", "id"),
    )
    with op.batch_alter_table("holiday_correction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_holiday_correction_id"), ["id"], unique=False)

    op.create_table(
        "listing",
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("centre", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("dot", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("eff", sa.BigInteger(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("partition", "centre"),
    )
    op.create_table(
        "mark",
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("apprentice_id", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("minutes", sa.BigInteger(), nullable=True),
        sa.Column("dot", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("eff", sa.BigInteger(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("partition", "apprentice_id", "on", "slot"),
    )
    with op.batch_alter_table("mark", schema=None) as batch_op:
        batch_op.create_index("mark_by_day", ["partition", "on"], unique=False)

    op.create_table(
        "notice",
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("closure_id", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("authority", sa.Text(), nullable=True),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("expected_until", sa.Date(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("dot", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("eff", sa.BigInteger(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("partition", "id"),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_id"), ["id"], unique=False)

    op.create_table(
        "placement",
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("apprentice_id", sa.Text(), nullable=True),
        sa.Column("employer_id", sa.Text(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("supervisor", sa.Text(), nullable=True),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("contract_signed_on", sa.Date(), nullable=True),
        sa.Column("contract_registered_on", sa.Date(), nullable=True),
        sa.Column("allowance_tzs", sa.BigInteger(), nullable=True),
        sa.Column("insurer", sa.Text(), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("dot", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("eff", sa.BigInteger(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("partition", "id"),
    )
    with op.batch_alter_table("placement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_placement_id"), ["id"], unique=False)
        batch_op.create_index("placement_by_apprentice", ["partition", "apprentice_id"], unique=False)

    op.create_table(
        "programme",
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("name_sw", sa.Text(), nullable=True),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("award", sa.Text(), nullable=True),
        sa.Column("months", sa.BigInteger(), nullable=True),
        sa.Column("centre_weeks", sa.BigInteger(), nullable=True),
        sa.Column("workplace_weeks", sa.BigInteger(), nullable=True),
        sa.Column("threshold_percent", sa.BigInteger(), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("dot", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("eff", sa.BigInteger(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("partition", "id"),
    )
    with op.batch_alter_table("programme", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_programme_id"), ["id"], unique=False)

    op.create_table(
        "register",
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("cohort_id", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("dot", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("eff", sa.BigInteger(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("partition", "cohort_id", "on", "slot"),
    )
    op.create_table(
        "resumption",
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("closure_id", sa.Text(), nullable=True),
        sa.Column("scope_kind", sa.Text(), nullable=True),
        sa.Column("scope_code", sa.Text(), nullable=True),
        sa.Column("sites", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("conditions", sa.Text(), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("dot", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("eff", sa.BigInteger(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("partition", "id"),
    )
    with op.batch_alter_table("resumption", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_resumption_id"), ["id"], unique=False)

    op.create_table(
        "staff",
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=True),
        sa.Column("dot", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("eff", sa.BigInteger(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("partition", "id"),
    )
    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_id"), ["id"], unique=False)

    op.create_table(
        "suspension",
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("placement_id", sa.Text(), nullable=True),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("dot", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("eff", sa.BigInteger(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("partition", "id"),
    )
    with op.batch_alter_table("suspension", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_suspension_id"), ["id"], unique=False)

    op.create_table(
        "taught_day",
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("cohort_id", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("dot", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("eff", sa.BigInteger(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("partition", "cohort_id", "on"),
    )
    op.create_table(
        "teaching",
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("cohort_id", sa.Text(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("dot", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("eff", sa.BigInteger(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("partition", "staff_id", "cohort_id"),
    )
    op.create_table(
        "throttle",
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("last_s", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.create_table(
        "upload",
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("staff_id"),
    )
    op.create_table(
        "weekly_pattern",
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("campus_id", sa.Text(), nullable=True),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("weekdays", sa.Text(), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("dot", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("eff", sa.BigInteger(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("partition", "id"),
    )
    with op.batch_alter_table("weekly_pattern", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_weekly_pattern_id"), ["id"], unique=False)

    op.create_table(
        "session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("credential_id", sa.Integer(), nullable=False),
        sa.Column("created_s", sa.Double(), nullable=False),
        sa.Column("seen_s", sa.Double(), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_credential_id"), ["credential_id"], unique=False)

    op.create_table(
        "sync_grant",
        sa.Column("partition", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("node", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("dot", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("eff", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("partition", "node"),
    )
    op.create_table(
        "sync_granted",
        sa.Column("partition", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("segment", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("node", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("role", sa.Text(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("partition", "segment", "node", "role"),
    )
    op.create_table(
        "sync_head",
        sa.Column("partition", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("tbl", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("grp", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("dot", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("eff", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("by", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("held", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("open", sa.Boolean(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("partition", "tbl", "key", "grp", "dot"),
    )
    op.create_table(
        "sync_invitation",
        sa.Column("proof", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("grants", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("node", sa.LargeBinary(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("proof"),
    )
    op.create_table(
        "sync_minter",
        sa.Column("partition", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("minter", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("segment", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("author", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("partition", "minter", "segment"),
    )
    op.create_table(
        "sync_node",
        sa.Column("partition", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("node", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("seat", sa.Text(), nullable=True),
        sa.Column("home", sa.Text(), nullable=True),
        sa.Column("dot", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("eff", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("partition", "node"),
    )
    op.create_table(
        "sync_partition",
        sa.Column("partition", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("counter", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("heads", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("partition"),
    )
    op.create_table(
        "sync_past",
        sa.Column("partition", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("tbl", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("grp", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("dot", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("eff", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("by", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("held", sa.Text(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("partition", "tbl", "key", "grp", "dot"),
    )
    with op.batch_alter_table("sync_past", schema=None) as batch_op:
        batch_op.create_index("sync_past_by_dot", ["partition", "dot"], unique=False)

    op.create_table(
        "sync_peer",
        sa.Column("node", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("partition", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("heads", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("node", "partition"),
    )
    op.create_table(
        "sync_pending",
        sa.Column("partition", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("counter", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("nonce", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("change", sa.Text(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("partition", "counter"),
    )
    op.create_table(
        "sync_quarantine",
        sa.Column("partition", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("dot", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("segment", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("tbl", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("bases", sa.Text(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("partition", "dot", "segment"),
    )
    op.create_table(
        "sync_root",
        sa.Column("partition", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("segment", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("author", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("partition", "segment"),
    )
    op.create_table(
        "sync_segment",
        sa.Column("id", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("partition", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("parents", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("header", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("signature", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("verdict", sa.Text(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("sync_segment", schema=None) as batch_op:
        batch_op.create_index("sync_segment_by_partition", ["partition", "generation", "id"], unique=False)

    op.create_table(
        "sync_self",
        sa.Column("name", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("value", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "sync_span",
        sa.Column("partition", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("minter", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("segment", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("first", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("partition", "minter", "segment", "first"),
    )
