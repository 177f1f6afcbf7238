"""A phone is enrolled from the laptop's screen over real TLS, opens the register with its PIN, and changes hands."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.screen import CAREFUL, CHROMIUM, DRIVER
from tests.make import Make, PASSWORD
from tracker.lan import Lan
from tracker.serve import listen

pytest.importorskip("cryptography", reason="the extra [https] is not on this machine")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="Chromium and its driver are not on this machine"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]

SLOW_S = 10


@pytest.fixture
def laptop(app: Flask, make: Make) -> Iterator[str]:
    """Its own address; phones come in by another one, which here is this machine's too."""
    del make
    own = replace(app.extensions["settings"], port=0, lan_port=0)
    app.extensions["settings"] = own
    server = listen(app, own)
    lan = Lan(app, server, own, lambda: ["127.0.0.1"])
    thread = Thread(target=server.serve)
    thread.start()
    lan.start()
    yield server.address
    lan.stop()
    server.stop()
    thread.join()


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[WebDriver]:
    """One browser as both: what HTTPS keeps in cookies no plain page sees, and the other way round."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    options.accept_insecure_certs = True  # the warning was passed, as on a phone that was not shown the authority
    for each in (*CAREFUL, f"user-data-dir={tmp_path / 'chromium'}", "window-size=360,640"):
        options.add_argument(f"--{each}")
    made = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(DRIVER)))
    yield made
    made.quit()


def type_in(driver: WebDriver, **fields: str) -> None:
    for name, value in fields.items():
        driver.find_element(By.NAME, name).send_keys(value)
    press(driver, "main form button")


def press(driver: WebDriver, css: str) -> None:
    """Press a button, and wait for the page that it leads to."""
    button = driver.find_element(By.CSS_SELECTOR, css)
    button.click()
    WebDriverWait(driver, SLOW_S).until(staleness_of(button))


def code_of(driver: WebDriver, laptop: str, username: str) -> str:
    """The address in the code that the laptop's screen shows."""
    driver.get(f"{laptop}accounts/sign-in?lang=en")
    type_in(driver, username=username, password=PASSWORD)
    driver.get(f"{laptop}phones/")
    press(driver, "form[action='/phones/enrol'] button")
    found = re.search(r"https://127\.0\.0\.1:\d+/phones/e/\w+", driver.page_source)
    assert found
    assert driver.find_element(By.CSS_SELECTOR, "main img[src^='data:image/svg']").size["width"] >= 232
    return found[0]


def test_a_phone_is_enrolled_by_the_code_and_changes_hands_by_pin(driver: WebDriver, laptop: str) -> None:
    for username, pin in (("baraka", "2580"), ("amina", "1987")):
        driver.get(code_of(driver, laptop, username))
        type_in(driver, pin=pin, again=pin)
        assert "This phone is enrolled." in driver.page_source
    phone = driver.current_url.partition("/attendance")[0]
    driver.find_element(By.CSS_SELECTOR, ".menu > summary").click()
    driver.find_element(By.LINK_TEXT, "Another person").click()
    driver.find_element(By.XPATH, "//label[contains(., 'Baraka Mollel')]").click()
    type_in(driver, pin="2580")
    driver.get(f"{phone}/accounts/me")
    assert "Baraka Mollel" in driver.find_element(By.TAG_NAME, "main").text
