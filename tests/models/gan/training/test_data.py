"""What a GAN learns from: places worked out by hand, draws that repeat, and what is held out."""

import math

import pytest
import torch
from PIL import Image

from models.gan.training import data as gan_data
from models.linear_probe import digits
from models.validation import ValidationError


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_ring():
    ring = gan_data.plane("ring")
    half = 0.8 * math.sqrt(0.5)
    expected = [[0.8, 0], [half, half], [0, 0.8], [-half, half],
                [-0.8, 0], [-half, -half], [0, -0.8], [half, -half]]  # fmt: skip
    torch.testing.assert_close(ring.modes, torch.tensor(expected), atol=1e-6, rtol=0)
    assert ring.shape == (2,)
    points = ring.draw(40_000, chance())
    away, nearest = torch.cdist(points, ring.modes).min(1)
    assert (nearest.bincount() - 5000).abs().max() < 300
    offsets = points - ring.modes[nearest]
    assert float(offsets.std()) == pytest.approx(0.04, rel=0.02)
    assert offsets.mean(0).abs().max() < 1e-3
    assert float((away < ring.radius).float().mean()) > 0.999


def test_the_grid():
    modes = gan_data.plane("grid").modes
    assert modes.shape == (25, 2)
    ticks = torch.tensor([-0.8, -0.4, 0.0, 0.4, 0.8])
    for axis in (0, 1):
        torch.testing.assert_close(modes[:, axis].unique(), ticks, atol=1e-6, rtol=0)
    assert torch.pdist(modes).min() > 2 * gan_data.plane("grid").radius


def test_the_moons_are_each_other_turned_by_half():
    moons = gan_data.plane("moons")
    torch.testing.assert_close(moons.centers[200:], -moons.centers[:200])
    # The upper one: a half circle of radius 0.55 about (-0.275, -0.1375).
    away = (moons.centers[:200] - torch.tensor([-0.275, -0.1375])).norm(dim=1)
    torch.testing.assert_close(away, torch.full((200,), 0.55))
    torch.testing.assert_close(moons.centers[0], torch.tensor([0.275, -0.1375]))


def test_the_line_rises_by_a_half():
    line = gan_data.plane("line")
    torch.testing.assert_close(line.modes[0], torch.tensor([-0.8, -0.4]))
    torch.testing.assert_close(line.centers[:, 1], line.centers[:, 0] / 2)


@pytest.mark.parametrize("name", gan_data.PLANE)
def test_planes_stay_in_the_square_and_cover_themselves(name):
    data = gan_data.plane(name)
    points = data.draw(2000, chance())
    assert points.abs().max() < 1.25
    near = torch.cdist(points, data.modes).min(1).values < data.radius
    assert near.float().mean() > 0.95


def test_draws_repeat_and_leave_the_global_generator_alone():
    ring, before = gan_data.plane("ring"), torch.get_rng_state()
    assert torch.equal(ring.draw(9, chance(3)), ring.draw(9, chance(3)))
    assert not torch.equal(ring.draw(9, chance(3)), ring.draw(9, chance(4)))
    assert torch.equal(torch.get_rng_state(), before)


def test_an_unknown_plane():
    with pytest.raises(ValidationError, match="data can't be spiral"):
        gan_data.plane("spiral")


def test_the_modes_of_a_drawing():
    """Three blobs too small to be told apart inside: three modes, in their middles."""
    blobs = torch.tensor([[-0.5, -0.5], [0.5, -0.5], [0.0, 0.5]])
    around = torch.tensor([[0.02, 0], [-0.02, 0], [0, 0.02], [0, -0.02]]).repeat(5, 1)
    data = gan_data.drawn((blobs[:, None] + around).view(-1, 2).tolist())
    order = data.modes[:, 0].argsort()
    torch.testing.assert_close(data.modes[order], blobs[[0, 2, 1]], atol=1e-6, rtol=0)
    assert data.radius == pytest.approx(0.02 + 0.08, abs=1e-6)
    far = torch.cdist(data.draw(500, chance()), blobs).min(1).values
    assert far.max() < 0.1


def test_a_long_stroke_has_at_most_twelve_modes_all_along_it():
    points = [[n / 500 - 1, 0.0] for n in range(1001)]
    data = gan_data.drawn(points)
    assert 8 <= len(data.modes) <= 12
    gaps = data.modes[:, 0].sort().values.diff()
    assert gaps.max() < 3 * gaps.min()
    assert torch.cdist(data.centers, data.modes).min(1).values.max() < data.radius
    assert torch.equal(gan_data.drawn(points).modes, data.modes)


@pytest.mark.parametrize(
    ("points", "key"),
    [
        ([], "drawn_points"),
        ([[0, 0]] * 19, "drawn_points"),
        ([[0, 0]] * 4001, "drawn_points"),
        ([[0, 0]] * 20 + [[0, 1.5]], "drawn_outside"),
        ([[0, 0]] * 20 + [[math.nan, 0]], "drawn_outside"),
        ([[0, 0]] * 20 + [[0, 0, 0]], "drawn_outside"),
        ([[0, 0]] * 20 + [["a", 0]], "drawn_outside"),
        ([[0, 0]] * 20 + [[None, 0]], "drawn_outside"),
    ],
)
def test_drawings_that_are_refused(points, key):
    with pytest.raises(ValidationError) as caught:
        gan_data.drawn(points)
    assert caught.value.key == key


