"""Errors nobody raised on purpose, as messages for the visitor: full memory, a full disk, bugs."""

from __future__ import annotations

import sys
import traceback

from models.validation import ValidationError
from models.weights import DISK_FULL


def as_validation_error(error: Exception) -> ValidationError:
    """The error to show for any error; an unforeseen one goes into the log with its traceback.

    Memory that a failed run held is free again afterwards.
    """
    if isinstance(error, ValidationError):
        return error
    if _is_out_of_memory(error):
        _free_frames(error)
        return ValidationError("out_of_memory")
    if isinstance(error, OSError) and error.errno in DISK_FULL:
        print(f"netglass: {error}", file=sys.stderr)
        return ValidationError("disk_full")
    traceback.print_exception(error)
    return ValidationError("unexpected")


def _is_out_of_memory(error: Exception) -> bool:
    torch = sys.modules.get("torch")
    if isinstance(error, MemoryError) or (torch and isinstance(error, torch.OutOfMemoryError)):
        return True
    # On the CPU it is a RuntimeError like any other.
    return isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)


def _free_frames(error: Exception) -> None:
    traceback.clear_frames(error.__traceback__)  # its frames hold what the run had made
    torch = sys.modules.get("torch")
    if torch and torch.cuda.is_available():
        torch.cuda.empty_cache()
