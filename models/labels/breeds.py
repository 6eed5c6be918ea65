"""The 37 breeds of the Oxford-IIIT Pet set (Parkhi et al. 2012).

Importing this does not import PyTorch.
"""

import difflib

from models.validation import ValidationError

CATS = (
    "Abyssinian", "Bengal", "Birman", "Bombay", "British Shorthair", "Egyptian Mau", "Maine Coon",
    "Persian", "Ragdoll", "Russian Blue", "Siamese", "Sphynx",
)  # fmt: skip
DOGS = (
    "American bulldog", "American pit bull terrier", "basset hound", "beagle", "boxer",
    "chihuahua", "English cocker spaniel", "English setter", "German shorthaired pointer",
    "Great Pyrenees", "havanese", "Japanese chin", "keeshond", "leonberger", "miniature pinscher",
    "newfoundland", "pomeranian", "pug", "saint bernard", "samoyed", "Scottish terrier",
    "shiba inu", "Staffordshire bull terrier", "wheaten terrier", "Yorkshire terrier",
)  # fmt: skip
NAMES = CATS + DOGS
SPECIES = ("cat",) * len(CATS) + ("dog",) * len(DOGS)
# Folders of the set whose name isn't the breed's in lower case.
_FOLDERS = {"german_shorthaired": "German shorthaired pointer"}


def from_folder(name: str) -> int:
    """Class number of a folder (or file stem) of the set, such as "british_shorthair"."""
    known = _FOLDERS.get(name.lower(), name.replace("_", " ")).lower()
    return [breed.lower() for breed in NAMES].index(known)


def index(name: object) -> int:
    """Class number of the breed called `name`; capitals and underscores don't matter.

    Raises:
        ValidationError: there is none; the message names the nearest ones.
    """
    names = {breed.lower(): number for number, breed in enumerate(NAMES)}
    wanted = str(name).replace("_", " ").strip().lower()
    wanted = _FOLDERS.get(wanted.replace(" ", "_"), wanted).lower()
    if not wanted:
        raise ValidationError("class_not_named", value=name, example=NAMES[0])
    if wanted not in names:
        near = [NAMES[names[n]] for n in difflib.get_close_matches(wanted, names, 3, 0.4)]
        raise ValidationError("unknown_breed", value=name, nearest=", ".join(near) or "-")
    return names[wanted]
