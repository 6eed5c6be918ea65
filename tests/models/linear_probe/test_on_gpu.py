"""Linear probes on features that a GPU computed: they are trained on the CPU."""

import pytest
import torch

from models.linear_probe import few_shot
from models.linear_probe.settings import ProbeSettings
from models.linear_probe.train import Samples, train
from tests.models.gpu import backbone


@pytest.mark.gpu
def test_a_probe_learns_from_features_of_a_gpu(gpu):
    network = backbone("efficientnet_lite0", gpu)
    rng = torch.Generator().manual_seed(0)
    labels = torch.arange(48) % 2
    # Dark and light noise.
    pictures = 0.5 * torch.rand(48, 3, 64, 64, generator=rng) + 0.4 * labels[:, None, None, None]
    with torch.no_grad():
        (maps,) = network.features(pictures, ["bn2"])
    features = maps.float().mean((2, 3)).cpu()
    features = (features - features.mean(0)) / features.std(0).clamp_min(1e-6)
    samples = Samples(features, labels, 2)
    *_, last = train(samples, samples, ProbeSettings(epochs=10, dropout=0.2))
    assert last.accuracy > 0.9
    assert few_shot.fit(features, labels, 2).accuracy > 0.9
