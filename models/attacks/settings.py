"""What an attack is to do: every knob, checked at the door. Importing this costs no PyTorch."""

from __future__ import annotations

from dataclasses import dataclass

from models.validation import ValidationError, choice, number, settle, switch, whole_number

# FGSM, PGD and MI-FGSM follow the gradient within a ball; the others have loops of their own.
METHODS = ("fgsm", "pgd", "mi_fgsm", "deepfool", "carlini_wagner", "patch")
TITLES = dict(
    zip(
        METHODS,
        ("FGSM", "PGD", "MI-FGSM", "DeepFool", "Carlini-Wagner", "Adversarial patch"),
        strict=True,
    )
)
NORMS = ("linf", "l2")

MAX_EPSILON = 64
MAX_STEPS = 1000
MIN_STEP_SIZE, MAX_STEP_SIZE = 0.01, 64
MAX_SEED = 2**63 - 1
# Whole numbers and others, with their ranges.
WHOLE = {
    "steps": (1, MAX_STEPS),
    "seed": (0, MAX_SEED),
    "restarts": (1, 20),
    "searches": (1, 10),
}
REAL = {
    "step_size": (MIN_STEP_SIZE, MAX_STEP_SIZE),
    "momentum": (0, 2),
    "overshoot": (0, 1),
    "constant": (0.0001, 10000),
    "kappa": (0, 100),
    "patch_size": (0.05, 1),
    "patch_x": (0, 1),
    "patch_y": (0, 1),
    "patch_angle": (-180, 180),
    "patch_spread": (0, 1),
}


@dataclass(frozen=True)
class Settings:
    """What to do to a picture.

    Attributes:
        method: one of `METHODS`; the file of each says which of the other fields it reads.
            "fgsm" is one step of size epsilon from the clean picture: it ignores `steps`,
            `step_size`, `seed` and `random_start`.
        norm: one of `NORMS`: how epsilon, and the step size of PGD and MI-FGSM, are measured.
            "linf" is the largest change of one value, in 1/255; "l2" the Euclidean length of the
            whole change of a picture with values in [0, 1]. "carlini_wagner" and "patch" have a
            measure of their own and ignore it.
        target: name of the class to reach, among those of the network attacked; None only leaves
            the label. "deepfool" can't have one.
        epsilon: radius of the ball, 0 to 64; with "linf" whole, so that an 8-bit picture can use
            all of it. Ignored by "deepfool" and "carlini_wagner", which look for the smallest
            change, and by "patch".
        steps: 1 to 1000; "carlini_wagner" takes as many in each search.
        step_size: 0.01 to 64, in the unit of the norm; for "patch" in 1/255, for "carlini_wagner"
            the change of a mid-grey value in Adam's first step, in 1/255.
        seed: of the random start; of the patch's first picture and of where it is tried.
        random_start: PGD starts anywhere in the ball, not at the clean picture.
        restarts: PGD tries again from as many random places, 1 to 20, if the first was in vain.
        momentum: mu of MI-FGSM, 0 to 2.
        overshoot: of DeepFool, 0 to 1.
        constant: the first c of Carlini and Wagner, 0.0001 to 10,000.
        kappa: by how much their wanted logit must lead, 0 to 100.
        searches: how many values of c they try, 1 to 10.
        patch_size: diameter of the round patch, as a share of the picture's shorter side, 0.05
            to 1.
        patch_x, patch_y: where it is shown, as a share of the room there is: 0 left or at the
            top, 1 right or at the bottom.
        patch_angle: how far it is turned, in degrees, -180 to 180.
        patch_spread: over how much of the room, and of 45 degrees to both sides, the places are
            spread for which it is made, 0 to 1; 0 makes it for the one place it is shown at.

    Raises:
        ValidationError: a value is of the wrong kind, out of range, or unknown.
    """

    method: str = "pgd"
    norm: str = "linf"
    target: str | None = None
    epsilon: float = 4.0
    steps: int = 20
    step_size: float = 1.0
    seed: int = 0
    random_start: bool = True
    restarts: int = 1
    momentum: float = 1.0
    overshoot: float = 0.02
    constant: float = 0.1
    kappa: float = 0.0
    searches: int = 4
    patch_size: float = 0.35
    patch_x: float = 0.5
    patch_y: float = 0.5
    patch_angle: float = 0.0
    patch_spread: float = 0.0

    def __post_init__(self):
        choice("method", self.method, METHODS)
        choice("norm", self.norm, NORMS)
        whole = self.norm == "linf" and self.method in ("fgsm", "pgd", "mi_fgsm")
        (whole_number if whole else number)("epsilon", self.epsilon, 0, MAX_EPSILON)
        for name, (low, high) in REAL.items():
            number(name, getattr(self, name), low, high)
        for name, (low, high) in WHOLE.items():
            settle(self, name, low, high, whole=True)
        switch("random_start", self.random_start)
        if self.method == "deepfool" and self.target is not None:
            raise ValidationError("untargeted_only", title=TITLES[self.method])

    @property
    def most_steps(self) -> int:
        """How many steps the attack takes at most."""
        if self.method == "fgsm":
            return 1
        if self.method == "carlini_wagner":
            return self.steps * self.searches
        again = self.method == "pgd" and self.random_start
        return self.steps * (self.restarts if again else 1)
