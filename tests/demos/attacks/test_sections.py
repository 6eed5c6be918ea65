"""The deeper parts of the attack tab, and one tab sending to another."""

import json

import pytest
from PIL import Image

from demos.attacks import defenses, transferability
from demos.attacks import transforms as attack_survival
from demos.runtime import i18n
from demos.runtime.engine import Engine, Run
from models import registry
from models.attacks import transforms as treatments
from models.validation import ValidationError

CODES = list(i18n.LANGUAGES)


@pytest.fixture
def manifest(tmp_path, monkeypatch):
    """Writes a manifest that the page then reads."""

    def written(entries):
        (tmp_path / "manifest.json").write_text(json.dumps(entries))
        monkeypatch.setattr("models.weights.FOLDER", tmp_path)

    return written


def drain(generator):
    """(what it yielded that is no status line)."""
    return [moment for moment in generator if not isinstance(moment, str)]


def test_the_page_names_every_treatment():
    assert tuple(treatments.TRANSFORMS) == attack_survival.TREATMENTS


def test_judges_name_the_same_classes():
    assert transferability.peers("vgg16") == registry.BACKBONES
    assert transferability.peers("pets_lite2") == registry.PET_CLASSIFIERS
    assert transferability.here("efficientnet_lite1")
    assert transferability.here("pets_lite0")


def test_weights_that_are_away_are_not_asked(manifest):
    manifest({"pets_lite0": {"file": "nowhere.safetensors"}})
    assert not transferability.here("pets_lite0")
    assert not transferability.here("pets_lite2")


@pytest.mark.parametrize("code", CODES)
def test_costs_are_said_as_measured(manifest, code):
    one = {"top1": 0.904, "interval": [0.88, 0.92]}
    manifest(
        {
            "pets_lite0": {
                "defences": {
                    "photos": 741,
                    "none": one,
                    "jpeg": {"75": {"top1": 0.8931}},
                    "smoothing": {
                        "photos": 186,
                        "samples": 32,
                        "none": {"top1": 0.91},
                        "sigma": {"16": {"top1": 0.8123, "abstained": 0.0456}},
                    },
                }
            },
            "pets_lite0_robust": {
                "robustness": {
                    "photos": 741,
                    "standard": {"clean": 0.904, "pgd20_2": 0.012, "pgd20_2_interval": [0, 0.1]},
                    "robust": {"clean": 0.701, "pgd20_2": 0.4321, "pgd20_2_interval": [0.4, 0.5]},
                }
            },
        }
    )
    jpeg, smooth, robust = (
        cost(code)
        for cost in (
            defenses.jpeg_cost, defenses.smoothing_cost, defenses.robust_cost
        )
    )  # fmt: skip
    assert all(part in jpeg for part in ("741", "90.4%", "q75: 89.3%"))
    assert all(part in smooth for part in ("186", "32", "91.0%", "σ 16: 81.2% (4.6%)"))
    assert all(part in robust for part in ("741", "70.1%", "90.4%", "ε 2: 43.2% (1.2%)"))


@pytest.mark.parametrize(
    "entries",
    [
        {},
        {"pets_lite0": {}, "pets_lite0_robust": {}},
        {"pets_lite0": {"defences": {}}, "pets_lite0_robust": {"measured": {}}},
    ],
)
def test_what_was_not_measured_is_not_said(manifest, entries):
    manifest(entries)
    assert defenses.jpeg_cost("en") == ""
    assert defenses.smoothing_cost("en") == ""
    assert defenses.robust_cost("en") == ""


@pytest.fixture(scope="module")
def page(store):
    """A page of its own whose engine shares the networks already loaded."""
    from demos.ui.page import Page

    engine = Engine("cpu")
    engine.__dict__["_store"] = store
    return Page(engine)


def test_two_networks_side_by_side(page, photo):
    names = (defenses.STANDARD, defenses.ROBUST)
    options = {"epsilon": 16.0, "steps": 6, "step_size": 4.0, "target": "pizza"}
    going = defenses.side_by_side(page, "en", photo("chelsea"), names, options, Run())
    found = drain(going)
    assert [moment[0] for moment in found] == [0, 1]
    for _, subject, adversarial, magnified, verdict in found:
        assert adversarial.shape == magnified.shape == subject.clean.shape
        assert verdict.clean[0] != verdict.adversarial[0]
        assert verdict.outcome == "fools"
        assert (adversarial - subject.clean).abs().max() * 255 <= 16.001


def test_a_jpeg_stops_the_one_who_does_not_know(page, photo):
    dog, model = photo("german_shepherd"), "efficientnet_lite0"
    options = {"epsilon": 4.0, "steps": 10, "target": ""}
    outcomes = []
    for knows in (False, True):
        going = defenses._behind_jpeg(page, "en", dog, model, options, 75, knows, Run())
        ((_, (without, behind)),) = drain(going)
        assert without.transform == "none"
        outcomes.append(behind.outcome)
    assert outcomes == ["cured", "fools"]


def test_stop_ends_every_part_with_what_there_is(page, photo):
    run = Run()
    run.set()
    dog, model = photo("german_shepherd"), "efficientnet_lite0"
    options = {"epsilon": 4.0, "steps": 20, "target": ""}
    (moment,) = drain(attack_survival._survival(page, "en", dog, model, options, run))
    assert len(moment[1]) == len(attack_survival.TREATMENTS)
    *_, (subject, judges, step, last, _) = drain(
        transferability._matrix(page, "en", dog, model, options, run)
    )
    assert last
    assert step.rows == {}
    assert transferability._table("en", subject, judges, step)


def test_bad_input_is_said(page, photo, tmp_path):
    tiny = tmp_path / "tiny.png"
    Image.new("RGB", (15, 15)).save(tiny)
    dog, model = photo("german_shepherd"), "efficientnet_lite0"
    for path, name, options, key in (
        (None, model, {}, "no_picture"),
        (str(tiny), model, {}, "picture_too_small"),
        (dog, "nobody", {}, "unknown_choice"),
        (dog, model, {"epsilon": 65}, "out_of_range"),
    ):
        with pytest.raises(ValidationError) as caught:
            drain(attack_survival._survival(page, "en", path, name, options, Run()))
        assert caught.value.key == key
