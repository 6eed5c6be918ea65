"""Inverted photographs: the registry, the addresses, and what is refused."""

import gc
import json
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load
from starlette.applications import Starlette
from starlette.testclient import TestClient

from demos.gan_explorer import codes, own_runs, own_views, views
from demos.gan_explorer.own_cats import OwnCat, OwnCats
from demos.runtime.engine import Engine
from demos.runtime.events import Progress, Result
from demos.runtime.places import StoppableRun
from demos.ui import examples
from models import registry
from models.gan import pretrained
from models.gan.inversion import code
from models.gan.inversion.settings import InversionSettings
from models.gan.settings import WalkSettings
from models.validation import ValidationError

KITTEN, BOX = examples.example("photos", "kitten"), [192.3, 126.2, 132.7]


@pytest.fixture(scope="module")
def engine():
    return Engine("cpu")


@pytest.fixture(scope="module")
def inverted(engine):
    """The kitten after three steps of each stage, as the page keeps it: key and last event."""
    stages, settings = ("w+", "tuned", "w", "noise"), InversionSettings(steps=3)
    run = StoppableRun(session="visitor")
    *_, last = own_runs.invert(engine, KITTEN, BOX, stages, settings, run)
    assert isinstance(last, Result)
    cat = OwnCat("visitor", settings.model, last.value.target, last.value.step.found)
    return engine.shared(OwnCats).open(cat), last.value


@pytest.fixture(scope="module")
def client(engine):
    return TestClient(Starlette(routes=own_views.routes(engine)))


def cats(**options) -> tuple[OwnCats, list[str]]:
    found = OwnCats(**options)
    return found, [found.open(OwnCat(name, "stylegan_cats64", None)) for name in "abc"]


def test_the_one_left_alone_longest_is_freed_when_there_is_no_room():
    found, (a, b, c) = cats(most=3)
    found.get(a)
    found.open(OwnCat("d", "stylegan_cats64", None))
    assert len(found) == 3
    with pytest.raises(ValidationError, match="no longer here"):
        found.get(b)
    assert found.get(a).session == "a"
    assert found.get(c).session == "c"


def test_a_visitor_has_one_and_reset_frees_it():
    found, (a, *_) = cats()
    found.open(OwnCat("a", "stylegan_cats64", None))
    assert len(found) == 3
    with pytest.raises(ValidationError):
        found.get(a)
    found.close("a")
    assert len(found) == 2


def test_what_nobody_looks_at_is_freed():
    found, _ = cats(idle_seconds=0.0)
    found.free_idle()
    assert len(found) == 0


def test_every_space_is_nearer_than_the_first_guess(inverted):
    _, last = inverted
    assert list(last.quality) == ["w+", "tuned", "w", "noise"]
    assert last.quality["tuned"][0] > last.quality["w+"][0]
    assert not last.found
    assert last.box.values == BOX
    assert len(last.film.pictures) == 1 + 2 * 3
    assert last.film.row().height == 128


