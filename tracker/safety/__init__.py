"""What makes a place safe to come back to: the reopening checklist, and health and safety sessions that are repeated."""
