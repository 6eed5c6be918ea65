"""Uploads what a Hugging Face Space needs of this checkout.

`git push` of the repository is refused there: files over 10 MiB and binary files must go into
storage of the Space's own, which `huggingface_hub` knows how to fill.

hf auth login
python -m deploy.space USER/NAME
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from huggingface_hub import HfApi

# Its HTTP library's own error: which library that is changes from version to version.
from huggingface_hub.errors import HfHubHTTPError, HTTPError, LocalTokenNotFoundError

ROOT = Path(__file__).parents[1]
FOLDERS = ("demos", "models", "weights")
FILES = ("app.py", "requirements.txt", "README.md", "LICENSE")
LEFT_OUT = ("**/__pycache__/**", "*.pyc", "*.pyi", "*.part")
REPOSITORY = re.compile(r"[\w-]+(\.[\w-]+)*/[\w-]+(\.[\w-]+)*", re.ASCII)


def repository(text: str) -> str:
    """Reads the Space's name."""
    if not REPOSITORY.fullmatch(text):
        raise argparse.ArgumentTypeError(f"must be USER/NAME, not {text!r}")
    return text


def upload(api: HfApi, name: str, root: Path = ROOT, private: bool = False) -> str:
    """Makes the Space `name` unless it is there, and brings its files to the state of `root`;
    files of an earlier upload that are no more are deleted.

    Returns:
        The Space's address.

    Raises:
        HfHubHTTPError, ValueError, RuntimeError: Hugging Face refused, or a file did not arrive.
    """
    made = api.create_repo(
        name, repo_type="space", space_sdk="gradio", private=private or None, exist_ok=True
    )
    everything = [f"{folder}/**" for folder in FOLDERS]
    api.upload_folder(
        repo_id=name,
        repo_type="space",
        folder_path=root,
        allow_patterns=[*FILES, *everything],
        ignore_patterns=list(LEFT_OUT),
        delete_patterns=everything,
        commit_message="Netglass",
    )
    return str(made)


def main() -> None:
    """Uploads, and says where."""
    parser = argparse.ArgumentParser(prog="python -m deploy.space", description=__doc__)
    parser.add_argument("name", type=repository, metavar="USER/NAME", help="the Space")
    parser.add_argument("--private", action="store_true", help="a new Space that only USER can see")
    args = parser.parse_args()
    try:
        print(upload(HfApi(), args.name, private=args.private))
    except LocalTokenNotFoundError:
        sys.exit("Hugging Face does not know who you are: run `hf auth login` first.")
    except HfHubHTTPError as error:
        if error.response is not None and error.response.status_code in (401, 403):
            sys.exit(
                f"Hugging Face does not let you write to {args.name}: run `hf auth login` with a "
                "token of USER that may write."
            )
        sys.exit(f"Hugging Face refused: {error}")
    except (OSError, HTTPError) as error:
        sys.exit(f"Hugging Face can't be reached: {error}")
    except (ValueError, RuntimeError) as error:
        sys.exit(f"The upload failed: {error}")


if __name__ == "__main__":
    main()
