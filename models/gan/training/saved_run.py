"""A run of the lab as a file, and back: weights, settings, and what training goes on from.

What the run learnt from stays out of it: a visitor's own pictures are never written to a disk.

The file is a zip. Numbers are in safetensors files, which hold nothing else; nothing in it is ever
executed or unpickled. It may come from anybody: names, shapes, types, sizes and settings are
checked before a network is built.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as tensors_of_bytes
from safetensors.torch import save as bytes_of_tensors
from torch import nn

from models import weights
from models.gan.training import presets
from models.gan.training.build import build_networks
from models.gan.training.settings import MAX_FILE_BYTES, SIDES, TrainingSettings
from models.gan.training.trainer import Trainer
from models.validation import ValidationError, choice, whole_number

MAX_BYTES = MAX_FILE_BYTES
MAX_FACTS_BYTES = 64 << 10
MAX_MEMBERS = 40
MAX_COUNT = 2**53
SETTINGS = "settings.json"
GENERATOR, DISCRIMINATOR = "generator.safetensors", "discriminator.safetensors"
# Without it, in files of before and of large networks, training goes on from the weights alone.
TRAINING = "training.safetensors"
STRIP = "strip.gif"
PARTS = (GENERATOR, DISCRIMINATOR, TRAINING)
COUNTS = ("rounds", "steps_d", "steps_g", "skipped", "examples")
MOMENTS = ("step", "exp_avg", "exp_avg_sq")  # of Adam, for each weight
# What a computer adds that packs the folder again.
IGNORED = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True)
class SavedRun:
    """A file that was checked, in memory.

    Attributes:
        data: one of `presets.DATA`.
        shape: of an example.
        settings: of the training.
        build: the same, but for what D's layers are made from: `settings` may have changed since.
        counts: `COUNTS` by name; what an older file does not say is 0.
        parts: tensors by file, of `PARTS`.
    """

    data: str
    shape: tuple[int, ...]
    settings: TrainingSettings
    build: TrainingSettings
    counts: Mapping[str, int]
    parts: Mapping[str, Tensors] = field(repr=False)

    def restore(self, trainer: Trainer) -> None:
        """Puts a trainer, made with `build`, where the run had stopped.

        Raises:
            ValidationError: numbers with which the networks make nothing finite.
        """
        state = trainer.state()
        shown, training = self.parts[GENERATOR], self.parts.get(TRAINING, {})
        state["D"] = self.parts[DISCRIMINATOR]
        # The file shows the moving average, where there is one; the generator itself stands beside.
        state["G"] = weights.part(training, "G") or shown
        state["ema"] |= {f"module.{name}": value for name, value in shown.items()}
        averaged = state["ema"]["n_averaged"]
        state["ema"]["n_averaged"] = torch.full_like(averaged, 1 + self.counts["steps_g"])
        state["counts"] = tuple(self.counts[name] for name in COUNTS)
        if training:
            state["rng"] = training["rng"]
            for letter, network in (("d", trainer.D), ("g", trainer.G)):
                state["adams"][letter]["state"] = _moments(training, letter, network)
        else:  # other draws than those that it has had
            trainer.rng.manual_seed(self.settings.seed + self.counts["rounds"])
            state["rng"] = trainer.rng.get_state()
        try:
            trainer.load(state)
        except RuntimeError:  # no state of a random generator
            raise ValidationError("run_file_part", part=TRAINING) from None
        trainer.train(rounds=0)  # this is what it goes back to when it diverges
        if trainer.diverged or not bool(trainer.snapshot().samples.isfinite().all()):
            raise ValidationError("run_file_not_finite", part=GENERATOR)


def write(trainer: Trainer, facts: Mapping[str, Any], strip: bytes = b"") -> bytes:
    """The file of a run.

    Args:
        facts: for people, in `SETTINGS` beside what `read` reads: figures, verdict.
        strip: the film strip as GIF.
    """
    state = trainer.state()
    averaged = bool(trainer.settings.ema)
    shown = weights.part(state["ema"], "module") if averaged else state["G"]
    parts = {GENERATOR: shown, DISCRIMINATOR: state["D"]}
    training = {"rng": state["rng"]} | ({f"G.{k}": v for k, v in state["G"].items()})
    for name, adam in state["adams"].items():
        training |= {
            f"{name}.{index}.{moment}": kept[moment]
            for index, kept in adam["state"].items()
            for moment in MOMENTS
        }
    told = {
        "data": trainer.data.name,
        "shape": list(trainer.data.shape),
        "settings": asdict(trainer.settings),
        **dict(zip(COUNTS, state["counts"], strict=True)),
        **facts,
    }
    contents = {name: _bytes(tensors) for name, tensors in parts.items()}
    contents[SETTINGS] = json.dumps(told, indent=1).encode()
    if strip:
        contents[STRIP] = strip
    goes_on = _bytes(training)
    # Weights that just fit come back without: they go on as a network does that was trained before.
    if sum(map(len, contents.values())) + len(goes_on) < MAX_BYTES - MAX_FACTS_BYTES:
        contents[TRAINING] = goes_on
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as out:
        for name, content in contents.items():
            out.writestr(name, content)
    return stream.getvalue()


def read(content: bytes) -> SavedRun:
    """A file, checked; nothing is built yet.

    Raises:
        ValidationError: too large, no file of the lab, damaged, of other networks than its settings
            say, or with numbers that are not finite.
    """
    found = _unpacked(content)
    facts = _facts(found.pop(SETTINGS))
    name = choice("data", facts.get("data"), presets.DATA)
    shape = _shape(name, facts.get("shape"))
    settings = _settings(name, facts.get("settings"))
    counts = {key: whole_number(key, facts.get(key, 0), 0, MAX_COUNT) for key in COUNTS}
    parts = {part: _tensors(part, found[part]) for part in PARTS if part in found}
    build, networks = _check_networks(settings, shape, parts)
    if TRAINING in parts:
        _check_training(parts, networks)
    return SavedRun(name, shape, settings, build, counts, parts)


def _bytes(tensors: Mapping[str, torch.Tensor]) -> bytes:
    return bytes_of_tensors({k: v.detach().cpu().contiguous() for k, v in tensors.items()})


def _moments(training: Tensors, letter: str, network: nn.Module) -> dict[int, Tensors]:
    """A network's part of `TRAINING` as the state of its Adam."""
    kept, found = weights.part(training, letter), {}
    for index, weight in enumerate(network.parameters() if kept else ()):
        found[index] = {name: kept[f"{index}.{name}"] for name in MOMENTS}
        for name in MOMENTS[1:]:
            # In the weight's own order of memory: the fused step goes through both side by side.
            found[index][name] = torch.empty_like(weight.detach()).copy_(found[index][name])
    return found


