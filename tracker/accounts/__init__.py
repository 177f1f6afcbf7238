"""Who works here: staff and what they teach (synced), how they sign in (never leaves the machine)."""
