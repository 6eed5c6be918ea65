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


def theme() -> gr.themes.Base:
    """Gradio's Soft theme in system fonts, a little tighter, with the contrast of WCAG AA."""
    return gr.themes.Soft(
        font=FONTS, font_mono=MONO, spacing_size="sm", text_size=TEXT, radius_size="sm"
    ).set(
        background_fill_primary="*neutral_50",  # Soft's own, which `set` would forget
        block_title_background_fill="none",
        block_title_background_fill_dark="none",
        block_title_padding="0",
        block_label_background_fill="none",
        block_label_background_fill_dark="none",
        block_title_text_color="*primary_700",
        block_label_text_color="*primary_700",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        checkbox_label_background_fill_selected="*primary_600",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        link_text_color_dark="*primary_300",
        input_border_width="1px",
        input_border_width_dark="0px",
        input_border_color=EDGE,
        input_shadow="none",
        button_border_width="1px",
        button_border_width_dark="0px",
        button_secondary_border_color=EDGE,
        button_secondary_border_color_hover=EDGE,
        button_secondary_shadow="none",
        button_secondary_shadow_hover="none",
        button_primary_border_color="*primary_600",
        button_primary_border_color_hover="*primary_700",
        button_primary_shadow="none",
        button_primary_shadow_hover="none",
        checkbox_border_color=EDGE,
        checkbox_label_border_width="1px",
        checkbox_label_border_width_dark="0px",
        checkbox_label_border_color=EDGE,
        checkbox_label_border_color_selected="*primary_600",
        checkbox_label_shadow="none",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
    )
