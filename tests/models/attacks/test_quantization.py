"""The smallest whole-level change that fools, on networks worked out by hand."""

import torch

from models.attacks.evaluation import evaluate
from models.attacks.quantization import MAX_PASSES, quantize, to_8bit
from tests.models.attacks.toys import levels, pixel


def boundary(at):
    """Class 1 above `at` levels in the first value."""
    calls = []

    def network(pictures):
        calls.append(len(pictures))
        x = pictures[:, 0, 0, 0] * 255
        return torch.stack([at - x, x - at], 1)

    network.calls = calls
    return network


def found(network, clean, pictures):
    now = evaluate(network, pictures * 255, torch.zeros(len(clean), dtype=torch.long), None, None)
    network.calls.clear()
    return quantize(network, clean * 255, now)


def test_grows_until_rounding_fools():
    # 102.4 rounds to 102; the change times 1.05 rounds to 103.
    result = found(boundary(102.3), pixel(100, 50, 0), pixel(102.4, 50.4, 0))
    assert result.levels.round().flatten().tolist() == [103, 50, 0]
    assert result.fooled.all()


def test_shrinks_where_less_is_enough():
    # The change is 8, -4 and 1: at 0.44 it is 4 (3.5), -2 (-1.75) and 0.
    result = found(boundary(103.3), pixel(100, 50, 0), pixel(108, 46, 1))
    assert result.levels.round().flatten().tolist() == [104, 48, 0]


def test_each_picture_has_a_factor_of_its_own_and_the_hopeless_are_rounded():
    clean = torch.cat([pixel(100, 0, 0)] * 3)
    tried = torch.cat([pixel(102.4, 0, 0), pixel(110, 0, 0), pixel(101.4, 0, 0)])
    network = boundary(102.3)
    result = found(network, clean, tried)
    assert [round(x) for x in result.levels[:, 0, 0, 0].tolist()] == [103, 103, 101]
    assert result.fooled.tolist() == [True, True, False]
    assert len(network.calls) <= MAX_PASSES
    found(network, clean[2:], tried[2:])
    assert len(network.calls) == 1


def test_levels_are_rounded():
    assert levels(to_8bit(pixel(0.4, 99.6, 255))) == [0, 100, 255]
    every = torch.arange(256) / 255
    assert torch.equal(to_8bit(every), every)
