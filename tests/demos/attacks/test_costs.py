"""What the page says that defenses cost."""

import json

import pytest

from demos.attacks import costs, runs
from demos.runtime import i18n

LANGUAGES = list(i18n.LANGUAGES)


@pytest.fixture
def manifest(tmp_path, monkeypatch):
    """Writes a manifest that the page then reads."""

    def written(entries):
        needed = {"file": "nowhere.safetensors", "sha256": ""}
        whole = {name: needed | entry for name, entry in entries.items()}
        (tmp_path / "manifest.json").write_text(json.dumps(whole))
        monkeypatch.setattr("models.weights.FOLDER", tmp_path)

    return written


def test_weights_that_are_missing_are_not_available(manifest):
    manifest({"pets_lite0": {}})
    assert not runs.available("pets_lite0")
    assert not runs.available("pets_lite2")


@pytest.mark.parametrize("language", LANGUAGES)
def test_costs_are_said_as_measured(manifest, language):
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
    jpeg, smooth = costs.jpeg(language), costs.smoothing(language)
    robust = costs.adversarial_training(language)
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
    assert costs.jpeg("en") == ""
    assert costs.smoothing("en") == ""
    assert costs.adversarial_training("en") == ""
