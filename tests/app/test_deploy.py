"""Hosting: the Space's YAML, a class password, a sub-path behind nginx, the files in deploy/."""

import gc
import importlib.metadata
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from demos.runtime.i18n import LANGUAGES, say
from demos.runtime.middleware import HEADERS
from demos.ui import assets
from tests import serving
from tests.browser.helpers import LAPTOP, WAIT, button, open_tab, wait_for_picture
from tests.serving import ROOT

NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
events {{}}
http {{
  access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; {ours} }}
}}
"""

DRAWN_HERE = re.compile(r"\d+ ms")  # in the line that says who draws the explorer's pictures


def yaml() -> dict[str, str]:
    """The block at the top of the README, flat as it is."""
    block = (ROOT / "README.md").read_text(encoding="utf-8").split("---\n")[1]
    pairs = (line.split(":", 1) for line in block.splitlines())
    return {name: value.strip().strip('"') for name, value in pairs}


def requirement(name: str) -> str:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return next(line for line in lines if re.match(rf"{name}\b", line)).split("#")[0].strip()


def test_the_spaces_yaml():
    """https://huggingface.co/docs/hub/spaces-config-reference"""
    block = yaml()
    assert block["sdk"] == "gradio"
    assert block["sdk_version"] == importlib.metadata.version("gradio")
    assert re.fullmatch(r"\d+\.\d+\.\d+", block["sdk_version"])
    low, high = re.search(r">=([\d.]+),<([\d.]+)", requirement("gradio")).groups()
    version = [int(part) for part in block["sdk_version"].split(".")]
    assert [int(p) for p in low.split(".")] <= version < [int(p) for p in high.split(".")]
    assert (ROOT / block["app_file"]).is_file()
    assert block["python_version"] in ("3.11", "3.12", "3.13")
    assert {"title", "emoji", "colorFrom", "colorTo", "license"} <= set(block)
    assert len(block["short_description"]) <= 60
    colours = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
    assert {block["colorFrom"], block["colorTo"]} <= colours


def test_torch_is_one_that_zerogpu_has():
    assert requirement("torch") == "torch>=2.8,<2.12"


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-dev.txt", "requirements-cluster.txt"]
)
def test_every_dependency_has_a_range_a_reason_and_is_the_tested_one(name):
    for line in (ROOT / name).read_text().splitlines():
        if line.startswith("-r "):
            continue
        package, limits, reason = re.match(
            r"([\w-]+)(?:\[\w+\])?([=<>.,\d]+)  # (.+)", line
        ).groups()
        assert len(reason) > 3
        assert "==" in limits or ("<" in limits and ">=" in limits), line
        if name == "requirements-cluster.txt" and not importlib.util.find_spec(package):
            continue  # an extra that is not installed here
        assert Version(importlib.metadata.version(package)) in SpecifierSet(limits)


def test_every_answer_has_careful_headers(app_url):
    for path in ("/", "/health", "/gan/cat.png", "/nowhere"):
        try:
            answer = urllib.request.urlopen(app_url + path)
        except urllib.error.HTTPError as error:
            answer = error
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, (path, name)


def test_options_are_explained_and_checked(monkeypatch, capsys):
    import app

    gc.enable()  # importing it stops the collector until it serves

    def said(*given):
        monkeypatch.setattr(sys, "argv", ["app.py", *given])
        with pytest.raises(SystemExit) as end:
            app.parse_options()
        return end.value.code, "".join(capsys.readouterr())

    code, explained = said("--help")
    assert code == 0
    names = "auth", "root-path", "rate", "host", "port", "device", "preload", "share", "mcp"
    names += "https", "ssl-certfile", "ssl-keyfile", "allow-embed", "trusted-proxy"
    for option in names:
        assert f"--{option}" in explained
        assert f"NETGLASS_{option.upper().replace('-', '_')}" in explained
    code, refused = said("--auth", "nameonly")
    assert code == 2
    assert "NAME:PASSWORD" in refused
    for given, sentence in {
        ("--ssl-keyfile", "a.key"): "wants --ssl-certfile",
        ("--https", "--share"): "leave --https out",
        ("--allow-embed", "lms.school.example"): "sites like https://lms.school.example",
        ("--trusted-proxy", "*"): "addresses like 10.0.0.5",
    }.items():
        code, refused = said(*given)
        assert (code, sentence in refused) == (2, True), refused


