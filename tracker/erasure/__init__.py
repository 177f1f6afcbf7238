"""Erasing all personal data of a person, by order of the authority: who may, why, what, and which computers have done it."""
