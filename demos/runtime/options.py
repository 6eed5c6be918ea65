"""Readers of `app.py`'s options. argparse's own look only at the command line, not at what an
environment variable gives."""

from __future__ import annotations

import argparse
import ipaddress
import re
from collections.abc import Callable
from contextlib import suppress

ORIGIN = re.compile(
    r"https?://(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:\d{1,5})?"
)


def number(kind: type, low: float, high: float) -> Callable[[str], float]:
    """Reads an option that must be a number from `low` to `high`."""
    wanted = "a whole number" if kind is int else "a number"

    def read(text: str) -> float:
        with suppress(ValueError):
            if low <= (value := kind(text)) <= high:
                return value
        raise argparse.ArgumentTypeError(f"must be {wanted} from {low} to {high}, not {text!r}")

    return read


def one_of(*choices: str) -> Callable[[str], str]:
    """Reads an option that must be one of `choices`."""

    def read(text: str) -> str:
        if text not in choices:
            raise argparse.ArgumentTypeError(f"must be one of {', '.join(choices)}, not {text!r}")
        return text

    return read


def origins(text: str) -> tuple[str, ...]:
    """Reads an option of sites by origin: scheme, name and perhaps port; several with spaces or
    commas between them."""
    found = tuple(part.lower().removesuffix("/") for part in re.split(r"[\s,]+", text) if part)
    for origin in found:
        port = origin.rpartition(":")[2]
        if not ORIGIN.fullmatch(origin) or (port.isdigit() and not 0 < int(port) < 65536):
            raise argparse.ArgumentTypeError(
                f"must be sites like https://lms.school.example, without a path, not {origin!r}"
            )
    return found


def networks(text: str) -> tuple[str, ...]:
    """Reads an option of addresses or networks, several with spaces or commas between them."""
    found = tuple(part for part in re.split(r"[\s,]+", text) if part)
    for address in found:
        try:
            ipaddress.ip_network(address)
        except ValueError as error:
            raise argparse.ArgumentTypeError(
                f"must be addresses like 10.0.0.5 or networks like 10.0.0.0/24: {error}"
            ) from error
    return found
