"""The page behind Ray Serve: two pages, their models in other processes, one app beside them.

Needs `pip install -r requirements-cluster.txt`; a minute or two to start, and 6 GB of memory.
"""

import importlib.metadata
import importlib.util
import os
import re
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from PIL import Image

from demos.ui import assets
from models import registry
from tests import serving
from tests.browser.helpers import LAPTOP, WAIT, wait_for_picture
from tests.browser.test_client_engine import wait_for_line
from tests.serving import ROOT

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        not importlib.util.find_spec("ray"), reason="pip install -r requirements-cluster.txt"
    ),
]

RUNS = 2


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Its address, started as a user would start it; this process joins its Ray to look inside."""
    port = serving.free_port()
    # A password of our own for Ray's ports; Ray reads it when it is imported.
    os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(16)}
    import ray

    log = tmp_path_factory.mktemp("cluster") / "log.txt"
    command = ["-m", "deploy.ray_serve", "--device", "cpu", "--pages", "2", "--port", str(port)]
    # Half a core each, so that two cores have room for three.
    command += ["--runs", str(RUNS), "--most", str(RUNS), "--cpus", "0.5"]
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-u", *command], cwd=ROOT, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + 300
        while not (said := re.search(r"2 pages at (\S+) \(Ray: (\S+)\)", log.read_text())):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.5)
        url, inside = said.groups()
        ray.init(inside, logging_level="ERROR", log_to_driver=False)
        yield url
        assert process.poll() is None, log.read_text()
    finally:
        ray.shutdown()
        process.terminate()  # not SIGINT: what a shell starts in the background ignores it
        process.wait(60)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A client of the single process."""
    with serving.app(tmp_path_factory.mktemp("alone")) as url:
        yield Client(url, verbose=False, download_files=str(tmp_path_factory.mktemp("got")))


@pytest.fixture
def client(cluster, tmp_path):
    return Client(cluster, verbose=False, download_files=str(tmp_path))


def all_of(kind: str, method: str) -> list:
    """What every replica of a deployment answers."""
    from ray import serve
    from ray.exceptions import ActorDiedError

    while True:
        asked = serve.get_deployment_handle(kind, "netglass").broadcast(method)
        try:
            # In a thread of its own: where Playwright's event loop runs, Ray refuses to wait.
            with ThreadPoolExecutor(1) as pool:
                return pool.submit(asked.results, timeout_s=60).result()
        except ActorDiedError:  # not yet known to have died
            time.sleep(0.5)


def page_of(url: str, headers: dict[str, str]) -> str:
    """Which page answers; also when it refuses."""
    try:
        answer = urllib.request.urlopen(urllib.request.Request(url, headers=headers))
    except urllib.error.HTTPError as error:
        answer = error
    return answer.headers["x-page"]


def pixels(path: str) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def confidences(client: Client, path: str) -> dict[str, float]:
    shown = client.predict(handle_file(path), api_name="/classify_pet")[0]
    return {entry["label"]: entry["confidence"] for entry in shown["confidences"]}


