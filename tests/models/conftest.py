"""What the tests marked `gpu` compute on."""

import os

import pytest
import torch

from models import device


@pytest.fixture(scope="session")
def gpu():
    """CUDA or Metal; NETGLASS_GPU=cpu tries the same tests without either."""
    chosen = device.pick(os.environ.get("NETGLASS_GPU", "auto"))
    if chosen.type == "cpu" and "NETGLASS_GPU" not in os.environ:
        pytest.skip("neither CUDA nor Metal on this machine")
    return chosen


@pytest.fixture(scope="session")
def gpu_store(gpu):
    from models.store import Store

    return Store(gpu.type)


@pytest.fixture(autouse=True)
def memory_given_back(request):
    """After a test marked `gpu`, so that VGG's share is there for the next."""
    yield
    if request.node.get_closest_marker("gpu") and torch.cuda.is_available():
        torch.cuda.empty_cache()
