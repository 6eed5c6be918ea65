"""Links to a run's settings: an address like /?tab=gym&data=ring&lr_d=0.0001."""

from __future__ import annotations

import json
from collections.abc import Mapping

import gradio as gr

from demos.gan_lab.run_config import SETTINGS, RunConfig, values_of
from models.gan.training import presets

TAB_ID = "gym"  # addresses that are shared call the tab by its older name


def query(config: RunConfig) -> dict[str, str]:
    """The address's parameters for a run: the data, and what differs from its usual settings."""
    settings = config.settings
    usual = presets.settings_for(config.data, settings.architecture)
    changed = {
        name: value if name == "loss" else json.dumps(value)
        for name in SETTINGS
        if (value := getattr(settings, name)) != getattr(usual, name)
    }
    found = {"tab": TAB_ID, "data": config.data, "architecture": settings.architecture}
    if config.data == "own":
        found |= {"side": str(config.side)} | ({"shipped": "1"} if config.pretrained else {})
    return found | changed


def read(address: Mapping[str, str]) -> list:
    """Values of data, architecture, side, pretrained and settings that an address asks for; what it
    gets wrong is ignored.
    """
    unchanged = [gr.skip()] * (4 + len(SETTINGS))
    data = address.get("data")
    if address.get("tab") != TAB_ID or data not in presets.DATA:
        return unchanged
    try:
        settings = presets.settings_for(data, address.get("architecture"))
        changed = {
            # A loss stands there by its name, all else as JSON.
            name: address[name] if name == "loss" else json.loads(address[name])
            for name in SETTINGS
            if name in address
        }
        settings = settings.replace(**changed)
        presets.check(data, settings)
    except (ValueError, TypeError):
        return unchanged
    side = 64 if address.get("side") == "64" else 32
    return values(RunConfig(data, settings, "", side, address.get("shipped") == "1"))


def values(config: RunConfig) -> list:
    """Values of data, architecture, side, pretrained and settings for a run."""
    settings = config.settings
    return [
        config.data, settings.architecture, config.side, config.pretrained, *values_of(settings),
    ]  # fmt: skip
