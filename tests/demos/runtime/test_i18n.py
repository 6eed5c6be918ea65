"""Four languages: the same keys, the same blanks to fill, and no text that nobody says."""

import importlib
import json
import pkgutil
import re
import string
from pathlib import Path

import pytest

import models
from demos.runtime import i18n
from demos.ui import examples
from models.gan.training import diagnosis
from models.labels import breeds, imagenet
from models.linear_probe.settings import FEATURES
from models.messages import MESSAGES
from models.validation import Settings, ValidationError

ROOT = Path(__file__).parents[3]
FIGURES = (
    "loss_d", "equilibrium_loss", "loss_g", "accuracy_real", "accuracy_fake", "grad_norm_d",
    "grad_norm_g", "update_ratio_d", "update_ratio_g", "modes", "balance", "quality", "recognized",
    "diversity", "memorization", "class_accuracy", "skipped",
)  # fmt: skip
# A verdict's sentence is named by the first figure that decided.
REASONS = {
    f"gan_lab.diagnosis.{name}"
    for name in (
        "too_early.rounds", "diverged.rounds", "skipped_discriminator.skipped",
        "high_rate.loss_d", "high_rate.update_ratio_g", "memorization.memorization",
        "strong_discriminator.accuracy_real", "mode_collapse.modes", "mode_collapse.diversity",
        "wrong_labels.class_accuracy",
        "healthy.modes", "healthy.diversity",
    )
}  # fmt: skip
OTHERS = [language for language in i18n.LANGUAGES if language != "en"]


def blanks(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def plain(texts):
    return [key for key in texts if not key.startswith("error.")]


@pytest.mark.parametrize("language", OTHERS)
def test_same_keys_and_blanks(language):
    english, other = i18n.texts("en"), i18n.texts(language)
    # In the same order, but for the error messages: in English these stand in `models`.
    assert set(other) == set(english)
    assert plain(other) == plain(english)
    for key, text in english.items():
        assert blanks(other[key]) == blanks(text), key
        assert other[key].strip(), key


@pytest.mark.parametrize("language", OTHERS)
def test_translated(language):
    english, other = i18n.texts("en"), i18n.texts(language)
    same = [key for key in english if english[key] == other[key] and len(english[key]) > 12]
    assert same == []
    letters = re.compile("[\u0900-\u097f]")
    prose = [key for key in english if key.endswith((".idea", ".watch", ".info"))]
    assert [key for key in prose if not letters.search(other[key])] == []


@pytest.mark.parametrize("language", list(i18n.LANGUAGES))
def test_every_idea_has_three_sentences(language):
    ideas = [text for key, text in i18n.texts(language).items() if key.endswith(".idea")]
    assert len(ideas) >= 3
    for text in ideas:
        assert len(re.findall(r"[.?।](?=\s|$)", text)) == 3, text


def test_classes_have_one_family_of_keys():
    for name in breeds.NAMES:
        assert i18n.breed_name("hi", name) == i18n.class_name("hi", name)
        assert i18n.class_name("en", name) == name
    assert not [key for key in i18n.texts("en") if key.startswith("breed.")]


def test_no_key_is_unused(page):
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "demos").rglob("*.py"))
    families = {
        "error.": {f"error.{key}" for key in MESSAGES} | {"error.title"},
        "name.": {f"name.{name}" for name in setting_names()},
        "style.term.": {f"style.term.{name}" for name in ("content", "style", "variation")},
        "train.kind.": {f"train.kind.{k}" for kinds in FEATURES.values() for k in kinds},
        "attack.curve.": {"attack.curve.true", "attack.curve.target"},
        "gan_lab.diagnosis.": {f"gan_lab.diagnosis.{name}" for name in diagnosis.NAMES} | REASONS,
        "gan_lab.figure.": {f"gan_lab.figure.{name}" for name in FIGURES},
        "class.": {i18n.class_key(name) for name in imagenet.class_names()} & set(i18n.texts("en")),
        "example.": {f"example.{path.stem}" for path in examples.EXAMPLES.glob("*s/*.jpg")},
        "gan_lab.phase.": {
            f"gan_lab.phase.{name}" for name in ("turns", "learns", "frozen", "steps")
        },
    }
    used = page.keys.union(*families.values())
    used |= {key for key in i18n.texts("en") if key.startswith((i18n.GRADIO, i18n.GRADIO_FIXED))}
    used |= {key for key in i18n.texts("en") if f'"{key}"' in sources}
    assert set(i18n.texts("en")) - used == set()
    assert used - set(i18n.texts("en")) == set()


def test_labels_that_the_browser_says_are_among_its_texts(blocks):
    """Of another key it would show the key itself."""
    keys = set(
        re.findall(
            r'__i18n__\{[^}]*"key\\*": \\*"([^"\\]+)', json.dumps(blocks.config, default=str)
        )
    )
    assert "common.language" in keys
    for texts in i18n.gradio_texts().values():
        assert keys - set(texts) == set()


def subclasses(kind: type) -> list[type]:
    found = kind.__subclasses__()
    return found + [each for one in found for each in subclasses(one)]


def every_settings_class() -> list[type[Settings]]:
    for module in pkgutil.walk_packages(models.__path__, "models."):
        importlib.import_module(module.name)
    return subclasses(Settings)


def setting_names() -> set[str]:
    """Names that may stand in an error; those that only endpoints have need no text."""
    files = [path for folder in ("models", "demos") for path in (ROOT / folder).rglob("*.py")]
    sources = "".join(path.read_text(encoding="utf-8") for path in files)
    names = set(re.findall(r'(?:number|choice|figure)\(\s*"(\w+)"', sources))
    names |= set(re.findall(r'_choice", name="(\w+)"', sources))
    names |= {f"d{i}" for i in range(1, 9)}
    names |= {name for kind in every_settings_class() for name in kind.described()}
    return {name for name in names if f"name.{name}" in i18n.texts("en")}


def test_english_error_messages_stand_in_models_only():
    own = json.loads((i18n.FOLDER / "en.json").read_text(encoding="utf-8"))
    assert [key for key in own if key.startswith("error.")] == ["error.title"]
    for key, text in MESSAGES.items():
        assert i18n.texts("en")[f"error.{key}"] == text


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("mr-IN,mr;q=0.9,en;q=0.8", "mr"),
        ("ne", "ne"),
        ("hi-IN", "hi"),
        ("fr-FR,fr;q=0.9", "en"),
        ("fr,ne;q=0.5,en;q=0.4", "ne"),
        ("en;q=0.4,hi;q=0.8", "hi"),
        ("mr;q=0,en", "en"),
        ("de;q=nonsense,hi", "hi"),
    ],
)
def test_detection(header, language):
    assert i18n.detect(header) == language


def test_an_error_in_marathi_names_the_knob():
    text = i18n.error_message(
        "mr", ValidationError("out_of_range", name="size", value=9, low=64, high=1024)
    )
    assert i18n.say("mr", "name.size") in text
    assert "1024" in text


RENAMED = [
    (kind, name, described.key)
    for kind in every_settings_class()
    for name, described in kind.described().items()
    if described.key != f"name.{name}"
]


@pytest.mark.parametrize(("kind", "name", "key"), RENAMED)
def test_an_error_names_a_setting_as_its_control_is_labelled(kind, name, key):
    with pytest.raises(ValidationError) as caught:
        kind(**{name: object()})
    assert i18n.say("hi", key) in i18n.error_message("hi", caught.value)
    assert name in i18n.error_message("hi", caught.value, labels=None)


def test_unknown_languages_are_answered_in_english():
    assert i18n.say("xx", "stop") == "Stop"
