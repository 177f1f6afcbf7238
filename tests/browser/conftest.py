"""One country and one Chromium for all tests of all pages."""

from collections.abc import Iterator

import pytest

from tests.browser import everything as country
from tests.browser.everything import Everything
from tests.browser.screen import chromium, Screen


@pytest.fixture(scope="package")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everything]:
    with country.everything(tmp_path_factory.mktemp("everything")) as found:
        yield found


@pytest.fixture(scope="package")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    with chromium(tmp_path_factory.mktemp("chromium")) as found:
        yield found
