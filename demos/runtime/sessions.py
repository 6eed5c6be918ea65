"""Gradio's memory of a visitor, without what only its deep links read.

For every new session, and for every call of a client that names none, Gradio writes out the
settings of all components: 2 MB and 0.18 s of this page, on the thread that serves everybody. They
are for addresses of its own that restore a page, which Netglass does not offer
(`demos.ui.deep_links` does that).
"""

from __future__ import annotations

from types import SimpleNamespace

from gradio.state_holder import SessionState

_begin = SessionState.__init__


def _begin_light(session: SessionState, blocks) -> None:
    # What a component's settings become is noted all the same, once an event changes them.
    _begin(session, SimpleNamespace(default_config=blocks.default_config, blocks={}))


def keep_light() -> None:
    """Makes Gradio's sessions begin so."""
    SessionState.__init__ = _begin_light
