"""The code of what the explorer shows of cat A: strips, growth, noise, layers, and the VAE."""

from __future__ import annotations

import gradio as gr

from demos.gan_explorer.recipes import NAME, ViewCode, moved, styles
from demos.gan_explorer.views import CAT_KNOBS, CELL, CHANNELS, NOISES, STRIP
from demos.ui.code import panel
from demos.ui.code.expressions import call, literal
from demos.ui.code.recipe import Given, Recipe
from models import registry
from models.gan.settings import SLIDERS


def panel_of(recipe: Recipe, knobs: str = CAT_KNOBS, of: str = "") -> None:
    """The code of a view, with the values that the knobs have when it unfolds; `of` as of
    `panel.shown`."""
    shown = panel.shown(recipe.address({}), knobs, of)
    gr.HTML(shown, elem_id=f"{recipe.name.replace('_', '-')}-code")


def _begin(given: Given, codes: bool = True) -> str:
    """Lines that load the generator and draw z; and, with `codes`, its style codes."""
    settings = given.settings
    return f"""\
import torch
from models import images

gan = models.load({literal(settings.model)})
z = gan.latents([{settings.seed}])
""" + (f"w = {styles(given)}\n" if codes else "")


def _strips(given: Given) -> str:
    settings, count = given.settings, len(SLIDERS)
    sliders = list(moved(settings)) + [0.0] * (count - len(moved(settings)))
    made = call(
        "gan.style_codes", "z", "sliders=one", truncation=settings.truncation,
        **given.only("layers"),
    )  # fmt: skip
    start = literal(sliders) if moved(settings) else f"[0.0] * {count}"
    return f"""\
{_begin(given, codes=False)}
sliders = {start}
rows = []
for at in range({count}):
    ways = [[*sliders[:at], d, *sliders[at + 1 :]] for d in range({STRIP[0]}, {STRIP[-1] + 1})]
    w = torch.cat([{made.replace(chr(10), chr(10) + "    ")} for one in ways])
    rows.append(gan.synthesize(w, noise={settings.noise}))
picture = images.to_image(images.grid(torch.cat(rows), columns={len(STRIP)}))
picture.save("strips.png")
"""


def _growth(given: Given) -> str:
    return f"""\
{_begin(given)}
sizes = gan.resolutions(w, noise={given.settings.noise})  # from 4 x 4 to 64 x 64 pixels
row = torch.cat([images.enlarge(one, {CELL}) for one in sizes])
picture = images.to_image(images.grid(row, columns=len(row), gap=4))
picture.save("growth.png")
"""


def _noise(given: Given) -> str:
    first = given.settings.noise
    return f"""\
{_begin(given)}
cats = torch.cat([gan.synthesize(w, noise=n) for n in range({first}, {first + NOISES})])
deviation = cats.std(0, correction=0).mean(0)  # of each pixel, bright where they differ
shown = (deviation / deviation.max().clamp_min(1e-3)).expand(1, 3, -1, -1)
row = torch.cat([cats, shown])
picture = images.to_image(images.grid(row, columns=len(row)))
picture.save("noise.png")
"""


def _step(given: Given) -> str:
    settings = given.settings
    network, _, name = settings.step.partition(".")
    maps = f"maps = gan.generator_activations(w, {settings.noise})"
    if network == "d":
        maps = f"""\
cat = gan.synthesize(w, {settings.noise})
maps = {{"input": cat}} | gan.discriminator_activations(cat)"""
    at = f"names.index({literal(name)})" if name else "1"
    return f"""\
{_begin(given)}
{maps}  # by operation


def strongest(one):
    if one.shape[1] == 3:  # red, green and blue
        return images.enlarge(one, {2 * CELL + 6})[0].mean(0, keepdim=True)
    found = images.strongest_channels(one, {CHANNELS})
    return images.grid(images.enlarge(found, {CELL // 2}), columns=4, gap=2)


names = list(maps)
at = {at}
both = torch.stack([strongest(maps[name].cpu()) for name in names[at - 1 : at + 1]])
picture = images.to_image(images.grid(both, columns=2, gap=24).expand(3, -1, -1))
picture.save("layer.png")
"""


def _rebuilt(given: Given) -> str:
    return f"""\
{_begin(given)}
cat = gan.synthesize(w, {given.settings.noise})
vae = models.load({literal(registry.VAE)})
both = torch.cat([cat, vae.reconstruct(cat)])  # squeezed into z, and drawn from it
picture = images.to_image(images.grid(both, columns=2, gap=4))
picture.save("rebuilt.png")
"""


STRIPS = Recipe(f"{NAME}_strips", NAME, ViewCode, _strips)
GROWTH = Recipe(f"{NAME}_growth", NAME, ViewCode, _growth)
NOISE = Recipe(f"{NAME}_noise", NAME, ViewCode, _noise)
STEP = Recipe(f"{NAME}_step", NAME, ViewCode, _step)
REBUILT = Recipe(f"{NAME}_rebuilt", NAME, ViewCode, _rebuilt)
RECIPES = (STRIPS, GROWTH, NOISE, STEP, REBUILT)
