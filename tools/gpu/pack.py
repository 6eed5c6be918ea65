"""Makes the folder that travels to the device machine, and moves what need not travel aside.

    python -m tools.gpu.pack            # .gpu/ filled, weights/, docs/ and others aside
    python -m tools.gpu.pack --back     # everything where it was

What travels may have 64 MiB in all. See tools/gpu/README.md.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKED = ROOT / ".gpu"
MOST_BYTES = 64 << 20
# Tracked paths that no training needs. They lie beside the checkout meanwhile.
ASIDE = ("weights", "docs", "demos", "tests", "benchmarks", "deploy", "tools/style_examples")
SETS = ("catfaces64", "kaokore64")


def aside() -> Path:
    return ROOT.parent / f".{ROOT.name}_aside"


def move_aside(paths: list[str]) -> None:
    """Moves paths out of the checkout; all or none."""
    if aside().exists():
        raise SystemExit(f"{aside()} exists: run with --back first")
    moved = []
    try:
        for path in paths:
            target = aside() / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(ROOT / path, target)
            moved.append(path)
    except BaseException:
        move_back()
        raise
    print("aside:", *moved, flush=True)


def move_back() -> None:
    """Moves back what is aside."""
    if not aside().exists():
        print("nothing is aside", flush=True)
        return
    for path in ASIDE:
        source, target = aside() / path, ROOT / path
        if not source.exists():
            continue
        if target.exists():  # something made it anew, such as a cache
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.move(source, target)
    shutil.rmtree(aside())
    print("everything is back", flush=True)


def write_start(start: Path, path: Path) -> None:
    """Start weights without the generator: it begins as the average, which a run had cooled."""
    from safetensors.torch import save_file

    from training.gan.files import read_parts

    parts, _ = read_parts(start)
    kept = {
        f"{part}.{key}": value.half().contiguous() if value.is_floating_point() else value
        for part, state in parts.items()
        if part in ("average", "D", "aid")
        for key, value in state.items()
    }
    save_file(kept, path)


def fill(start: Path | None, sets: tuple[str, ...]) -> None:
    """Fills .gpu/: pictures, the second judge's backbone, start weights."""
    from training import aid, data

    PACKED.mkdir(exist_ok=True)
    for name in SETS:
        packed = PACKED / f"{name}.tar.xz"
        if name not in sets:
            packed.unlink(missing_ok=True)
        elif not packed.exists():
            data.pack(data.SHARED / f"{name}.zip", packed)
    if not (PACKED / "lite2.safetensors").exists():
        aid.save_backbone(PACKED / "lite2.safetensors")
    if start:
        write_start(start, PACKED / "start.safetensors")


def git(*arguments: str) -> list[str]:
    command = ["git", "-C", str(ROOT), *arguments]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    return [name for name in found.stdout.split("\0") if name]


def travelling() -> int:
    """Bytes of what travels: tracked and new files that git does not ignore, and .gpu/."""
    names = git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    paths = [ROOT / name for name in names] + list(PACKED.rglob("*"))
    return sum(path.stat().st_size for path in set(paths) if path.is_file())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--back", action="store_true", help="moves everything back")
    parser.add_argument("--start", type=Path, help="weights to begin from")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--stay", action="store_true", help="fills .gpu/, moves nothing")
    chosen = parser.parse_args()
    if chosen.back:
        move_back()
        return
    fill(chosen.start, tuple(chosen.sets))
    for path in sorted(PACKED.iterdir()):
        print(f"{path.stat().st_size:>10} {path.name}")
    if not chosen.stay:
        move_aside([path for path in ASIDE if (ROOT / path).exists()])
    total = travelling()
    print(f"{total} bytes of {MOST_BYTES} travel", flush=True)
    if not chosen.stay and total > MOST_BYTES:
        move_back()
        raise SystemExit("too much: leave a set out (--sets)")


if __name__ == "__main__":
    main()
