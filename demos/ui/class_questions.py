"""Questions that are prepared for a class, for the lesson plans and the board.

Each is asked before the experiment of a lesson's step, and again after it. Its text is
`board.ask.<name>`, and its answers are `board.ask.<name>.1` and so on.
"""

from __future__ import annotations

ANSWERS = 3  # of each
# By lesson and step.
QUESTIONS = {
    "gans": {1: "fake", 2: "truncation", 5: "collapse", 7: "style"},
    "transfer": {3: "few", 4: "digits", 5: "invisible", 6: "jpeg"},
    "inside": {1: "unit", 3: "labels"},
}
NAMES = tuple(name for steps in QUESTIONS.values() for name in steps.values())


def keys(name: str) -> tuple[str, ...]:
    """The texts of a question and its answers, without the family's `board.`."""
    return (f"ask.{name}", *(f"ask.{name}.{n}" for n in range(1, ANSWERS + 1)))
