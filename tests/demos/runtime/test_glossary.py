"""One glossary: a term that a text has in English is called the same in every translation.

`demos/runtime/texts/glossary.json` gives, for each term and language, the beginnings of the words
that stand for it (the languages decline); a translation may be any of them.
"""

import json
import re

import pytest

from demos.runtime import i18n

GLOSSARY = json.loads((i18n.FOLDER / "glossary.json").read_text(encoding="utf-8"))
OTHERS = [language for language in i18n.LANGUAGES if language != "en"]
# Pupils are a class too, and fur has patches.
OTHER_SENSE = {
    "class": (
        "lessons.question", "lessons.idea", "lessons.before", "lessons.before.list", "lessons.vote",
        "lessons.gans.step1", "lessons.gans.step3", "lessons.gans.step4", "lessons.gans.step5",
        "lessons.inside.step1", "lessons.inside.step4",
        "lessons.transfer.step1", "lessons.transfer.step3", "lessons.transfer.step4",
        "class_address.title", "class_address.alone",
        "board.tab", "board.question", "board.idea", "board.show", "board.join_title", "board.scan",
        "board.empty", "board.review", "board.ask_title", "error.board_too_fast",
    ),
    "patch": ("gan.direction.patched_silver",),
}  # fmt: skip
SILENT = re.compile(r"\{[^}]*\}|\]\([^)]*\)|`[^`]*`")  # blanks to fill, addresses, code
FORMULA = re.compile(r"\S*[=_^]\S*|\([^()]* \| x\)")


def has(text: str, term: str) -> bool:
    plain = FORMULA.sub(" ", SILENT.sub(" ", text))
    return re.search(rf"\b{term}(?:e?s)?\b", plain, re.IGNORECASE) is not None


@pytest.mark.parametrize(
    ("text", "term", "found"),
    [
        ("two losses", "loss", True),
        ("Loss (L)", "loss", True),
        ("lossless", "loss", False),
        ("{loss} steps, `loss`, [here](?loss=1), L_loss", "loss", False),
    ],
)
def test_terms_are_found_in_prose_only(text, term, found):
    assert has(text, term) is found


@pytest.mark.parametrize("language", OTHERS)
def test_terms_are_called_the_same(language):
    texts, wrong = i18n.texts(language), []
    for term, words in GLOSSARY.items():
        for key, english in i18n.texts("en").items():
            if key in OTHER_SENSE.get(term, ()) or not has(english, term):
                continue
            if not any(word in texts[key] for word in words[language]):
                wrong.append((term, key, texts[key]))
    assert wrong == []


def test_the_glossary_is_sorted_whole_and_used():
    assert list(GLOSSARY) == sorted(GLOSSARY)
    for term, words in GLOSSARY.items():
        assert list(words) == ["mr", "ne", "hi"], term
        assert all(words.values()), term
        assert any(has(text, term) for text in i18n.texts("en").values()), term
