"""People: cohorts, apprentices and their enrolments."""