# -- what may be wrong with a file ---------------------------------------------------------------


def _unpacked(content: bytes) -> dict[str, bytes]:
    """The contents of the zip by name; all of them together are bounded, however well packed."""
    if len(content) > MAX_BYTES:
        raise ValidationError("file_too_large", limit=MAX_BYTES >> 20)
    if not content:
        raise ValidationError("run_file_empty")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            members = [
                member
                for member in packed.infolist()
                if not member.is_dir() and not any(part in member.filename for part in IGNORED)
            ]
            names = [member.filename.rpartition("/")[2] for member in members]
            known = {SETTINGS, STRIP, *PARTS}
            needed = {SETTINGS, GENERATOR, DISCRIMINATOR}
            if len(members) > MAX_MEMBERS or len(set(names)) < len(names):
                raise ValidationError("run_file_foreign")
            if not needed <= set(names) <= known:
                raise ValidationError("run_file_foreign")
            if sum(member.file_size for member in members) > MAX_BYTES:
                raise ValidationError("file_too_large", limit=MAX_BYTES >> 20)
            return {
                name: _read(packed, member, name)
                for name, member in zip(names, members, strict=True)
                if name != STRIP
            }
    except (zipfile.BadZipFile, struct.error, OSError, UnicodeDecodeError, ValueError) as error:
        if isinstance(error, ValidationError):
            raise
        raise ValidationError("run_file_foreign") from None