def test_a_single_dot_is_one_mode():
    assert gan_data.drawn([[0.2, 0.3]] * 20).modes.tolist() == [pytest.approx([0.2, 0.3])]


def test_digits_and_those_held_out():
    data = gan_data.digits()
    assert data.shape == (1, 28, 28)
    assert (data.name, data.are_digits) == ("digits", True)
    assert (len(data.train), len(data.held_out)) == (9000, 1000)
    cells, _ = digits.pictures()
    assert torch.equal(data.held_out[0, 0], cells[9])
    assert torch.equal(data.train[9, 0], cells[10])
    drawn = data.draw(5, chance())
    assert drawn.shape == (5, 1, 28, 28)
    assert (drawn.min(), drawn.max()) == (-1, 1)
    assert torch.equal(drawn, data.draw(5, chance()))


def test_few_are_two_of_each_digit():
    data = gan_data.digits(few=True)
    cells, values = digits.pictures()
    assert data.train.shape == (20, 1, 28, 28)
    assert torch.equal(data.held_out, gan_data.digits().held_out)
    found = [int(values[(cells == picture[0]).flatten(1).all(1)][0]) for picture in data.train]
    assert found == [digit for digit in range(10) for _ in range(2)]
    held = {picture.numpy().tobytes() for picture in data.held_out}
    assert not any(picture.numpy().tobytes() in held for picture in data.train)


def test_levels_become_minus_one_to_one():
    levels = torch.tensor([0, 51, 255], dtype=torch.uint8)
    torch.testing.assert_close(gan_data.scaled(levels), torch.tensor([-1, -0.6, 1]))


def plain(number, size=(64, 64)):
    return Image.new("RGB", size, (number % 250, number // 250, 7))


def test_own_pictures_are_split():
    data = gan_data.own([plain(n) for n in range(25)], side=32)
    assert data.shape == (3, 32, 32)
    assert (data.name, data.are_digits) == ("own", False)
    assert (len(data.train), len(data.held_out)) == (20, 5)
    reds = [int(picture[0, 0, 0]) for part in (data.train, data.held_out) for picture in part]
    assert sorted(reds) == list(range(25))
    again = gan_data.own([plain(n) for n in range(25)], side=32)
    assert torch.equal(again.held_out, data.held_out)


def test_at_least_two_are_held_out():
    data = gan_data.own([plain(n) for n in range(8)])
    assert (len(data.train), len(data.held_out)) == (6, 2)


def test_what_is_the_same_counts_once():
    data = gan_data.own([plain(n % 10) for n in range(100)])
    assert len(data.train) + len(data.held_out) == 10
    assert sorted(int(p[0, 0, 0]) for p in torch.cat([data.train, data.held_out])) == list(
        range(10)
    )


def test_the_middle_square_is_taken():
    def striped(n):
        image = Image.new("RGB", (192, 64), "red")
        image.paste((0, 100 + n, 0), (64, 0, 128, 64))
        return image

    data = gan_data.own([striped(n) for n in range(8)], side=64)
    assert data.train[:, 0].max() == 0
    assert data.train.shape == (6, 3, 64, 64)


@pytest.mark.parametrize(
    ("pictures", "side", "key"),
    [
        ([], 32, "own_pictures"),
        ([plain(n) for n in range(7)], 32, "own_pictures"),
        ([plain(0)] * 501, 32, "own_pictures"),
        ([plain(0)] * 500, 32, "own_pictures_same"),
        ([plain(n % 7) for n in range(30)], 32, "own_pictures_same"),
        ([plain(n) for n in range(8)], 33, "unknown_choice"),
    ],
)
def test_own_pictures_that_are_refused(pictures, side, key):
    with pytest.raises(ValidationError) as caught:
        gan_data.own(pictures, side)
    assert caught.value.key == key


def test_the_whole_of_mnist_is_read_from_its_folder_or_refused(tmp_path, monkeypatch):
    from types import SimpleNamespace

    from torchvision import datasets

    def there(place, train, download):
        assert (place, download) == (tmp_path, True)
        count = 5 if train else 3
        pictures = torch.full((count, 28, 28), 7, dtype=torch.uint8)
        return SimpleNamespace(data=pictures, targets=torch.arange(count))

    monkeypatch.setattr(datasets, "MNIST", there)
    found = gan_data.mnist(tmp_path)
    assert found.train.shape == (5, 1, 28, 28)
    assert found.held_out.shape == (3, 1, 28, 28)
    assert found.digits.tolist() == [0, 1, 2, 3, 4]
    assert found.held_out_digits.tolist() == [0, 1, 2]

    def offline(*_args, **_options):
        raise RuntimeError("Error downloading train-images-idx3-ubyte.gz")

    monkeypatch.setattr(datasets, "MNIST", offline)
    with pytest.raises(ValidationError, match="could not be downloaded"):
        gan_data.mnist(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(ValidationError, match="may not write to the folder"):
        gan_data.mnist(tmp_path / "file" / "folder")
