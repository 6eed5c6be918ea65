"""Eight small jobs whose results are kept as files: what they compute, and how close is close
enough.

They run in float32 on the CPU, also where it has bfloat16 units. Processors sum in different orders
and optimizers amplify the last bits, so every array has a tolerance of its own: at least twice what
was measured between the AVX-512, AVX2 and plain kernels (`ATEN_CPU_CAPABILITY`,
`ONEDNN_MAX_CPU_ISA`) with one and with two threads, and far below what another seed, class or loss
changes. Attacks and ideal classes are short because each step multiplies the differences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import numpy as np
import torch

import models
from models import images, store
from models.labels import breeds
from models.linear_probe import features, train
from models.linear_probe.settings import ProbeSettings

FOLDER = Path(__file__).parent
EXAMPLES = FOLDER.parents[1] / "demos" / "examples"
PHOTO, STYLE = EXAMPLES / "photos" / "chelsea.jpg", EXAMPLES / "styles" / "starry_night.jpg"
CPU = "cpu"
Arrays = dict[str, np.ndarray]


class Tolerance(NamedTuple):
    """The largest allowed difference of one array: on average, and of any number in it."""

    mean: float
    largest: float


@dataclass(frozen=True)
class Job:
    """One result.

    Attributes:
        compute: gives the arrays; pictures are uint8, (height, width, 3).
        tolerances: by array, in its own unit (for pictures grey levels, 0 to 255).
    """

    compute: Callable[[], Arrays]
    tolerances: dict[str, Tolerance]


@contextmanager
def float32_cpu() -> Iterator[None]:
    """Networks that are loaded inside compute in float32, and are forgotten afterwards."""
    units = {"_is_amx_tile_supported": lambda: False, "_is_avx512_bf16_supported": lambda: False}
    store.shared.cache_clear()
    try:
        with mock.patch.multiple(torch.cpu, **units):
            yield
    finally:
        store.shared.cache_clear()


def gan_sample() -> Arrays:
    gan = models.load("stylegan_cats64", CPU)
    pictures = gan.sample(seeds=range(3), truncation=0.7, sliders=(1.5, 0, -2))
    return {"pictures": np.concatenate([np.asarray(picture) for picture in pictures], 1)}


def gan_mix() -> Arrays:
    gan = models.load("stylegan_cats64", CPU)
    a, b = gan.style_codes(gan.latents([1, 2]), 0.7).split(1)
    return {"picture": gan.synthesize(gan.mix(a, b, 4)).numpy().astype(np.float16)}


def style_transfer() -> Arrays:
    *_, last = models.stylize_steps(PHOTO, STYLE, device=CPU, size=96, steps=6)
    return {
        "picture": np.asarray(images.to_image(last.image)),
        "losses": np.array([last.losses[name] for name in sorted(last.losses)]),
    }


def pet_classification() -> Arrays:
    found = models.load("pets_lite0", CPU).predict(PHOTO)
    return {"probabilities": found.probabilities.numpy(), "score": np.array([found.score])}


def activation_map() -> Arrays:
    classifier = models.load("pets_lite0", CPU)
    breed, against = (breeds.NAMES.index(name) for name in ("Siamese", "Bengal"))
    prediction = classifier.predict(PHOTO)
    return {
        "map": classifier.class_activation_map(prediction, breed).numpy(),
        "difference": classifier.class_activation_map(prediction, breed, against).numpy(),
    }


def linear_probe() -> Arrays:
    settings = ProbeSettings(task="breeds", per_class=10, epochs=5, lr=0.01, seed=0)
    steps = list(train.train(*features.load("breeds"), settings))
    return {
        "loss": np.array([step.loss for step in steps]),
        "accuracy": np.array([step.accuracy for step in steps]),
        "logits": steps[-1].logits[:16].numpy().astype(np.float16),
    }


def attack() -> Arrays:
    found = models.adversarial("efficientnet_lite0", PHOTO, "zebra", device=CPU, steps=3)
    after = dict(found.report.after)
    return {
        "middle": np.asarray(found.image)[80:144, 80:144],
        "zebra": np.array([after["zebra"]]),
        "distances": np.array([found.report.linf, found.report.l2]),
    }


def ideal_class() -> Arrays:
    return {"picture": np.asarray(models.ideal_image("Siamese cat", device=CPU, size=64, steps=3))}


JOBS = {
    "gan_sample": Job(gan_sample, {"pictures": Tolerance(0.001, 1)}),
    "gan_mix": Job(gan_mix, {"picture": Tolerance(1e-5, 2e-3)}),
    "style_transfer": Job(
        style_transfer, {"picture": Tolerance(0.01, 2), "losses": Tolerance(1e-4, 1e-4)}
    ),
    "pet_classification": Job(
        pet_classification, {"probabilities": Tolerance(1e-6, 1e-5), "score": Tolerance(1e-4, 1e-4)}
    ),
    "activation_map": Job(
        activation_map, {"map": Tolerance(5e-5, 5e-4), "difference": Tolerance(5e-5, 5e-4)}
    ),
    "linear_probe": Job(
        linear_probe,
        {
            "loss": Tolerance(1e-5, 1e-5),
            "accuracy": Tolerance(0.002, 0.003),
            "logits": Tolerance(1e-3, 1e-2),
        },
    ),
    "attack": Job(
        attack,
        {
            "middle": Tolerance(0.2, 8),
            "zebra": Tolerance(0.01, 0.01),
            "distances": Tolerance(0.01, 0.01),
        },
    ),
    "ideal_class": Job(ideal_class, {"picture": Tolerance(0.8, 8)}),
}


def path(name: str) -> Path:
    """Where the reference of a job is kept."""
    return FOLDER / f"{name}.npz"


def differences(found: Arrays, reference: Arrays) -> dict[str, Tolerance]:
    """Of each array: the mean and the largest absolute difference."""

    def difference(name: str) -> Tolerance:
        a, b = (arrays[name].astype(np.float64) for arrays in (found, reference))
        assert a.shape == b.shape, (name, a.shape, b.shape)
        apart = np.abs(a - b)
        return Tolerance(float(apart.mean()), float(apart.max()))

    assert set(found) == set(reference)
    return {name: difference(name) for name in reference}
