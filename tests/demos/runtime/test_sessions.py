"""A visitor's session begins without a copy of the whole page, and still learns what changes."""

import gradio as gr
from gradio.state_holder import SessionState


def test_a_session_begins_light(blocks):
    session = SessionState(blocks)
    assert session.config_values == {}
    assert session.blocks_config.blocks == blocks.default_config.blocks
    assert session.blocks_config is not blocks.default_config


def test_what_an_event_changes_is_noted(blocks):
    session, other = SessionState(blocks), SessionState(blocks)
    chosen = next(b for b in blocks.blocks.values() if isinstance(b, gr.Dropdown))
    session[chosen._id] = gr.Dropdown(choices=["one"], value="one", render=False)
    session._update_config(chosen._id)
    assert session.config_values[chosen._id]["props"]["choices"] == [("one", "one")]
    assert session[chosen._id].choices == [("one", "one")]
    assert other[chosen._id] is chosen
    other._update_value_in_config(chosen._id, "two")
    assert other.config_values[chosen._id]["props"]["value"] == "two"
