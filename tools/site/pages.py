"""The pages of the documentation as HTML."""

from __future__ import annotations

import html
import os
import re
import shutil
import unicodedata
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tools.site.reference import OURS, Links

ROOT = Path(__file__).parents[2]
STYLE = Path(__file__).with_name("site.css")
FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
CODE = re.compile(r"<code>(models(?:\.\w+)+)(?:\(\))?</code>")
TUTORIALS = (
    "start", "gan_explorer", "gan_gym", "style_transfer", "pet_breeds", "what_does_it_see",
    "train_it_yourself", "adversarial_attack", "ideal_class", "class", "for_teachers",
)  # fmt: skip
# The sections of the navigation: title, and its pages in order; what is named by a folder follows
# by name.
SECTIONS = (
    ("Netglass", ("README.md", "docs/tabs.md", "docs/python.md", "docs/deploy.md")),
    ("Tutorials", ("docs/tutorials/README.md", *(f"docs/tutorials/{n}.md" for n in TUTORIALS))),
    ("For teachers", ("docs/teachers",)),
    ("How it works", tuple(f"docs/{n}.md" for n in ("speed", "figures", "papers", "architecture"))),
    ("Weights", ("docs/weights.md", "docs/model_cards.md")),
    ("Taking part", ("CONTRIBUTING.md",)),
)  # fmt: skip


def sources() -> list[Path]:
    """Every page, relative to the project's folder."""
    found = [Path("README.md"), Path("CONTRIBUTING.md")]
    return found + sorted(path.relative_to(ROOT) for path in (ROOT / "docs").rglob("*.md"))


def place_of(source: Path) -> Path:
    """Where a page lies in the site."""
    return Path("index.html") if source == Path("README.md") else source.with_suffix(".html")


def title_of(source: Path) -> str:
    """A page's first heading."""
    text = (ROOT / source).read_text(encoding="utf-8")
    return next(re.finditer(r"^# (.+)$", text, re.MULTILINE))[1]


def write(out: Path, links: Links) -> list[str]:
    """All pages into a folder, with the files that they link to; gives what is wrong with them."""
    every, faults = sources(), []
    left_out = set(every) - {path for _, paths in _navigation(every) for path in paths}
    faults += [f"{path} is not in the navigation" for path in sorted(left_out)]
    out.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(STYLE, out / STYLE.name)
    for source in every:
        body, files = _body(source)
        for file in filter(lambda file: (ROOT / file).is_file(), files):
            goal = out / file
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / file, goal)
        for name in CODE.findall(body):
            if OURS.fullmatch(name) and not links.known(name) and not _is_file(name):
                faults.append(f"{source}: {name} is nowhere")
        place = place_of(source)
        path = out / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_page(source, links.put(body, place), every), encoding="utf-8")
    return faults


def _is_file(name: str) -> bool:
    return (ROOT / f"{name.replace('.', '/')}.py").exists()


def _body(source: Path) -> tuple[str, set[Path]]:
    """(the page's text as HTML, the files in the project that it links to)."""
    text = FRONT_MATTER.sub("", (ROOT / source).read_text(encoding="utf-8"))
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    tokens, files = reader.parse(text), set()
    _name_headings(tokens)
    for token in tokens:
        for each in token.children or ():
            for name in ("href", "src"):
                address = str(each.attrGet(name) or "")
                if address and not re.match(r"[a-z]+:|#", address):
                    way, file = _resolved(source, address)
                    each.attrSet(name, way)
                    files |= {file} if file else set()
    return reader.renderer.render(tokens, reader.options, {}), files


def _resolved(source: Path, address: str) -> tuple[str, Path | None]:
    """(a link of a page as the site has it, the file to be copied)."""
    place, _, anchor = address.partition("#")
    goal = Path(os.path.relpath((ROOT / source).parent / place, ROOT))
    if (ROOT / goal).is_dir():  # such as weights/: the page that lists it
        goal = (
            goal / "README.md" if (ROOT / goal / "README.md").exists() else Path("docs/weights.md")
        )
    written = goal.suffix == ".md" and goal in sources()
    there = place_of(goal) if written else goal
    way = os.path.relpath(there, place_of(source).parent).replace(os.sep, "/")
    return way + (f"#{anchor}" if anchor else ""), None if written else goal


def anchor(heading: str) -> str:
    """What GitHub calls a heading in an address: letters, vowel signs and digits are kept."""
    kept = (c for c in heading.lower() if c in "-_ " or unicodedata.category(c)[0] in "LMN")
    return "".join(kept).replace(" ", "-")


def _name_headings(tokens: list[Token]) -> None:
    for token, inside in pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor(inside.content))


def _navigation(every: list[Path]) -> list[tuple[str, list[Path]]]:
    """(title, pages) of each section."""
    found = []
    for title, named in SECTIONS:
        pages: list[Path] = []
        for name in map(Path, named):
            below = [page for page in every if name in page.parents and page not in pages]
            pages += [name] if name in every else below
        found.append((title, pages))
    return found


def _page(source: Path, body: str, every: list[Path]) -> str:
    place = place_of(source)

    def way(goal: Path) -> str:
        return os.path.relpath(goal, place.parent).replace(os.sep, "/")

    sections = []
    for title, pages in _navigation(every):
        items = "".join(
            f'<li><a href="{way(place_of(page))}"{" aria-current=page" if page == source else ""}>'
            f"{html.escape(title_of(page))}</a></li>"
            for page in pages
        )
        sections.append(f"<h2>{title}</h2><ul>{items}</ul>" if items else "")
    api = f'<h2>Reference</h2><ul><li><a href="{way(Path("api/models.html"))}">models</a></li></ul>'
    language = source.stem if source.parent.name == "teachers" else "en"
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title_of(source))} - Netglass</title>
<link rel="stylesheet" href="{way(Path(STYLE.name))}">
</head>
<body>
<a class="to-pages" href="#pages">Pages</a>
<nav id="pages" aria-label="Pages">{"".join(sections)}{api}</nav>
<main>
{body}</main>
</body>
</html>
"""
