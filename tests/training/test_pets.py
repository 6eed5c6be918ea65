"""Fine-tuning pets: its parts by hand, and one whole run on a made-up set."""

import dataclasses
import json

import pytest
import torch

from models import registry
from models.classifiers import pet_classifier
from models.classifiers.settings import CamSettings
from models.registry import PetSpec
from tests.browser.helpers import slow_cases
from training import (
    choose_pets,
    evaluate_pets,
    export,
    pet_augmentation,
    pet_export,
    pet_features,
    pets,
    probe,
)
from training.pet_trainer import Recipe


def test_a_probe_finds_what_is_plain():
    features = torch.eye(3).repeat(5, 1) + 0.01 * torch.randn(15, 3)
    labels = torch.arange(3).repeat(5)
    assert probe.fit(features, labels, 3)(features).argmax(1).tolist() == labels.tolist()
    found = probe.out_of_fold(features, labels, torch.arange(15), 3)
    assert found.argmax(1).tolist() == labels.tolist()


def test_breeds_are_drawn_equally_and_oxford_more_often(made_up):
    photos = made_up(300)
    numbers = pet_augmentation.sample_epoch(photos, [True] * 300, 3000, 4.0, epoch=0)
    breeds = torch.tensor([photos[n].breed for n in numbers])
    assert (torch.bincount(breeds).float() / 3000 - 1 / 3).abs().max() < 0.05
    share = sum(photos[n].origin == "oxford" for n in numbers) / 3000
    assert share == pytest.approx(0.8, abs=0.05)


def test_mixing_keeps_the_labels_whole():
    torch.manual_seed(0)
    x, y = torch.rand(6, 3, 32, 32), torch.eye(6)
    for _ in range(20):
        pictures, labels = pet_augmentation.mix_pairs(x, y, 1.0)
        assert pictures.shape == x.shape
        assert labels.sum(1).tolist() == pytest.approx([1] * 6)
    assert pet_augmentation.mix_pairs(x, y, 0.0)[0] is x


def test_the_temperature_of_logits_that_are_twice_too_large_is_two():
    torch.manual_seed(0)
    honest = torch.randn(4000, 5) * 2
    labels = torch.multinomial(honest.softmax(1), 1)[:, 0]
    assert pet_export.best_temperature(2 * honest, labels) == pytest.approx(2, rel=0.1)


def test_wilson_by_hand():
    # 9 of 10: the textbook's interval.
    assert evaluate_pets.wilson(0.9, 10) == pytest.approx([0.5958, 0.9821], abs=1e-3)


def test_calibration_error_by_hand():
    """Ten at 0.95 of which 8 are right, ten at 0.55 of which 6: (0.15 + 0.05) / 2."""
    sure = torch.tensor([0.95] * 10 + [0.55] * 10)
    right = torch.tensor([1.0] * 8 + [0.0] * 2 + [1.0] * 6 + [0.0] * 4)
    steps = evaluate_pets.bins(sure, right)
    assert len(steps) == 15
    assert evaluate_pets.calibration_error(steps) == pytest.approx(0.10, abs=1e-5)


def test_mean_per_class_counts_every_breed_once():
    right = torch.tensor([1.0, 1.0, 1.0, 0.0])
    labels = torch.tensor([0, 0, 0, 1])
    mean, (low, high) = evaluate_pets.mean_per_class(right, labels)
    assert mean == 0.5
    assert low == high == 0.5


@pytest.mark.slow
def test_a_whole_run_on_a_made_up_set(oxford, tmp_path, monkeypatch, store):
    """Train, resume, export, load: the shipped route, on 74 flat pictures."""
    run, folder = tmp_path / "run", tmp_path / "weights"
    run.mkdir()
    folder.mkdir()
    recipe = Recipe(train_size=64, test_size=64, epochs=1, photos_per_epoch=16, batch_size=8)
    pets.train(dataclasses.replace(recipe, teacher=0.0), run, oxford)
    first = torch.load(run / "last.pt", weights_only=True)
    assert first["epoch"] == 1
    longer = dataclasses.replace(recipe, epochs=2, teacher_name="pets_lite0")
    pets.train(longer, run, oxford)
    assert torch.load(run / "last.pt", weights_only=True)["epoch"] == 2
    for module in (export, pet_classifier.weights):
        monkeypatch.setattr(module, "FOLDER", folder)
    monkeypatch.setattr(export.record, "__defaults__", (folder,))
    pet_export.export("tiny", run, "python -m training.pets", oxford)
    entry = json.loads((folder / "manifest.json").read_text())["tiny"]
    assert entry["held_out"]["of_oxford"] == 37
    spec = PetSpec(
        name="tiny", title="tiny", backbone="efficientnet_lite0", stage=recipe.stage, input_size=64
    )
    classifier = pet_classifier.load(spec, store.get("efficientnet_lite0"))
    assert classifier.network.probe is not None
    picture = torch.rand(1, 3, 64, 64)
    (seen,) = classifier.predict_batch(picture)
    assert seen.probabilities.shape == (37,)
    assert torch.allclose(classifier(picture).softmax(1)[0], seen.probabilities, atol=0.01)


def test_a_second_stage_goes_on_from_the_shipped_network(oxford, tmp_path):
    recipe = Recipe(train_size=64, test_size=64, epochs=0, start_from="pets_lite0", teacher=0.0)
    pets.train(recipe, tmp_path, oxford)
    state = torch.load(tmp_path / "last.pt", weights_only=True)
    known = pet_classifier.weights.load("pets_lite0")
    for part in (state["start"], state["average"]):
        assert torch.equal(part["classifier.weight"], known["classifier.weight"])
    assert state["recipe"]["start_from"] == "pets_lite0"


@pytest.mark.parametrize(
    "name",
    ["mobilenet_v3_large", *slow_cases("efficientnet_lite0", "resnet50")],
)
def test_probes_run_on_any_backbone(oxford, tmp_path, monkeypatch, name):
    """Random weights stand in for torchvision's, which are not here."""
    import torchvision

    spec = registry.backbone(name)
    if spec.source == "torchvision":
        monkeypatch.setenv("TORCH_HOME", str(tmp_path))
        path = registry.weights_path(spec)
        path.parent.mkdir(parents=True)
        network = torchvision.models.get_model(spec.name, weights=None)
        torch.save(network.state_dict(), path)
    assert 0 <= pet_features.probe_accuracy(name, oxford) <= 1


def test_the_page_opens_with_the_better_classifier_on_photos_that_it_never_saw():
    """The measure by which `training/choose_pets.py` chose, on a toy: two breeds of 3 and 1."""
    labels = torch.tensor([0, 0, 0, 1])
    common, rare = torch.tensor([[0.9, 0.1]]), torch.tensor([[0.1, 0.9]])
    most = choose_pets.measure(torch.cat([common] * 4), labels)
    both = choose_pets.measure(torch.cat([common, common, rare, rare]), labels)
    assert (most["top1"], most["mean_per_class"]) == (0.75, 0.5)
    assert (both["top1"], both["mean_per_class"]) == (0.75, pytest.approx(0.8333, abs=1e-4))
    assert CamSettings.page_defaults()["model"] == registry.PAGE_PET_CLASSIFIER == "pets_lite2"
    assert CamSettings().model == registry.DEFAULT_PET_CLASSIFIER == "pets_lite0"
