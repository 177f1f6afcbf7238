"""The site's own promises: headers, form tokens, host names, languages, static files, errors."""

import gzip

import pytest
from flask import Flask

from tests.conftest import Browser
from tracker import config
from tracker.errors import DomainError
from tracker.web import public

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Content-Security-Policy", CSP),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ],
)
def test_a_page_carries_the_protecting_headers(client: Browser, name: str, value: str) -> None:
    assert client.get("/accounts/sign-in").headers[name] == value


def test_it_refuses_a_form_without_its_token(client: Browser) -> None:
    response = client.post("/accounts/sign-in", data={"username": "amina", "password": "x"})
    assert response.status_code == 400
    assert "open for too long" in response.text


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}])
def test_it_refuses_a_form_that_another_site_sends(client: Browser, headers: dict[str, str]) -> None:
    assert client.post("/accounts/sign-out", headers=headers).status_code == 403


def test_a_hidden_origin_leaves_the_decision_to_the_token(client: Browser) -> None:
    assert client.post("/accounts/sign-out", headers={"Origin": "null"}).status_code == 400


def test_it_answers_only_to_its_own_names(client: Browser) -> None:
    response = client.get("/accounts/sign-in", headers={"Host": "evil.example"})
    assert (response.status_code, response.mimetype) == (400, "text/plain")


def test_it_refuses_a_body_that_is_too_large(client: Browser) -> None:
    assert client.post("/accounts/sign-in", data={"username": "x" * (2 << 20)}).status_code == 413


def test_a_language_stays_chosen_without_script(client: Browser) -> None:
    assert "Jina la mtumiaji" in client.get("/accounts/sign-in?lang=sw").text
    assert 'lang="sw"' in client.get("/accounts/sign-in").text


def test_an_unknown_language_changes_nothing(client: Browser) -> None:
    assert 'lang="en"' in client.get("/accounts/sign-in?lang=xx").text


def test_the_switch_leads_to_the_same_page(client: Browser) -> None:
    assert 'href="/accounts/sign-in?next=%2Fx&amp;lang=sw"' in client.get("/accounts/sign-in?next=/x").text


def test_the_styles_are_one_small_file_kept_for_a_year(client: Browser) -> None:
    address = client.get("/accounts/sign-in").text.split('rel="stylesheet" href="')[1].split('"')[0]
    response = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert len(response.data) <= 5 * 1024


def test_a_file_asked_for_by_an_old_version_is_kept_by_nobody(client: Browser) -> None:
    assert client.get("/static/00000000/js/app.js").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", sorted(path.name for path in (config.web_folder("static") / "js").glob("*.js")))
def test_a_script_goes_out_without_indents_and_the_words_that_only_explain_it(client: Browser, name: str) -> None:
    source = (config.web_folder("static") / "js" / name).read_text(encoding="utf-8").splitlines()
    code = [line.partition(" // ")[0].strip() for line in source if not line.strip().startswith("//")]
    served = client.get(f"/static/00000000/js/{name}").text.splitlines()
    assert [line for line in served if line] == [line for line in code if line]
    cut = [line.partition(" // ")[0] for line in source if " // " in line]
    assert [line for line in cut if any(line.count(quote) % 2 for quote in '"`')] == []  # no words of the code were cut


def test_no_file_outside_the_folder_is_served(client: Browser) -> None:
    assert client.get("/static/x/..%2f..%2fpyproject.toml").status_code == 404


def test_a_page_is_packed_for_who_can_unpack_it(client: Browser) -> None:
    plain = client.get("/accounts/sign-in", headers={"Accept-Encoding": "identity"})
    packed = client.get("/accounts/sign-in", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert b"<!doctype html>" in gzip.decompress(packed.data)


def test_a_missing_page_says_so_in_the_language(client: Browser) -> None:
    response = client.get("/nowhere?lang=sw")
    assert (response.status_code, "haikupatikana" in response.text) == (404, True)


def test_a_program_gets_its_refusal_as_json(client: Browser) -> None:
    response = client.get("/nowhere", headers={"Accept": "application/json"})
    assert response.json == {"error": {"code": "http_404", "sentence": "This page or record was not found."}}


def test_a_program_that_is_not_signed_in_gets_no_page(client: Browser) -> None:
    response = client.get("/accounts/me", headers={"Accept": "application/json"})
    assert (response.status_code, response.json and response.json["error"]["code"]) == (401, "sign_in_first")


class Refused(DomainError):
    code, status, sentence = "test.refused", 409, "Closed since %(since)s."


@public
def _break() -> str:
    raise RuntimeError("secret detail")


@public
def _refuse() -> str:
    raise Refused(since="Monday")


def test_a_broken_page_shows_no_detail(app: Flask, client: Browser) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.add_url_rule("/break", view_func=_break)
    response = client.get("/break")
    assert (response.status_code, "secret detail" in response.text, "Traceback" in response.text) == (500, False, False)


def test_a_refusal_shows_its_sentence(app: Flask, client: Browser) -> None:
    app.add_url_rule("/refuse", view_func=_refuse)
    response = client.get("/refuse")
    assert (response.status_code, "Closed since Monday." in response.text) == (409, True)


def test_a_route_that_forgot_to_say_who_may_is_closed(app: Flask, client: Browser) -> None:
    app.add_url_rule("/forgotten", view_func=lambda: "open")
    assert client.get("/forgotten").status_code == 403


@pytest.mark.parametrize("url", ["/people/%00", "/people/?centre=%00", "/erasure/person/a%00", "/nodes/centres/%00/stop"])
def test_an_address_with_a_nul_is_refused(client: Browser, url: str) -> None:
    """PostgreSQL keeps no NUL, and fails over one in a question."""
    answer = client.sign_in("amina").get(url)
    assert answer.status_code == 400
    assert "The request could not be understood." in answer.text