def _read(packed: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> bytes:
    """A member as long as it says of itself: what it is packed into may go on for ever."""
    try:
        with packed.open(member) as stream:
            content = stream.read(member.file_size + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError):
        raise ValidationError("run_file_part", part=name) from None
    if len(content) != member.file_size:
        raise ValidationError("run_file_part", part=name)
    return content


def _facts(content: bytes) -> dict[str, Any]:
    if len(content) > MAX_FACTS_BYTES:
        raise ValidationError("run_file_part", part=SETTINGS)
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise ValidationError("run_file_part", part=SETTINGS) from None
    if not isinstance(found, dict):
        raise ValidationError("run_file_part", part=SETTINGS)
    return found


def _settings(data: str, found: object) -> TrainingSettings:
    """The settings, each within its range; what an older file does not have is the usual."""
    if not isinstance(found, dict) or not found.keys() <= TrainingSettings.described().keys():
        raise ValidationError("run_file_part", part=SETTINGS)
    settings = TrainingSettings(**found)
    presets.check(data, settings)
    return settings


def _shape(data: str, found: object) -> tuple[int, ...]:
    """The shape of an example, which must be one of those that this data can have."""
    possible: list[tuple[int, ...]] = [(1, 28, 28)]
    if data in presets.PLANE:
        possible = [(2,)]
    elif data == "own":
        possible = [(3, side, side) for side in SIDES]
    if not isinstance(found, list) or tuple(found) not in possible:
        raise ValidationError("run_file_part", part=SETTINGS)
    return possible[possible.index(tuple(found))]


def _tensors(part: str, content: bytes) -> Tensors:
    try:
        found = tensors_of_bytes(content)
    except (SafetensorError, ValueError, KeyError, TypeError, OverflowError):
        raise ValidationError("run_file_part", part=part) from None
    for value in found.values():
        if value.is_floating_point() and not bool(value.isfinite().all()):
            raise ValidationError("run_file_not_finite", part=part)
    return found


def _check_networks(
    settings: TrainingSettings, shape: tuple[int, ...], parts: Mapping[str, Tensors]
) -> tuple[TrainingSettings, tuple[nn.Module, nn.Module]]:
    """The settings from which networks come out with just these weights, and these networks, on
    the device "meta": shapes without memory.

    D has batch norm or not by what the loss and its penalties were when it was made; they may have
    been changed since.
    """
    variants = (
        settings,
        settings.replace(r1=0.0, r2=0.0, loss="non_saturating"),
        settings.replace(r1=1.0),
    )
    first: ValidationError | None = None
    for build in variants:
        with torch.device("meta"):
            networks = build_networks(build, shape)
        try:
            for part, network in zip((GENERATOR, DISCRIMINATOR), networks, strict=True):
                _check_fit(part, parts[part], network.state_dict())
            return build, networks
        except ValidationError as error:
            first = first or error
    assert first is not None
    raise first


def _check_fit(part: str, found: Tensors, expected: Mapping[str, torch.Tensor]) -> None:
    """Whether a part has the tensors that it should have, each of its shape and type."""
    for name in sorted(found.keys() | expected.keys()):
        given, wanted = found.get(name), expected.get(name)
        if given is None or wanted is None or given.shape != wanted.shape:
            raise ValidationError(
                "run_file_shapes", part=part, tensor=name, given=_size(given), wanted=_size(wanted)
            )
        if given.dtype != wanted.dtype:
            raise ValidationError("run_file_part", part=part)


def _size(tensor: torch.Tensor | None) -> str:
    return "-" if tensor is None else " x ".join(map(str, tensor.shape)) or "1"


def _check_training(parts: Mapping[str, Tensors], networks: tuple[nn.Module, nn.Module]) -> None:
    """The generator itself, Adam's averages of each weight, and the state of the draws."""
    training = dict(parts[TRAINING])
    expected = {"rng": torch.Generator().get_state()}
    expected |= {f"G.{name}": value for name, value in parts[GENERATOR].items()}
    for letter, network in zip("gd", networks, strict=True):
        if not any(name.startswith(f"{letter}.") for name in training):
            continue  # it has had no step yet
        for index, weight in enumerate(network.parameters()):
            expected |= {f"{letter}.{index}.{moment}": weight for moment in MOMENTS[1:]}
            expected[f"{letter}.{index}.step"] = torch.zeros(())
    _check_fit(TRAINING, training, expected)
    never_negative = (v for k, v in training.items() if k.endswith(("step", "exp_avg_sq")))
    if any(bool((value < 0).any()) for value in never_negative):
        raise ValidationError("run_file_part", part=TRAINING)
