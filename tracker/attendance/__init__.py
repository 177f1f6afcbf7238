"""Attendance: registers and marks. Unmarked is not present; not taken is not absent."""