def eventually(true, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.parametrize("name", ["kitten", "chelsea", "german_shepherd", "coffee"])
def test_breeds_are_those_of_one_process(client, alone, photo, name):
    here, there = confidences(alone, photo(name)), confidences(client, photo(name))
    assert list(here) == list(there)
    assert there == pytest.approx(here, abs=1e-3)


def requests(photo, painting) -> dict[str, dict]:
    return {
        "/gan_sample": {"count": 4, "seed": 3, "d1": 2.0},
        "/style_transfer": {
            "content": handle_file(photo("chelsea")),
            "style": handle_file(painting("starry_night")),
            "size": 64,
            "steps": 5,
        },
        "/attack": {"image": handle_file(photo("german_shepherd")), "target": "pizza", "steps": 5},
        "/ideal_class": {"class_name": "zebra", "size": 96, "steps": 4},
    }


@pytest.mark.parametrize("name", ["/gan_sample", "/style_transfer", "/attack", "/ideal_class"])
def test_pictures_are_those_of_one_process(client, alone, photo, painting, name):
    request = requests(photo, painting)[name]
    here, there = (one.predict(**request, api_name=name) for one in (alone, client))
    here, there = (found if isinstance(found, str) else found[0] for found in (here, there))
    assert np.abs(pixels(here) - pixels(there)).max() <= 1


def test_a_visitor_stays_on_a_page_and_visitors_share_the_pages(cluster):
    def opened() -> tuple[str, set[str]]:
        """(the page that a new browser came to, those of its further requests)."""
        jar = urllib.request.HTTPCookieProcessor()
        browser = urllib.request.build_opener(jar)
        browser.addheaders = [("accept", "text/html,*/*")]
        first = browser.open(cluster).headers["x-page"]
        browser.addheaders = [("accept", "*/*")]
        script = f"/{assets.FOLDER}/{list(assets.files())[-1]}"
        paths = ("/config", "/gan/cat.png", "/health", "/gradio_api/info", script) * 3
        return first, {browser.open(cluster + path).headers["x-page"] for path in paths}

    visitors = [opened() for _ in range(12)]
    assert all(later == {first} for first, later in visitors)
    assert len({first for first, _ in visitors}) == 2


def test_who_keeps_no_cookies_stays_by_address_and_agent(cluster):
    pages = []
    for number in range(12):
        agent = {"user-agent": f"program {number}"}
        paths = ("/health", "/gan/cat.png", "/gradio_api/queue/status", "/nowhere") * 2
        (page,) = {page_of(cluster + path, agent) for path in paths}
        pages.append(page)
    assert len(set(pages)) == 2


def test_a_cookie_of_a_page_that_is_gone_gets_a_new_one(cluster):
    old = {"cookie": "netglass-page=gone.visitor"}
    (page,) = {page_of(f"{cluster}/health", old) for _ in range(6)}
    request = urllib.request.Request(f"{cluster}/health", headers=old)
    told = urllib.request.urlopen(request).headers["set-cookie"]
    assert told.startswith(f"netglass-page={page}.")
    # Ray's own header, sent by a client, chooses no page.
    pages = {page_of(f"{cluster}/health", old | {"x-session-id": str(n)}) for n in range(8)}
    assert pages == {page}


def test_the_link_of_a_board_leads_to_the_page_on_which_it_is(cluster):
    pages = {page_of(f"{cluster}/health", {"user-agent": f"program {n}"}) for n in range(12)}
    assert len(pages) == 2
    for page in pages:
        link = f"{cluster}/?tab=class&board=ABCD&page={page}"
        phones = ({"accept": "text/html", "user-agent": f"phone {n}"} for n in range(8))
        assert {page_of(link, phone) for phone in phones} == {page}
        (other,) = pages - {page}
        been = {"accept": "text/html", "cookie": f"netglass-page={other}.visitor"}
        assert page_of(link, been) == page


def test_a_client_without_cookies_is_served(cluster, photo, tmp_path):
    client = Client(cluster, verbose=False, download_files=str(tmp_path))
    client.cookies.clear()
    assert confidences(client, photo("kitten"))
    assert pixels(client.predict(api_name="/gan_sample")).any()


def explored(context, cluster: str) -> tuple[set[str], set[str]]:
    """(pages that answered the explorer of a browser, addresses of the generator's file there)."""
    page = context.new_page()
    page.set_default_timeout(WAIT)
    answers = []
    page.on("response", lambda answer: answers.append(answer) if "/gan/" in answer.url else None)
    page.goto(f"{cluster}/?tab=gan")
    wait_for_picture(page, "cat")
    wait_for_line(page, "device")
    assert {answer.status for answer in answers} == {200}
    # The discriminator's files come later, if at all by now.
    loaded = (answer.url for answer in answers if answer.url.endswith(".bin"))
    files = {url for url in loaded if ".discriminator." not in url}
    return {answer.headers["x-page"] for answer in answers}, files


def test_the_explorer_draws_in_the_browser_whichever_page_it_comes_from(cluster, browser):
    visitors = {}
    for _ in range(20):  # each new browser is sent to one of the two pages
        context = browser.new_context(locale="en-US", viewport=LAPTOP)
        told = context.request.get(cluster, headers={"accept": "text/html"}).headers["x-page"]
        if visitors.setdefault(told, context) is not context:
            context.close()
        if len(visitors) == 2:
            break
    found = {told: explored(context, cluster) for told, context in visitors.items()}
    for context in visitors.values():
        context.close()
    assert len(found) == 2
    for told, (pages, _) in found.items():
        assert pages == {told}
    first, second = (files for _, files in found.values())
    assert first == second != set()


NAMES = ("kitten", "chelsea", "german_shepherd", "lemur")


def test_thirty_at_once_all_get_their_own_answer(cluster, client, photo, tmp_path):
    right = [confidences(client, photo(name)) for name in NAMES]
    clients = [Client(cluster, verbose=False, download_files=str(tmp_path)) for _ in NAMES]

    def asked(number: int) -> dict[str, float]:
        return confidences(clients[number // 4 % 4], photo(NAMES[number % 4]))

    before = predicted()
    with ThreadPoolExecutor(30) as pool:
        for number, got in enumerate(pool.map(asked, range(30))):
            assert got == pytest.approx(right[number % 4], abs=1e-3)
    assert predicted() - before == 30


def sizes() -> list[int]:
    """Of all batches so far."""
    counters = all_of("PetPredictor", "batches")
    return [n for one in counters for n, count in one.items() for _ in range(count)]


def predicted() -> int:
    return sum(sizes())


def test_what_comes_together_is_batched(cluster, photo):
    """Thirty as the pages ask, more quickly than two busy cores let pages do it."""
    from ray import serve

    from demos.runtime.engine import Engine
    from deploy.ray_serve import predict_remotely
    from models import images

    side = registry.pet_classifier(registry.DEFAULT_PET_CLASSIFIER).input_size
    shown = [images.to_tensor(images.square(images.open_image(photo(n)), side)) for n in NAMES]
    one_by_one = Engine("cpu").predict_pets
    right = [
        one_by_one((registry.DEFAULT_PET_CLASSIFIER, picture)).probabilities for picture in shown
    ]
    predictor = serve.get_deployment_handle("PetPredictor", "netglass")
    before = len(sizes())
    with ThreadPoolExecutor(30) as pool:
        items = [(registry.DEFAULT_PET_CLASSIFIER, shown[number % 4]) for number in range(30)]
        found = list(pool.map(lambda item: predict_remotely(predictor, item), items))
    assert len(sizes()) - before < 25
    assert max(sizes()) <= 8
    for number, got in enumerate(found):
        np.testing.assert_allclose(got.probabilities, right[number % 4], atol=1e-3)


def begun(client, photo, painting):
    """A long run that has shown its first picture."""
    pictures = handle_file(photo("chelsea")), handle_file(painting("mosaic"))
    job = client.submit(*pictures, size=128, steps=2000, api_name="/style_transfer")
    eventually(job.outputs, 60)
    return job


def active_runs() -> int:
    return sum(runs for _, runs in all_of("Runs", "state"))


def short(client, photo, painting) -> dict:
    pictures = handle_file(photo("chelsea")), handle_file(painting("mosaic"))
    return client.submit(*pictures, size=64, steps=1, api_name="/style_transfer").result(90)[1]


def test_a_stopped_run_frees_its_replica(client, photo, painting):
    jobs = [begun(client, photo, painting) for _ in range(RUNS)]
    assert active_runs() == RUNS
    for job in jobs:
        job.cancel()
    eventually(lambda: active_runs() == 0)
    assert short(client, photo, painting)["steps"] == 1


def test_a_visitor_who_leaves_frees_the_replica(cluster, photo):
    with httpx.Client(base_url=cluster, timeout=60) as browser:
        with open(photo("chelsea"), "rb") as file:
            (path,) = browser.post("/gradio_api/upload", files={"files": file}).json()
        picture = {"path": path, "meta": {"_type": "gradio.FileData"}}
        address = "/gradio_api/call/v2/style_transfer"
        data = {"content": picture, "style": picture, "size": 128, "steps": 2000}
        event = browser.post(address, json=data).json()["event_id"]
        with browser.stream("GET", f"{address}/{event}") as stream:
            next(line for line in stream.iter_lines() if line.startswith("data: ["))
            assert active_runs() == 1
    eventually(lambda: active_runs() == 0)


def test_an_error_comes_back_as_one(client, photo):
    with pytest.raises(Exception, match="already takes this picture"):
        client.predict(
            handle_file(photo("german_shepherd")), target="German shepherd", api_name="/attack"
        )


def test_runs_go_on_when_a_replica_is_killed(client, photo, painting):
    job = begun(client, photo, painting)
    (busy,) = [process for process, runs in all_of("Runs", "state") if runs]
    os.kill(busy, signal.SIGKILL)
    with pytest.raises(Exception, match="Something went wrong"):
        job.result(60)
    assert short(client, photo, painting)["steps"] == 1
    eventually(lambda: len(all_of("Runs", "state")) == RUNS, 120)
    assert busy not in [process for process, _ in all_of("Runs", "state")]


@pytest.mark.parametrize(
    "option", [["--https"], ["--ssl-certfile", "a.pem"], ["--share"], ["--trusted-proxy", "::1"]]
)
def test_what_ray_cannot_serve_is_refused_in_one_sentence(option):
    command = [sys.executable, "-m", "deploy.ray_serve", *option]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 1
    assert re.fullmatch(
        r"Ray serves plain http, .*: put a proxy with https before it, .*\.\n", found.stderr
    )


def test_the_requirement_is_the_tested_one():
    first, line = (ROOT / "requirements-cluster.txt").read_text().splitlines()
    assert first == "-r requirements.txt"
    limits, reason = re.match(r"ray\[serve\](\S+)  # (.+)", line).groups()
    assert Version(importlib.metadata.version("ray")) in SpecifierSet(limits)
    assert reason
