"""Processor time of an explanation on one thread: each method, without and with its two curves, and
the check with random weights.

python -m benchmarks.explanations --rounds 5

Processor time, not the clock's: what a server with two busy cores pays for an explanation. The
settings are those of the endpoint /explain.
"""

import time

import torch

from benchmarks.common import EXAMPLES, machine, options
from benchmarks.forward_pass import cpu_ms
from models import images, registry, store
from models.explanations import sanity
from models.explanations.compare import compare
from models.explanations.methods import STEPS
from models.explanations.settings import METHODS, ExplanationSettings

PHOTO = EXAMPLES / "photos" / "giant_panda.jpg"


def main() -> None:
    rounds = options(__doc__, rounds=5).rounds
    torch.set_num_threads(1)
    settings = ExplanationSettings()
    network = store.load(registry.DEFAULT_BACKBONE, "cpu")
    picture = images.classifier_input(PHOTO, network.spec.input_size)
    target = int(network(picture).argmax())
    maps = {
        method: lambda step=STEPS[method]: [*step(network, picture, target, settings)]
        for method in METHODS
    }
    print(f"maps alone: {cpu_ms(maps, rounds)}")
    with_curves = {
        method: lambda method=method: [*compare(network, picture, target, settings, (method,))]
        for method in METHODS
    }
    print(f"with verdict and both curves: {cpu_ms(with_curves, rounds)}")
    start = time.process_time()
    for _ in sanity.check(network, picture, target, settings):
        pass
    print(f"all four by the network and by random weights: {time.process_time() - start:.1f} s")
    print(f"{registry.DEFAULT_BACKBONE}, {picture.shape[-1]} px; {machine()}")


if __name__ == "__main__":
    main()
