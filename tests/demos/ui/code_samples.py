"""A result of every recipe: the values that it is made with, few steps, and its pictures."""

from demos import layout
from demos.ui import examples
from demos.ui.code.recipe import Given, Recipe

CAT, DOG, KITTEN = (
    examples.example("photos", name) for name in ("chelsea", "german_shepherd", "kitten")
)
STARRY, MOSAIC = (examples.example("styles", name) for name in ("starry_night", "mosaic"))
BEAR = examples.example("photos", "polar_bear")
MORE = tuple(f"demos/examples/photos/{name}.jpg" for name in ("owl", "chelsea"))
OWN = tuple(
    (name, tuple(f"demos/examples/photos/{file}.jpg" for file in files))
    for name, files in (("मांजर", ("chelsea", "kitten")), ('a "bird"', ("owl", "scarlet_macaw")))
)
PAIR = {"content": CAT, "style": STARRY}
DIGITS = {"data": "digits", "architecture": "dcgan", "steps": 2, "width": 8}
SMALL = {"size": 64, "steps": 3}
SAMPLES = [
    ("tour", {"seed": 26, "epsilon": 8.0}, {}),
    ("gan", {"seed": 7, "truncation": 0.5, "d1": 2.0, "d3": -1.5, "layers": "coarse"}, {}),
    ("gan", {"seed": 3, "model": "dcgan_cats64"}, {}),
    ("gan_mix", {"seed": 1, "seed_b": 5, "crossover": 4, "d2": 1.0}, {}),
    ("gan_walk", {"stops": [3, 7, 5], "frames": 3, "closed": True, "d1": 1.0}, {}),
    ("gan_units", {"seed": 3, "units": "6-9-0,6-44-3", "cells": "27,28"}, {}),
    ("gan_strips", {"seed": 7, "d2": 1.5, "layers": "fine", "truncation": 0.6}, {}),
    ("gan_strips", {"model": "dcgan_cats64", "noise": 2}, {}),
    ("gan_growth", {"seed": 5, "d1": -1.0}, {}),
    ("gan_noise", {"seed": 5, "noise": 4}, {}),
    ("gan_step", {"seed": 5}, {}),
    ("gan_step", {"model": "dcgan_cats64", "step": "d.1.conv"}, {}),
    ("gan_step", {"step": "g.8.conv"}, {}),
    ("gan_rebuilt", {"seed": 11, "truncation": 0.5}, {}),
    ("gan_judge", {"model": "dcgan_cats64"}, {"image": KITTEN}),
    ("gan_own", {"steps": 2, "box": [192.3, 126.2, 132.7]}, {"image": KITTEN}),
    ("gan_lab", {"steps": 60, "lr_d": 1e-4, "r1": 0.0}, {}),
    ("gan_lab", {"data": "digits", "steps": 3, "architecture": "dense", "width": 16}, {}),
    ("gan_lab", DIGITS | {"classes": [3, 7], "digit": 7}, {}),
    ("gan_lab_explore", DIGITS | {"number": 5, "d2": 2.0}, {}),
    ("gan_lab_explore", DIGITS | {"classes": [3, 7], "digit": 7}, {}),
    ("gan_lab_progressive", {"budget": 0.5, "fade": False}, {}),
    ("style_ways", SMALL | {"style_weight": 2.0}, PAIR),
    ("style", SMALL | {"backbone": "efficientnet_lite1"}, PAIR),
    ("style", SMALL | {"optimizer": "lbfgs", "blend": 0.5}, PAIR | {"second_style": MOSAIC}),
    ("style", SMALL | {"area": "background"}, PAIR),
    ("style_preview", {"strength": 0.5}, PAIR),
    ("style_film", {"strength": 0.5}, PAIR),
    ("pets", {"breed": "Bengal", "against": "Siamese", "contrast": 0.5}, {"image": CAT}),
    ("see", {"class_name": "toaster", "path_steps": 2, "samples": 2}, {"image": CAT}),
    ("see_random", {"class_name": "toaster", "path_steps": 2, "samples": 2}, {"image": CAT}),
    ("maps", {"layer": "blocks.4"}, {"image": CAT}),
    ("train", {"task": "cats_vs_dogs", "per_class": 5, "epochs": 3}, {}),
    ("train_controls", {"task": "digits", "per_class": 2, "epochs": 2}, {}),
    ("train_sizes", {"task": "cats_vs_dogs", "epochs": 1}, {}),
    ("train_own", {"classes": OWN}, {"photo": BEAR}),
    ("attack", {"target": "Siamese cat", "steps": 3}, {"image": DOG}),
    ("attack", {"method": "deepfool", "norm": "l2", "model": "pets_lite0"}, {"image": DOG}),
    ("attack_curve", {"points": 3, "steps": 2, "target": "pizza"}, {"image": DOG}),
    ("attack_survival", {"steps": 2, "epsilon": 8.0}, {"image": DOG}),
    ("attack_transfer", {"steps": 2}, {"image": DOG}),
    ("attack_patch", {"patch_size": 0.25}, {"image": DOG}),
    ("attack_universal", {"steps": 1, "photos": 2}, {"image": DOG}),
    ("attack_universal", {"steps": 2, "photos": 3, "more": MORE}, {"image": DOG}),
    ("attack_jpeg", {"steps": 2, "quality": 30}, {"image": DOG}),
    ("attack_jpeg", {"steps": 2, "quality": 30, "adaptive": True}, {"image": DOG}),
    ("attack_smoothing", {"steps": 2, "samples": 8, "sigma": 4.0}, {"image": DOG}),
    ("attack_training", {"steps": 2}, {"image": CAT}),
    ("ideal", {"class_name": "zebra", "size": 64, "steps": 4}, {}),
    ("ideal", {"method": "plain", "steps": 3, "size": 64, "start": "photo"}, {"image": CAT}),
    ("ideal", SMALL | {"method": "accentuate", "photo_weight": 2.0}, {"image": CAT}),
    ("ideal", SMALL | {"method": "maco"}, {}),
    ("ideal", {"layer": "blocks.3", "channel": 11, "steps": 3, "size": 64}, {}),
]  # fmt: skip
IDS = [f"{name}-{number}" for number, (name, _, _) in enumerate(SAMPLES)]


def read(name: str, values: dict, pictures: dict) -> tuple[Recipe, Given, str]:
    """(recipe, what its address is read as, the address)."""
    from urllib.parse import parse_qsl

    recipe = layout.RECIPES[name]
    address = recipe.address(values, **pictures)
    path, _, query = address.partition("?")
    assert path == f"code/{name}"
    return recipe, recipe.read(dict(parse_qsl(query))), address
