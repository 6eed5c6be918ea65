"""The code of results that no endpoint makes gives what the page shows: sections and own data."""

import urllib.parse
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from demos import layout
from demos.explanations import runs as explanations
from demos.gan_lab import explore, inputs, progressive_runs, recipes, run_config
from demos.runtime.engine import Engine, StoppableRun
from demos.style_transfer import runs as style
from demos.ui.code import write
from models.explanations.settings import METHODS
from models.gan.training import data as training_data
from models.gan.training.settings import ExploreSettings
from tests.app.test_code import run
from tests.demos.ui.code_samples import IDS, SAMPLES

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def engine(store):
    """An engine of its own that shares the networks already loaded."""
    engine = Engine("cpu")
    engine.__dict__["_store"] = store
    return engine


def sample(name: str) -> tuple[str, tuple]:
    """(id, sample) of a recipe's first sample."""
    at = next(at for at, each in enumerate(SAMPLES) if each[0] == name)
    return IDS[at], SAMPLES[at]


def furthest(path, expected: Image.Image) -> int:
    """The largest difference of two pictures, in grey levels."""
    with Image.open(path) as picture:
        assert picture.size == expected.size
        found = np.asarray(picture.convert("RGB"), int) - np.asarray(expected.convert("RGB"), int)
    return int(np.abs(found).max())


def test_the_check_with_random_weights(engine, tmp_path):
    name, (recipe, values, pictures) = sample("see_random")
    run(tmp_path, {name: (recipe, values, pictures)})
    asked = explanations.ExplanationRequest(pictures["image"], values)
    *_, last = explanations.check(engine, asked, StoppableRun())
    subject, found = last.value.subject, last.value.step.found
    for method in METHODS:
        shown = explanations.drawn(subject.shown, method, found[method].random)
        assert furthest(tmp_path / f"random_{method}.png", shown) == 0, method


def test_one_pair_in_three_ways(engine, tmp_path):
    name, (recipe, values, pictures) = sample("style_ways")
    run(tmp_path, {name: (recipe, values, pictures)})
    asked = style.StyleRequest(pictures["content"], pictures["style"], settings=values)
    events = style.compare(engine, asked, StoppableRun())
    shown = {event.key: event.image for event in events if isinstance(event, style.Comparison)}
    files = ("one_pass", "paper", "coarse_to_fine")
    for file, key in zip(files, style.WAYS, strict=True):
        assert furthest(tmp_path / f"{file}.png", shown[key]) == 0, key


def test_two_ways_to_high_resolution(engine, tmp_path):
    from demos.gan_lab import progressive
    from models.gan.training.progressive_schedule import ProgressiveSettings

    name, given = sample("gan_lab_progressive")
    run(tmp_path, {name: given})
    pictures = inputs.load("digits", "", 32).data
    made = engine.training_slice(
        progressive_runs.make, "cpu", pictures, ProgressiveSettings(**given[1])
    )
    *_, last = progressive_runs.compare(made, engine.training_slice, StoppableRun())
    for method, snapshot in last.value.snapshots.items():
        assert furthest(tmp_path / f"{method}.png", progressive._picture(snapshot)) == 0, method


@pytest.mark.parametrize(
    "settings", [{"width": 8}, {"width": 8, "classes": [3, 7]}], ids=["digits", "classes"]
)
def test_a_generator_explored_by_sliders_found_for_it(engine, tmp_path, settings):
    config = run_config.checked("digits", "dcgan", presets_of("digits") | settings)
    live = run_config.make(engine, config)
    live.digit = 7
    engine.training_slice(live.train, 60.0, 3)
    assert list(explore.find(engine, live))
    chosen = ExploreSettings(seed=5, d2=2.0)
    shown, _ = explore.drawn(engine, live, chosen)
    run_address(tmp_path, recipes.explore(live, chosen, uniform=True))
    assert furthest(tmp_path / "moved.png", shown) <= 1  # the page draws the strips with it


def test_a_run_that_goes_on_from_the_shipped_dcgan(engine, tmp_path, monkeypatch):
    folder = tmp_path / "my_pictures"
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (8, 64, 64, 3), np.uint8)
    for number, pixels in enumerate(noise):
        Image.fromarray(pixels).save(folder / f"{number}.png")
    files = sorted(folder.iterdir())
    loaded = inputs.Loaded(training_data.own([Image.open(file) for file in files], side=64))
    monkeypatch.setattr(inputs, "load", lambda *_: loaded)
    config = run_config.checked("own", "dcgan", presets_of("own"), pretrained=True)
    live = run_config.make(engine, config)
    engine.training_slice(live.train, 60.0, 2)
    engine.training_slice(live.record)
    address = recipes.training(replace(config, payload="x"), live)
    assert "pretrained=true" in address
    code = run_address(tmp_path, address)
    assert "pretrained=True" in code
    from models.gan.training.draw import draw_gan

    shown = engine.training_slice(draw_gan, live.trainer, live.snapshot)
    assert furthest(tmp_path / "trained.png", shown) == 0


def presets_of(data: str) -> dict:
    """What the components of a run would say."""
    from models.gan.training import presets

    chosen = vars(presets.settings_for(data, "dcgan")).copy()
    del chosen["architecture"]
    return chosen


def run_address(folder, address: str) -> str:
    """Runs the Python at an address of a code in `folder`, and gives it."""
    path, _, query = address.partition("?")
    recipe = layout.RECIPES[path.removeprefix("code/")]
    told = dict(urllib.parse.parse_qsl(query))
    told.pop("note", None)
    given = recipe.read(told)
    values = {name: getattr(given.settings, name) for name in given.settings.described()}
    run(folder, {"code": (recipe.name, values, given.pictures)})
    return write.python(recipe, given)
