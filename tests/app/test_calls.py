"""Calls by name, as curl makes them, whose parameters don't fit: a sentence, not a bare 500."""

import httpx
import pytest


def post(app_url, endpoint, body, **headers):
    address = f"{app_url}/gradio_api/call/v2/{endpoint}"
    return httpx.post(address, json=body, headers=headers, timeout=30)


@pytest.mark.parametrize(
    ("endpoint", "body", "status", "said"),
    [
        ("gan_sample", {"sed": 3}, 422, "There is no parameter called sed here. There are: "),
        ("classify_pet", {}, 422, "The parameter image is missing."),
        ("classify_pt", {}, 404, "There is no endpoint called classify_pt. There are: "),
    ],
)
def test_a_call_that_fits_no_endpoint_is_answered_with_a_sentence(
    app_url, endpoint, body, status, said
):
    answer = post(app_url, endpoint, body)
    assert answer.status_code == status
    assert said in answer.json()["error"]


def test_the_sentence_is_in_the_callers_language(app_url):
    answer = post(app_url, "gan_sample", {"sed": 3}, **{"accept-language": "hi"})
    assert "यहाँ sed नाम का कोई पैरामीटर" in answer.json()["error"]


def test_a_call_that_fits_is_taken(app_url):
    answer = post(app_url, "gan_sample", {"seed": 3})
    assert answer.status_code == 200
    assert answer.json()["event_id"]
