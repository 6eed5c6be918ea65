"""At which addresses a class opens the page."""

import socket
from types import SimpleNamespace

import psutil
import pytest

from demos.runtime import network

V4, V6 = socket.AF_INET, socket.AF_INET6


@pytest.fixture
def interfaces(monkeypatch):
    """A laptop in a school's network, with what such a computer has besides."""
    found = {
        "lo": [(V4, "127.0.0.1"), (V6, "::1")],
        "docker0": [(V4, "172.17.0.1")],
        "eth0": [(V4, "10.8.0.3"), (psutil.AF_LINK, "00:11:22:33:44:55")],
        "usb0": [(V4, "169.254.3.4")],
        "off0": [(V4, "10.9.9.9")],
        "wlan0": [(V4, "192.168.1.20"), (V6, "fe80::1%wlan0"), (V6, "2001:db8::20")],
    }
    found = {
        name: [SimpleNamespace(family=family, address=address) for family, address in entries]
        for name, entries in found.items()
    }
    up = {name: SimpleNamespace(isup=name != "off0") for name in found}
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: found)
    monkeypatch.setattr(psutil, "net_if_stats", lambda: up)
    monkeypatch.setattr(network, "_towards_others", lambda: "192.168.1.20")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "LOCALHOST", "::1", "[::1]", "127.0.0.2"]
)
def test_this_computer_alone(interfaces, host):
    assert network.urls(host, 7860, "https") == []


def test_the_address_of_the_way_out_comes_first_and_bridges_last(interfaces):
    found = ["192.168.1.20", "10.8.0.3", "172.17.0.1"]
    assert network.addresses("0.0.0.0") == found
    assert network.addresses("") == found
    assert network.addresses("::") == ["192.168.1.20", "10.8.0.3", "2001:db8::20", "172.17.0.1"]


def test_without_a_way_out(interfaces, monkeypatch):
    monkeypatch.setattr(network, "_towards_others", lambda: "")
    assert network.addresses("0.0.0.0")[-1] == "172.17.0.1"


def test_urls_name_the_port_unless_it_is_the_schemes(interfaces):
    assert network.urls("192.168.1.20", 7860, "https") == ["https://192.168.1.20:7860/"]
    assert network.urls("192.168.1.20", 443, "https") == ["https://192.168.1.20/"]
    assert network.urls("192.168.1.20", 80, "http") == ["http://192.168.1.20/"]
    assert network.urls("192.168.1.20", 443, "http") == ["http://192.168.1.20:443/"]
    assert network.urls("lab-3.local", 7860, "http") == ["http://lab-3.local:7860/"]
    assert network.urls("fd00::1", 7860, "http") == ["http://[fd00::1]:7860/"]
    assert network.urls("[fd00::1]", 7860, "http") == ["http://[fd00::1]:7860/"]
    assert len(network.urls("0.0.0.0", 7860, "http")) == 3


def test_what_the_start_says(capsys):
    network.announce([], True, True)
    assert capsys.readouterr().out == ""
    network.announce(["https://192.168.1.20:7860/"], True, False)
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 2
    assert said[0].endswith("opens https://192.168.1.20:7860/")
    assert "warn" in said[1]
    network.announce(["http://10.0.0.1/", "http://10.8.0.3/"], False, True)
    first, second, *code = capsys.readouterr().out.splitlines()
    assert "http://10.0.0.1/" in first
    assert "http://10.8.0.3/" in second
    assert len(code) > 10  # a QR code of half blocks


def test_a_console_of_few_letters_has_no_code(monkeypatch):
    class Console:
        encoding = "ascii"
        written = ""

        def write(self, text):
            self.written += text.encode("ascii").decode()

        def flush(self):
            pass

    console = Console()
    monkeypatch.setattr("sys.stdout", console)
    network.announce(["http://10.0.0.1/"], False, True)
    assert "http://10.0.0.1/" in console.written


def test_the_way_out_is_found_without_sending():
    found = network._towards_others()
    assert found == "" or len(found.split(".")) == 4
