"""Programmes: what central adds to the programmes of the country pack."""
