"""Classes of one's own: a head on the frozen features of a few photos of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from models import images
from models.backbones.backbone import Backbone
from models.linear_probe import few_shot, saved_head
from models.linear_probe.saved_head import SavedHead
from models.validation import ValidationError

BATCH = 8
HIDDEN = "."  # what the names of files begin with that systems put into folders
Compute = Callable[..., Any]


@dataclass(frozen=True)
class OwnClasses:
    """A head that tells classes of one's own apart, trained.

    Attributes:
        head: softmax(W x + b), x (1280,) the pooled features of a photo, W (K, 1280), b (K,).
        accuracy: by cross-validation: share of the photos that are classified correctly by a head
            that was not trained on them, 0..1.
        positions: which of the classes given were trained: those without photos are left out.
        predicted: for each trained class, the classes that such heads gave its photos, 0..K - 1.
    """

    head: SavedHead
    accuracy: float
    positions: tuple[int, ...]
    predicted: tuple[tuple[int, ...], ...]
    network: Backbone = field(repr=False)

    def classify(self, photo: str | Path) -> dict[str, float]:
        """The classes of a photo with their probabilities, the likeliest first.

        Raises:
            ValidationError: a photo that can't be read.
        """
        (found,) = self.head.probabilities(features([content(photo)], self.network)).tolist()
        named = zip(self.head.names, found, strict=True)
        return dict(sorted(named, key=lambda each: -each[1]))

    def save(self, path: str | Path) -> None:
        """Writes the head as a safetensors file, which the page can open."""
        Path(path).write_bytes(saved_head.write(self.head))


def train(
    classes: Sequence[tuple[str, Sequence[bytes]]],
    network: Backbone,
    compute: Compute = lambda function, *given: function(*given),
) -> OwnClasses:
    """Trains a head on the features of photos, and measures it.

    Args:
        classes: (name, photos' bytes) each.
        network: whose features the head takes.
        compute: calls a function in the thread that may compute.

    Raises:
        ValidationError: as `few_shot.check_classes`, or a photo that can't be read.
    """
    names = few_shot.check_classes(classes)
    photos = [classes[position][1] for position in names]
    found = features([photo for each in photos for photo in each], network, compute)
    labels = torch.tensor([label for label, each in enumerate(photos) for _ in each])
    result = compute(few_shot.fit, found, labels, len(names))
    given = iter(result.predicted)
    return OwnClasses(
        SavedHead(network.spec.name, tuple(names.values()), result.weight, result.bias),
        result.accuracy,
        tuple(names),
        tuple(tuple(next(given) for _ in each) for each in photos),
        network,
    )


def features(
    photos: Sequence[bytes],
    network: Backbone,
    compute: Compute = lambda function, *given: function(*given),
) -> torch.Tensor:
    """(N, d) pooled features, in batches, so that others can compute in between.

    Raises:
        ValidationError: a photo that can't be read.
    """
    shown = [images.classifier_input(photo, network.spec.input_size) for photo in photos]
    starts = range(0, len(shown), BATCH)
    batches = (torch.cat(shown[start : start + BATCH]) for start in starts)
    return torch.cat([compute(network.pooled_features, batch) for batch in batches])


def files(given: str | Path | Sequence[str | Path]) -> list[Path]:
    """The files of a class; those of a folder by name."""
    if not isinstance(given, (str, Path)):
        return [*map(Path, given)]
    if not Path(given).is_dir():
        return [Path(given)]
    inside = sorted(Path(given).iterdir())
    return [path for path in inside if path.is_file() and not path.name.startswith(HIDDEN)]


def content(path: str | Path) -> bytes:
    """A file's bytes.

    Raises:
        ValidationError: it is missing, or no file.
    """
    try:
        return Path(path).read_bytes()
    except FileNotFoundError as error:
        raise ValidationError("file_gone") from error
    except OSError as error:
        raise ValidationError("not_a_picture") from error
