"""What the app needs of the machine, tried before it starts.

All sentences about it stand here, in English, as the console's are. What the app can't do without
ends it with status 1; what it can do without is only told.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models import registry, weights

TEMPORARY = "GRADIO_TEMP_DIR"
NEEDED_BYTES = 1 << 20  # a picture or two
SENTENCES = {
    "no_temporary_folder": "This user can write to none of the system's folders for temporary "
    "files. Uploads and results need one: name a folder by the environment variable "
    f"{TEMPORARY}.",
    "temporary_folder": "Nothing can be written to {folder} ({reason}), where uploads and results "
    f"are kept. Name another folder by the environment variable {TEMPORARY}.",
    "temporary_folder_owner": "The folder {folder}, for uploads and results, was made by another "
    f"user. Name another folder by the environment variable {TEMPORARY}.",
    "disk_full": "The disk of {folder} is full, and uploads and results are kept there. Free some "
    f"space, or name a folder on another disk by the environment variable {TEMPORARY}.",
    "port_taken": "Port {port} is in use, perhaps by another Netglass. Stop that program, or take "
    "another port: --port {other}.",
    "port_forbidden": "This user may not serve on port {port}; those below 1024 need special "
    "rights. Take another port: --port 7860.",
    "host": "{host} is not an address of this computer ({reason}). Take --host 127.0.0.1 for this "
    "computer only, or --host 0.0.0.0 for all who can reach it.",
    "teacher_key": 'The teacher\'s key, which opens a board for the class in the tab "Class": '
    "{key}",
    "downloads": "Nothing can be written to {folder} ({reason}). Networks that are not here yet "
    "and the whole of MNIST can't be downloaded; everything else works. Another folder is named "
    "by the environment variable TORCH_HOME.",
    "manifest": "{file} is missing or can't be read ({reason}). Without it the GAN explorer, the "
    "pets and the digits can't be used; everything else works. Get the file again from where you "
    "got Netglass.",
    "weight_files": "In {folder} these files are missing or incomplete: {names}. What needs them "
    "says so; everything else works. Get them again from where you got Netglass.",
    "class": "A class in this network opens {address}",
    "class_others": "If that is the wrong network: {addresses}",
    "class_warning": "Browsers will warn once, because this computer made the certificate itself: "
    'choose "Advanced", then "Proceed". It encrypts all the same.',
    "certificate_kept": "The certificate can't be kept in {folder} ({reason}): after the next "
    "start browsers will warn again. Another folder is named by the environment variable "
    "XDG_CACHE_HOME.",
    "certificate_unreadable": "{file} can't be read ({reason}), and https needs it. Give this user "
    "the right to read it, or name another file: --ssl-certfile, --ssl-keyfile.",
    "certificate_key": "The key in {key} does not belong to the certificate in {file}. Name the "
    "two that were made together: --ssl-certfile, --ssl-keyfile.",
    "certificate_keyless": "{file} has no key in it. Name the key's file: --ssl-keyfile.",
    "certificate_form": "{file} and {key} are no certificate and key that https can be served "
    "with. Both must be PEM files, and the key must not be locked with a password.",
    "certificate_ended": "The certificate in {file} ended on {day}: browsers will warn of it.",
}


def told(key: str, /, **values: object) -> str:
    """The sentence `key` as a line of the console."""
    return f"netglass: {SENTENCES[key].format(**values)}"


def check(host: str, port: int) -> None:
    """Tries everything. To be called before Gradio is imported, which reads `GRADIO_TEMP_DIR` then.

    Raises:
        SystemExit: status 1, with one sentence.
    """
    check_address(host, port)
    prepare_temporary_folder()
    for line in (*download_notes(), *weight_notes()):
        print(line, file=sys.stderr)


def prepare_temporary_folder() -> Path:
    """Where uploads and results are kept: what `GRADIO_TEMP_DIR` names, or a folder of this user's
    own, which is made and named there. Gradio's own default is one folder for all users.

    Raises:
        SystemExit: it can't be written.
    """
    named = os.environ.get(TEMPORARY)
    try:
        shared = tempfile.gettempdir()
    except FileNotFoundError:  # whatever else asks for a temporary file gets it in ours
        if not named:
            sys.exit(told("no_temporary_folder"))
        tempfile.tempdir = shared = named
    user = getattr(os, "geteuid", int)()
    folder = Path(named or Path(shared, f"netglass-{user}"))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not named and os.name == "posix" and folder.lstat().st_uid != user:
            sys.exit(told("temporary_folder_owner", folder=folder))
        weights.try_writing(folder, NEEDED_BYTES)
    except OSError as error:
        key = "disk_full" if error.errno in weights.DISK_FULL else "temporary_folder"
        sys.exit(told(key, folder=folder, reason=error.strerror))
    os.environ[TEMPORARY] = str(folder.resolve())
    return folder


def check_address(host: str, port: int) -> None:
    """Whether this computer can serve at `host` and `port`.

    Raises:
        SystemExit: it can't.
    """
    # Gradio asks for the port on 127.0.0.1 too, whatever the host is.
    for address in dict.fromkeys((host.removeprefix("[").removesuffix("]"), "127.0.0.1")):
        try:
            family, kind, _, _, place = socket.getaddrinfo(
                address or "127.0.0.1", port, type=socket.SOCK_STREAM
            )[0]
            with socket.socket(family, kind) as tried:
                if os.name == "posix":  # elsewhere it would take a port that is in use
                    tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                tried.bind(place)
        except (OSError, UnicodeError) as error:
            code = getattr(error, "errno", None)
            if code == errno.EADDRINUSE:
                sys.exit(told("port_taken", port=port, other=port + 1 if port < 65535 else 7860))
            if code in (errno.EACCES, errno.EPERM):
                sys.exit(told("port_forbidden", port=port))
            sys.exit(told("host", host=host, reason=getattr(error, "strerror", None) or error))


@contextmanager
def serving(host: str, port: int) -> Iterator[None]:
    """Around the launch: another program may have taken the port since it was tried.

    Raises:
        SystemExit: as `check_address`.
    """
    try:
        yield
    except OSError:
        check_address(host, port)
        raise


def check_device(name: str) -> None:
    """Whether PyTorch finds the device called `name`; imports PyTorch for this, if asked for one.

    Raises:
        SystemExit: it doesn't.
    """
    if name in ("cuda", "mps"):
        from models import device

        try:
            device.pick(name)
        except RuntimeError as error:
            sys.exit(f"netglass: {error}")


def download_notes() -> list[str]:
    """A line if what PyTorch downloads can't be kept."""
    folder = registry.hub_folder()
    try:
        weights.try_writing(folder)
    except OSError as error:
        return [told("downloads", folder=folder, reason=error.strerror)]
    return []


def weight_notes(folder: Path = weights.FOLDER) -> list[str]:
    """A line if the manifest, or files that it describes, can't be used."""
    try:
        known = weights.manifest(folder)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        return [told("manifest", file=folder / "manifest.json", reason=reason)]
    lost = [name for name, entry in known.items() if not weights.is_whole(entry, folder)]
    return [told("weight_files", folder=folder, names=", ".join(lost))] if lost else []
