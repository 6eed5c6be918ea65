"""Links to a run's settings: what a link says is what an address sets."""

import gradio as gr
import pytest

from demos.gan_lab import links, run_config
from demos.gan_lab.run_config import SETTINGS
from models.gan.training import presets


def config(data, architecture=None, **changes):
    settings = vars(presets.settings_for(data, architecture)) | changes
    architecture = settings.pop("architecture")
    return run_config.checked(data, architecture, settings, "", 64, pretrained=data == "own")


def test_only_what_differs_from_the_usual_is_in_a_link():
    assert links.query(config("ring")) == {"tab": "gym", "data": "ring", "architecture": "mlp"}
    changed = links.query(config("digits", "dense", lr_d=0.5, loss="hinge", augment=True))
    assert changed == {
        "tab": "gym", "data": "digits", "architecture": "dense", "lr_d": "0.5", "loss": "hinge",
        "augment": "true",
    }  # fmt: skip
    own = links.query(config("own"))
    assert (own["side"], own["shipped"]) == ("64", "1")


@pytest.mark.parametrize(
    ("data", "changes"),
    [
        ("ring", {}),
        ("digits", {"lr_g": 0.25, "batch": 8, "loss": "wasserstein"}),
        ("own", {}),
        ("digits", {"classes": (1, 7), "shuffled_labels": 0.5}),
        ("few", {"loss": "relativistic"}),
    ],
)
def test_a_link_is_read_again(data, changes):
    asked = config(data, **changes)
    found_data, architecture, side, pretrained, *values = links.read(links.query(asked))
    assert (found_data, architecture) == (data, asked.settings.architecture)
    assert values == run_config.values_of(asked.settings)
    again = run_config.checked(
        data, architecture, run_config.settings_of(values), "", 64, data == "own"
    )
    assert again.settings == asked.settings
    own = data == "own"
    assert (side, pretrained) == (64 if own else 32, own)


@pytest.mark.parametrize(
    "address",
    [
        {},
        {"tab": "gym"},
        {"tab": "style", "data": "ring"},
        {"tab": "gym", "data": "cube"},
        {"tab": "gym", "data": "ring", "architecture": "dcgan"},
        {"tab": "gym", "data": "ring", "lr_d": "11"},
        {"tab": "gym", "data": "ring", "lr_d": "{"},
        {"tab": "gym", "data": "ring", "lr_d": "[1]"},
        {"tab": "gym", "data": "ring", "loss": "mse"},
    ],
)
def test_an_address_that_is_wrong_sets_nothing(address):
    assert links.read(address) == [gr.skip()] * (4 + len(SETTINGS))
