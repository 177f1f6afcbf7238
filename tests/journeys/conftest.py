"""Journeys go over several real machines."""

from tests.country import country

__all__ = ["country"]
