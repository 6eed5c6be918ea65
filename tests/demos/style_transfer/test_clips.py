"""The clip and the way of a painting, as the tab films them."""

import itertools
from types import SimpleNamespace

import torch
from PIL import Image

from demos.runtime.engine import Engine
from demos.runtime.events import Result
from demos.style_transfer import clips
from demos.ui import films
from models.films import writer


def test_a_clip_is_painted(tmp_path, painting):
    drawn = [Image.new("RGB", (64, 48), (60 * n, 100, 50)) for n in range(3)]
    path = tmp_path / "clip.gif"
    drawn[0].save(path, save_all=True, append_images=drawn[1:], duration=50)
    engine = Engine("cpu")
    with engine.run("me", clips.PLACE) as run:
        *_, last = clips.paint(engine, str(path), painting("mosaic"), 1.0, run)
    assert isinstance(last, Result)
    assert (len(last.value.frames), last.value.step.step) == (3, 3)
    (film,) = films.save(last.value.frames, last.value.clip.milliseconds, "film", ["gif"])
    with Image.open(film) as opened:
        assert (opened.n_frames, opened.size, opened.info["duration"]) == (3, (384, 288), 50)


def test_the_way_has_pictures_evenly_spread(monkeypatch):
    way = clips.Way()
    for step in range(121):
        side = 33 if step < 60 else 67
        grey = torch.full((1, 3, side, side), step / 120)
        way.add(SimpleNamespace(step=step, steps=120, image=grey))
    assert len(way.frames) == clips.PICTURES
    film = way.film()
    assert {frame.size for frame in film} == {(66, 66)}
    assert len(film) == clips.PICTURES + clips.HELD
    levels = [frame.getpixel((9, 9))[0] for frame in film]
    assert levels[0] == 0
    assert levels[-1] == 255
    assert max(b - a for a, b in itertools.pairwise(levels)) <= 9
    monkeypatch.setattr(writer, "encoder", lambda: None)
    assert clips.save_way(way).endswith("netglass-painting.gif")


def test_a_short_run_has_all_its_pictures():
    way = clips.Way()
    for step in range(4):
        way.add(SimpleNamespace(step=step, steps=3, image=torch.zeros(1, 3, 32, 32)))
    assert len(way.frames) == 4
