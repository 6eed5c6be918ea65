"""Style transfer's endpoints in the running app."""

import json
import time

import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image


def run_small(client, photo, painting, **options):
    files = (handle_file(photo("chelsea")), handle_file(painting("mosaic")))
    options = {"size": 96, "steps": 6} | options
    return client.predict(*files, **options, api_name="/style_transfer")


def test_pictures_stream_and_the_result_is_reproducible(client, photo, painting):
    def submit():
        return client.submit(
            handle_file(photo("chelsea")),
            handle_file(painting("mosaic")),
            size=128,
            steps=12,
            api_name="/style_transfer",
        )

    job = submit()
    picture, report = job.result(timeout=120)
    assert len(job.outputs()) >= 2
    with Image.open(picture) as image:
        assert image.format == "PNG"
        assert max(image.size) == 128
        first = np.asarray(image)
    assert report["steps"] == 12
    assert report["seconds"] > 0
    assert set(report["losses"]) == {"content", "style", "variation", "total"}
    assert {len(curve) for curve in report["losses"].values()} == {12}
    assert sum(report["pulls"].values()) == pytest.approx(1, abs=1e-3)
    again, _ = submit().result(timeout=120)
    assert np.array_equal(np.asarray(Image.open(again)), first)


@pytest.mark.slow
def test_every_setting_changes_the_picture(client, photo, painting):
    plain = np.asarray(Image.open(run_small(client, photo, painting)[0]))
    second = handle_file(painting("woodcut"))
    for options in (
        {"style_loss": "wasserstein"},
        {"style_loss": "neighbours"},
        {"style_scale": 0.5},
        {"layer_weights": [1, 1, 1, 0, 0, 0, 0, 0, 0, 0]},
        {"keep_colors": True, "color_method": "histogram"},
        {"second_style": second, "blend": 0.5},
        {"optimizer": "lbfgs"},
        {"coarse_to_fine": False, "size": 256},
        {"area": "animal"},
        {"area": "background"},
    ):
        picture, _ = run_small(client, photo, painting, **options)
        found = np.asarray(Image.open(picture).resize(plain.shape[1::-1]))
        assert abs(found.astype(int) - plain).mean() > 0.5, options


