"""From tab to tab: every button that sends finds its targets, and what goes along."""

from inspect import isgeneratorfunction

from demos.style_transfer import tab as style_transfer
from demos.ui import send_to
from models import registry


def send_buttons(page, tab, first):
    return [p for p in page.send_buttons if p.tab == tab and p.targets[0] == first]


def test_every_send_button_has_targets_that_exist(page):
    assert all(set(button.targets) <= set(page.send_targets) for button in page.send_buttons)
    assert len(page.send_buttons) == 18
    assert {(button.tab, button.targets[0]) for button in page.send_buttons} == {
        *send_to.TARGETS.items(), ("gan", "gan.seed"),
    }  # fmt: skip
    targets = {name for button in page.send_buttons for name in button.targets}
    assert set(send_to.TARGETS.values()) <= targets
    # Explorer, own cat, style, "What does it see?", three stations.
    assert len(send_buttons(page, "pets", "pets.photo")) == 7
    # Explorer, own cat, style, pets, "What does it see?", a station.
    assert len(send_buttons(page, "attack", "attack.photo")) == 6


def test_the_model_goes_along_from_the_classifiers_only(page):
    sent = [button.targets for button in send_buttons(page, "attack", "attack.photo")]
    assert sorted(len(targets) for targets in sent) == [1, 1, 1, 2, 2, 2]
    for button in send_buttons(page, "attack", "attack.photo"):
        given = ["cat.png", registry.DEFAULT_PET_CLASSIFIER][: len(button.inputs)]
        if len(button.targets) == 2:
            assert tuple(button.make("en", *given)) == ("cat.png", registry.DEFAULT_PET_CLASSIFIER)


def test_a_painting_is_sent_as_it_is_shown():
    assert (
        style_transfer.shown_picture("en", ("before.png", "after.png"), "live.jpeg") == "after.png"
    )
    assert style_transfer.shown_picture("en", None, "live.jpeg") == "live.jpeg"
    assert style_transfer.shown_picture("en", None, None) is None


def test_what_is_sent_is_written_once(blocks):
    """A generator's end would take the file away from a picture in a tab that is not drawn yet."""
    named = [fn.fn for fn in blocks.fns.values() if getattr(fn.fn, "__name__", "") == "send"]
    assert named
    assert not any(isgeneratorfunction(function) for function in named)
