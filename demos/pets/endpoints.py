"""The public endpoints /classify_pet, /explain_pet and /feature_maps."""

from __future__ import annotations

import gradio as gr

from demos.pets import runs
from demos.runtime.events import Result
from demos.ui import feature_maps as feature_maps_of
from demos.ui.endpoints import Picture, expose
from demos.ui.page import HEAVY, LIGHT, Page
from models import registry
from models.classifiers.settings import CamSettings
from models.labels import breeds


def expose_all(page: Page) -> None:
    """Makes the endpoints."""
    engine = page.engine

    def classify_pet(language: str, image: Picture, model: str = runs.DEFAULT):
        """Names the breed of the cat or dog in a photograph, with calibrated confidences.

        Args:
            image: a photograph; its centre square is shown to the network.
            model: pets_lite0, pets_lite2 or pets_lite0_robust.

        Returns:
            The confidences of the 37 breeds of the Oxford-IIIT Pet set, and a report: "breed",
            "species" ("cat" or "dog"), "confidence", and "is_pet", false where the picture does not
            look like a cat or a dog at all.
        """
        _, prediction = runs.classify(engine, image, model)
        values = prediction.probabilities.tolist()
        confidences = {name: round(v, 4) for name, v in zip(breeds.NAMES, values, strict=True)}
        name, confidence = prediction.top(1)[0]
        report = {
            "breed": name,
            "species": breeds.SPECIES[breeds.NAMES.index(name)],
            "confidence": round(confidence, 4),
            "is_pet": prediction.is_pet,
            "score": round(prediction.score, 3),
        }
        return confidences, report

    def explain_pet(
        language: str, image: Picture, breed: str, against: str | None = None, **settings
    ):
        """Shows where a photograph speaks for a breed: its class activation map over the photo.

        Args:
            image: a photograph; its centre square is shown to the network.
            breed: one of the 37 breeds, such as "Siamese".
            against: another breed: green then speaks for the first and magenta for the second.

        Returns:
            The photograph in grey, green where it speaks for the breed, else magenta (PNG).
        """
        return runs.explain(engine, image, breed, against, CamSettings(**settings))

    def feature_maps(
        language: str,
        image: Picture,
        model: str = registry.DEFAULT_BACKBONE,
        layer: str = feature_maps_of.DEFAULT_LAYER,
    ):
        """Shows what one layer of an ImageNet network makes of a picture, channel by channel.

        Args:
            image: any picture; its centre square is shown to the network.
            model: efficientnet_lite0, efficientnet_lite1, efficientnet_lite2, vgg16, vgg19,
                resnet50 or mobilenet_v3_large.
            layer: a layer of that network, such as "bn1" or "blocks.0" to "blocks.6" of the
                EfficientNets; a wrong name is answered with the right ones.

        Returns:
            The 64 channels that vary most, each from black to white (PNG), and a report: "layer",
            "shape" (channels, height, width) and "shown".
        """
        for event in feature_maps_of.extract(engine, image, model, layer):
            if isinstance(event, Result):
                maps = event.value
                report = {"layer": layer, "shape": list(maps.shape), "shown": maps.shown}
                yield maps.image, report

    picture = {"picture": gr.Image}
    expose(classify_pet, {"label": gr.Label, "report": gr.JSON}, "classify_pet", LIGHT)
    expose(explain_pet, picture, "explain_pet", LIGHT, settings=CamSettings)
    expose(feature_maps, picture | {"report": gr.JSON}, "feature_maps", HEAVY)
