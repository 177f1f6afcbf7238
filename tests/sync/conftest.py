"""The small country of `world.py`, ready for a test."""

from collections.abc import Iterator

import pytest

from tests.sync import forge
from tests.sync.world import Node, World


@pytest.fixture
def country() -> Iterator[World]:
    world = forge.country()
    yield world
    for node in world.nodes.values():
        node.database.close()


@pytest.fixture
def ziwa(country: World) -> Node:
    return country.nodes["ziwa"]


@pytest.fixture
def ziwa2(country: World) -> Node:
    return country.nodes["ziwa2"]


@pytest.fixture
def mlima(country: World) -> Node:
    return country.nodes["mlima"]


@pytest.fixture
def central(country: World) -> Node:
    return country.central
