"""Small trainers, and comparisons of their states bit for bit."""

import torch
from torch.utils._pytree import tree_leaves

from models.gan.training import data as gan_data
from models.gan.training.data import Pictures
from models.gan.training.settings import TrainingSettings
from models.gan.training.trainer import Trainer

RING = gan_data.plane("ring")
WHOLE = float("inf")  # seconds: a slice ends by its rounds, however slow the machine


def pictures(side=16, channels=1):
    rng = torch.Generator().manual_seed(7)
    cells = torch.randint(0, 256, (30, channels, side, side), generator=rng)
    return Pictures("own", cells[:20].byte(), cells[20:].byte())


def made(architecture="mlp", data=None, **values):
    values = {"width": 4, "latent": 3, "batch": 8, "r1": 0.0} | values
    data = data or (RING if architecture == "mlp" else pictures())
    return Trainer(data, TrainingSettings(architecture=architecture, **values))


def copied(*parts):
    """Weights, buffers and optimiser states, by name, copied."""
    found = {}
    for index, part in enumerate(parts):
        state = part.state_dict()
        leaves = tree_leaves(state) if "state" in state else state.values()
        values = [v.clone() for v in leaves if isinstance(v, torch.Tensor)]
        found |= {(index, n): value for n, value in enumerate(values)}
    return found


def same(a, b):
    """Bit for bit, whole states."""
    a, b = tree_leaves(a), tree_leaves(b)
    return len(a) == len(b) and all(
        torch.equal(x, y) if isinstance(x, torch.Tensor) else x == y
        for x, y in zip(a, b, strict=True)
    )


def weights(network):
    return torch.cat([weight.detach().flatten() for weight in network.parameters()])


def all_finite(trainer):
    tensors = [*trainer.G.state_dict().values(), *trainer.D.state_dict().values()]
    return all(bool(tensor.isfinite().all()) for tensor in tensors)
