"""The digits: complete, in order, and recognisable."""

import pytest
import torch

from models import weights
from models.linear_probe import digits
from models.validation import ValidationError


def test_there_are_ten_thousand_in_order():
    cells, values = digits.pictures()
    assert cells.shape == (10_000, 28, 28)
    assert cells.dtype == torch.uint8
    assert values.tolist() == sorted(values.tolist())
    assert values.unique().tolist() == list(range(10))
    # White ink on black: the rim is empty, the middle of a 1 is not, that of a 0 is.
    means = torch.stack([cells[values == v].float().mean(0) for v in range(10)])
    assert means[:, 0].max() < 1
    assert means[1, 14, 14] > 150
    assert means[0, 14, 14] < 40


def test_a_changed_file_is_refused(tmp_path, monkeypatch):
    for name in ("manifest.json", "digits.png"):
        content = (weights.FOLDER / name).read_bytes()
        (tmp_path / name).write_bytes(content[:-1] if name == "digits.png" else content)
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    with pytest.raises(ValidationError, match="damaged"):
        digits.pictures()
    (tmp_path / "digits.png").unlink()
    with pytest.raises(ValidationError, match="missing"):
        digits.pictures()
