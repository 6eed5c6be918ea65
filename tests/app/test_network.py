"""A class on a school's network: https with an own certificate, plain http by a name that is not
localhost, another site's frame, and a proxy on another machine. As slow as starting the app is."""

import http.client
import json
import re
import shutil
import socket
import ssl
import subprocess
import time
import urllib.request
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from demos.runtime.i18n import say
from tests import serving
from tests.app.test_deploy import NGINX
from tests.browser.helpers import LAPTOP, PHONE, WAIT, button, open_tab
from tests.serving import ROOT

LMS, OTHER = "https://lms.school.example", "https://other.example"
FRAME = '<!doctype html><title>A course</title><iframe width=1200 height=700 src="{}"></iframe>'
PASTE_BOX = """document.body.append(
  Object.assign(document.createElement("textarea"), { id: "paste-box" }))"""
PHOTO = ROOT / "demos" / "examples" / "photos" / "chelsea.jpg"


@contextmanager
def new_page(browser, host, viewport=LAPTOP, **options):
    """A page in a fresh profile that fails the test on page errors."""
    context = browser.new_context(locale="en-US", viewport=viewport, **options)
    page = context.new_page()
    page.set_default_timeout(WAIT)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(host)
    yield page
    context.close()
    assert errors == []


def class_address(page):
    open_tab(page, "lessons.tab")
    expect(page.locator("#class-address h3")).to_be_visible()
    return page.locator("#class-address")


