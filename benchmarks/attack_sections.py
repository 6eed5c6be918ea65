"""Seconds for what the attack and ideal-class tabs do, on EfficientNet-Lite0 at its own size.

    python -m benchmarks.attack_sections --rounds 3

One picture attacked in 20 targeted steps; curves of 12 radii by three methods with the smallest
radius that fools; an ideal class in 256 steps, with what its networks say of it.
"""

import statistics

from benchmarks.common import EXAMPLES, machine, options, rounds
from models import images, registry
from models.attacks.attack import attack
from models.attacks.robustness_curve import curves
from models.attacks.settings import AttackSettings, CurveSettings
from models.feature_visualization.optimize import class_probabilities, visualize
from models.feature_visualization.settings import VisualizationSettings
from models.store import Store

NAME = registry.DEFAULT_BACKBONE


def main() -> None:
    chosen = options(__doc__, rounds=3)
    store, spec = Store("cpu"), registry.classifier(NAME)
    network = store.get(NAME)
    dog = images.open_image(EXAMPLES / "photos" / "german_shepherd.jpg")
    picture = images.to_tensor(images.square(dog, spec.input_size))
    cat_settings = VisualizationSettings(class_name="Siamese cat", model=NAME)
    together = [store.get(name) for name in cat_settings.networks]
    told = {}

    def attacked(_round):
        *_, last = attack(network, picture, AttackSettings(target="Siamese cat"))
        told["20 targeted steps"] = f"target at {last.target[0]:.3f}"

    def curved(_round):
        *_, last = curves(network, picture, CurveSettings())
        told["12 radii, 3 methods"] = f"{len(last.epsilons)} radii"

    def visualized(_round):
        *_, last = visualize(together, cat_settings)
        found = class_probabilities(together, last.image, cat_settings.class_index)
        shown = ", ".join(f"{probability:.3f}" for (probability,) in found.values())
        told["ideal class, 256 steps"] = f"by both networks {shown}"

    sides = {
        "20 targeted steps": attacked,
        "12 radii, 3 methods": curved,
        "ideal class, 256 steps": visualized,
    }
    seconds, _ = rounds(sides, chosen.rounds)
    for name, taken in seconds.items():
        middle, low, high = statistics.median(taken), min(taken), max(taken)
        print(f"{name:24}{middle:7.2f} s ({low:.2f} to {high:.2f}); {told[name]}")
    print(machine())


if __name__ == "__main__":
    main()
