"""The digit classifier: as good as its manifest says, and the same network for everybody."""

import pytest
import torch

from models import weights
from models.gan.training import data as gan_data
from models.gan.training import digit_classifier
from models.gan.training.digit_classifier import DigitClassifier
from models.linear_probe import digits
from models.validation import ValidationError


@pytest.fixture(scope="module")
def held():
    """Pictures that it never learnt from, with their values."""
    cells, values = digits.pictures()
    pictures = gan_data.digits().held_out
    assert torch.equal(pictures[:, 0], cells[9::10])
    return gan_data.scaled(pictures), values[9::10]


def test_it_is_as_good_as_the_manifest_says(held):
    pictures, values = held
    found, sure = digit_classifier.classify(pictures)
    measured = weights.entry("digit_counter")["measured"]
    assert measured["held_out_digits"] == len(pictures) == 1000
    assert found.shape == sure.shape == (1000,)
    # Weights ship at half precision: a picture or two may tip.
    assert float((found == values).float().mean()) == pytest.approx(measured["accuracy"], abs=0.002)
    assert float(sure.mean()) == pytest.approx(measured["mean_confidence"], abs=0.002)
    assert measured["accuracy"] >= 0.99
    for value in range(10):
        assert (found[values == value] == value).float().mean() > 0.96


def test_probabilities(held):
    found, sure = digit_classifier.classify(held[0][:50])
    assert found.dtype == torch.int64
    assert sure.min() >= 0.1
    assert sure.max() <= 1
    assert not sure.requires_grad


def test_the_company_does_not_matter(held):
    pictures = held[0][:20]
    together, apart = (
        digit_classifier.classify(pictures),
        [digit_classifier.classify(p[None]) for p in pictures],
    )
    assert torch.equal(together[0], torch.cat([found for found, _ in apart]))
    torch.testing.assert_close(together[1], torch.cat([sure for _, sure in apart]))
    half = digit_classifier.classify(pictures.bfloat16())
    assert (half[0] == together[0]).all()


def test_noise_does_not_look_like_all_digits():
    """It is sure of noise as well, but of one digit: only the ten together say something."""
    noise = torch.rand(200, 1, 28, 28, generator=torch.Generator().manual_seed(0)) * 2 - 1
    found, _ = digit_classifier.classify(noise)
    assert len(found.unique()) <= 2


def test_none_at_all():
    found, sure = digit_classifier.classify(torch.empty(0, 1, 28, 28))
    assert found.shape == sure.shape == (0,)


def test_it_is_shared_and_frozen():
    network = digit_classifier.load()
    assert network is digit_classifier.load()
    assert not network.training
    assert not any(weight.requires_grad for weight in network.parameters())


def test_its_size():
    network = DigitClassifier()
    count = sum(weight.numel() for weight in network.parameters())
    # 1 -> 16 -> 32 -> 64 channels of 3 x 3, batch norm, and 4 quarters x 64 channels -> 10.
    assert count == 9 * 16 + 9 * 16 * 32 + 9 * 32 * 64 + 2 * (16 + 32 + 64) + 256 * 10 + 10
    assert network(torch.zeros(3, 1, 28, 28)).shape == (3, 10)


def test_a_missing_file(tmp_path, monkeypatch):
    manifest = (weights.FOLDER / "manifest.json").read_bytes()
    (tmp_path / "manifest.json").write_bytes(manifest)
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    digit_classifier.load.cache_clear()
    try:
        with pytest.raises(ValidationError, match="digit_counter can't be used"):
            digit_classifier.load()
    finally:
        digit_classifier.load.cache_clear()
