"""What the machine lacks is told before the app starts: one sentence, and no traceback.

CI runs as root, who may write everywhere: a folder that can't be written is one below a file.
"""

import errno
import os
import shutil
import socket
import subprocess
import sys
import tempfile

import gradio as gr
import pytest

from demos.runtime import startup
from models import registry, weights
from tests import serving
from tests.serving import ROOT


@pytest.fixture
def below_a_file(tmp_path):
    """A folder that nobody can make."""
    (tmp_path / "file").write_text("")
    return tmp_path / "file" / "folder"


@pytest.fixture
def temporary(monkeypatch, tmp_path):
    """The system's temporary folder, of this test alone."""
    monkeypatch.setenv(startup.TEMPORARY, "")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def refusal(function, *given):
    with pytest.raises(SystemExit) as end:
        function(*given)
    line = end.value.code  # Python prints a text, and ends with status 1
    assert line.startswith("netglass: ")
    assert "\n" not in line
    return line


def test_each_user_has_a_temporary_folder_of_their_own(temporary):
    (temporary / "gradio").write_text("made by somebody else")
    folder = startup.prepare_temporary_folder()
    assert folder == temporary / f"netglass-{os.geteuid()}"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert os.environ[startup.TEMPORARY] == str(folder)
    assert list(folder.iterdir()) == []
    assert startup.prepare_temporary_folder() == folder  # the next start finds it there


def test_a_temporary_folder_that_another_user_made_is_not_taken(temporary, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    (temporary / "netglass-4711").mkdir()
    assert "made by another user" in refusal(startup.prepare_temporary_folder)


def test_a_link_that_another_user_laid_is_not_taken(temporary, monkeypatch, tmp_path_factory):
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    (temporary / "netglass-4711").symlink_to(tmp_path_factory.mktemp("elsewhere"))
    assert "made by another user" in refusal(startup.prepare_temporary_folder)


def test_a_named_temporary_folder_is_made_and_taken(temporary, monkeypatch):
    monkeypatch.setenv(startup.TEMPORARY, str(temporary / "a" / "b"))
    assert startup.prepare_temporary_folder() == temporary / "a" / "b"
    assert (temporary / "a" / "b").is_dir()


def test_a_temporary_folder_that_cannot_be_written(temporary, monkeypatch, below_a_file):
    monkeypatch.setenv(startup.TEMPORARY, str(below_a_file))
    line = refusal(startup.prepare_temporary_folder)
    assert str(below_a_file) in line
    assert "Not a directory" in line
    assert startup.TEMPORARY in line


def test_no_temporary_folder_at_all(temporary, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", list)
    assert startup.TEMPORARY in refusal(startup.prepare_temporary_folder)
    # One that is named serves for whatever else wants a temporary file.
    monkeypatch.setenv(startup.TEMPORARY, str(temporary / "named"))
    startup.prepare_temporary_folder()
    assert tempfile.gettempdir() == str(temporary / "named")


# On so small a disk files can be made, and pictures can't be written.
@pytest.mark.parametrize("small_disk", ["64k"], indirect=True)
def test_a_full_disk_at_the_start(temporary, monkeypatch, small_disk):
    monkeypatch.setenv(startup.TEMPORARY, str(small_disk))
    line = refusal(startup.prepare_temporary_folder)
    assert line == startup.told("disk_full", folder=small_disk)
    assert list(small_disk.iterdir()) == []


@pytest.fixture
def taken_port():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost", "127.0.0.2", ""])
def test_a_port_in_use(taken_port, host):
    line = refusal(startup.check_address, host, taken_port)
    assert line == startup.told("port_taken", port=taken_port, other=taken_port + 1)


def test_a_port_that_was_taken_while_the_app_started(taken_port):
    """After it was tried: Gradio finds it in use."""

    def launch():
        with gr.Blocks() as blocks, startup.serving("127.0.0.1", taken_port):
            blocks.launch(server_port=taken_port, prevent_thread_lock=True, quiet=True)

    assert refusal(launch) == startup.told("port_taken", port=taken_port, other=taken_port + 1)


def test_another_fault_of_the_launch_stays_as_it_is():
    with pytest.raises(OSError, match="of another kind"), startup.serving("", serving.free_port()):
        raise OSError("of another kind")


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost", ""])
def test_a_free_port(host):
    startup.check_address(host, serving.free_port())


@pytest.mark.parametrize(
    "host",
    ["nowhere.invalid", "203.0.113.7", "http://127.0.0.1", "1.2.3.4.5", "a" * 70, "127.0.0.1:80"],
)
def test_a_host_that_is_not_this_computer(host):
    line = refusal(startup.check_address, host, serving.free_port())
    assert host in line
    assert "--host 127.0.0.1" in line


def test_a_port_that_needs_special_rights(monkeypatch):
    class Refused(socket.socket):
        def bind(self, _place):
            raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket, "socket", Refused)  # root may bind them all
    assert "Port 80" not in refusal(startup.check_address, "127.0.0.1", 80)
    assert "port 80;" in refusal(startup.check_address, "127.0.0.1", 80)


@pytest.mark.parametrize("variable", ["TORCH_HOME", "XDG_CACHE_HOME", "HOME"])
def test_a_folder_for_downloads_that_cannot_be_written(monkeypatch, below_a_file, variable):
    for name in ("TORCH_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, str(below_a_file))
    (line,) = startup.download_notes()
    assert str(registry.hub_folder()) in line
    assert "Not a directory" in line


def test_a_folder_for_downloads_that_is_not_there_yet_is_not_made(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "later"))
    assert startup.download_notes() == []
    assert list(tmp_path.iterdir()) == []


def test_a_user_without_a_home(monkeypatch, tmp_path):
    for name in ("TORCH_HOME", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4711_000)
    monkeypatch.chdir(tmp_path)
    assert not any(
        registry.has_weights(spec) for spec in registry.BACKBONE_SPECS if spec.source != "wheel"
    )
    assert startup.download_notes() == []


def test_the_weights_that_ship_need_no_words():
    assert startup.weight_notes() == []


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"toy": 5}', '{"toy": {}}', b"\xff"])
def test_a_manifest_that_is_missing_or_broken(tmp_path, content):
    if content is not None:
        written = content if isinstance(content, bytes) else content.encode()
        (tmp_path / "manifest.json").write_bytes(written)
    (line,) = startup.weight_notes(tmp_path)
    assert str(tmp_path / "manifest.json") in line
    assert "everything else works" in line
    assert "\n" not in line


