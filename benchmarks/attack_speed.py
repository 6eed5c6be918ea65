"""PGD on EfficientNet-Lite0: image-steps per second, Netglass against its peers.

    python -m benchmarks.attack_speed --rounds 7 --steps 20

The peers are torchattacks, foolbox and ART (the Adversarial Robustness Toolbox), as many as are
installed. torchattacks pins an old `requests` that Gradio can't use and ART brings much along, so
compare all of them in an environment of its own, next to this one:

    python -m venv ../peers && . ../peers/bin/activate
    pip install -r requirements.txt foolbox adversarial-robustness-toolbox
    pip install --no-deps torchattacks==3.5.1

All sides attack the same 8 photos with the same weights, bound, step size and number of steps, from
random starts, in one process, by turns. A peer gets what its user would give it: timm's network
behind a `Normalize`, and the labels; Netglass finds the labels itself, inside its time. Success is
counted on the rounded, 8-bit pictures, by the peers' network.
"""

import argparse
import statistics
from collections.abc import Callable
from importlib.util import find_spec

import torch
from torch import nn

from benchmarks.common import EXAMPLES, machine, ratio, rounds
from models import device, images, registry
from models.attacks.attack import attack
from models.attacks.quantization import to_8bit
from models.attacks.settings import AttackSettings
from models.backbones import backbone
from models.labels import imagenet

BATCH = 8
EPSILON, STEP_SIZE = 4, 1
BOUND, STEP = EPSILON / 255, STEP_SIZE / 255
OURS = "Netglass"


def photos(side: int, at: torch.device) -> torch.Tensor:
    paths = sorted((EXAMPLES / "photos").glob("*.jpg"))[:BATCH]
    squares = [images.square(images.open_image(path), side) for path in paths]
    return torch.cat([images.to_tensor(square, at) for square in squares])


def plain_network(spec: registry.BackboneSpec, at: torch.device) -> nn.Module:
    from torchvision.transforms import Normalize

    # The private loader, because the public one folds and freezes.
    network = backbone.from_wheel(spec)
    return nn.Sequential(Normalize(spec.mean, spec.std), network).eval().to(at)


def with_torchattacks(plain: nn.Module, clean, labels, steps: int) -> Callable:
    import torchattacks

    pgd = torchattacks.PGD(plain, BOUND, STEP, steps)
    return lambda _number: pgd(clean, labels)


def with_foolbox(plain: nn.Module, clean, labels, steps: int) -> Callable:
    import foolbox

    network = foolbox.PyTorchModel(plain, bounds=(0, 1), device=clean.device)
    pgd = foolbox.attacks.LinfPGD(abs_stepsize=STEP, steps=steps)
    return lambda _number: pgd(network, clean, labels, epsilons=BOUND)[1]


def with_art(plain: nn.Module, clean, labels, steps: int) -> Callable:
    from art.attacks.evasion import ProjectedGradientDescentPyTorch
    from art.estimators.classification import PyTorchClassifier

    network = PyTorchClassifier(
        plain, nn.CrossEntropyLoss(), tuple(clean.shape[1:]), len(imagenet.class_names()),
        clip_values=(0.0, 1.0), device_type="gpu" if clean.is_cuda else "cpu",
    )  # fmt: skip
    pgd = ProjectedGradientDescentPyTorch(
        network, eps=BOUND, eps_step=STEP, max_iter=steps, num_random_init=1, batch_size=BATCH,
        verbose=False,
    )  # fmt: skip
    x, y = clean.cpu().numpy(), labels.cpu().numpy()
    return lambda _number: torch.from_numpy(pgd.generate(x, y)).to(clean.device)


PEERS = {
    "torchattacks": ("torchattacks", with_torchattacks),
    "foolbox": ("foolbox", with_foolbox),
    "ART": ("art", with_art),
}


def seeded(side: Callable) -> Callable:
    """Peers draw their starts from the global generator."""

    def run(number: int) -> torch.Tensor:
        torch.manual_seed(number)
        return side(number)

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--device", default="cpu", choices=device.DEVICES)
    options = parser.parse_args()

    here = {name: make for name, (package, make) in PEERS.items() if find_spec(package)}
    if not here:
        parser.error(f"none of the peers is installed: {', '.join(PEERS)}")
    at = device.pick(options.device)
    spec = registry.backbone("efficientnet_lite0")
    plain, network = plain_network(spec, at), backbone.load(spec, at)
    clean = photos(spec.input_size, at)
    with torch.no_grad():
        labels = plain(clean).argmax(1)
    settings = AttackSettings(epsilon=EPSILON, steps=options.steps, step_size=STEP_SIZE)

    def ours(_number: int) -> torch.Tensor:
        for step in attack(network, clean, settings):
            last = step
        return last.adversarial

    sides = {name: seeded(make(plain, clean, labels, options.steps)) for name, make in here.items()}
    seconds, results = rounds(sides | {OURS: ours}, options.rounds)
    print(
        f"PGD, {spec.title}, {len(clean)} pictures of {spec.input_size} px, "
        f"{options.steps} steps of"
    )
    print(f"{STEP_SIZE}/255 within {EPSILON}/255, random start; {options.rounds} rounds\n")
    print(f"{'':14}{'image-steps/s':>15}{'best':>8}{'fooled':>9}{'largest change':>17}")
    work = len(clean) * options.steps
    for name in seconds:
        result = to_8bit(results[name].detach())
        with torch.no_grad():
            fooled = (plain(result).argmax(1) != labels).float().mean()
        change = ((result - clean).abs().max() * 255).item()
        rates = work / statistics.median(seconds[name]), work / min(seconds[name])
        print(f"{name:14}{rates[0]:15.1f}{rates[1]:8.1f}{fooled:9.0%}{change:13.2f}/255")

    best = min(here, key=lambda name: statistics.median(seconds[name]))
    print(f"\n{OURS} against {best}, the best of them: {ratio(seconds, best, OURS)}")
    missing = [name for name in PEERS if name not in here]
    if missing:
        print(f"not installed, so not compared: {', '.join(missing)}")
    print(machine(at))


if __name__ == "__main__":
    main()
