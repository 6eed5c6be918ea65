"""What the page says of a run's losses depends on the curves it draws."""

import re

from demos.gan_lab import views
from models.gan.training.diagnosis import Diagnosis


def curves(d, g):
    return {"loss_d": list(enumerate(d)), "loss_g": list(enumerate(g)), "accuracy_real": [(0, 9.0)]}


def test_flat_losses_do_not_vary():
    # The ring's default run: both stay within a hundredth after the beginning.
    assert not views.losses_vary(curves([1.5, 1.1, 1.37, 1.38, 1.38], [2.0, 0.9, 0.71, 0.7, 0.7]))
    assert not views.losses_vary(curves([], []))
    assert not views.losses_vary(curves([1.39], []))


def test_losses_vary_by_a_tenth_of_the_axis_or_more():
    # The axis is 2 high at least: 0.2 is a tenth of it.
    assert views.losses_vary(curves([1.39] * 4, [0.7, 0.7, 0.625, 0.875]))
    assert not views.losses_vary(curves([1.39] * 4, [0.7, 0.7, 0.7, 0.875]))
    assert views.losses_vary(curves([-1.0, -1.0, -1.5, -0.5], [1.0] * 4))
    # Of an axis of 40, 0.5 is not seen.
    assert not views.losses_vary(curves([40.0, 1.0, 1.5, 1.0], [1.0] * 4))


def test_a_coin_toss_is_known_of_some_losses():
    assert views.coin_toss("en", 1.3862943611198906) == {"coin toss 1.39": 1.3862943611198906}
    assert views.coin_toss("en", 0.0) == {}


def test_three_figures_stand_in_front_and_all_in_the_list():
    known = {"accuracy_real": 0.9, "diversity": 1.2, "modes": 7, "of": 10, "quality": 0.8}
    found = Diagnosis("healthy", (("diversity", 1.2),))
    shown = views.figures(known, plane=False)
    front = views.diagnosis_card("en", found, shown)
    assert re.findall('class="tile"><b>(.*?)</b>', front) == ["7 / 10", "80%", "1.20"]
    every = views.figure_list("en", found, shown)
    assert every.count("<div class=") == 1 + len(shown)
    assert every.count('class="decides"') == 1
    own = views.diagnosis_card("en", found, views.figures({"diversity": 1.2}, plane=False))
    assert own.count('class="tile"') == 1
