"""The results with which tabs open: what the page computes today, shown as a run's results."""

import json
import subprocess
import sys

import pytest
from PIL import Image

from demos.attacks import views as attack_views
from demos.explanations import views as explanation_views
from demos.feature_visualization import views as ideal_views
from demos.gan_explorer import own_cat
from demos.gan_lab import views as lab_views
from demos.runtime import i18n
from demos.runtime.engine import Engine, StoppableRun
from demos.tour import runs as tour_runs
from demos.ui import example_results
from demos.ui.example_results import FILE, FOLDER
from models import images
from models.attacks.blend import classify_blends
from models.attacks.evaluation import to_levels
from models.feature_visualization.settings import FROM_NOISE, VisualizationSettings
from tests.serving import ROOT
from tools.example_results.make import make
from tools.example_results.recipes import recipes

AGAIN = "a default or a network has changed; run: python -m tools.example_results --only {}"
MOST_BYTES = 1_500_000
FOUND = json.loads(FILE.read_bytes())
EXAMPLES = example_results.load()


def picture(path):
    return images.to_tensor(Image.open(path))


def difference(one, other):
    """Mean, in grey levels."""
    return 255 * (one - other).abs().mean()


@pytest.mark.parametrize("name", FOUND)
def test_settings_and_networks_are_todays(name):
    recipe = recipes()[name]
    assert FOUND[name]["settings"] == json.loads(json.dumps(recipe.settings)), AGAIN.format(name)
    assert FOUND[name]["files"] == recipe.files(), AGAIN.format(name)


def test_every_result_is_there_and_small():
    assert list(FOUND) == list(recipes())
    named = [name for each in FOUND.values() for name in each["pictures"].values()]
    files = list(FOLDER.iterdir())
    assert sorted([*named, FILE.name]) == sorted(path.name for path in files)
    assert sum(path.stat().st_size for path in files) < MOST_BYTES


def test_reading_them_costs_no_pytorch():
    modules = "models.attacks.report, models.gan.training.diagnosis"
    code = f"import {modules}, sys; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_the_attacks_pictures_are_exact(lite0):
    found = EXAMPLES.attack
    clean, adversarial = (picture(found.pictures[name]) for name in ("clean", "adversarial"))
    change = to_levels(adversarial) - to_levels(clean)
    assert change.abs().max() == found.report.linf
    assert change.norm() / 255 == pytest.approx(found.report.l2, rel=1e-4)
    names, values = zip(*classify_blends(lite0, clean, adversarial), strict=True)
    assert list(names) == [name for name, _ in found.blends]
    assert list(values) == pytest.approx([p for _, p in found.blends], abs=0.02)
    assert found.blends[0] == found.report.before[0]
    assert found.blends[-1] == pytest.approx(found.report.after[0], abs=0.02)


def test_the_thumbnails_are_of_todays_photos(tmp_path):
    now = make("train", recipes()["train"], tmp_path, Engine("cpu"))
    assert list(now.pictures) == list(EXAMPLES.train.pictures)
    for name, made in now.pictures.items():
        shipped = picture(EXAMPLES.train.pictures[name])
        assert difference(picture(tmp_path / made), shipped) < 1, AGAIN.format("train")


@pytest.mark.slow
def test_the_explanations_are_drawn_as_before(tmp_path, store):
    engine, found = Engine("cpu"), EXAMPLES.explanation
    engine.__dict__["_store"] = store
    now = make("explanation", recipes()["explanation"], tmp_path, engine)
    assert [name for name, _ in now.top] == [name for name, _ in found.top]
    for method, areas in found.areas.items():
        assert now.areas[method] == pytest.approx(areas, abs=0.02), AGAIN.format("explanation")
        drawn = picture(tmp_path / now.pictures[method])
        before = picture(found.pictures[method])
        assert difference(drawn, before) < 4, AGAIN.format("explanation")


