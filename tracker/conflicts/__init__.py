"""Conflicts: values that people wrote apart, and the choice between them."""
