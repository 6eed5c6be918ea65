"""Colours, fonts and sizes of the page."""

from __future__ import annotations

import gradio as gr

# System fonts only: the page must not wait for the internet.
FONTS = [
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "Noto Sans",
    "Noto Sans Devanagari",
    "sans-serif",
]
MONO = ["ui-monospace", "Consolas", "monospace"]
# 28, 20, 16 and 14 px, and all larger together in projector mode.
TEXT = gr.themes.Size(
    xxs="0.875rem", xs="0.875rem", sm="0.875rem", md="1rem", lg="1rem", xl="1.25rem", xxl="1.75rem"
)

# The edge of what can be pressed or typed into, 3:1 on white and on the page's ground; on the dark
# page such things stand out by their own ground.
EDGE = "#8a8a8a"
EDGED = (
    "input_border_color", "button_secondary_border_color", "button_secondary_border_color_hover",
    "checkbox_border_color", "checkbox_label_border_color",
)  # fmt: skip
ONLY_LIGHT = ("input_border_width", "button_border_width", "checkbox_label_border_width")
FLAT = (
    "block_title_background_fill", "block_title_background_fill_dark",
    "block_label_background_fill", "block_label_background_fill_dark",
    "input_shadow", "button_secondary_shadow", "button_secondary_shadow_hover",
    "button_primary_shadow", "button_primary_shadow_hover", "checkbox_label_shadow",
)  # fmt: skip
# Numbers are the theme's shades; the second is the dark page's, where it differs from Soft's.
TEXT_COLORS = {
    "block_title_text_color": ("primary_700", None),
    "block_label_text_color": ("primary_700", None),
    "block_info_text_color": ("neutral_600", "neutral_300"),
    "body_text_color_subdued": ("neutral_600", "neutral_300"),
}


def theme() -> gr.themes.Base:
    """Gradio's Soft theme in system fonts, a little tighter, with the contrast of WCAG AA."""
    values = dict.fromkeys(FLAT, "none") | dict.fromkeys(EDGED, EDGE)
    for name in ONLY_LIGHT:
        values |= {name: "1px", f"{name}_dark": "0px"}
    for name, (light, dark) in TEXT_COLORS.items():
        values[name] = f"*{light}"
        if dark:
            values[f"{name}_dark"] = f"*{dark}"
    return gr.themes.Soft(
        font=FONTS, font_mono=MONO, spacing_size="sm", text_size=TEXT, radius_size="sm"
    ).set(
        **values,
        background_fill_primary="*neutral_50",  # Soft's own, which `set` would forget
        block_title_padding="0",
        link_text_color_dark="*primary_300",
        checkbox_label_background_fill_selected="*primary_600",
        checkbox_label_border_color_selected="*primary_600",
        button_primary_border_color="*primary_600",
        button_primary_border_color_hover="*primary_700",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
    )
