"""The code of a breed's explanation."""

from __future__ import annotations

from dataclasses import dataclass

from demos.pets.runs import NAME
from demos.ui.code.expressions import call, literal
from demos.ui.code.recipe import Given, Recipe
from models.classifiers.settings import CamSettings
from models.labels import breeds
from models.validation import setting


@dataclass(frozen=True)
class BreedCode(CamSettings):
    """A class activation map, and of which breeds."""

    breed: str = setting("", "what speaks for it", key="pets.breed")
    against: str | None = setting(None, "rather than for it", key="pets.against")

    def check(self) -> None:
        for breed in (self.breed, self.against):
            if breed:
                breeds.index(breed)


def _explanation(given: Given) -> str:
    breed = literal(given.settings.breed)
    made = call("models.explain_breed", "image", breed, **given.without("breed"))
    return f"""\
{given.assignments}classifier = models.load({literal(given.settings.model)})
prediction = classifier.predict(image)
for name, p in prediction.top(5):
    print(f"{{p:6.1%}}  {{name}}")
print("a cat or a dog:", prediction.is_pet)

# green speaks for the first breed, magenta against it
picture = {made}
picture.save("explained.png")
"""


EXPLANATION = Recipe(
    NAME, NAME, BreedCode, _explanation, ("image",), endpoint="explain_pet"
)  # fmt: skip
RECIPES = (EXPLANATION,)