def test_pictures_come_by_address(client, inverted):
    key, _ = inverted
    for address in ("own.png", "own.png?d1=1.5", "own.png?toward=1", "own_difference.png"):
        answer = client.get(f"/gan/{address}{'&' if '?' in address else '?'}own={key}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
    assert -30 < client.get(f"/gan/own_score?own={key}&space=w").json()["score"] < 30


def test_only_a_tuned_generator_goes_to_the_browser(engine, client, inverted):
    key, last = inverted
    answer = client.get(f"/gan/own_network.bin?own={key}")
    assert answer.headers["cache-control"] == "no-store"
    sent = load(answer.content)
    assert torch.equal(sent["own.styles"], last.step.found["tuned"].styles[0])
    shared = load(pretrained.client_file(registry.gan("stylegan_cats64")))
    assert set(shared) < set(sent)
    assert not torch.equal(sent["layers.3.weight"], shared["layers.3.weight"])
    alone = OwnCat("other", "stylegan_cats64", None, {"w+": last.step.found["w+"]})
    key = engine.shared(OwnCats).open(alone)
    assert client.get(f"/gan/own_network.bin?own={key}").status_code == 400


@pytest.mark.slow
def test_ten_visitors_at_once_all_finish_and_memory_is_bounded(engine):
    """Light work goes on meanwhile; of more cats than are kept no tuned generator stays."""
    kept, alive = OwnCats(most=4), []

    def visit(number: int) -> type:
        settings, run = InversionSettings(steps=3), StoppableRun(session=f"visitor {number}")
        *_, last = own_runs.invert(engine, KITTEN, BOX, ("w+", "tuned"), settings, run)
        step = last.value.step
        kept.open(OwnCat(run.session, settings.model, last.value.target, step.found))
        alive.append(weakref.ref(step.found["tuned"].generator))
        return type(last)

    with ThreadPoolExecutor(10) as pool:
        visits = [pool.submit(visit, number) for number in range(10)]
        light = 0
        while not all(done.done() for done in visits):
            views.picture(engine, "cat", "stylegan_cats64", seed=light)
            light += 1
            time.sleep(0.1)
        assert [done.result() for done in visits] == [Result] * 10
    assert light > 5
    gc.collect()
    assert len(kept) == 4
    assert sum(generator() is not None for generator in alive) == 4


@pytest.mark.parametrize(
    "query", ["own=x", "", "own={key}&space=z", "own={key}&d1=9", "own={key}&d1=x"]
)
def test_an_address_out_of_range_is_answered_with_a_sentence(client, inverted, query):
    answer = client.get(f"/gan/own.png?{query.format(key=inverted[0])}")
    assert answer.status_code == 400
    assert len(answer.text) > 20


def test_a_walk_ends_at_cat_b(engine, inverted):
    key, _ = inverted
    at_b = own_views.OwnSettings(own=key, space="w+", toward=1.0, seed_b=5, truncation=0.7)
    gan = engine.gan("stylegan_cats64")
    drawn = gan.synthesize(gan.style_codes(gan.latents([5]), 0.7))
    assert (own_views.drawn(engine, at_b) - drawn).abs().mean() < 0.02  # bfloat16 may differ


def test_a_unit_of_a_slider_is_longer_than_a_drawn_pictures(engine, inverted):
    key, last = inverted
    found = own_views.drawn(engine, own_views.OwnSettings(own=key, space="w+", d2=-1.0))
    along = engine.gan("stylegan_cats64").directions[1]
    expected = last.step.found["w+"].draw(-1.3 * along)
    assert torch.allclose(found, expected, atol=1e-5)


def test_a_code_can_be_downloaded_and_brought_back(engine, inverted, tmp_path):
    _, last = inverted
    text = own_runs.code(last)
    path = tmp_path / "code.json"
    path.write_text(json.dumps({"model": "stylegan_cats64", "code": text}))
    model, inversion = own_runs.from_file(engine, str(path))
    assert model == "stylegan_cats64"
    assert torch.allclose(inversion.styles, last.step.found["w+"].styles, atol=0.01)
    settings = WalkSettings(frames=3, seed_b=5)
    assert len(codes.walk(engine, model, (text, None), settings)) == 3
    assert len(codes.walk(engine, model, (text, None), settings.replace(closed=True))) == 4
    with pytest.raises(ValidationError, match="stops"):
        codes.walk(engine, model, (text, None), settings.replace(stops=[1, 2]))
    sheet = codes.picture(engine, "sheet", model, (text, text))
    assert sheet.size == (64, 64)
    near = np.asarray(sheet, np.float32) - np.asarray(
        own_runs.images.to_image(inversion.draw()), np.float32
    )
    assert abs(near).mean() < 4


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"model": 1, "code": "x"}', '{"model": "stylegan_cats64", "code": "x"}',
     '{"model": "vae_cats64", "code": ""}', '{"model": "stylegan_cats64", "code": "AAAA"}'],
)  # fmt: skip
def test_a_strangers_file_is_refused(engine, tmp_path, content):
    path = tmp_path / "code.json"
    path.write_text(content)
    with pytest.raises(ValidationError):
        own_runs.from_file(engine, str(path))
    with pytest.raises(ValidationError):
        own_runs.from_file(engine, None)


def test_stop_in_the_middle_of_tuning_keeps_what_was_reached(engine):
    run = StoppableRun()
    events = own_runs.invert(engine, KITTEN, BOX, ("w+", "tuned"), InversionSettings(steps=40), run)
    for event in events:
        if isinstance(event, Progress) and event.value.step.stage == "tuned":
            run.set()
        last = event
    assert isinstance(last, Result)
    assert last.value.step.step < 80
    found = last.value.step.found["tuned"]
    assert not any(p.requires_grad for p in found.generator.parameters())
    assert found.draw().shape == (1, 3, 64, 64)


def test_a_tab_closed_in_the_middle_of_tuning_ends_the_run(engine):
    events = own_runs.invert(
        engine, KITTEN, BOX, ("w+", "tuned"), InversionSettings(steps=2), StoppableRun()
    )
    for event in events:
        if isinstance(event, Progress | Result):
            break
    events.close()
    again = own_runs.invert(engine, KITTEN, BOX, ("w",), InversionSettings(steps=1), StoppableRun())
    assert isinstance([*again][-1], Result)  # the turn was given back


def faces(*places: tuple[int, int, int]) -> Image.Image:
    """Grey, with the kitten's face of a side at each place."""
    x, y, side = BOX
    face = Image.open(KITTEN).convert("RGB").crop((x, y, x + side, y + side))
    canvas = Image.new("RGB", (400, 400), "grey")
    for left, top, size in places:
        canvas.paste(face.resize((size, size)), (left, top))
    return canvas


def test_of_two_faces_one_is_found(engine):
    box = own_runs.find(engine, faces((40, 100, 120), (240, 100, 120)))
    x, y = box.middle
    assert min(abs(x - 100), abs(x - 300)) < 50
    assert abs(y - 160) < 50


def test_no_face_is_said(engine):
    with pytest.raises(ValidationError) as refused:
        own_runs.find(engine, Image.new("RGB", (300, 200), "grey"))
    assert refused.value.key == "no_face"


def test_code_has_nine_layers(inverted):
    assert code.from_text(own_runs.code(inverted[1]), 9, 128).shape == (9, 128)
