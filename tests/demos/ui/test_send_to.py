"""From tab to tab: every button that sends finds its doors, and what goes along."""

from demos.style_transfer import tab as style_transfer
from demos.ui import send_to
from models import registry


def parcels(page, tab, first):
    return [p for p in page.parcels if p.tab == tab and p.doors[0] == first]


def test_every_sender_goes_through_doors_that_are_there(page):
    assert all(set(parcel.doors) <= set(page.doors) for parcel in page.parcels)
    assert len(page.parcels) == 13
    assert {(parcel.tab, parcel.doors[0]) for parcel in page.parcels} == {
        *send_to.TO.items(), ("gan", "gan.seed"),
    }  # fmt: skip
    doors = {name for parcel in page.parcels for name in parcel.doors}
    assert set(send_to.TO.values()) <= doors
    assert len(parcels(page, "pets", "pets.photo")) == 5  # explorer, style, three stations
    assert len(parcels(page, "attack", "attack.photo")) == 4  # explorer, style, pets, a station


def test_the_model_goes_along_from_the_pets_only(page):
    sent = [parcel.doors for parcel in parcels(page, "attack", "attack.photo")]
    assert sorted(len(doors) for doors in sent) == [1, 1, 2, 2]
    for parcel in parcels(page, "attack", "attack.photo"):
        given = ["cat.png", registry.DEFAULT_PET_CLASSIFIER][: len(parcel.inputs)]
        if len(parcel.doors) == 2:
            assert tuple(parcel.make("en", *given)) == ("cat.png", registry.DEFAULT_PET_CLASSIFIER)


def test_a_painting_is_sent_as_it_is_shown():
    assert (
        style_transfer.shown_picture("en", ("before.png", "after.png"), "live.jpeg") == "after.png"
    )
    assert style_transfer.shown_picture("en", None, "live.jpeg") == "live.jpeg"
    assert style_transfer.shown_picture("en", None, None) is None