def test_weight_files_that_are_missing_or_cut_off(tmp_path):
    shutil.copy(weights.FOLDER / "manifest.json", tmp_path)
    known = weights.manifest(tmp_path)
    (tmp_path / known["pets_lite0"]["file"]).write_bytes(b"cut off")
    (line,) = startup.weight_notes(tmp_path)
    assert all(name in line for name in known)


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_a_device_that_is_not_there(name):
    import torch

    if (name == "cuda" and torch.cuda.is_available()) or torch.backends.mps.is_available():
        pytest.skip("it is there")
    assert f"--device {name}" in refusal(startup.check_device, name)


def run(*options, **environment):
    """The real app's status and what it said, until it ends by itself."""
    ended = subprocess.run(
        [sys.executable, "app.py", *options], cwd=ROOT, env=os.environ | environment, timeout=60,
        capture_output=True, text=True,
    )  # fmt: skip
    return ended.returncode, ended.stdout + ended.stderr


def test_the_app_ends_with_one_sentence(below_a_file, taken_port):
    status, said = run("--port", str(taken_port))
    assert (status, said.count("\n")) == (1, 1)
    assert "is in use" in said
    status, said = run("--port", str(serving.free_port()), GRADIO_TEMP_DIR=str(below_a_file))
    assert (status, said.count("\n")) == (1, 1)
    assert str(below_a_file) in said


@pytest.mark.parametrize(
    ("option", "variable", "value"),
    [
        ("--port", "NETGLASS_PORT", "0"), ("--port", "NETGLASS_PORT", "70000"),
        ("--port", "NETGLASS_PORT", "web"), ("--rate", "NETGLASS_RATE", "nan"),
        ("--rate", "NETGLASS_RATE", "-1"), ("--device", "NETGLASS_DEVICE", "gpu"),
    ],
)  # fmt: skip
def test_options_that_cannot_be_are_refused_from_both_places(
    monkeypatch, capsys, option, variable, value
):
    import gc

    import app

    gc.enable()  # importing it stops the collector until it serves
    for given, set_ in ((["app.py", f"{option}={value}"], None), (["app.py"], value)):
        monkeypatch.setattr(sys, "argv", given)
        if set_:
            monkeypatch.setenv(variable, set_)
        with pytest.raises(SystemExit) as end:
            app.parse_options()
        assert end.value.code == 2
        assert f"argument {option}: must be" in capsys.readouterr().err


@pytest.mark.slow
def test_the_app_works_without_what_it_can_do_without(tmp_path, below_a_file, photo):
    """No folder for downloads: it is told, a network from there says why, and all else works."""
    from gradio_client import Client, handle_file
    from gradio_client.exceptions import AppError

    port = serving.free_port()
    process, log = serving.start_app(tmp_path, port, TORCH_HOME=str(below_a_file))
    try:
        client = Client(f"http://127.0.0.1:{port}", verbose=False, download_files=str(tmp_path))
        picture = handle_file(photo("kitten"))
        confidences, _ = client.predict(picture, api_name="/classify_pet")
        assert len(confidences["confidences"]) == 37
        with pytest.raises(AppError, match="may not write to the folder"):
            client.predict(picture, model="resnet50", layer="layer1", api_name="/feature_maps")
        said = log.read_text()
        assert said.count("netglass: ") == 2  # the folder, and the teacher's key
        assert str(below_a_file) in said
        assert "Traceback" not in said
    finally:
        process.terminate()
        process.wait(20)
