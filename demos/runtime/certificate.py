"""The certificate that https is served with: a school's own, or one that this computer makes.

Browsers give a camera and a clipboard to https and to localhost only. A certificate of our own
making encrypts as well as any other; but nobody vouches for it, so that browsers warn once.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import re
import socket
import ssl
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from demos.runtime import network
from demos.runtime.startup import TEMPORARY, told

NAME = "certificate.pem"  # and its key, in one file: no two of them can differ
DAYS, RENEW_DAYS = 397, 30  # as long as browsers let a public one last
MOST_NAMES = 40
HOST_NAME = re.compile(r"[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")


def folder() -> Path:
    """Where our own is kept, the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(os.path.expanduser(cache), "netglass")


def names(host: str) -> list[str]:
    """What this computer is called by browsers: names and addresses."""
    own = socket.gethostname()
    called = [own, f"{own}.local"] if HOST_NAME.fullmatch(own) else []
    bare = host.strip("[]")
    given = [bare] if host not in network.EVERYWHERE else []
    return list(
        dict.fromkeys(["localhost", "127.0.0.1", "::1", *given, *network.addresses(host), *called])
    )


def own(wanted: list[str]) -> Path:
    """Our own certificate for the names and addresses `wanted`: the one that is kept, or a new one
    if that lacks some of them, is about to end, or can't be read.

    A new one keeps the old one's names too: a computer that goes home in the evening shows the
    class the same certificate the next morning.
    """
    place = folder() / NAME
    try:
        known, ends = _read(place)
    except (OSError, ValueError):
        known, ends = [], None
    now = datetime.datetime.now(datetime.UTC)
    if ends and set(wanted) <= set(known) and ends - now > datetime.timedelta(RENEW_DAYS):
        return place
    content = _made([*dict.fromkeys([*wanted, *known])][: max(MOST_NAMES, len(wanted))], now)
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _write(content, place)
    except OSError as error:
        print(told("certificate_kept", folder=place.parent, reason=error.strerror), file=sys.stderr)
        temporary = Path(tempfile.mkdtemp(prefix="certificate-", dir=os.environ[TEMPORARY]))
        return _write(content, temporary / NAME)


def _read(place: Path) -> tuple[list[str], datetime.datetime]:
    """The names of a kept certificate, and when it ends.

    Raises:
        OSError, ValueError: it isn't there, or is none with its key.
    """
    from cryptography import x509

    found = x509.load_pem_x509_certificate(place.read_bytes())
    _context(place, place)
    try:
        extension = found.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound as error:
        raise ValueError("it has no names") from error
    called = extension.value.get_values_for_type(x509.DNSName)
    called += [str(ip) for ip in extension.value.get_values_for_type(x509.IPAddress)]
    return called, found.not_valid_after_utc


def _made(called: list[str], now: datetime.datetime) -> bytes:
    """A certificate that signs itself, and its key, as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    alternative: list[x509.GeneralName] = []
    for one in called:
        try:
            alternative.append(x509.IPAddress(ipaddress.ip_address(one)))
        except ValueError:
            with suppress(ValueError):  # a name that is not ASCII
                alternative.append(x509.DNSName(one))
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Netglass")])
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=False, crl_sign=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))  # a phone's clock may be slow
        .not_valid_after(now + datetime.timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName(alternative), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return made.public_bytes(pem) + key.private_bytes(pem, pkcs8, plain)


def _write(content: bytes, place: Path) -> Path:
    """Writes a file that only this user can read, complete as soon as it is there."""
    handle, staging = tempfile.mkstemp(dir=place.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        os.replace(staging, place)
    except OSError:
        os.unlink(staging)
        raise
    return place


def check(certificate: Path, key: Path) -> None:
    """Whether https can be served with a school's own files.

    Raises:
        SystemExit: it can't; one sentence says why.
    """
    for place in dict.fromkeys((certificate, key)):
        try:
            place.read_bytes()
        except OSError as error:
            sys.exit(told("certificate_unreadable", file=place, reason=error.strerror))
    try:
        _context(certificate, key)
    except ssl.SSLError as error:
        if certificate == key and b"PRIVATE KEY-----" not in key.read_bytes():
            sys.exit(told("certificate_keyless", file=certificate))
        if error.reason == "KEY_VALUES_MISMATCH":
            sys.exit(told("certificate_key", file=certificate, key=key))
        sys.exit(told("certificate_form", file=certificate, key=key))
    ends = _end(certificate)
    if ends and ends < datetime.datetime.now(datetime.UTC):
        print(told("certificate_ended", file=certificate, day=ends.date()), file=sys.stderr)


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Raises `ssl.SSLError` if both do not belong together."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # Without a password OpenSSL would ask at the terminal for that of a locked key.
    context.load_cert_chain(certificate, key, password="")
    return context


def _end(certificate: Path) -> datetime.datetime | None:
    from cryptography import x509

    with suppress(ValueError):
        return x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    return None