@pytest.mark.slow
def test_https_with_a_certificate_of_its_own(tmp_path, camera_browser, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    port = serving.free_port()
    options = ("--https", "--allow-embed", LMS)
    with serving.app(tmp_path, *options, port=port) as url:
        assert url == f"https://127.0.0.1:{port}"
        # The certificate is one that a program which was given it trusts, for this address.
        kept = tmp_path / "cache" / "netglass" / "certificate.pem"
        trusting = ssl.create_default_context(cafile=str(kept))
        with urllib.request.urlopen(f"{url}/health", context=trusting) as answer:
            assert json.load(answer)["status"] == "ok"
        # Plain http on that port, by a name: a browser is told of the warning and goes on.
        with new_page(
            camera_browser, f"http://netglass.test:{port}/?tab=train", ignore_https_errors=True
        ) as page:
            expect(page.get_by_text(say("en", "class_address.warning"))).to_be_visible()
            page.get_by_role("link", name=say("en", "class_address.open")).click()
            page.wait_for_url(f"https://netglass.test:{port}/?tab=train")
            # The live camera works.
            open_tab(page, "own")
            button(page, "own.camera").click()
            expect(page.locator("#own video")).to_be_visible()
            page.wait_for_function("document.querySelector('#own video').videoWidth > 0")
            page.locator(".own-class").first.get_by_role(
                "button", name=say("en", "own.snap")
            ).click()
            expect(page.locator(".own-class").first.locator("img")).to_have_count(1)
            # What the teacher shows.
            panel = class_address(page)
            expect(panel.locator(".class-link")).to_have_text(f"https://netglass.test:{port}/")
            expect(panel).to_contain_text(say("en", "class_address.warning"))
            page.wait_for_function("document.querySelector('#class-address img').naturalWidth > 0")
        in_frames(camera_browser, f"https://netglass.test:{port}/?embed=1&tab=train&lang=mr")


def in_frames(browser, address):
    """A site that was allowed may show the page, without its header; another may not."""
    with new_page(browser, "about:blank", ignore_https_errors=True) as page:
        page.context.grant_permissions(["local-network-access"])
        page.route(
            "https://*.example/**",
            lambda route: route.fulfill(body=FRAME.format(address), content_type="text/html"),
        )
        page.goto(f"{LMS}/course")
        frame = page.frame_locator("iframe")
        expect(button(frame, "run.train", "mr")).to_be_visible()
        expect(frame.locator("#top")).to_be_hidden()
        frame.locator("#tabs [role=tab][data-tab-id=lessons]").click()
        expect(frame.locator("#class-address h3")).to_be_visible()
        assert "embed=1" in page.frames[1].evaluate("location.search")
        page.goto(f"{OTHER}/course")
        page.wait_for_timeout(1000)
        assert page.frames[1].url.startswith("chrome-error:")


@pytest.mark.slow
def test_a_wrong_key_ends_the_start_with_one_sentence(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).write_text("no certificate")
    files = ("--ssl-certfile", str(tmp_path / "a"), "--ssl-keyfile", str(tmp_path / "b"))
    with pytest.raises(AssertionError, match="no certificate and key") as failed:
        serving.start_app(tmp_path, serving.free_port(), *files)
    assert "Traceback" not in str(failed.value)


@pytest.mark.slow
def test_plain_http_by_a_name_has_no_dead_button(browser, app_url):
    host = app_url.replace("127.0.0.1", "netglass.test")
    with new_page(browser, f"{host}/?tab=train", PHONE, accept_downloads=True) as page:
        assert not page.evaluate("isSecureContext")
        why = say("en", "gradio_fixed.no_live_camera")
        # Own classes, and the lab's own pictures: the phone's own camera.
        open_tab(page, "own")
        card = page.locator(".own-class").first
        snap = card.get_by_role("button", name=say("en", "own.snap"))
        expect(card.locator("input[capture=environment]")).to_have_count(1)
        with page.expect_file_chooser() as chooser:
            snap.click()
        chooser.value.set_files(PHOTO)
        expect(card.locator("img")).to_have_count(1)
        expect(page.locator("#own .not-live")).to_have_text(why)
        expect(button(page, "own.camera")).to_have_count(0)
        open_tab(page, "gan_lab.tab")
        page.evaluate("netglassGanLab.show('own')")
        panel = page.locator("#gan-lab-inputs")
        with page.expect_file_chooser() as chooser:
            panel.get_by_role("button", name=say("en", "gan_lab.inputs.snap")).click()
        chooser.value.set_files(PHOTO)
        expect(panel.locator(".photo-thumbnails img")).to_have_count(1)
        expect(panel.locator(".not-live")).to_have_text(why)
        # Gradio's photographs: the same, as an upload; pasting is not offered.
        open_tab(page, "pets.tab")
        sources = page.locator("[data-testid=source-select]").locator("visible=true").first
        expect(sources).to_have_attribute("data-why", why)
        camera = sources.get_by_role("button", name=say("en", "gradio_fixed.camera"))
        paste = sources.get_by_role("button", name=say("en", "gradio_fixed.paste"))
        expect(paste).to_be_hidden()
        with page.expect_file_chooser() as chooser:
            camera.click()
        chooser.value.set_files(PHOTO)
        expect(page.locator(".tabitem:visible .image-frame img").first).to_be_visible()
        # The teacher's page copies its address: what is pasted is what was copied.
        panel = class_address(page)
        expect(panel).to_contain_text(say("en", "class_address.http"))
        button(page, "class_address.copy").click()
        expect(button(page, "class_address.copied")).to_be_visible()


@pytest.mark.slow
def test_copying_in_plain_http_selects_and_copies(browser, app_url):
    host = app_url.replace("127.0.0.1", "netglass.test")
    with new_page(browser, f"{host}/?tab=gym") as page:
        page.get_by_role("button", name=say("en", "gan_lab.export")).click()
        button(page, "gan_lab.export.link").click()
        link = page.locator("#gan-lab-link textarea, #gan-lab-link input").first
        expect(link).to_have_value(re.compile("^http://netglass"))
        page.locator("#gan-lab-link").get_by_role("button").first.click()
        value, chosen = link.evaluate(
            "field => [field.value, field.value.slice(field.selectionStart, field.selectionEnd)]"
        )
        assert chosen == value
        page.evaluate(PASTE_BOX)
        page.locator("#paste-box").press("Control+V")
        expect(page.locator("#paste-box")).to_have_value(value)


def statuses(address, port, count):
    """Of requests that a visitor at a loopback address of their own makes."""
    found = []
    for _ in range(count):
        connection = http.client.HTTPConnection(
            "127.0.0.1", port, timeout=30, source_address=(address, 0)
        )
        connection.request("GET", "/health")
        found.append(connection.getresponse().status)
        connection.close()
    return found


def wait_for(port):
    deadline = time.monotonic() + 30
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), 5).close()
        except ConnectionError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.parametrize("trusted", [True, False])
def test_behind_a_proxy_on_another_machine(tmp_path, trusted):
    """The rate limit counts visitors if the proxy is trusted, and the proxy if it isn't."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if not nginx:
        pytest.skip("no nginx on this machine (apt-get install nginx-light)")
    port, inside = serving.free_port(), serving.free_port()
    # To the app the proxy is at 127.0.0.2.
    ours = f"""location / {{
      proxy_pass http://127.0.0.1:{inside}; proxy_bind 127.0.0.2;
      proxy_set_header X-Forwarded-For $remote_addr;
    }}"""
    config = tmp_path / "nginx.conf"
    config.write_text(NGINX.format(folder=tmp_path, port=port, ours=ours))
    options = ("--trusted-proxy", "127.0.0.2") if trusted else ()
    with serving.app(tmp_path, "--rate", "1", *options, port=inside):
        proxy = subprocess.Popen([nginx, "-c", str(config)])
        try:
            wait_for(port)
            found = {one for n in range(3, 8) for one in statuses(f"127.0.0.{n}", port, 4)}
            assert found == ({200} if trusted else {200, 429})
            assert 429 in statuses("127.0.0.3", port, 20)  # a visitor has a limit too
        finally:
            proxy.terminate()
            proxy.wait(10)
