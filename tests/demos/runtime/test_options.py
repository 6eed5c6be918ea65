"""What the app's options take, and what is said of what they don't."""

from argparse import ArgumentTypeError

import pytest

from demos.runtime import options
from demos.runtime.middleware import HEADERS
from tests.demos.runtime.test_middleware import asked, stacked


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ()),
        ("https://lms.school.example", ("https://lms.school.example",)),
        ("https://LMS.school.example/", ("https://lms.school.example",)),
        ("https://*.school.example, http://moodle:8080",
         ("https://*.school.example", "http://moodle:8080")),
    ],
)  # fmt: skip
def test_sites_that_may_show_the_page(text, found):
    assert options.origins(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "lms.school.example", "*", "https://", "https://*", "https://a.example/course",
        "https://a.example;script-src", "https://a.example 'none'", "javascript:alert(1)",
        "https://-a.example", "https://a..example", "https://a.example:port", "https://a\r\nb",
        "https://a.example:0", "https://a.example:65536",
    ],
)  # fmt: skip
def test_what_is_no_site(text):
    with pytest.raises(ArgumentTypeError, match="without a path"):
        options.origins(text)


def test_proxies_are_addresses_and_networks():
    assert options.networks("") == ()
    assert options.networks("10.0.0.5, fd00::/8") == ("10.0.0.5", "fd00::/8")
    for text in ("*", "proxy.school.example", "10.0.0.5/8", "10.0.0.256"):
        with pytest.raises(ArgumentTypeError, match=r"addresses like 10\.0\.0\.5"):
            options.networks(text)


def test_sites_are_added_to_those_that_may_show_the_page():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    def policy(**given):
        start = asked(stacked(app, **given))[0]
        return dict(start["headers"])[b"content-security-policy"].decode()

    assert policy() == HEADERS["content-security-policy"]
    assert policy(frames=("https://lms.school.example",)).split("; ") == [
        *HEADERS["content-security-policy"].split("; ")[:-1],
        "frame-ancestors 'self' https://huggingface.co https://*.hf.space "
        "https://lms.school.example",
    ]
