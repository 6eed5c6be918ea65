"""What a head can be trained to tell apart, as data. Importing this costs no PyTorch."""

from models.labels import breeds

KINDS = {
    "breeds": ("imagenet", "untrained"),
    "cats_vs_dogs": ("imagenet", "untrained"),
    "digits": ("imagenet", "untrained", "pixels"),
}
CLASSES = {
    "breeds": breeds.NAMES,
    "cats_vs_dogs": ("cat", "dog"),
    "digits": tuple("0123456789"),
}
