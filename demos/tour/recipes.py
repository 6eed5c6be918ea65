"""The code of a whole tour."""

from __future__ import annotations

from dataclasses import dataclass

from demos.tour.runs import NAME, PAINT, PAINTING, TARGETS
from demos.ui.code.expressions import call, literal
from demos.ui.code.recipe import Given, Recipe, place
from models import registry
from models.attacks.settings import AttackSettings
from models.gan.settings import MAX_SEED, SampleSettings
from models.validation import Settings, setting


@dataclass(frozen=True)
class TourCode(Settings):
    """What a tour is made with."""

    seed: int = setting(0, "number of the picture", low=0, high=MAX_SEED)
    truncation: float = setting(
        SampleSettings.truncation, "variety", low=0, high=1.5,
        formula=SampleSettings.described()["truncation"].formula,
    )  # fmt: skip
    epsilon: float = setting(
        AttackSettings.epsilon, "the largest change of a value, in 1/255", low=0, high=64
    )

    def check(self) -> None:
        AttackSettings(epsilon=self.epsilon)


def _tour(given: Given) -> str:
    settings, pets = given.settings, registry.DEFAULT_PET_CLASSIFIER
    painted = call("models.stylize", "cat", literal(place(PAINTING)), **PAINT)
    attack = call("models.adversarial", "pets", "cat", "target=target", **given.only("epsilon"))
    return f"""\
from PIL.Image import Resampling

(small,) = models.load({literal(registry.DEFAULT_GAN)}).sample(
    [{settings.seed}], truncation={settings.truncation}
)
cat = small.resize((256, 256), Resampling.BICUBIC)
painted = {painted}
painted.save("painted.png")

pets = models.load({literal(pets)})
(first, _), (second, _) = pets.predict(cat).top(2)
why = models.explain_breed(cat, first, against=second)
why.save("why.png")

target = next(name for name in {literal(TARGETS)} if name not in (first, second))
picture = {attack}.image
picture.save("attacked.png")
print(first, "->", pets.predict(picture).top(3))
"""


TOUR = Recipe(NAME, NAME, TourCode, _tour)
RECIPES = (TOUR,)
