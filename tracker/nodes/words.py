"""What the machine's pages call things: tables, reasons, and the names of errors."""

from typing import Final

from tracker.errors import N_

TABLES: Final = {
    "apprentice": N_("Apprentices"),
    "campus": N_("Campuses"),
    "catch_up": N_("Ways of catching up"),
    "centre": N_("Profile of the centre"),
    "checklist_answer": N_("Answers to reopening checklists"),
    "checklist_item": N_("Items of reopening checklists"),
    "closure": N_("Closures"),
    "cohort": N_("Cohorts"),
    "employer": N_("Employers"),
    "enrolment": N_("Enrolments"),
    "erasure_note": N_("Notes of erasures"),
    "expected_absence": N_("Leave given beforehand"),
    "extension": N_("New planned ends"),
    "follow_up": N_("Follow-ups of absences"),
    "holiday_correction": N_("Holiday corrections"),
    "listing": N_("Directory of centres"),
    "mark": N_("Attendance marks"),
    "notice": N_("Closure notices"),
    "placement": N_("Placements"),
    "programme": N_("Programmes"),
    "register": N_("Registers taken"),
    "remote_pack": N_("Remote packs"),
    "remote_pack_return": N_("Remote packs brought back"),
    "resumption": N_("Resumptions"),
    "roster": N_("Days and hours of work"),
    "safety_presence": N_("Who was at health and safety sessions"),
    "safety_session": N_("Health and safety sessions"),
    "scan": N_("Photos of papers"),
    "scan_piece": N_("Pieces of photos"),
    "staff": N_("Staff"),
    "suspension": N_("Suspensions of placements"),
    "taught_day": N_("Days taught although closed"),
    "teaching": N_("Teaching assignments"),
    "term_break": N_("Breaks between terms"),
    "twin_finding": N_("Findings about copied computers"),
    "weekly_pattern": N_("Weekly patterns"),
}
# Why a change is kept but not shown.
REASONS: Final = {
    "unknown-table": N_("Written by a newer Daftari: shown after this computer is upgraded"),
    "unknown-field": N_("Written in part by a newer Daftari: the rest is shown after this computer is upgraded"),
    "not-granted": N_("Written by a computer that has no right to these records"),
    "wrong-partition": N_("Written in a place where such records do not belong"),
    "bad-key": N_("Names a record in a way that cannot be right"),
    "bad-value": N_("Holds a value that cannot be right"),
    "foreign-dot": N_("Claims to come from another computer"),
    "revoked": N_("Written by a computer after it was stopped: kept for review"),
    "erased": N_("Written about a person who is erased: it goes as soon as the central office hears of it"),
    "dot-twice": N_("Two different changes under one name: perhaps a copied data folder"),
    "unreadable": N_("Cannot be read"),
    "too-large": N_("Larger than a message may be"),
}
# What an upgrade brings to light, and what is kept aside because somebody ordered it: nobody has to hurry.
NO_ALARM: Final = frozenset({"unknown-table", "unknown-field", "revoked", "erased"})