def test_the_container_has_all_that_the_app_reads():
    text = (ROOT / "deploy" / "Containerfile").read_text()
    copied = set(re.findall(r"^COPY (\S+) ", text, re.MULTILINE))
    assert {"app.py", "demos", "models", "weights", "requirements.txt"} == copied
    assert all((ROOT / name).exists() for name in copied)
    assert re.search(r"^USER netglass$", text, re.MULTILINE)
    assert "/health" in text
    torch_, vision = requirement("torch"), requirement("torchvision")
    assert f'"{torch_}" "{vision}"' in text


def test_the_unit_is_one_that_systemd_understands(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze on this machine")
    unit = (ROOT / "deploy" / "netglass.service").read_text()
    # The program need not be installed here for the rest to be read.
    (tmp_path / "netglass.service").write_text(
        re.sub(r"ExecStart=\S+ \S+", "ExecStart=/bin/true", unit).replace(
            "WorkingDirectory=/opt/netglass", "WorkingDirectory=/"
        )
    )
    checked = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / "netglass.service")],
        capture_output=True, text=True,
    )  # fmt: skip
    complaints = [line for line in checked.stderr.splitlines() if "netglass.service:" in line]
    assert complaints == []


@pytest.mark.slow
def test_a_class_password_guards_what_computes(tmp_path):
    with serving.app(tmp_path, "--auth", "class:a cat") as url:
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with pytest.raises(urllib.error.HTTPError, match="401"):
            opener.open(f"{url}/gan/cat.png")
        with pytest.raises(urllib.error.HTTPError, match="401"):
            opener.open(f"{url}/gan/networks/stylegan_cats64.json")
        with pytest.raises(urllib.error.HTTPError, match="401"):
            opener.open(urllib.request.Request(f"{url}/own/train", data=b"{}"))
        with pytest.raises(urllib.error.HTTPError, match="400"):
            opener.open(f"{url}/login", data=b"username=class&password=a%20dog")
        assert json.load(opener.open(f"{url}/health"))["status"] == "ok"
        for name in assets.files() | assets.worker_files():  # the login page has the same head
            assert opener.open(f"{url}/{assets.FOLDER}/{name}").status == 200
        opener.open(f"{url}/login", data=b"username=class&password=a%20cat")
        assert opener.open(f"{url}/gan/cat.png").headers["content-type"] == "image/png"
        part = json.load(opener.open(f"{url}/gan/networks/stylegan_cats64.json"))[0]["name"]
        assert opener.open(f"{url}/gan/networks/{part}.bin").status == 200
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(f"{url}/gan/networks/{part}.bin")


@pytest.mark.slow
def test_the_login_page_is_in_the_visitors_language(tmp_path, browser):
    with serving.app(tmp_path, "--auth", "class:a cat") as url:
        for language in LANGUAGES:
            context = browser.new_context(locale=f"{language}-IN", viewport=LAPTOP)
            page = context.new_page()
            page.set_default_timeout(WAIT)
            page.goto(url)
            name, password, enter, wrong = (
                say(language, f"gradio.login.{key}")
                for key in ("username", "password", "login", "incorrect_credentials")
            )
            page.get_by_label(name).fill("class")
            page.get_by_label(password).fill("a dog")
            page.get_by_role("button", name=enter).click()
            page.get_by_text(wrong).wait_for()
            page.get_by_label(name).fill("class")
            page.get_by_label(password).fill("a cat")
            page.get_by_role("button", name=enter).click()
            button(page, "run.tour", language).wait_for()
            if language == "en":
                open_tab(page, "gan.tab")
                page.locator(".gan-engine", has_text=DRAWN_HERE).wait_for()
            context.close()


@contextmanager
def behind_nginx(folder):
    """The page as deploy/nginx.conf shows it; gives the address of the site around it."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if not nginx:
        pytest.skip("no nginx on this machine (apt-get install nginx-light)")
    port, inside = serving.free_port(), serving.free_port()
    ours = (ROOT / "deploy" / "nginx.conf").read_text()
    ours = ours.replace("127.0.0.1:7860", f"127.0.0.1:{inside}")
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port, ours=ours))
    with serving.app(folder, "--root-path", "/netglass", port=inside):
        proxy = subprocess.Popen([nginx, "-c", str(config)])
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            proxy.terminate()
            proxy.wait(10)


@contextmanager
def new_page(browser):
    """A page in a fresh profile that fails the test on page errors and on what can't be fetched."""
    context = browser.new_context(locale="en-US", viewport=LAPTOP)
    page = context.new_page()
    page.set_default_timeout(WAIT)
    errors, lost = [], []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("response", lambda r: lost.append(r.url) if r.status >= 400 else None)
    yield page
    context.close()
    assert errors == lost == []


