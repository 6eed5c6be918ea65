"""A head exported as ONNX gives the page's answers, by onnxruntime and by the script beside it."""

import io
import subprocess
import sys
import zipfile

import pytest
import torch
from PIL import Image

from models import images, onnx_runtime
from models.linear_probe import onnx_head
from models.linear_probe.saved_head import SavedHead

NAMES = ("मांजर", "owl", "koala")


@pytest.fixture(scope="module")
def head(lite0):
    weight = torch.randn(3, 1280, generator=torch.Generator().manual_seed(0)) / 10
    return SavedHead(lite0.spec.name, NAMES, weight, torch.tensor([0.2, -0.1, 0.0]))


@pytest.fixture(scope="module")
def packed(head, lite0):
    return zipfile.ZipFile(io.BytesIO(onnx_head.archive(head, lite0)))


@pytest.fixture(scope="module")
def shown(lite0, photo):
    """A photograph as the network sees it, and its path."""
    return images.classifier_input(photo("owl"), lite0.spec.input_size), photo("owl")


def test_the_exported_graph_answers_as_the_head(head, lite0, packed, shown):
    network = onnx_runtime.session(packed.read(onnx_head.MODEL))
    (given,), (answer,) = network.get_inputs(), network.get_outputs()
    assert (given.name, given.shape) == ("pictures", [1, 3, 224, 224])
    assert (answer.name, answer.shape) == ("probabilities", [1, 3])
    (found,) = network.run(None, {"pictures": shown[0].numpy()})
    expected = head.probabilities(lite0.pooled_features(shown[0]))
    assert torch.allclose(torch.from_numpy(found), expected, atol=1e-4)
    assert found.sum() == pytest.approx(1, abs=1e-5)


def test_the_script_of_ten_lines_names_a_picture(head, lite0, packed, shown, tmp_path):
    packed.extractall(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(packed.namelist())
    script = (tmp_path / onnx_head.SCRIPT).read_text()
    assert len(script.splitlines()) <= 12
    lines = subprocess.run(
        [sys.executable, onnx_head.SCRIPT, shown[1]], cwd=tmp_path, check=True, encoding="utf-8",
        stdout=subprocess.PIPE, env={"PYTHONUTF8": "1"},
    ).stdout.splitlines()  # fmt: skip
    probabilities = head.probabilities(lite0.pooled_features(shown[0]))[0].tolist()
    ranked = sorted(zip(probabilities, NAMES, strict=True), reverse=True)
    assert [line.split("% ")[1] for line in lines] == [name for _, name in ranked]
    for line, (share, _) in zip(lines, ranked, strict=True):
        assert float(line.split("%")[0]) == pytest.approx(100 * share, abs=0.2)


def test_a_picture_that_is_transparent_or_grey_is_read_too(packed, tmp_path):
    packed.extractall(tmp_path)
    Image.new("LA", (300, 260), (90, 128)).save(tmp_path / "grey.png")
    command = [sys.executable, onnx_head.SCRIPT, "grey.png"]
    env = {"PYTHONUTF8": "1"}
    assert subprocess.run(command, cwd=tmp_path, env=env, capture_output=True).returncode == 0
