"""Folding batch norms by hand, and tracing beside other threads."""

import threading

import pytest
import timm
import torch
from torch import nn

from models.backbones.graph import Tracer, fold_batch_norm


def test_folding_by_hand():
    class Tiny(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.norm = nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1, eps=0.0)

        def forward(self, x):
            return self.norm(self.conv(x))

    network = Tiny().eval()
    with torch.no_grad():
        network.conv.weight.fill_(3.0)
        network.conv.bias.fill_(1.0)
        network.norm.weight.fill_(2.0)
        network.norm.bias.fill_(5.0)
        network.norm.running_mean.fill_(7.0)
        network.norm.running_var.fill_(4.0)
    assert fold_batch_norm(network, Tracer().trace(network)) == 1
    # s = 2 / sqrt(4) = 1: weight 1 * 3, bias 1 * (1 - 7) + 5.
    assert network.conv.weight.item() == pytest.approx(3.0)
    assert network.conv.bias.item() == pytest.approx(-1.0)
    assert network(torch.full((1, 1, 1, 1), 2.0)).item() == pytest.approx(5.0)


def test_a_convolution_with_two_readers_is_left_alone():
    class Fork(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.norm = nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1)

        def forward(self, x):
            y = self.conv(x)
            return self.norm(y) + y

    network = Fork().eval()
    assert fold_batch_norm(network, Tracer().trace(network)) == 0
    assert isinstance(network.norm, nn.BatchNorm2d)


def test_others_compute_while_a_network_is_being_loaded():
    """torch.fx patches every module of the process while it traces."""
    busy = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4)).requires_grad_(False)
    x = torch.ones(1, 4)
    expected, errors, done = busy(x), [], threading.Event()

    def compute():
        while not done.is_set():
            try:
                assert torch.equal(busy(x), expected)
            except BaseException as error:
                errors.append(error)
                return

    threads = [threading.Thread(target=compute) for _ in range(2)]
    threads += [
        threading.Thread(
            target=lambda: Tracer().trace(timm.create_model("tf_efficientnet_lite0").eval())
        )
        for _ in range(2)
    ]
    call = nn.Module.__call__
    for thread in threads:
        thread.start()
    for thread in threads[2:]:
        thread.join()
    done.set()
    for thread in threads[:2]:
        thread.join()
    assert errors == []
    assert nn.Module.__call__ is call
