"""Placements: apprentices at host employers, suspended by closures or by a person."""
