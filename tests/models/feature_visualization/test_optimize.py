import threading
from types import SimpleNamespace

import pytest
import torch

from models import images, store
from models.feature_visualization.optimize import class_probabilities, visualize
from models.feature_visualization.settings import FROM_NOISE, METHODS, VisualizationSettings
from models.feature_visualization.transforms import total_variation
from models.validation import ValidationError


class Reddish:
    """Class 0 is "red": logits (sum of red / 1000, 0). It remembers the sizes it was shown."""

    def __init__(self, name="reddish", size=64):
        self.spec = SimpleNamespace(name=name, input_size=size, map_layers=("early",))
        self.placement = SimpleNamespace(device=torch.device("cpu"))
        self.seen = []

    def __call__(self, pictures):
        self.seen.append(pictures.shape[-1])
        red = pictures[:, 0].sum((1, 2)) / 1000
        return torch.stack((red, torch.zeros_like(red)), dim=1)

    def features(self, pictures, layers):
        assert layers == ["early"]
        return [pictures]


def settings(**changes):
    return VisualizationSettings(**{"class_name": "tench", "size": 64, "steps": 3, **changes})


def last(networks, chosen):
    return list(visualize(networks, chosen))[-1]


def test_one_plain_step_by_hand():
    start, end = visualize([Reddish()], settings(method="plain", steps=1))
    # The gradient lies in the red third alone, so 0.01 over all pixels is 0.01 * sqrt(3) there.
    moved = (end.image - start.image).mean((0, 2, 3))
    torch.testing.assert_close(moved, torch.tensor([0.017321, 0.0, 0.0]), atol=1e-5, rtol=0)
    assert (start.step, end.step, end.steps) == (0, 1, 1)
    assert end.losses["variation"] == 0
    # 64 * 64 red pixels of about 0.5: the logit is about 2.05.
    assert end.score == pytest.approx(0.886, abs=0.003)


@pytest.mark.parametrize("method", FROM_NOISE)
def test_every_step_is_a_picture_that_improves(method):
    steps = list(visualize([Reddish()], settings(method=method, steps=20)))
    assert [step.step for step in steps] == list(range(21))
    for step in steps:
        assert step.image.shape == (1, 3, 64, 64)
        assert not step.image.requires_grad
        assert 0 <= step.image.min() <= step.image.max() <= 1
        assert 0 <= step.score <= 1
    assert not torch.equal(steps[0].image, steps[1].image)
    red = [step.image[:, 0].mean().item() for step in steps]
    assert red[-1] > red[0]
    assert {"class", "variation"} <= steps[-1].losses.keys()


@pytest.mark.parametrize("method", FROM_NOISE)
def test_the_same_settings_give_the_same_picture(method):
    torch.manual_seed(1)
    first = last([Reddish(), Reddish()], settings(method=method)).image
    torch.manual_seed(2)
    again = []
    other_thread = threading.Thread(
        target=lambda: again.append(last([Reddish(), Reddish()], settings(method=method)).image)
    )
    other_thread.start()
    other_thread.join()
    assert torch.equal(first, again[0])
    other = last([Reddish(), Reddish()], settings(method=method, seed=1)).image
    assert not torch.equal(first, other)


def test_the_global_generator_and_grad_mode_are_left_alone():
    state = torch.get_rng_state()
    with torch.no_grad():
        for _ in visualize([Reddish()], settings()):
            assert not torch.is_grad_enabled()
    for _ in visualize([Reddish()], settings()):
        assert torch.is_grad_enabled()
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("yields", [1, 2])
def test_it_can_be_closed_at_any_yield(yields):
    network = Reddish()
    running = visualize([network], settings())
    for _ in range(yields):
        next(running)
    running.close()
    seen = len(network.seen)
    assert list(running) == []
    assert len(network.seen) == seen == yields


