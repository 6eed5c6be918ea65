"""The code of a result, run: Python in the project's folder gives the endpoint's picture."""

import io
import json
import re
import shutil
import subprocess
import sys
import urllib.request
from urllib.parse import urlencode

import numpy as np
import pytest
from PIL import Image

from demos.ui.code import write
from models.gan.settings import SLIDERS
from tests.demos.ui.code_samples import IDS, SAMPLES, read
from tests.serving import ROOT, get

# Runs scripts one after the other, as each would run alone, and keeps what it draws.
RUNNER = """
import sys
from pathlib import Path
sys.path.insert(0, ".")
for script in sorted(Path("scripts").iterdir()):
    space = {"__name__": "__main__"}
    exec(compile(script.read_text(), script.name, "exec"), space)
    if "picture" in space:
        space["picture"].save(f"drawn-{script.stem}.png")
"""


# What the page shows by address, by recipe.
VIEWS = {
    "gan_strips": "strip", "gan_growth": "growth", "gan_noise": "noise", "gan_step": "step",
    "gan_rebuilt": "rebuilt",
}  # fmt: skip


def first(recipe: str) -> str:
    """The id of the first sample of a recipe."""
    return next(name for name in IDS if name.startswith(f"{recipe}-"))


QUICK = (first("gan"), first("pets"))  # what the plain run tries
LOSSY = {"walk": 3.0, "film": 4.0}  # grey levels, by part of a recipe's name
DEMOS = sorted({read(*given)[0].demo for given in SAMPLES})


def run(folder, samples: dict) -> None:
    """Runs the Python of `samples` in a folder like the project's."""
    for name in ("models", "demos", "weights"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "scripts").mkdir()
    for name, sample in samples.items():
        recipe, given, _ = read(*sample)
        (folder / "scripts" / f"{name}.py").write_text(write.python(recipe, given))
    (folder / "runner.py").write_text(RUNNER)
    command = [sys.executable, "-W", "error::SyntaxWarning", "runner.py"]
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr


def page_picture(app_url, sample) -> Image.Image | None:
    """What the page shows by address of the same settings; None where it does not."""
    recipe, given, _ = read(*sample)
    view = VIEWS.get(recipe.name)
    if not view:
        return None
    told = {name: str(value) for name, value in vars(given.settings).items()}
    each = range(1, len(SLIDERS) + 1) if view == "strip" else (1,)
    parts = []
    for direction in each:
        query = urlencode(told | {"direction": direction})
        with urllib.request.urlopen(f"{app_url}/gan/{view}.png?{query}") as answer:
            parts.append(np.asarray(Image.open(io.BytesIO(answer.read())).convert("RGB")))
    return Image.fromarray(np.concatenate(parts))


def endpoint_picture(app_url, sample) -> Image.Image | None:
    """What the shown call of the endpoint gives; None where it gives none, or there is none."""
    recipe, given, _ = read(*sample)
    code = write.client(recipe, given)
    if not code:
        return None
    space: dict = {}
    exec(code.replace(write.SERVER, app_url), space)
    kinds = ("picture", "adversarial", "patch", "film", "perturbation")
    drawn = [name for name in kinds if name in recipe.outputs]
    if not drawn:
        return None
    path = space[drawn[0]]
    return Image.open(path).convert("RGB")


def check(app_url, folder, names) -> None:
    for name in names:
        sample = SAMPLES[IDS.index(name)]
        expected = endpoint_picture(app_url, sample) or page_picture(app_url, sample)
        drawn = folder / f"drawn-{name}.png"
        if expected is None:
            continue
        with Image.open(drawn) as picture:
            if picture.size != expected.size:  # the code shows small pictures larger
                expected = expected.resize(picture.size)
            difference = np.asarray(picture.convert("RGB"), int) - np.asarray(expected, int)
        # Films are WebP, or GIF in 256 colours.
        lossy = next((most for kind, most in LOSSY.items() if kind in name), 0.0)
        assert np.abs(difference).mean() <= lossy, name


def test_code_that_is_run_gives_the_endpoints_picture(app_url, tmp_path):
    run(tmp_path, {name: SAMPLES[IDS.index(name)] for name in QUICK})
    check(app_url, tmp_path, QUICK)


@pytest.mark.slow
@pytest.mark.parametrize("demo", DEMOS)
def test_the_code_of_every_recipe_gives_the_endpoints_picture(app_url, tmp_path, demo):
    samples = dict(zip(IDS, SAMPLES, strict=True))
    chosen = {name: given for name, given in samples.items() if read(*given)[0].demo == demo}
    run(tmp_path, chosen)
    check(app_url, tmp_path, chosen)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("curl"), reason="no curl on this machine")
@pytest.mark.parametrize("name", [first("pets"), first("gan"), first("attack")])
def test_the_shell_lines_give_the_result(app_url, name):
    recipe, given, _ = read(*SAMPLES[IDS.index(name)])
    lines = write.curl(recipe, given).replace(write.SERVER, app_url)
    found = subprocess.run(["bash", "-c", lines], cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    last = found.stdout.rsplit("event: ", 1)[-1]
    assert last.startswith("complete"), found.stdout
    result = json.loads(re.search("data: (.*)", last)[1])
    assert len(result) == len(recipe.outputs)


def test_the_app_serves_the_code_of_its_results(app_url):
    found = json.loads(get(f"{app_url}/code/gan?seed=7&lang=hi"))
    assert "gan.sample([7])" in found["codes"]["Python"]
