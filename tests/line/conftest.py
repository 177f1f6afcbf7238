"""A small country whose central office answers over a real socket, and a bad line in front of it."""

from collections.abc import Iterator

import pytest

from tests.country import country
from tests.line.ground import Ground
from tests.line.proxy import Proxy
from tests.sync import forge
from tests.sync.world import Node

__all__ = ["country"]


@pytest.fixture
def ground() -> Iterator[Ground]:
    ground = Ground(forge.country())
    with ground.serving():
        yield ground
    for node in ground.world.nodes.values():
        node.database.close()


@pytest.fixture
def proxy(ground: Ground) -> Iterator[Proxy]:
    with Proxy(ground.url) as proxy:
        yield proxy


@pytest.fixture
def ziwa(ground: Ground) -> Node:
    return ground.world.nodes["ziwa"]


@pytest.fixture
def mlima(ground: Ground) -> Node:
    return ground.world.nodes["mlima"]
