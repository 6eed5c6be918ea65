"""Steps of a run that come through other processes: the same pictures, validation errors and
stops.
"""

import os
import pickle
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace

import pytest
import torch

from demos.runtime import remote as elsewhere
from demos.runtime import zerogpu
from demos.runtime.engine import Engine, StoppableRun
from demos.runtime.scheduler import HEAVY_RUNS
from models.attacks.settings import AttackSettings
from models.validation import ValidationError
from tests.demos.elsewhere import stream
from tests.serving import ROOT


@dataclass(frozen=True)
class Step:
    step: int
    steps: int
    image: torch.Tensor
    draw: object = None


def counted(network, start, steps, changed=dict):
    for step in range(steps + 1):
        image = start * network.scale + step + changed().get("more", 0)
        yield Step(step, steps, image, lambda image=image: image * 2)


def refused(_):
    yield Step(0, 2, torch.zeros(1))
    raise ValidationError("out_of_range", name="steps", value=9, low=0, high=1)


NETWORK = SimpleNamespace(
    spec=SimpleNamespace(name="toy"), placement="cpu", scale=3.0, __call__=None
)


through_pickle = partial(stream, {"toy": NETWORK}.__getitem__)


def test_what_travels_arrives_as_it_was(monkeypatch):
    monkeypatch.setattr(elsewhere, "BETWEEN", 0)
    start = torch.tensor([1.0, 2.0])
    steps = list(through_pickle(counted, NETWORK, start, 2, lambda: {"more": 10}))
    assert [step.step for step in steps] == [0, 1, 2]
    assert steps[2].image.tolist() == [15.0, 18.0]
    assert steps[2].draw().tolist() == [30.0, 36.0]


def test_steps_are_thinned_but_the_first_and_the_last_come(monkeypatch):
    monkeypatch.setattr(elsewhere, "BETWEEN", 1000)
    steps = list(through_pickle(counted, NETWORK, torch.ones(1), 50))
    assert [step.step for step in steps] == [0, 50]


def test_when_the_time_is_up_the_step_in_hand_is_the_last():
    args = elsewhere.packed((NETWORK, torch.ones(1), 9))
    found = list(elsewhere.run_there(counted, args, lambda _: NETWORK, 0.0))
    assert [(step.step, step.steps) for step in found] == [(0, 0)]


def test_an_error_arrives_with_its_reason():
    going = through_pickle(refused, NETWORK)
    assert next(going).step == 0
    with pytest.raises(ValidationError, match="steps must be from 0 to 1, not 9") as caught:
        next(going)
    assert caught.value.values["high"] == 1


def test_nested_networks_and_settings_travel():
    args = ([[NETWORK], (NETWORK, NETWORK)], {"a": torch.ones(1)}, None, "text", 1.5)
    packed = elsewhere.packed(args)
    assert packed[0] == [[elsewhere.Named("toy")], (elsewhere.Named("toy"),) * 2]
    back = elsewhere.unpacked(pickle.loads(pickle.dumps(packed)), lambda name: name)
    assert back[0] == [["toy"], ("toy", "toy")]
    assert back[1]["a"].item() == 1
    assert back[2:] == (None, "text", 1.5)


def test_runs_elsewhere_do_not_wait_for_each_other():
    far = Engine("cpu", through_pickle)
    assert far.run_queue is None
    assert Engine("cpu").run_queue is HEAVY_RUNS
    first, second = (
        far.schedule(far.steps(counted, NETWORK, torch.ones(1), 3), StoppableRun())
        for _ in range(2)
    )
    next(first)
    assert [event.value.step for event in second][-1] == 3
    first.close()


def test_the_gpu_is_asked_for_by_steps():
    ask = partial(zerogpu.duration, print)
    one = SimpleNamespace(steps=100)
    assert ask((one,)) == 21
    assert ask(([one, one], "text")) == 27
    assert ask((AttackSettings(steps=100, restarts=3), "text")) == 33
    assert ask((SimpleNamespace(steps=5000),)) == zerogpu.MOST


def test_elsewhere_zerogpu_does_nothing():
    assert not zerogpu.ON
    assert "spaces" not in sys.modules


FAKE = '''
"""`spaces.GPU` for a generator, without its scheduler: a forked process, pickled values."""
import multiprocessing, pickle
from functools import wraps

asked = []

def GPU(duration):
    def wrap(task):
        @wraps(task)
        def handler(*args):
            asked.append(duration(*args))
            here, there = multiprocessing.get_context("fork").Pipe()
            process = multiprocessing.get_context("fork").Process(
                target=work, args=(task, pickle.dumps(args), there), daemon=True)
            process.start()
            try:
                while (found := here.recv()) is not None:
                    yield pickle.loads(found)
            finally:
                process.terminate()
        return handler
    return wrap

def work(task, args, pipe):
    for found in task(*pickle.loads(args)):
        pipe.send(pickle.dumps(found))
    pipe.send(None)
'''

BORROWED = """
import os, sys, threading
import torch
from PIL import Image
from demos.feature_visualization.runs import side_by_side
from demos.runtime import zerogpu
from demos.runtime.engine import Engine, StoppableRun
from models import images
from models.attacks.attack import attack
from models.attacks.settings import AttackSettings
from models.feature_visualization.optimize import visualize
from models.feature_visualization.settings import VisualizationSettings
from models.style_transfer import optimize
from models.style_transfer.settings import StyleSettings
from models.validation import ValidationError
import spaces

here, far = Engine("cpu"), Engine("cpu", zerogpu.stream)
lite0, pet = here.classifier("efficientnet_lite0"), here.classifier("pets_lite0")
photo = Image.open("demos/examples/photos/german_shepherd.jpg").convert("RGB")
style = Image.open("demos/examples/styles/starry_night.jpg").convert("RGB")
clean = images.to_tensor(images.square(photo, 64))
zebra = VisualizationSettings("zebra", method="fourier", size=64, steps=3)
runs = [
    (optimize.transfer_style, lite0, photo, style, StyleSettings(size=64, steps=4), None, dict),
    (attack, pet, clean, AttackSettings(steps=3)),
    (visualize, [lite0], zebra),
    (side_by_side, [[lite0], [lite0]], [zebra, zebra], None),
]
def picture(step):
    step = step.parts[1] if hasattr(step, "parts") else step
    return step.adversarial if hasattr(step, "adversarial") else step.image
for run in runs:
    *_, near = here.steps(*run)
    *_, away = far.steps(*run)
    assert (away.step, away.steps) == (near.step, near.steps), run[0]
    assert (picture(near) - picture(away)).abs().max() < 1 / 255, run[0]
going = far.steps(*runs[0])
next(going)
going.close()
try:
    list(far.steps(optimize.transfer_style, lite0, photo, style, StyleSettings(size=64, blend=0.5)))
except ValidationError as error:
    assert error.key == "second_style"
else:
    raise AssertionError("no error")
assert spaces.asked[0] == 15 and len(spaces.asked) == 6, spaces.asked
print("all arrived")
"""


@pytest.mark.slow
def test_heavy_runs_come_through_a_forked_process(tmp_path):
    (tmp_path / "spaces.py").write_text(FAKE)
    paths = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", BORROWED], cwd=ROOT, capture_output=True, text=True, timeout=240,
        env=os.environ | {"SPACES_ZERO_GPU": "1", "PYTHONPATH": paths},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "all arrived" in done.stdout
