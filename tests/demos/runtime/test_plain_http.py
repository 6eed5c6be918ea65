"""An https port that is asked in plain http answers; in TLS it serves as any other."""

import asyncio
import datetime
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from demos.runtime import certificate, plain_http
from demos.runtime.i18n import LANGUAGES, say

BROWSER = "accept: text/html,*/*\r\naccept-language: {}\r\n"


def ask(target="/", host="192.168.1.20:7860", more="", method="GET", warns=False):
    head = f"{method} {target} HTTP/1.1\r\nhost: {host}\r\n{more}\r\n".encode("latin-1")
    start, _, body = plain_http.answer(head, warns).partition(b"\r\n\r\n")
    first, *lines = start.decode().split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines)
    assert int(fields["content-length"]) == len(body)
    return int(first.split()[1]), fields, body.decode()


@pytest.mark.parametrize(
    ("target", "host", "address"),
    [
        ("/", "192.168.1.20:7860", "https://192.168.1.20:7860/"),
        ("/?tab=gan&lang=mr", "lab-3.local:7860", "https://lab-3.local:7860/?tab=gan&lang=mr"),
        ("/", "[fd00::1]:7860", "https://[fd00::1]:7860/"),
        ("/", "lab-3", "https://lab-3/"),
        ("//evil.example/", "lab-3", "https://lab-3//evil.example/"),
        ("http://evil.example/", "lab-3", "https://lab-3/"),
        ("/\xe9", "lab-3", "https://lab-3/"),
    ],
)
def test_it_is_sent_to_https(target, host, address):
    status, fields, body = ask(target, host)
    assert (status, fields["location"]) == (308, address)
    assert address in body


@pytest.mark.parametrize("host", ["", "a b", "a/b", "a:port", "<script>", "a@b", "a" * 300])
def test_without_a_proper_host_it_is_told_in_one_sentence(host):
    status, fields, body = ask(host=host)
    assert status == 400
    assert "location" not in fields
    assert "https" in body


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_a_browser_is_told_of_the_warning_to_come(language):
    status, fields, body = ask("/?tab=gan", more=BROWSER.format(language), warns=True)
    assert (status, fields["content-type"]) == (200, "text/html; charset=utf-8")
    assert f'<html lang="{language}">' in body
    assert say(language, "class_address.open") in body
    assert 'href="https://192.168.1.20:7860/?tab=gan"' in body
    assert f'<html lang="{language}">' in ask(
        f"/?lang={language}", more=BROWSER.format("fr"), warns=True
    )[2]  # fmt: skip


def test_a_program_and_a_schools_certificate_are_not():
    assert ask(warns=True)[0] == 308
    assert ask(method="POST", more=BROWSER.format("en"), warns=True)[0] == 308
    assert ask(more=BROWSER.format("en"))[0] == 308


def test_an_address_cannot_leave_its_attribute():
    body = ask("/'\"><script>alert(1)</script>", more=BROWSER.format("en"), warns=True)[2]
    assert "<script>" not in body


class Echo(asyncio.Protocol):
    """What uvicorn is: sends back what came."""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


@pytest.fixture
def port(tmp_path):
    """A server with the context, as uvicorn starts one."""
    place = tmp_path / "own.pem"
    place.write_bytes(certificate._made(["127.0.0.1"], datetime.datetime.now(datetime.UTC)))
    loop, context = asyncio.new_event_loop(), plain_http.context(place, place, True)

    async def start():
        server = await loop.create_server(Echo, "127.0.0.1", 0, ssl=context)
        return server, server.sockets[0].getsockname()[1]

    with ThreadPoolExecutor(1) as pool:  # in a thread: Playwright's own loop may run in this one
        server, number = pool.submit(loop.run_until_complete, start()).result()
        pool.submit(loop.run_forever)
        yield number
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
    loop.close()


def received(connection):
    got = b""
    with suppress(ConnectionError):
        while part := connection.recv(65536):
            got += part
    return got


def test_tls_is_served(port):
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    for _ in range(2):
        plain = socket.create_connection(("127.0.0.1", port), 10)
        with trusting.wrap_socket(plain) as connection:
            assert connection.version() in ("TLSv1.2", "TLSv1.3")
            connection.sendall(b"a cat" * 10_000)
            got = b""
            while len(got) < 50_000:
                got += connection.recv(65536)
            assert got == b"a cat" * 10_000


def test_a_request_in_plain_http_is_answered(port):
    head = b"GET /?tab=gan HTTP/1.1\r\nhost: lab-3:7860\r\n\r\n"
    for parts in ([head], [head[:1], head[1:40], head[40:]]):
        with socket.create_connection(("127.0.0.1", port), 10) as connection:
            for part in parts:
                connection.sendall(part)
            assert b"location: https://lab-3:7860/?tab=gan\r\n" in connection.recv(65536)
            connection.sendall(head)  # a second one on the same connection
            assert received(connection) == b""


@pytest.mark.parametrize("sent", [b"x" * 40_000, b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 9000])
def test_what_is_no_request_ends(port, sent):
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        with suppress(ConnectionError):
            connection.sendall(sent)
        assert received(connection) == b""
