"""Certificates: one of this computer's own, kept while it fits; a school's, checked before."""

import datetime
import ipaddress
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from demos.runtime import certificate, startup
from tests.demos.runtime.test_startup import refusal
from tests.serving import ROOT

NAMES = ["localhost", "127.0.0.1", "192.168.1.20"]
NOBODY = 65534


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    """The user's cache, of this test alone."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv(startup.TEMPORARY, str(tmp_path))
    return tmp_path / "cache" / "netglass"


def made_at(place, called, now):
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(certificate._made(called, now))
    return place


def now():
    return datetime.datetime.now(datetime.UTC)


def test_it_names_the_computer_and_is_kept(cache):
    place = certificate.own(NAMES)
    assert place == cache / certificate.NAME
    assert place.stat().st_mode & 0o777 == 0o600
    assert place.parent.stat().st_mode & 0o777 == 0o700
    first = place.read_bytes()
    found = x509.load_pem_x509_certificate(first)
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    addresses = [ipaddress.ip_address(text) for text in NAMES[1:]]
    assert names.get_values_for_type(x509.IPAddress) == addresses
    assert certificate.own(NAMES[:2]).read_bytes() == first
    certificate.check(place, place)


def test_for_an_address_that_changed_it_is_made_anew_and_keeps_the_old_one():
    first = certificate.own(NAMES).read_bytes()
    place = certificate.own(["10.0.0.7"])
    assert place.read_bytes() != first
    second = place.read_bytes()
    assert certificate.own(NAMES).read_bytes() == second  # back in the first network
    for number in range(100):
        certificate.own([f"10.1.0.{number}"])
    assert len(certificate._read(place)[0]) == certificate.MOST_NAMES


@pytest.mark.parametrize("left", [-1, 0, certificate.RENEW_DAYS - 1])
def test_one_that_ends_soon_is_made_anew(cache, left):
    age = datetime.timedelta(certificate.DAYS - left)
    place = made_at(cache / certificate.NAME, NAMES, now() - age)
    assert certificate.own(NAMES) == place
    assert certificate._read(place)[1] - now() > datetime.timedelta(certificate.DAYS - 1)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff" * 100, "half", "no key"])
def test_one_that_is_damaged_is_made_anew(cache, content):
    whole = certificate._made(NAMES, now())
    if content == "half":
        content = whole[: len(whole) // 3]
    elif content == "no key":
        content = whole.partition(b"-----BEGIN PRIVATE KEY")[0]
    cache.mkdir(parents=True)
    (cache / certificate.NAME).write_bytes(content)
    assert certificate._read(certificate.own(NAMES))[0] == NAMES


def test_where_it_cannot_be_kept_it_is_made_for_this_time(cache, tmp_path, capsys):
    cache.parent.write_text("no folder")
    first, second = certificate.own(NAMES), certificate.own(NAMES)
    assert first != second
    assert first.is_relative_to(tmp_path)
    assert first.stat().st_mode & 0o777 == 0o600
    said = capsys.readouterr().err
    assert str(cache) in said
    assert "XDG_CACHE_HOME" in said


def test_names_are_those_that_a_browser_may_ask_for(monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "lab-3")
    assert certificate.names("127.0.0.1") == [
        "localhost", "127.0.0.1", "::1", "lab-3", "lab-3.local",
    ]  # fmt: skip
    assert "10.0.0.9" in certificate.names("10.0.0.9")
    monkeypatch.setattr(socket, "gethostname", lambda: "Frau Müllers Rechner")
    assert certificate.names("127.0.0.1") == ["localhost", "127.0.0.1", "::1"]


@pytest.fixture
def files(tmp_path):
    """Two certificates with their keys in files of their own."""
    found = []
    for name in "ab":
        content = certificate._made(NAMES, now())
        pem, _, key = content.partition(b"-----BEGIN PRIVATE KEY")
        certificate_file, key_file = tmp_path / f"{name}.crt", tmp_path / f"{name}.key"
        certificate_file.write_bytes(pem)
        key_file.write_bytes(b"-----BEGIN PRIVATE KEY" + key)
        found.append((certificate_file, key_file))
    return found


def test_a_schools_own(files, capsys):
    certificate.check(*files[0])
    assert capsys.readouterr().err == ""


def test_a_key_of_another_certificate(files):
    line = refusal(certificate.check, files[0][0], files[1][1])
    assert line == startup.told("certificate_key", file=files[0][0], key=files[1][1])


def test_a_key_that_nobody_named(files):
    line = refusal(certificate.check, files[0][0], files[0][0])
    assert line == startup.told("certificate_keyless", file=files[0][0])


@pytest.mark.parametrize("which", [0, 1])
def test_a_file_that_is_not_there(files, which):
    files[0][which].unlink()
    line = refusal(certificate.check, *files[0])
    assert str(files[0][which]) in line
    assert "No such file" in line


@pytest.mark.parametrize("content", [b"", b"nonsense", "certificate", "locked"])
def test_a_key_that_is_none_or_locked(files, content):
    certificate_file, key_file = files[0]
    if content == "certificate":
        content = certificate_file.read_bytes()
    elif content == "locked":
        key = serialization.load_pem_private_key(key_file.read_bytes(), None)
        content = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    key_file.write_bytes(content)
    line = refusal(certificate.check, certificate_file, key_file)
    assert line == startup.told("certificate_form", file=certificate_file, key=key_file)


def test_a_school_is_told_that_its_certificate_has_ended(tmp_path, capsys):
    place = made_at(tmp_path / "old.pem", NAMES, now() - datetime.timedelta(500))
    certificate.check(place, place)
    assert "ended on" in capsys.readouterr().err


AS_NOBODY = """
import os, ssl, sys
from pathlib import Path
from demos.runtime import certificate, startup
"a".encode("idna")  # a module that this user may not be able to read later
os.setgroups([])
os.setuid({user})
{command}
"""


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root becomes another")
def test_a_user_without_rights(files):
    """Port 443, and a key that only root may read."""

    def said(command):
        program = AS_NOBODY.format(user=NOBODY, command=command)
        ran = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True
        )
        return ran.returncode, ran.stderr.strip()

    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders are root's alone
        place = Path(folder)
        place.chmod(0o755)
        certificate_file, key_file = (str(shutil.copy(path, place)) for path in files[0])
        os.chmod(certificate_file, 0o644)
        os.chmod(key_file, 0o600)
        command = f"certificate.check(Path({certificate_file!r}), Path({key_file!r}))"
        told = startup.told("certificate_unreadable", file=key_file, reason="Permission denied")
        assert said(command) == (1, told)
    limit = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    if not limit.exists() or int(limit.read_text()) > 443:
        assert said("startup.check_address('127.0.0.1', 443)") == (
            1, startup.told("port_forbidden", port=443),
        )  # fmt: skip


def test_a_certificate_and_key_that_were_kept_are_one_file(cache):
    """So that no start finds a key of one and a certificate of another."""
    certificate.own(NAMES)
    assert [path.name for path in cache.iterdir()] == [certificate.NAME]
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cache / certificate.NAME)
