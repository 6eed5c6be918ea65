"""Styles and scripts by address; the files themselves are sound."""

import re

import pytest
import tinycss2
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from demos.ui import assets
from tests.serving import ROOT, get

FILES = assets.files()
WORKERS = assets.worker_files()
WHOLE_PAGE = {
    ".gradio-container", ".gradio-container .main.fillable", "*,\n  ::before,\n  ::after",
    ".dark .gradio-container", "html.projector",
    "html.projector .gradio-container", "html.projector body.dark .gradio-container",
    "html.projector body:not(.dark) .gradio-container",
}  # fmt: skip
ADDRESSES = re.findall(r'(?:href|src)="(.+?)"', assets.tags())


@pytest.fixture(scope="module")
def site():
    """A page of three addresses behind the middleware."""

    async def page(request):
        return HTMLResponse("<html><head><title>é</title><script>1</script><script>2</script>")

    routes = [*assets.routes(), Route("/", page), Route("/other", page)]
    app = Starlette(routes=routes, middleware=[Middleware(assets.AssetTagsMiddleware)])
    return TestClient(app)


def test_every_file_has_one_address():
    on_disk = [path for suffix in (".css", ".js") for path in (ROOT / "demos").rglob(f"*{suffix}")]
    assert sorted([*FILES.values(), *WORKERS.values()]) == sorted(on_disk)
    assert [f"{assets.FOLDER}/{name}" for name in FILES] == ADDRESSES
    assert all(re.fullmatch(r"\w+\.[0-9a-f]{12}\.(css|js)", name) for name in FILES)


def test_the_scripts_of_a_worker_lie_together_and_are_not_the_pages():
    assert WORKERS
    assert all(re.fullmatch(r"\w+_worker\.[0-9a-f]{12}/\w+\.js", name) for name in WORKERS)
    for name, path in WORKERS.items():
        imported = re.findall(r'from "\./(\w+\.js)"', path.read_text(encoding="utf-8"))
        assert {f"{name.split('/')[0]}/{other}" for other in imported} <= set(WORKERS)


def test_what_all_tabs_share_comes_first():
    folders = [path.parent.name for path in FILES.values()]
    assert "static" not in folders[folders.count("static") :]


@pytest.mark.parametrize("name", FILES | WORKERS)
def test_a_file_may_be_kept_for_ever(site, name):
    answer = site.get(f"/ui/{name}")
    assert answer.content == (FILES | WORKERS)[name].read_bytes()
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    kind = {"css": "text/css", "js": "text/javascript"}[name.rpartition(".")[2]]
    assert answer.headers["content-type"] == f"{kind}; charset=utf-8"


@pytest.mark.parametrize("name", ["page.css", "page.000000000000.css", "..%2f..%2fassets.py"])
def test_no_other_file_is_served(site, name):
    assert site.get(f"/ui/{name}").status_code == 404


@pytest.mark.parametrize(("accepted", "sent"), [("gzip, br", "gzip"), ("identity", None)])
def test_the_page_is_compressed_for_whoever_takes_it(site, accepted, sent):
    answer = site.get("/", headers={"accept-encoding": accepted})
    assert answer.headers.get("content-encoding") == sent
    assert assets.tags() in answer.text  # httpx unpacks it
    assert "accept-encoding" in answer.headers["vary"].lower()
    assert "content-encoding" not in site.get("/other").headers


def test_the_page_has_the_tags_before_its_first_script(site):
    text = site.get("/").text
    assert text == (
        f"<html><head><title>é</title>{assets.tags()}<script>1</script><script>2</script>"
    )
    assert "<script>1" in site.get("/other").text
    assert "ui/" not in site.get("/other").text


def test_scripts_run_in_order_and_before_gradios(app_url):
    """Deferred scripts and modules run in the order of the page."""
    page = get(app_url + "/").decode()
    scripts = re.findall(r"<script[^>]*src=[^>]*>", page)
    ours = [address for address in ADDRESSES if address.endswith(".js")]
    assert [re.search('src="(.+?)"', tag)[1] for tag in scripts[: len(ours)]] == ours
    assert all(" defer " in tag for tag in scripts[: len(ours)])
    assert 'type="module"' in scripts[len(ours)]


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".css")])
def test_styles_parse_and_are_stronger_than_gradios(name):
    rules = tinycss2.parse_stylesheet(FILES[name].read_text(encoding="utf-8"), True, True)
    assert rules
    while rules:
        rule = rules.pop()
        if rule.type == "at-rule":
            assert rule.at_keyword == "media"
            rules += tinycss2.parse_rule_list(rule.content, True, True)
            continue
        assert rule.type == "qualified-rule", rule
        selector = tinycss2.serialize(rule.prelude)
        for line in selector.strip().splitlines():
            # A class of the root element, which a script sets, may come before.
            strong = ".gradio-container .main .contain " in line.strip()
            assert strong or {selector.strip(), line.strip(", ")} & WHOLE_PAGE, line
        declarations = tinycss2.parse_declaration_list(rule.content, True, True)
        assert declarations, selector
        for declaration in declarations:
            assert declaration.type == "declaration", (selector, declaration)
            assert declaration.value, (selector, declaration.name)
