"""Both networks, what trains them, and one step of it.

Both kinds play the non-saturating logistic game (Goodfellow et al. 2014): with logits d(x),
    the discriminator lowers  softplus(-d(real)) + softplus(d(fake)),
    the generator lowers      softplus(-d(fake)).
"""

from __future__ import annotations

from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import nn

from models.gan.networks import stylegan
from models.gan.training.augment import augment
from training import data
from training.aid import Aid
from training.gan.ada import Adaptive
from training.gan.recipe import Recipe

# Faces of each kind whose logits are compared now and then.
SCORED = 128


class Players:
    """Generator, discriminator, running average and second discriminator, with their optimisers.

    A step draws all random numbers on the device, never waits for it, and decides nothing on the
    CPU by what a tensor holds: it can be captured as a CUDA graph. What changes from step to step
    (learning rates, the average's decay, p) is in tensors.

    Args:
        real: training pictures, uint8 (N, 3, 64, 64), on the device.
        aid: the second discriminator, or None.
    """

    def __init__(self, recipe: Recipe, real: torch.Tensor, aid: Aid | None):
        self.recipe, self.real, self.aid = recipe, real, aid
        self.device = real.device
        self.G, self.D = recipe.generator(), recipe.discriminator()
        for network in (self.G, self.D):
            network.to(self.device, memory_format=torch.channels_last)
        self.average = deepcopy(self.G).eval().requires_grad_(False)
        self.ada = Adaptive(recipe.ada, self.device)
        # 1 - decay of the average for the next step.
        self.approach = torch.ones((), device=self.device)
        # Lazy regularisation takes extra steps: rate and averages are corrected for them.
        share = recipe.r1_every / (recipe.r1_every + 1) if recipe.r1 else 1.0
        self.adam_g, self.adam_d = self._adam(self.G), self._adam(self.D, share)
        if aid:
            self.adam_a = self._adam(aid.heads)

    def _adam(self, network: nn.Module, share: float = 1.0) -> torch.optim.Adam:
        rate = torch.full((), self.recipe.lr * share, device=self.device)
        groups = [{"params": list(network.parameters()), "initial_lr": self.recipe.lr * share}]
        return torch.optim.Adam(
            groups,
            rate,
            tuple(beta**share for beta in self.recipe.betas),
            fused=True,
            capturable=self.device.type == "cuda",
        )

    def parts(self) -> dict[str, nn.Module]:
        """The networks by the names that files give them."""
        parts = {"G": self.G, "D": self.D, "average": self.average}
        return parts | ({"aid": self.aid.heads} if self.aid else {})

    def adams(self) -> dict[str, torch.optim.Adam]:
        adams = {"adam_g": self.adam_g, "adam_d": self.adam_d}
        return adams | ({"adam_a": self.adam_a} if self.aid else {})

    def set_pace(self, rate: float, decay: float) -> None:
        """Sets the learning rates' factor and the average's decay of the next steps."""
        for adam in self.adams().values():
            for group in adam.param_groups:
                group["lr"].fill_(group["initial_lr"] * rate)
        self.approach.fill_(1 - decay)

    def autocast(self) -> torch.autocast:
        # Autocast caches the casts of weights: a graph would read those that were made outside it.
        kind = self.device.type
        return torch.autocast(kind, torch.bfloat16, cache_enabled=kind == "cpu")

    def step(self, aided: bool, lazy: bool) -> dict[str, torch.Tensor]:
        """One step of all.

        Args:
            aided: whether the second discriminator takes part.
            lazy: whether R1 is applied.
        """
        recipe = self.recipe
        real = data.batch(self.real, recipe.batch)
        policy = recipe.policy
        if self.aid and not aided and "color" not in policy:
            policy = ("color", *policy)
        fake = self.generate()
        shown = augment(self.ada(torch.cat([fake.detach(), real])), policy)
        report = self._step_discriminator(shown)
        if aided:
            report["aided"] = self.step_heads(shown)
        if lazy:
            report["slope"] = self._regularize(augment(self.ada(real[: len(real) // 2]), policy))
        # One set of generated pictures serves both players: a forward pass less.
        report["loss_g"] = self._step_generator(augment(self.ada(fake), policy), aided)
        self._step_average()
        return {name: value.detach() for name, value in report.items()} | {"p": self.ada.p}

    def generate(self) -> torch.Tensor:
        """A batch of the generator's pictures, float32."""
        recipe, n = self.recipe, self.recipe.batch
        z = torch.randn(n, recipe.latent, device=self.device)
        with self.autocast():
            if not isinstance(self.G, stylegan.StyleGenerator):
                return self.G(z).float()
            w = self.G.mapping(z)
            with torch.no_grad():
                self.G.mean.lerp_(w.detach().float().mean(0), 0.005)
            other = self.G.mapping(torch.randn(n, recipe.latent, device=self.device))
            layers = torch.arange(self.G.LAYERS, device=self.device)[:, None]
            cut = torch.randint(1, self.G.LAYERS, (n, 1, 1), device=self.device)
            mixed = torch.rand(n, 1, 1, device=self.device) < recipe.mixing
            styles = torch.where(mixed & (layers >= cut), other[:, None], w[:, None])
            return self.G(styles, self.G.noise(n)).float()

    def scores(self, shown: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of generated and of real pictures, given one after the other."""
        with self.autocast():
            if not self.recipe.joint:
                fake, real = (self.D(half) for half in shown.chunk(2))
                return fake, real
            # Minibatch deviation compares pictures a quarter of the batch apart: each quarter
            # holds as many of each kind, so that a group is all real or all generated.
            group = self.D.spread.group
            mixed = shown.unflatten(0, (2, group, -1)).transpose(0, 1).flatten(0, 2)
            fake, real = self.D(mixed).unflatten(0, (group, 2, -1)).unbind(1)
            return fake.flatten(), real.flatten()

    def _step_discriminator(self, shown: torch.Tensor) -> dict[str, torch.Tensor]:
        fake, real = self.scores(shown)
        loss = F.softplus(fake).mean() + F.softplus(-real).mean()
        self.adam_d.zero_grad()
        loss.backward()
        self.adam_d.step()
        self.ada.adapt(real)
        return {"loss_d": loss, "real": real.mean(), "fake": fake.mean()}

    def step_heads(self, shown: torch.Tensor | None = None) -> torch.Tensor:
        """One step of the second discriminator's heads; without `shown` on pictures made for it."""
        if shown is None:
            with torch.no_grad():
                fake = self.generate()
            both = torch.cat([fake, data.batch(self.real, self.recipe.batch)])
            shown = augment(both, self.recipe.policy)
        loss = self.aid.loss_d(*shown.chunk(2))
        self.adam_a.zero_grad()
        loss.backward()
        self.adam_a.step()
        return loss.detach()

    def _regularize(self, real: torch.Tensor) -> torch.Tensor:
        """One step on R1, in float32: its gradient of a gradient is small."""
        real = real.detach().requires_grad_()
        (slope,) = torch.autograd.grad(self.D(real).sum(), real, create_graph=True)
        penalty = slope.square().sum((1, 2, 3)).mean()
        self.adam_d.zero_grad()
        (penalty * (self.recipe.r1 / 2 * self.recipe.r1_every)).backward()
        self.adam_d.step()
        return penalty

    def _step_generator(self, shown: torch.Tensor, aided: bool) -> torch.Tensor:
        discriminators = [self.D, self.aid.heads] if aided else [self.D]
        for network in discriminators:
            network.requires_grad_(False)
        with self.autocast():
            loss = F.softplus(-self.D(shown)).mean()
        whole = loss + self.recipe.aid * self.aid.loss_g(shown) if aided else loss
        self.adam_g.zero_grad()
        whole.backward()
        self.adam_g.step()
        for network in discriminators:
            network.requires_grad_(True)
        return loss

    @torch.no_grad()
    def _step_average(self) -> None:
        # Counts of batch norm are not needed.
        pairs = zip(self.average.state_dict().values(), self.G.state_dict().values(), strict=True)
        averages, currents = zip(*(p for p in pairs if p[0].is_floating_point()), strict=True)
        change = torch._foreach_sub(currents, averages)
        torch._foreach_mul_(change, self.approach)
        torch._foreach_add_(averages, change)

    @torch.no_grad()
    def score_gap(self, held_out: torch.Tensor) -> dict[str, float]:
        """Mean logits of training faces and of faces never trained on, unchanged: the further they
        are apart, the more the discriminator has memorized."""
        self.D.train(self.recipe.joint)  # batch norm's statistics stay as they are
        found = {}
        for name, faces in (("train", self.real), ("held_out", held_out)):
            with self.autocast():
                logits = self.D(data.batch(faces, SCORED))
            found[name] = round(float(logits.mean()), 3)
        self.D.train()
        return found
