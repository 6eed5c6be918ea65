"""Writes the lesson plans into docs/teachers/*.md: python -m tools.lesson_plans

The plans are those of the tab "For teachers", from its texts, so that they can be read and printed
without the app. They stand between two marks on each page; the rest is written by hand.
"""

from __future__ import annotations

import re
from pathlib import Path

from demos.lessons import STEPS
from demos.runtime.i18n import LANGUAGES, say

FOLDER = Path(__file__).parents[1] / "docs" / "teachers"
MARKS = "<!-- lesson plans -->", "<!-- end of the lesson plans -->"
BETWEEN = re.compile(f"(?<={MARKS[0]}\n).*(?={MARKS[1]})", re.DOTALL)


def plans(language: str) -> str:
    """All lesson plans in one language, as Markdown."""
    return "".join(_plan(language, lesson) for lesson in STEPS)


def page(language: str) -> str:
    """The page of a language with the plans as they are now.

    Raises:
        ValueError: the page has no marks.
    """
    text = (FOLDER / f"{language}.md").read_text(encoding="utf-8")
    if not BETWEEN.search(text):
        raise ValueError(f"{language}.md has no place for the lesson plans")
    return BETWEEN.sub(lambda _: plans(language), text)


def _plan(language: str, lesson: str) -> str:
    key, minutes = f"lessons.{lesson}", say(language, "lessons.minutes")
    whole = sum(length for length, _ in STEPS[lesson])
    lines = [
        f"\n### {say(language, key)} ({whole} {minutes})\n",
        f"**{say(language, 'lessons.aim')}** {say(language, f'{key}.goal')}\n",
    ]
    start = 0
    for number, (length, address) in enumerate(STEPS[lesson], 1):
        link = f" `?{address}&lang={language}`" if address else ""
        times, start = f"{start}-{start + length} {minutes}", start + length
        lines.append(f"{number}. **{times}.** {say(language, f'{key}.step{number}')}{link}")
    return "\n".join(lines) + "\n\n"


def main() -> None:
    """Writes all pages."""
    for language in LANGUAGES:
        (FOLDER / f"{language}.md").write_text(page(language), encoding="utf-8")


if __name__ == "__main__":
    main()
