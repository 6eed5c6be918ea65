"""Every class of the ImageNet networks has a name of its own in every language."""

import re

import pytest

from demos.runtime import i18n
from models.labels import imagenet
from models.validation import ValidationError

CLASSES = imagenet.class_names()
OTHERS = [language for language in i18n.LANGUAGES if language != "en"]
SPOT_CHECKS = {  # (Marathi, Nepali, Hindi)
    "crane bird": ("क्रौंच पक्षी", "सारस", "सारस"),
    "crane": ("क्रेन", "क्रेन", "क्रेन"),
    "drake": ("नर बदक", "भाले हाँस", "नर बत्तख"),
    "boxer": ("बॉक्सर", "बक्सर", "बॉक्सर"),
    "Cardigan Welsh corgi": (
        "कार्डिगन वेल्श कॉर्गी", "कार्डिगन वेल्स कोर्गी", "कार्डिगन वेल्श कॉर्गी",
    ),
    "cardigan": ("कार्डिगन स्वेटर",) * 3,
    "mouse": ("माउस (संगणकाचा)", "माउस (कम्प्युटरको)", "माउस (कंप्यूटर का)"),
    "plane": ("रंधा", "रन्दा", "रंदा"),
    "bow": ("धनुष्य", "धनु", "धनुष"),
    "tank": ("रणगाडा", "ट्याङ्क (युद्धको)", "टैंक (लड़ाई का)"),
    "projectile": ("प्रक्षेप्य",) * 3,
    "vulture": ("गिधाड", "गिद्ध", "गिद्ध"),
    "jackfruit": ("फणस", "रुखकटहर", "कटहल"),
    "sunglass": (
        "उन्हाचा चष्मा (sunglass)", "घाम चस्मा (sunglass)", "धूप का चश्मा (sunglass)",
    ),
    "zebra": ("झेब्रा", "जेब्रा", "ज़ेब्रा"),  # among the page's texts
}  # fmt: skip


@pytest.mark.parametrize("language", OTHERS)
def test_every_class_has_a_name_in_devanagari(language):
    for name in CLASSES:
        said = i18n.class_name(language, name)
        # English only in brackets at the end, and only the network's own name.
        letters = said.removesuffix(f" ({name})")
        assert re.fullmatch(r"[\u0900-\u097f\u200d]+([ -][\u0900-\u097f\u200d()]+)*", letters), said
        assert letters.count("(") == letters.count(")") <= 1


@pytest.mark.parametrize("language", OTHERS)
def test_no_two_classes_have_one_name(language):
    assert len(set(CLASSES)) == 1000
    assert len({i18n.class_name(language, name) for name in CLASSES}) == 1000


def test_names_stand_in_one_place_and_in_order():
    listed = list(i18n.translated_classes())
    of_the_page = {name for name in CLASSES if i18n.class_key(name) in i18n.texts("en")}
    assert listed == [name for name in CLASSES if name not in of_the_page]
    assert all(list(names) == OTHERS for names in i18n.translated_classes().values())


@pytest.mark.parametrize("name", SPOT_CHECKS)
def test_names_by_value(name):
    assert tuple(i18n.class_name(language, name) for language in OTHERS) == SPOT_CHECKS[name]
    assert i18n.class_name("en", name) == name


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_a_choice_has_the_networks_own_name_once(language):
    for name in CLASSES:
        shown, value = i18n.class_choice(language, name)
        assert value == name
        assert shown == name if language == "en" else shown.endswith(f" ({name})")
        assert shown.count(f"({name})") <= 1


def test_what_is_no_class_keeps_its_name():
    assert i18n.class_name("mr", "my own class") == "my own class"
    assert i18n.class_name("xx", "vulture") == "vulture"
    said = i18n.class_name(i18n.EVERY, "vulture")
    assert said.by_language == {"en": "vulture", "mr": "गिधाड", "ne": "गिद्ध", "hi": "गिद्ध"}


def test_an_error_calls_a_class_as_the_page_does():
    error = ValidationError("target_is_prediction", value="vulture")
    said = i18n.error_message("hi", error)
    assert "गिद्ध" in said
    assert "vulture" not in said
    assert "vulture" in i18n.error_message("en", error)
    # A client is told the name that it gave.
    assert "vulture" in i18n.error_message("hi", error, labels=None)
