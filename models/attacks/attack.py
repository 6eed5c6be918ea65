"""Running an attack and measuring its result.

`attack` checks the pictures and the target, and hands over to the module of the method (see
`settings.METHODS`); whatever the method, it gives `AttackStep` records, and the last one holds the
result. `measure` reports on it.

Everything counts in grey levels (0..255), and the result for an 8-bit picture is an 8-bit picture,
so that it still fools when it is saved.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing

import torch

from models import registry
from models.attacks import carlini_wagner, deepfool, gradient, patch
from models.attacks.evaluation import AttackStep, Evaluation, Network, evaluate, to_levels
from models.attacks.quantization import to_8bit
from models.attacks.report import AttackReport
from models.attacks.settings import AttackSettings
from models.registry import ClassifierSpec
from models.validation import ValidationError

IMAGENET = registry.classifier(registry.DEFAULT_BACKBONE)
Method = Callable[[Network, Evaluation, AttackSettings], Generator[AttackStep]]
# The methods that are not in `gradient`.
_OWN_LOOPS: dict[str, Method] = {
    "deepfool": deepfool.steps,
    "carlini_wagner": carlini_wagner.steps,
    "patch": patch.steps,
}


def attack(
    network: Network,
    pictures: torch.Tensor,
    settings: AttackSettings,
    labels: torch.Tensor | None = None,
    spec: ClassifierSpec = IMAGENET,
) -> Generator[AttackStep]:
    """Attacks pictures, step by step.

    The last step holds the result. Pictures whose values are whole multiples of 1/255 give a result
    of such values, within epsilon, so nothing is lost when it is saved; other pictures are left as
    they fall. A picture that no longer fools the network at the end, but did at an earlier iterate,
    ends as such an iterate.

    k steps of FGSM, PGD and MI-FGSM cost k forward and backward passes and one more forward pass,
    two with a random start.

    Args:
        network: pictures (N, 3, H, W) in [0, 1] -> logits (N, K); any callable. It is only
            differentiated with respect to the pictures.
        pictures: (N, 3, H, W) in [0, 1]; not changed. They move to the network's device.
        settings: what to do.
        labels: (N,) class indices; None means what the network says about the clean pictures.
        spec: whose classes the target is one of.

    Yields:
        An `AttackStep` for the clean pictures at once, then one after each gradient step. Closable
        at any of them.

    Raises:
        ValueError: pictures or labels of the wrong shape or range, at the call.
        ValidationError: `spec` has no class called like the target, at the call; the network
            already takes a picture for the target, at the first step.
    """
    _check(pictures, labels)
    target = None if settings.target is None else spec.class_index(settings.target)
    device, layout = pictures.device, torch.contiguous_format
    if hasattr(network, "placement"):
        device, layout = network.placement.device, network.placement.memory_format
    # Callers may sit in inference mode; what is made there can't be differentiated.
    with torch.inference_mode(False):
        labels = None if labels is None else labels.to(device, torch.long, copy=True)
        # In the network's own layout, so that no pass has to change it.
        levels = to_levels(pictures.detach().to(device)).contiguous(memory_format=layout)
    return _in_one_mode(_run(network, levels, settings, labels, target, spec))


def _in_one_mode(steps: Generator[AttackStep]) -> Generator[AttackStep]:
    """The same whatever mode the caller is in; and no mode leaks out over a yield."""
    with closing(steps):
        while True:
            with torch.inference_mode(False), torch.no_grad():
                step = next(steps, None)
            if step is None:
                return
            yield step


def _run(
    network: Network,
    levels: torch.Tensor,
    settings: AttackSettings,
    labels: torch.Tensor | None,
    target: int | None,
    spec: ClassifierSpec,
) -> Generator[AttackStep]:
    if settings.method in _OWN_LOOPS:
        clean = evaluate(network, levels, labels, target, None)
    else:
        clean = gradient.evaluate_clean(network, levels, settings, labels, target)
    if target is not None and (clean.log_p.argmax(1) == target).any():
        raise ValidationError("target_is_prediction", value=spec.classes[target])
    yield clean.step(0, settings.most_steps)
    yield from _OWN_LOOPS.get(settings.method, gradient.steps)(network, clean, settings)


def measure(
    network: Network,
    clean: torch.Tensor,
    adversarial: torch.Tensor,
    settings: AttackSettings,
    steps: int | None = None,
    seconds: float = 0.0,
    spec: ClassifierSpec = IMAGENET,
) -> AttackReport:
    """Measures an attack on the picture as it will be saved: rounded to multiples of 1/255.

    Args:
        network: as in `attack`.
        clean, adversarial: one picture each, (1, 3, H, W) in [0, 1].
        settings: what the attack was asked to do.
        steps: steps made; by default as many as the settings allow.
        seconds: time taken; only passed through.
        spec: as in `attack`.

    Raises:
        ValueError: not one picture each, or values outside [0, 1].
        ValidationError: `spec` has no class called like the target.
    """
    for pictures in (clean, adversarial):
        _check(pictures)
    if clean.shape != adversarial.shape or len(clean) != 1:
        raise ValueError(f"One picture each, please, not {clean.shape} and {adversarial.shape}.")
    adversarial = to_8bit(adversarial.to(clean.device))
    before, after = (top_classes(network, x, spec=spec) for x in (clean, adversarial))
    # As names: no two classes have the same.
    wanted = None if settings.target is None else spec.classes[spec.class_index(settings.target)]
    success = after[0][0] != before[0][0] if wanted is None else after[0][0] == wanted
    change = (to_levels(adversarial) - to_levels(clean)).double()
    return AttackReport(
        before=before,
        after=after,
        success=success,
        linf=change.abs().max().item(),
        l2=change.norm().item() / 255,
        steps=settings.most_steps if steps is None else steps,
        seconds=seconds,
    )


@torch.no_grad()
def top_classes(
    network: Network, picture: torch.Tensor, count: int = 5, spec: ClassifierSpec = IMAGENET
) -> list[tuple[str, float]]:
    """The likeliest classes of one picture (1, 3, H, W) in [0, 1], as (name, p)."""
    p = network(picture)[0].softmax(0)
    best = p.topk(min(count, len(p))).indices.tolist()
    return [(spec.classes[i], p[i].item()) for i in best]


def magnify(clean: torch.Tensor, adversarial: torch.Tensor) -> tuple[torch.Tensor, int]:
    """The perturbation as a picture: 0.5 + factor * (adversarial - clean), and the factor.

    The factor is the largest whole number that keeps the picture in [0, 1], at least 1; changes
    above a half are cut. Without any change the picture is grey and the factor 1.

    Args:
        clean, adversarial: the same shape, in [0, 1].
    """
    change = to_levels(adversarial) - to_levels(clean)
    largest = change.abs().max().item()
    factor = max(1, int(127.5 / largest)) if largest else 1
    return (0.5 + factor / 255 * change).clamp(0, 1), factor


def _check(pictures: torch.Tensor, labels: torch.Tensor | None = None) -> None:
    shape = tuple(pictures.shape)
    if len(shape) != 4 or shape[1] != 3 or 0 in shape:
        raise ValueError(f"Pictures must have the shape (N, 3, H, W), not {shape}.")
    if not pictures.is_floating_point():
        raise ValueError(f"Pictures must be floats in [0, 1], not {pictures.dtype}.")
    low, high = (bound.item() for bound in pictures.detach().aminmax())
    if not (low >= 0 and high <= 1):  # NaN fails both
        raise ValueError(f"Pictures must lie in [0, 1]; these go from {low:g} to {high:g}.")
    if labels is not None and tuple(labels.shape) != shape[:1]:
        raise ValueError(f"Labels must have the shape ({shape[0]},), not {tuple(labels.shape)}.")