def stripes(path, *levels, width=96):
    """A mask of upright stripes, 64 pixels high."""
    row = np.repeat(levels, width // len(levels)).astype(np.uint8)
    Image.fromarray(np.tile(row, (64, 1))).save(path)
    return handle_file(str(path))


def test_masks_say_what_is_painted(client, photo, painting, tmp_path):
    """Black of the photo's mask stays; its regions are the style's of the same rank."""
    mask, other = stripes(tmp_path / "mask.png", 0, 255), stripes(tmp_path / "other.png", 9, 0, 3)
    style = stripes(tmp_path / "style.png", 0, 255, width=64)
    picture, _ = run_small(client, photo, painting, content_mask=mask)
    with Image.open(picture) as found, Image.open(photo("chelsea")) as given:
        sized = given.convert("RGB").resize(found.size, Image.Resampling.LANCZOS)
        apart = np.abs(np.asarray(found, int) - np.asarray(sized, int))
    assert apart[:, :40].max() <= 1
    assert apart[:, 56:].mean() > 5
    for masks, message in (
        ({"content_mask": stripes(tmp_path / "black.png", 0)}, "covers nothing"),
        ({"content_mask": other, "style_mask": style}, "3 regions and the style 2"),
        ({"content_mask": mask, "area": "animal"}, "Leave out the masks"),
        ({"content_mask": mask, "size": 1056}, "up to a size of 1024 pixels"),
    ):
        with pytest.raises(AppError, match=message):
            run_small(client, photo, painting, **masks)


def test_what_is_transparent_stays_white(client, photo, painting, tmp_path):
    clear = Image.open(photo("chelsea")).convert("RGBA").resize((96, 64))
    clear.paste((0, 0, 0, 0), (0, 0, 48, 64))
    clear.save(tmp_path / "clear.png")
    files = handle_file(str(tmp_path / "clear.png")), handle_file(painting("mosaic"))
    picture, _ = client.predict(*files, size=96, steps=6, api_name="/style_transfer")
    with Image.open(picture) as found:
        levels = np.asarray(found, int)
    assert levels[:, :40].min() == 255
    assert levels[:, 56:].mean() < 240


@pytest.mark.slow
def test_pictures_above_1024_pixels_are_painted_in_tiles(client, photo, painting):
    picture, report = run_small(client, photo, painting, size=1056, steps=7)
    with Image.open(picture) as found:
        assert max(found.size) == 1056
    assert report["steps"] == 7
    assert {len(curve) for curve in report["losses"].values()} == {7}


def test_preview_follows_its_strength(client, photo, painting):
    files = (handle_file(photo("chelsea")), handle_file(painting("mosaic")))
    weak, strong = (
        client.predict(*files, **options, api_name="/style_preview")
        for options in ({"strength": 0.2}, {})
    )
    with Image.open(weak) as one, Image.open(strong) as other:
        assert one.format == "PNG"
        assert max(one.size) == 384
        assert abs(np.asarray(one).astype(int) - np.asarray(other)).mean() > 3


def animation(path, count, size=(64, 48)):
    """A GIF of noise that moves."""
    noise = Image.effect_noise((size[0] + count, size[1]), 60).convert("RGB")
    frames = [noise.crop((n, 0, n + size[0], size[1])) for n in range(count)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=60)
    return handle_file(str(path))


def test_a_clip_is_painted(client, tmp_path):
    """An animated style counts as its first picture."""
    clip, style = animation(tmp_path / "clip.gif", 2), animation(tmp_path / "style.gif", 3)
    film = client.predict(clip, style, api_name="/style_film")
    with Image.open(film) as found:
        assert (found.format, found.n_frames, found.size) == ("GIF", 2, (384, 288))
        assert found.info["duration"] == 60


def test_a_bad_clip_gets_a_clear_message(client, photo, painting, tmp_path):
    style, text = handle_file(painting("mosaic")), tmp_path / "text.mp4"
    text.write_text("no clip")
    for clip, message in (
        (None, "There is no clip yet"),
        (handle_file(str(text)), "not a moving picture that can be read"),
        (animation(tmp_path / "long.gif", 1000, (16, 16)), "more than 60 pictures"),
    ):
        with pytest.raises(AppError, match=message):
            client.predict(clip, style, api_name="/style_film")
    with pytest.raises(AppError, match="strength must be from 0 to 1"):
        client.predict(handle_file(photo("kitten")), style, strength=2, api_name="/style_film")


BAD = [
    ({"content_weight": 0, "style_weight": 0, "tv_weight": 0}, "All weights are 0"),
    ({"layer_weights": [0] * 10}, "Every style layer is turned off"),
    ({"layer_weights": [1, 1]}, "takes 10 layer weights, not 2"),
    ({"layer_weights": ["1"] * 10}, "layer_weights must be a number"),
    ({"layer_weights": {"bn1": 1}}, "layer_weights must be"),
    ({"layer_weights": 3}, "layer_weights must be"),
    ({"blend": 0.5}, "needs a second style picture"),
    ({"blend": 2}, "blend must be from 0 to 1"),
    ({"style_scale": 9}, "style_scale must be from 0.25 to 2"),
    ({"size": 64, "style_scale": 0.25}, "The smallest size is"),
    ({"content_layer": "blocks.9"}, "Choose one of: bn1, blocks.0.0.bn1"),
    ({"color_method": "magic"}, "Choose one of: luminance, histogram"),
]


@pytest.mark.parametrize(("bad", "message"), BAD, ids=lambda value: str(value)[:40])
def test_a_bad_setting_gets_a_clear_message(client, photo, painting, bad, message):
    with pytest.raises(AppError) as caught:
        run_small(client, photo, painting, **bad)
    assert message in str(caught.value)


def test_a_bad_picture_gets_a_clear_message(client, photo, painting, tmp_path):
    good = handle_file(painting("mosaic"))
    text = tmp_path / "text.jpg"
    text.write_text(json.dumps("not a picture"))
    long = tmp_path / "long.png"
    Image.new("RGB", (50, 2000)).save(long)
    for endpoint in ("/style_transfer", "/style_preview"):
        for path, message in ((text, "not a picture"), (long, "at most 8")):
            bad = handle_file(str(path))
            for pair in ((bad, good), (good, bad)):
                with pytest.raises(AppError, match=message):
                    client.predict(*pair, api_name=endpoint)
        for pair in ((None, good), (good, None)):
            with pytest.raises(AppError, match="There is no picture yet"):
                client.predict(*pair, api_name=endpoint)
    with pytest.raises(AppError, match="strength must be from 0 to 1"):
        client.predict(good, good, strength=3, api_name="/style_preview")
    assert run_small(client, photo, painting)[1]["steps"] == 6


def test_tiny_and_grey_pictures_work(client, photo, tmp_path):
    """A style smaller than the size asked for; a grey photo with its own colours."""
    tiny, grey = tmp_path / "tiny.png", tmp_path / "grey.png"
    Image.effect_noise((20, 30), 80).convert("RGB").save(tiny)
    with Image.open(photo("chelsea")) as image:
        image.convert("L").save(grey)
    for method in ("luminance", "histogram"):
        picture, _ = client.predict(
            handle_file(str(grey)),
            handle_file(str(tiny)),
            size=128,
            steps=4,
            keep_colors=True,
            color_method=method,
            api_name="/style_transfer",
        )
        assert max(Image.open(picture).size) == 128


def test_a_cancelled_run_makes_room_for_the_next(client, photo, painting):
    pictures = handle_file(photo("chelsea")), handle_file(painting("mosaic"))
    jobs = [
        client.submit(*pictures, size=256, steps=5000, api_name="/style_transfer")
        for _ in range(2)  # as many as may run at once
    ]
    deadline = time.monotonic() + 60
    while not all(job.outputs() for job in jobs):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    for job in jobs:
        job.cancel()
    _, report = client.submit(*pictures, size=64, steps=1, api_name="/style_transfer").result(60)
    assert report["steps"] == 1
