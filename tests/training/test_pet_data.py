"""The photographs: names and splits, on a made-up Oxford set."""

from pathlib import Path

from models.labels import breeds
from training import pet_data
from training.pet_data import Photo


def test_the_oxford_set_is_read_by_way_of_torchvision(oxford):
    photos = pet_data.photos(oxford)
    assert [p.use for p in photos].count("train") == 74
    assert [p.use for p in photos].count("test") == 37
    assert sorted({p.breed for p in photos}) == list(range(37))
    first = photos[0]
    assert Path(first.path).stem.startswith(breeds.NAMES[first.breed].split()[0])
    (picture,) = pet_data.pictures([first], oxford)
    assert picture.size == (40, 30)


def test_what_is_held_out_is_spread_over_breeds_and_origins(made_up):
    held = pet_data.held_out(made_up())
    chosen = [p for p, h in zip(made_up(), held, strict=True) if h]
    assert {(p.breed, p.origin) for p in chosen} == {
        (b, o) for b in range(3) for o in ("oxford", "elsewhere")
    }
    ours = [p.number for p in chosen if p.origin == "oxford"]
    assert ours == [54, 56, 58]  # a tenth of ten each, the highest numbers
    assert pet_data.held_out(made_up()) == held


def test_a_likely_crop_stays_with_its_original(made_up):
    photos = made_up()
    twins = [Photo(f"t{n}.jpg", n % 3, "train", "elsewhere", f"{n}.jpg", -1) for n in range(60)]
    held = pet_data.held_out(photos + twins)
    assert held[:60] == held[60:]
