"""Employers: the host employers of a centre."""
