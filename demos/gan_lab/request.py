"""What the tab's components say: the run that is asked for, and how it is to be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from demos.gan_lab import links, recipes, run_config, views
from demos.gan_lab.classes import digit_of
from demos.gan_lab.run_config import RunConfig
from demos.gan_lab.runs import LiveTraining
from demos.ui import card


@dataclass(frozen=True)
class Request:
    """What the components say: the run, its pace, what to draw of it, and the networks chosen."""

    config: RunConfig
    pace: str
    views: list[str]
    digit: int | None
    architecture: str

    def apply_to(self, live: LiveTraining) -> None:
        """Has the run shown as it is asked for."""
        live.pace, live.views, live.digit = self.pace, self.views, self.digit

    def origin(self, live: LiveTraining, ended: bool) -> str:
        """The line under a result: what it is of, the modes that are covered in the plane, and its
        code when it has `ended`."""
        data, rounds, known = self.config.data, live.trainer.rounds, views.values(live)
        what = views.origin(data, self.config.settings.architecture, rounds)
        return card.origin(
            what,
            [data, self.architecture],
            code=recipes.training(self.config, live) if ended else "",
            link=urlencode(links.query(self.config)),
            found={name: known[name] for name in ("modes",) if name in known},
        )


def request_of(values: Sequence) -> Request:
    """The values of `GanLabTab.inputs` but the language.

    Raises:
        ValidationError: they can't be run.
    """
    payload, pace, shown, digit, data, architecture, side, pretrained, *given = values
    settings = run_config.settings_of(given)
    config = run_config.checked(data, architecture, settings, payload, side, pretrained)
    return Request(config, pace, shown, digit_of(digit), architecture)
