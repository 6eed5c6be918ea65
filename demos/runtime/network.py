"""At which addresses a class opens the page."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import suppress

from demos.runtime.startup import told

EVERYWHERE = ("", "0.0.0.0", "::", "[::]")
# Bridges to containers and virtual machines: nobody comes from there.
VIRTUAL = ("docker", "br-", "veth", "virbr", "vmnet", "vboxnet", "cni", "podman", "vethernet")
ELSEWHERE = ("192.0.2.1", 9)  # RFC 5737: of nobody
MOST = 4  # of addresses to choose from


def addresses(host: str) -> list[str]:
    """Where others reach what listens on `host`, the likeliest first: none if it is this computer
    alone."""
    if host not in EVERYWHERE:
        return [] if is_loopback(host) else [host.strip("[]")]
    import psutil

    default, up = _towards_others(), psutil.net_if_stats()
    families = (socket.AF_INET,) if host in ("", "0.0.0.0") else (socket.AF_INET, socket.AF_INET6)
    found: dict[str, tuple] = {}
    for name, entries in psutil.net_if_addrs().items():
        if name in up and not up[name].isup:
            continue
        for entry in entries:
            text = entry.address.partition("%")[0]
            if entry.family not in families or _is_of_no_use(text):
                continue
            found[text] = (
                text != default,
                name.lower().startswith(VIRTUAL),
                entry.family != socket.AF_INET,
            )
    return sorted(found, key=lambda text: found[text])


def is_loopback(host: str) -> bool:
    """Whether `host` is this computer, for itself alone."""
    with suppress(ValueError):
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    return host.lower() == "localhost"


def _is_of_no_use(text: str) -> bool:
    address = ipaddress.ip_address(text)
    return address.is_loopback or address.is_link_local or address.is_unspecified


def _towards_others() -> str:
    """This computer's address in the network that its way out leads through; "" without one."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.connect(ELSEWHERE)  # sends nothing
        return str(asked.getsockname()[0])
    return ""


def urls(host: str, port: int, scheme: str) -> list[str]:
    """`addresses` as a browser takes them."""
    usual = {"http": 80, "https": 443}[scheme] == port
    places = (f"[{one}]" if ":" in one else one for one in addresses(host))
    return [f"{scheme}://{place}{'' if usual else f':{port}'}/" for place in places][:MOST]


def announce(found: list[str], warns: bool, terminal: bool) -> None:
    """Prints where a class opens the page.

    Args:
        warns: browsers will, because the certificate is of this computer's own making.
        terminal: somebody looks, and may scan a code.
    """
    if not found:
        return
    print(told("class", address=found[0]))
    if len(found) > 1:
        print(told("class_others", addresses=", ".join(found[1:])))
    if warns:
        print(told("class_warning"))
    if terminal:
        import segno

        with suppress(UnicodeEncodeError):  # a console of few letters
            segno.make(found[0], error="l", micro=False).terminal(compact=True)
