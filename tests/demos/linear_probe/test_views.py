"""What the linear probe tab shows: the commonest mix-ups, the plot that the bet is laid over."""

import re

import torch

from demos.linear_probe import views
from demos.runtime import i18n


def test_the_commonest_mix_ups_come_first_and_are_five_at_most():
    counts = torch.tensor([[5, 3, 0], [1, 6, 2], [0, 0, 9]])
    said = re.findall(r"<li>(.*?)</li>", views.mix_ups("en", counts, ["cat", "dog", "<fox>"]))
    assert said == [
        "3 of 8 cat: taken for dog.", "2 of 9 dog: taken for &lt;fox&gt;.",
        "1 of 9 dog: taken for cat.",
    ]  # fmt: skip
    many = torch.ones(4, 4)
    assert len(re.findall("<li>", views.mix_ups("en", many.int(), list("abcd")))) == 5


def test_without_a_mistake_there_is_no_mix_up():
    assert views.mix_ups("en", torch.eye(3).int(), ["a", "b", "c"]) == ""


def test_the_empty_plot_shows_what_guessing_would_reach():
    assert "guessing 2.7%" in views.empty_plot("en", "breeds", 20)
    assert "guessing 50%" in views.empty_plot("en", "cats_vs_dogs", 20)
    assert "data-accuracy" not in views.empty_plot(i18n.EVERY, "digits", 20)
