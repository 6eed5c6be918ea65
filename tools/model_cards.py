"""Writes docs/model_cards.md, a card for each file in weights/: python -m tools.model_cards

What is measured and how it was made comes from weights/manifest.json; what a file is for and where
its limits are stands in tools/model_cards.json.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models import weights

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "model_cards.md"
WORDS = Path(__file__).with_suffix(".json")
INTRODUCTION = """# Model cards

A card for each file in [`weights/`](../weights/), as Mitchell et al. 2019 ("Model cards for model
reporting") ask for one: what it is for, what it is not for, how it was made, and what was measured.
`python -m tools.model_cards` writes this page from `weights/manifest.json` and
`tools/model_cards.json`. Where the data come from: [weights](weights.md#data). What the figures
mean, and what they do not say: [figures](figures.md). Networks that others trained have
[no card here](weights.md#networks-that-others-trained).

No file has photographs in it. The features of photographs are numbers from which the photographs
can't be read. What is derived from pictures under CC BY-SA 4.0 stands under the same licence.
"""
GRAPH = {
    "what": "The operations of `{network}` without its weights, for onnxruntime.",
    "use": "Forward passes on a CPU that need no gradient (`models/onnx_runtime.py`).",
    "limits": "Of no use by itself: the numbers come from the PyTorch network when the graph is "
    "loaded. It gives what that gives in float32, to the difference below.",
}
HEADLESS = "| {}\n|---|---|"
FIGURES = ("counts", "measured", "defences", "robustness")  # of the manifest


def page() -> str:
    """The page's text.

    Raises:
        KeyError: a file without words, or words without a file.
    """
    manifest = weights.manifest(weights.FOLDER)
    words = json.loads(WORDS.read_text(encoding="utf-8"))
    if left_over := set(words) - set(manifest):
        raise KeyError(f"no such file: {sorted(left_over)}")
    cards = [_card(name, manifest[name], words[name]) for name in words if name in manifest]
    if missing := set(manifest) - set(words):
        raise KeyError(f"no words for: {sorted(missing)}")
    listed = "\n".join(f"- [{name}](#{name})" for name in words)
    return "\n".join([INTRODUCTION, listed, "", *cards])


def _card(name: str, known: dict[str, Any], words: dict[str, Any]) -> str:
    if words.get("graph"):
        network = name.removesuffix("_graph")
        words = {key: text.format(network=network) for key, text in GRAPH.items()}
    parameters = known.get("parameters", {})
    if isinstance(parameters, int):
        parameters = {"in all": parameters}
    facts = {
        "file": f"`weights/{known['file']}`, {known['bytes'] / 1e6:,.2f} MB",
        "licence": known["licence"],
        "data": known["data"],
        "pictures shown": f"{known['images']:,}" if "images" in known else "",
        "parameters": ", ".join(f"{key} {count:,}" for key, count in parameters.items()),
        "made by": f"`{known['command']}`",
        "note": known.get("note", ""),
    }
    rows = [f"| {key} | {value} |" for key, value in facts.items() if value]
    figures = {key: known[key] for key in FIGURES if key in known}
    measured = [f"| {' / '.join(path)} | {value} |" for path, value in _leaves(figures)]
    parts = [words["what"], f"**For:** {words['use']}", f"**Limits:** {words['limits']}"]
    text = "\n\n".join([f"## {name}", *parts])
    tables = [HEADLESS.format("| |"), *rows, "", HEADLESS.format("measured | |"), *measured, ""]
    return "\n".join([text, "", *tables])


def _leaves(values: dict[str, Any], *above: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """(path of keys, value as text) of nested figures; an interval stands behind its value."""
    for key, value in values.items():
        if key.endswith("interval"):
            continue
        path = above if key == "measured" else (*above, key.replace("_", " "))
        if isinstance(value, dict):
            yield from _leaves(value, *path)
            continue
        interval = values.get(f"{key}_interval", values.get("interval") if key == "rate" else None)
        if key == "top1" and interval is None:
            interval = values.get("interval")
        told = f"`{value}`" if key == "command" else _number(value)
        yield path, told + (f" ({interval[0]} to {interval[1]})" if interval else "")


def _number(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
