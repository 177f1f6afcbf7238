"""The Kiswahili catalogue: one small `.po` per slice in `sw/`, compiled into one `.mo`."""
