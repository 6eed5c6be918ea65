"""Colours by role: readable on the page's backgrounds, and the same on the server."""

import re

import pytest

from demos.theme import theme
from models.roles import ROLES, tint
from tests.serving import ROOT

CSS = (ROOT / "demos/ui/static/roles.css").read_text(encoding="utf-8")
BACKGROUNDS = (
    "body_background_fill", "background_fill_secondary", "block_background_fill",
    "input_background_fill",
)  # fmt: skip


def declared(dark: bool) -> dict[str, str]:
    light, _, rest = CSS.partition(".dark .gradio-container {")
    part = rest.partition("}")[0] if dark else light
    return dict(re.findall(r"--role-(\w+): (#[0-9a-f]{6});", part))


def rgb(color: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(color.removeprefix("#")))


def luminance(color: str) -> float:
    """WCAG 2.2."""
    channels = [value / 255 for value in rgb(color)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def backgrounds(dark: bool) -> set[str]:
    look = theme()
    found = set()
    for name in BACKGROUNDS:
        value = getattr(look, name)
        if dark and getattr(look, f"{name}_dark", None):
            value = getattr(look, f"{name}_dark")
        while value.startswith("*"):
            name = value[1:]
            value = getattr(
                look, (dark and hasattr(look, f"{name}_dark") and f"{name}_dark") or name
            )
        found.add("#ffffff" if value == "white" else value)
    return found


def test_contrast_by_hand():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("dark", [False, True])
def test_roles_are_readable_as_text(dark):
    found = declared(dark)
    assert set(found) == {*ROLES, "error"}
    expected = {"#0b0f19", "#111827", "#1f2937", "#374151"} if dark else {"#ffffff", "#f9fafb"}
    assert backgrounds(dark) == expected
    for role, color in found.items():
        for background in expected:
            assert contrast(color, background) >= 4.5, (role, color, background)


def test_the_server_draws_in_the_pages_light_colours():
    assert {name: rgb(color) for name, color in declared(False).items() if name != "error"} == ROLES


@pytest.mark.parametrize("role", [*ROLES, "paper"])
def test_every_role_has_a_class(role):
    assert f".gradio-container .main .contain .role-{role}" in CSS


def test_tints_by_hand():
    assert tint("made", 1) == (194, 65, 12)
    assert tint("made", 0) == (255, 255, 255)
    assert tint("neutral", 0.5) == (165, 170, 177)


def is_grey(digits: str) -> bool:
    short = len(digits) < 6
    red, green, blue = (digits[n : n + 1] if short else digits[2 * n : 2 * n + 2] for n in range(3))
    return red == green == blue


def test_a_projector_has_stronger_colours():
    strong = CSS.partition("html.projector")[2].partition("}")[0]
    found = dict(re.findall(r"--role-(\w+): (#[0-9a-f]{6});", strong))
    assert found.keys() == declared(dark=False).keys()
    for color in found.values():
        assert min(contrast(color, ground) for ground in backgrounds(dark=False)) >= 7


def test_no_other_file_has_colours_of_its_own():
    found = []
    for folder in ("demos", "models"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix not in (".css", ".js", ".py") or path.name == "roles.css":
                continue
            text = path.read_text(encoding="utf-8")
            colors = re.findall(r"#([0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})\b", text)
            found += [(path.name, color) for color in colors if not is_grey(color)]
    assert found == []


def test_every_bar_has_a_role():
    """A bar's colour is var(--role): without a role it would have none."""
    bars = []
    for suffix in ("py", "js"):
        for path in (ROOT / "demos").rglob(f"*.{suffix}"):
            bars += re.findall(r'class="bar(?:"| [^"]*")', path.read_text(encoding="utf-8"))
    assert len(bars) >= 2
    assert all(bar.startswith('class="bar role-') for bar in bars), bars
