"""What is wrong with a built site: links that lead nowhere, and what would need a network."""

from __future__ import annotations

from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


class _Page(HTMLParser):
    """The anchors and the links of a page, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.anchors.update(told[name] or "" for name in ("id", "name") if name in told)
        if tag == "a" and told.get("href"):
            self.links.append(told["href"] or "")
        if tag in LOADED and told.get(LOADED[tag]):
            self.loads.append(told[LOADED[tag]] or "")


def faults(site: Path) -> list[str]:
    """A line for each link of the site's pages that leads nowhere, and for each file that a page
    loads from elsewhere."""

    @cache
    def read(path: Path) -> _Page:
        return _Page(path.read_text(encoding="utf-8"))

    found = []
    for path in sorted(site.rglob("*.html")):
        page, name = read(path), path.relative_to(site)
        for address in dict.fromkeys(page.links + page.loads):
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                if address in page.loads and parts.scheme != "data":
                    found.append(f"{name} loads {address}")
                continue
            goal = (path.parent / unquote(parts.path)).resolve() if parts.path else path.resolve()
            if not goal.is_file():
                found.append(f"{name} leads to {address}, which is not there")
                continue
            if not parts.fragment or goal.suffix != ".html":
                continue
            if unquote(parts.fragment) not in read(goal).anchors:
                found.append(f"{name} leads to {address}, which has no such place")
    return found
