"""The reference of `models/`, made from its docstrings by pdoc, and links to it."""

from __future__ import annotations

import builtins
import html
import os
import pkgutil
import re
import warnings
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

PACKAGE = "models"
CODE = re.compile(r"<code>([A-Za-z_][\w.]*)(\(\))?</code>")
QUOTED = re.compile(r"`([A-Za-z_][\w.]*)`")
# What looks like a class (`Fit`, `Trainer.shown`) or begins with the package must exist here.
OURS = re.compile(rf"(?:{PACKAGE}|[A-Z][a-z]+\w*)(?:\.\w+)*")
Index = Mapping[str, str]  # qualified name: address in the site


def write(out: Path) -> tuple[Index, list[str]]:
    """The reference as HTML in a folder; (where each name is explained, faults).

    A fault is a warning of pdoc's, such as a type that can't be resolved, or a name in a docstring
    that does not exist.
    """
    import pdoc
    import pdoc.doc
    import pdoc.render

    pdoc.render.configure(
        docformat="google", footer_text="Netglass", logo_link="../index.html", show_source=True
    )
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        modules = {name: _module(name) for name in _names()}
        index = {
            name: f"api/{module.replace('.', '/')}.html" + (f"#{anchor}" if anchor else "")
            for module, found in modules.items()
            for name, anchor in _anchors(found)
        }
        links = Links(index)
        for name, module in modules.items():
            path = out / f"{name.replace('.', '/')}.html"
            path.parent.mkdir(parents=True, exist_ok=True)
            text = _constructors(pdoc.render.html_module(module, modules))
            path.write_text(links.put(text, path.relative_to(out.parent)), encoding="utf-8")
        search = pdoc.render.search_index(modules)
    (out / "index.html").write_text(pdoc.render.html_index(modules), encoding="utf-8")
    (out / "search.js").write_text(search, encoding="utf-8")
    ours = [str(each.message) for each in told if "pdoc" in each.filename]
    return index, ours + [fault for module in modules.values() for fault in _unknown(module, index)]


class Links:
    """Puts links to the reference behind the names that a page has in code letters."""

    def __init__(self, index: Index) -> None:
        self.index = index
        ends: dict[str, set[str]] = {}
        for name, address in index.items():
            parts = name.split(".")
            for start in range(len(parts)):
                ends.setdefault(".".join(parts[start:]), set()).add(address)
        self._ends = ends

    def known(self, name: str) -> bool:
        """Whether a name, in full or its end, is in the reference."""
        return name in self._ends

    def address(self, name: str) -> str | None:
        """Where a name is explained; None if there is no such name, or more than one."""
        if name in self.index:
            return self.index[name]
        found = self._ends.get(name, ())
        # A lower-case word alone is more often a variable's name than a function of ours.
        return next(iter(found)) if len(found) == 1 and OURS.fullmatch(name) else None

    def put(self, text: str, page: Path) -> str:
        """The HTML of a page with links.

        Args:
            page: where it will lie in the site.
        """

        def linked(match: re.Match[str]) -> str:
            address = self.address(match[1])
            if not address:
                return match[0]
            place, _, anchor = address.partition("#")
            way = os.path.relpath(place, page.parent).replace(os.sep, "/")
            return f'<a href="{html.escape(way)}{"#" if anchor else ""}{anchor}">{match[0]}</a>'

        return CODE.sub(linked, text)


def _constructors(text: str) -> str:
    """A page whose links to constructors lead to the class where pdoc shows no constructor, which
    is so for abstract classes (pdoc 16)."""
    anchors = set(re.findall(r'id="(\w+)\.__init__"', text))
    return re.sub(
        r'href="#(\w+)\.__init__"',
        lambda match: match[0] if match[1] in anchors else f'href="#{match[1]}"',
        text,
    )


def _names() -> list[str]:
    """The package and its modules, public ones only."""
    package = import_module(PACKAGE)
    found = pkgutil.walk_packages(package.__path__, f"{PACKAGE}.")
    return [PACKAGE, *(each.name for each in found if "._" not in each.name)]


def _module(name: str):  # type: ignore[no-untyped-def]
    """What pdoc knows of a module; names that are imported at their first use are imported."""
    import pdoc.doc

    module = import_module(name)
    for public in getattr(module, "__all__", ()):
        vars(module)[public] = getattr(module, public)
    return pdoc.doc.Module(module)


def _anchors(module) -> list[tuple[str, str]]:  # type: ignore[no-untyped-def]
    """(qualified name, anchor on the module's page) of all that the page explains."""
    found = [(module.fullname, "")]
    for member in module.members.values():
        inner = member.members.values() if member.kind == "class" else ()
        for each in (member, *inner):
            if not each.qualname.rpartition(".")[2].startswith("_"):
                found.append((f"{module.modulename}.{each.qualname}", each.qualname))
    return found


def _unknown(module, index: Index) -> list[str]:  # type: ignore[no-untyped-def]
    """Names in a module's docstrings that exist neither there nor in the reference."""
    links, faults = Links(index), []
    for path, text in _docstrings(module):
        for name in QUOTED.findall(text):
            if OURS.fullmatch(name) and not (links.known(name) or _has(name, module.obj, builtins)):
                faults.append(f"{path}: `{name}` is nowhere")
    return faults


def _docstrings(module) -> list[tuple[str, str]]:  # type: ignore[no-untyped-def]
    """(name, docstring) of a module and of all in it; without docstrings that are inherited."""
    found = [(module.fullname, module.docstring)]
    for member in module.own_members:
        inner = member.own_members if member.kind == "class" else ()
        for each in (member, *inner):
            if each.kind == "variable" or getattr(each.obj, "__doc__", None):
                found.append((each.fullname, each.docstring))
    return found


def _has(name: str, *places: object) -> bool:
    """Whether a name leads somewhere from the names of one of these on."""
    for place in places:
        for part in name.split("."):
            place = getattr(place, part, None)
        if place is not None or name == "None":
            return True
    return False