def test_fourier_takes_turns_and_the_others_do_not():
    lead, second = Reddish(size=224), Reddish(size=260)
    list(visualize([lead, second], settings(size=224, steps=10)))
    # The whole start picture, then transformed pictures of 144, from 7 tenths on of 184 and at last
    # of 224 pixels; the second network is made for pictures 260 / 224 as large.
    assert lead.seen == [224, 144, 144, 144, 144, 184]
    assert second.seen == [167, 167, 167, 214, 260]
    for method in ("plain", "variation"):
        idle = Reddish()
        list(visualize([Reddish(), idle], settings(method=method)))
        assert idle.seen == []


def test_the_variation_weight_counts_except_in_plain():
    def picture(method, weight):
        return last([Reddish()], settings(method=method, tv_weight=weight)).image

    assert torch.equal(picture("plain", 0), picture("plain", 10))
    for method in ("variation", "fourier", "maco"):
        rough, smooth = picture(method, 0), picture(method, 10)
        assert total_variation(smooth) < total_variation(rough)


def test_probabilities_are_of_the_8_bit_picture_at_each_network_s_size():
    networks = [Reddish("a", 10), Reddish("b", 20)]
    found = class_probabilities(networks, torch.full((1, 3, 40, 40), 0.501), 0)
    # 0.501 is saved as 128 / 255; sums of red are 100 and 400 times that, / 1000.
    assert found == {
        "a": [pytest.approx(0.512546, abs=1e-6)],
        "b": [pytest.approx(0.550028, abs=1e-6)],
    }
    assert [network.seen for network in networks] == [[10], [20]]


def test_what_takes_turns_has_a_partner_for_a_class():
    def networks(model, **changes):
        return VisualizationSettings(model=model, **changes).networks

    assert networks("efficientnet_lite0") == ("efficientnet_lite0", "efficientnet_lite2")
    assert networks("efficientnet_lite1") == ("efficientnet_lite1", "efficientnet_lite2")
    assert networks("efficientnet_lite2") == ("efficientnet_lite2", "efficientnet_lite0")
    assert networks("vgg16") == ("vgg16", "efficientnet_lite0")
    siamese = {"class_name": "Siamese"}
    assert networks("pets_lite0", **siamese) == ("pets_lite0", "pets_lite2")
    assert networks("pets_lite2", **siamese) == ("pets_lite2", "pets_lite0")
    assert networks("efficientnet_lite0", layer="blocks.3") == ("efficientnet_lite0",)
    for method in ("plain", "variation"):
        assert networks("efficientnet_lite0", method=method) == ("efficientnet_lite0",)
    for method in ("maco", "accentuate"):
        two = networks("pets_lite0", method=method, **siamese)
        assert two == ("pets_lite0", "pets_lite2")


@pytest.mark.parametrize(
    ("field", "value", "key"),
    [
        ("class_name", "unicorn", "unknown_class"),
        ("class_name", None, "not_a_text"),
        ("class_name", "Siamese", "unknown_class"),  # of the pets
        ("model", "magic", "unknown_choice"),
        ("model", "pets_lite0", "unknown_breed"),  # the default class is one of ImageNet's
        ("layer", "blocks.9", "unknown_choice"),
        ("channel", -1, "out_of_range"),
        ("channel", 1.5, "not_whole"),
        ("start", "paper", "unknown_choice"),
        ("octaves", 0, "out_of_range"),
        ("octaves", 5, "out_of_range"),
        ("count", 7, "out_of_range"),
        ("method", "magic", "unknown_choice"),
        ("size", 63, "out_of_range"),
        ("size", 513, "out_of_range"),
        ("size", 100.5, "not_whole"),
        ("steps", 0, "out_of_range"),
        ("steps", 2001, "out_of_range"),
        ("steps", float("nan"), "not_whole"),
        ("tv_weight", -0.1, "out_of_range"),
        ("tv_weight", 10.1, "out_of_range"),
        ("tv_weight", True, "not_a_number"),
        ("seed", -1, "out_of_range"),
        ("seed", 2**31, "out_of_range"),
        ("seed", "7", "not_whole"),
        ("decorrelated", "yes", "not_a_switch"),
        ("photo_weight", -0.1, "out_of_range"),
        ("photo_weight", 10.1, "out_of_range"),
    ],
)
def test_bad_settings_are_refused(field, value, key):
    with pytest.raises(ValidationError) as caught:
        VisualizationSettings(**{field: value})
    assert caught.value.key == key