def open_tab_of(page, name):
    page.locator(f"#tabs [role=tab][data-tab-id={name}][aria-selected=true]").wait_for()


def press_tab_of(page, name):
    page.locator(f"#tabs [role=tab][data-tab-id={name}]").click()
    open_tab_of(page, name)


@pytest.mark.slow
def test_behind_nginx_at_a_sub_path(tmp_path, browser):
    """The page, its own addresses, a streamed run and its address, all below /netglass/."""
    with behind_nginx(tmp_path) as site, new_page(browser) as page:
        urls: list[str] = []
        page.on("request", lambda r: urls.append(r.url) if r.url.startswith(site) else None)
        page.goto(f"{site}/netglass")
        page.wait_for_url(f"{site}/netglass/")
        open_tab(page, "gan.tab")
        wait_for_picture(page, "cat")
        page.locator(".gan-engine", has_text=DRAWN_HERE).wait_for()
        open_tab(page, "ideal.tab")
        button(page, "run.visualize").click()
        page.locator("#ideal-status", has_text=re.compile(r"Step [1-9]\d* of")).wait_for()
        button(page, "stop").click()
        stopped = say("en", "status.stopped", step="§", steps=0, seconds=0).split("§")[0]
        page.locator("#ideal-status", has_text=stopped).wait_for()
        assert [url for url in urls if not url.startswith(f"{site}/netglass")] == []
        # The address names tab and language, follows them, and is what a reload opens.
        page.goto(f"{site}/netglass?tab=train&lang=mr")
        open_tab_of(page, "train")
        button(page, "run.train", "mr").wait_for()
        assert page.url == f"{site}/netglass/?tab=train&lang=mr"
        press_tab_of(page, "lessons")
        assert page.url == f"{site}/netglass/?tab=lessons&lang=mr"
        page.go_back()
        open_tab_of(page, "train")
        page.get_by_label(LANGUAGES["hi"]).check()
        button(page, "run.train", "hi").wait_for()
        assert page.url == f"{site}/netglass/?tab=train&lang=hi"
        page.reload()
        open_tab_of(page, "train")
        button(page, "run.train", "hi").wait_for()
        page.goto(f"{site}/netglass/")  # what was chosen is remembered without an address
        button(page, "run.tour", "hi").wait_for()


# What Hugging Face does: it hands its own query on to the frame at first, and takes over what the
# frame tells it (https://huggingface.co/docs/hub/spaces-handle-url-parameters).
SPACE = """<!doctype html><title>Space</title><iframe width=1200 height=700 allow="camera"
  sandbox="allow-downloads allow-forms allow-popups allow-same-origin allow-scripts"></iframe>
<script>
  addEventListener("message", ({{ data, origin }}) => {{
    if (origin === "{app}" && data.queryString != null)
      history.replaceState(null, "", "?" + data.queryString);
  }});
  document.querySelector("iframe").src = "{app}/" + location.search;
</script>"""


@pytest.mark.slow
def test_in_a_frame_as_a_space_shows_it(browser, app_url):
    space = "https://huggingface.co/spaces/class/netglass"
    with new_page(browser) as page:
        page.context.grant_permissions(["local-network-access"])
        page.route(
            f"{space}**",
            lambda route: route.fulfill(body=SPACE.format(app=app_url), content_type="text/html"),
        )
        page.goto(f"{space}?tab=train&lang=mr")
        frame = page.frame_locator("iframe")
        open_tab_of(frame, "train")
        button(frame, "run.train", "mr").wait_for()
        press_tab_of(frame, "lessons")
        page.wait_for_url(f"{space}?tab=lessons&lang=mr")
        page.go_back()
        open_tab_of(frame, "train")
        page.wait_for_url(f"{space}?tab=train&lang=mr")
        frame.get_by_label(LANGUAGES["ne"]).check()
        page.wait_for_url(f"{space}?tab=train&lang=ne")
        page.reload()
        open_tab_of(frame, "train")
        button(frame, "run.train", "ne").wait_for()
