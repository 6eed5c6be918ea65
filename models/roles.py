"""Colours by role, for pictures drawn here, on white.

`demos/ui/static/roles.css` has the same values for the page in light colours, and others for dark.
"""

from __future__ import annotations

RGB = tuple[int, int, int]

ROLES: dict[str, RGB] = {
    "real": (11, 99, 176),  # from the world: photo, content, real examples, before
    "made": (194, 65, 12),  # style, G, painted, after
    "discriminator": (126, 34, 206),
    "variation": (0, 116, 124),
    "for": (46, 125, 15),  # evidence for
    "against": (192, 23, 122),  # evidence against
    "neutral": (75, 85, 99),
}


def tint(role: str, share: float) -> RGB:
    """A role's colour mixed with white: `share` 1 is the colour itself, 0 white."""
    red, green, blue = (round(255 - share * (255 - value)) for value in ROLES[role])
    return red, green, blue