def test_the_lab_draws_the_plane_as_before(tmp_path):
    found, now = EXAMPLES.lab, make("lab", recipes()["lab"], tmp_path, Engine("cpu"))
    assert now.figures == pytest.approx(found.figures, rel=1e-3), AGAIN.format("lab")
    drawn = picture(tmp_path / now.pictures["plane"])
    assert difference(drawn, picture(found.pictures["plane"])) < 1, AGAIN.format("lab")


@pytest.mark.slow
def test_the_kitten_is_inverted_as_before(tmp_path):
    """Forty steps of Adam make much of rounding, which is another with each number of threads: one
    and two draw pictures 4 and films 7 grey levels apart that are equally near to the kitten."""
    found, now = EXAMPLES.own, make("own", recipes()["own"], tmp_path, Engine("cpu"))
    assert list(found.quality) == list(now.quality) == list(own_cat.STAGES)
    for space, (psnr, distance) in now.quality.items():
        assert psnr == pytest.approx(found.quality[space][0], abs=1), AGAIN.format("own")
        assert distance == pytest.approx(found.quality[space][1], abs=0.03), AGAIN.format("own")
    for name, path in now.pictures.items():
        drawn = picture(tmp_path / path)
        assert difference(drawn, picture(found.pictures[name])) < 12, AGAIN.format("own")


def test_the_tour_explains_the_cat_as_before(store):
    engine, found = Engine("cpu"), EXAMPLES.tour
    engine.__dict__["_store"] = store
    cat = found.pictures["cat"]
    *_, named = tour_runs._named(engine, "en", cat, 4.0, StoppableRun())
    explained = picture(found.pictures["named"])
    assert difference(picture(named.picture), explained) < 4, AGAIN.format("tour")
    now = tour_runs.measure_attack(engine, cat, found.pictures["attacked"])
    assert (now.wanted, now.fooled, now.linf) == ("pug", True, 4)


@pytest.mark.parametrize("language", [*i18n.LANGUAGES, i18n.EVERY])
def test_they_are_shown_as_a_runs_results(language):
    attack, tour, lab = EXAMPLES.attack, EXAMPLES.tour, EXAMPLES.lab
    shown = attack_views.measured(
        language, attack.report, attack.blends, attack.probabilities, attack.report.steps
    )
    assert i18n.class_name(language, "Siamese cat") in shown["after"]
    assert i18n.say(language, "attack.success") in shown["why"]
    assert shown["plot"].count("<polyline") == 2
    assert i18n.breed_name(language, tour.named.top[0][0]) in tour_runs.likeliest(
        language, tour.named
    )
    assert i18n.say(language, "attack.success") in tour_runs.attack_found(language, tour.attack)
    figures = lab_views.figures(lab.figures, plane=True)
    assert figures["modes"] == "0 / 8"
    card = lab_views.diagnosis_card(language, lab.diagnosis, figures)
    assert i18n.say(language, "gan_lab.diagnosis.too_early") in card
    found = EXAMPLES.explanation
    plots = explanation_views.plots(language, found.curves, found.areas)
    assert [plot.count("<polyline") for plot in plots.values()] == [4, 4]
    assert i18n.class_name(language, found.top[0][0]) in explanation_views.verdict(
        language, found.top
    )
    assert "%" not in explanation_views.judged(language, found.areas)
    told = own_cat._verdict(EXAMPLES.own.quality)
    assert all(f"{psnr:.1f} dB" in told for psnr, _ in EXAMPLES.own.quality.values())
    assert list(EXAMPLES.ideal) == list(FROM_NOISE)
    for ideal in EXAMPLES.ideal.values():
        settings = VisualizationSettings(**ideal.settings)
        assert len(ideal.curve) == settings.steps + 1
        assert "<polyline" in ideal_views.curve(language, settings, ideal.curve)
        said = ideal_views.verdict(language, settings, ideal.probabilities)
        assert f"{ideal.probabilities[settings.model][0] * 100:.1f}%" in said