def test_breeds_are_classes_of_the_pet_classifiers_alone():
    assert VisualizationSettings(model="pets_lite2", class_name="siamese").class_index == 10
    with pytest.raises(ValidationError) as caught:
        VisualizationSettings(model="pets_lite0", class_name="Siamese", layer="blocks.3")
    assert caught.value.key == "no_layers"


@pytest.mark.parametrize("method", FROM_NOISE)
def test_pictures_at_once_are_those_of_single_runs(method):
    together = last([Reddish(), Reddish()], settings(method=method, seed=5, count=3)).image
    alone = [last([Reddish(), Reddish()], settings(method=method, seed=5 + n)) for n in range(3)]
    torch.testing.assert_close(together, torch.cat([step.image for step in alone]))
    assert not torch.equal(together[0], together[1])


@pytest.mark.parametrize("method", METHODS)
def test_a_start_photo_is_the_start(method, photo):
    kitten = images.open_image(photo("kitten"))
    free = settings(method=method, start="photo", steps=8, photo_weight=0)
    first, *_, end = visualize([Reddish()], free, kitten)
    expected = images.to_tensor(images.square(kitten, 64))
    # Waves come as near to black and white as half a grey level.
    tolerance = 0 if method in ("plain", "variation") else 1 / 509
    torch.testing.assert_close(first.image, expected, atol=tolerance, rtol=0)
    assert end.image[:, 0].mean() > first.image[:, 0].mean()


@pytest.mark.parametrize("changes", [{"start": "photo"}, {"method": "accentuate"}])
def test_a_start_photo_must_be_there(changes):
    with pytest.raises(ValidationError) as caught:
        next(visualize([Reddish()], settings(**changes)))
    assert caught.value.key == "no_picture"


def test_only_pictures_that_are_looked_at_are_rendered():
    step = next(visualize([Reddish()], settings()))
    assert "image" not in vars(step)
    assert step.image is step.image


def test_whole_floats_are_taken_as_numbers():
    chosen = VisualizationSettings(size=224.0, steps=8.0, tv_weight=2, seed=3.0)
    assert (chosen.size, chosen.steps, chosen.tv_weight, chosen.seed) == (224, 8, 2.0, 3)


def test_a_real_network_becomes_certain():
    network = store.Store("cpu").get("efficientnet_lite0")
    final = last(
        [network], VisualizationSettings(class_name="zebra", method="plain", size=128, steps=16)
    )
    assert class_probabilities([network], final.image, 340)["efficientnet_lite0"][0] > 0.9
    assert all(parameter.grad is None for parameter in network.parameters())


def test_three_lines_give_an_ideal_picture(photo):
    import models

    picture = models.ideal_image("zebra", size=64, steps=2, device="cpu")
    assert (picture.size, picture.mode) == ((64, 64), "RGB")
    options = {"method": "plain", "size": 64, "steps": 1, "device": "cpu"}
    deep = models.ideal_image(photo=photo("kitten"), layer="blocks.3", **options)
    kitten = images.square(images.open_image(photo("kitten")), 64)
    difference = images.to_tensor(deep) - images.to_tensor(kitten)
    assert 0 < difference.abs().mean() < 0.02
    assert models.ideal_image(**options, count=2).size == (132, 64)
    with pytest.raises(ValidationError, match="no class called unicorn"):
        models.ideal_image("unicorn")
