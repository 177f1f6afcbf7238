"""Several machines in one test."""

from tests.country import country

__all__ = ["country"]
