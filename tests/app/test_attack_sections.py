"""The endpoints of the sections below the attack in the running app."""

import re

import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from demos.runtime.i18n import say


def test_the_curve_finds_the_smallest_epsilon(client, photo):
    report = client.predict(
        handle_file(photo("german_shepherd")),
        epsilon_end=4,
        points=4,
        steps=3,
        api_name="/attack_curve",
    )
    assert report["epsilons"] == pytest.approx([0, 4 / 9, 16 / 9, 4], abs=1e-4)
    assert set(report["methods"]) == {"fgsm", "pgd", "mi_fgsm"}
    pgd = report["methods"]["pgd"]
    assert pgd["true"][0] > 0.9 > 0.2 > pgd["true"][-1]
    assert pgd["fooled"][0] is False
    assert pgd["fooled"][-1] is True
    assert 0 < pgd["smallest"] <= report["whole"]["epsilon"] <= 4
    assert report["whole"]["class"] != "German shepherd"


def test_a_pet_classifier_is_attacked_towards_a_breed(client, photo):
    report = client.predict(
        handle_file(photo("chelsea")),
        model="pets_lite0",
        target="Siamese",
        epsilon_end=8,
        points=3,
        steps=3,
        api_name="/attack_curve",
    )
    assert report["methods"]["pgd"]["target"][-1] > 0.5
    assert report["whole"]["class"] == "Siamese"


def test_every_transform_has_a_verdict(client, photo):
    report = client.predict(
        handle_file(photo("german_shepherd")), steps=5, api_name="/attack_survival"
    )
    assert len(report) == 12
    assert report["none"]["outcome"] == report["bits8"]["outcome"] == "fools"
    assert report["none"]["clean"]["class"] == "German shepherd"
    assert report["jpeg30"]["outcome"] == "cured"


def test_transfer_among_what_is_here(client, photo):
    report = client.predict(handle_file(photo("chelsea")), model="pets_lite0", epsilon=4, steps=3,
                            api_name="/attack_transfer")  # fmt: skip
    assert {"pets_lite0", "pets_lite2"} <= set(report["rows"]) == set(report["clean"])
    for name, row in report["rows"].items():
        assert set(row) == set(report["rows"])
        assert name.endswith("robust") or row[name]["outcome"] == "fools"
    assert report["away"] == []


def test_smoothing_votes_and_certifies(client, photo):
    options = {"sigma": 8, "samples": 16, "api_name": "/smoothed"}
    report = client.predict(handle_file(photo("german_shepherd")), **options)
    assert report["class"] == "German shepherd"
    assert sum(report["votes"].values()) == 16
    assert report["radius"] > 0
    assert report == client.predict(handle_file(photo("german_shepherd")), **options)


def test_one_change_for_ones_own_photos(client, photo, tmp_path):
    own = []
    for number in range(2):
        own.append(str(tmp_path / f"mine{number}.png"))
        Image.effect_noise((64, 48), 60 + number).convert("RGB").save(own[-1])
    options = {"photos": 3, "steps": 1, "api_name": "/universal_perturbation"}
    more = [handle_file(path) for path in own]
    path, report = client.predict(handle_file(photo("owl")), more=more, **options)
    with Image.open(path) as shown:
        assert shown.size == (224, 224)
        assert {*np.unique(np.asarray(shown.convert("RGB")))} <= {115, 127, 128, 140}
    assert [one["photo"] for one in report["made"]["photos"]] == [
        "owl.jpg", "mine0.png", "mine1.png",
    ]  # fmt: skip
    others = report["others"]
    fooled = [one["before"]["class"] != one["after"]["class"] for one in others["photos"]]
    assert others["rate"] == pytest.approx(sum(fooled) / len(fooled), abs=1e-6)
    (tmp_path / "mine1.png").write_text("no picture")
    more = [handle_file(path) for path in own]
    message = 'more: Photo 2 of 2, "mine1.png", can.t be used.*not a picture'
    with pytest.raises(AppError, match=message):
        client.predict(handle_file(photo("owl")), more=more, **options)


@pytest.mark.parametrize("more", ["mine.png", [{"path": "/etc/passwd"}], [7], {"path": "x"}])
def test_what_is_no_list_of_uploaded_photos_is_said(client, photo, more):
    asked = {"image": handle_file(photo("owl")), "more": more, "steps": 1}
    with pytest.raises(AppError, match="more must be an uploaded picture file"):
        client.predict(**asked, api_name="/universal_perturbation")


BAD = [
    ("/universal_perturbation", {"photos": 13}, "photos must be from 1 to 12"),
    ("/universal_perturbation", {"epsilon": 2.5}, "epsilon must be a whole number"),
    ("/smoothed", {"samples": 1}, "With 1 noisy copies.*at least 7"),
    ("/smoothed", {"sigma": 0}, "sigma must be from 0.1 to 128"),
    ("/smoothed", {"confidence": 1}, "confidence must be from 0.5 to 0.9999"),
    ("/smoothed", {"model": "nobody"}, "Choose one of"),
    ("/attack_curve", {"epsilon_end": 0}, "epsilon_end must be from 1 to 64"),
    ("/attack_curve", {"epsilon_end": 65}, "epsilon_end must be from 1 to 64"),
    ("/attack_curve", {"points": 2}, "points must be from 3 to 40"),
    ("/attack_curve", {"target": "German shepherd"}, "already takes this picture for German shep"),
    ("/attack_curve", {"target": "Siamesse cat"}, "nearest names: Siamese cat"),
    ("/attack_survival", {"epsilon": 65}, "epsilon must be from 0 to 64"),
    ("/attack_transfer", {"model": "pets_lite0", "target": "pizza"}, "no breed called pizza"),
]


@pytest.mark.parametrize(("endpoint", "bad", "message"), BAD, ids=lambda value: str(value)[:40])
def test_bad_input_is_said(client, photo, endpoint, bad, message):
    with pytest.raises(AppError, match=message):
        client.predict(handle_file(photo("german_shepherd")), **bad, api_name=endpoint)


def test_a_tiny_picture_is_said_and_a_small_one_works(client, tmp_path):
    paths = {}
    for side in (15, 16):
        paths[side] = tmp_path / f"{side}.png"
        Image.effect_noise((side, side), 80).convert("RGB").save(paths[side])
    for endpoint in ("/attack_curve", "/attack_survival", "/attack_transfer", "/smoothed"):
        with pytest.raises(AppError, match="Each side needs at least 16"):
            client.predict(handle_file(str(paths[15])), api_name=endpoint)
    small = client.predict(handle_file(str(paths[16])), samples=8, api_name="/smoothed")
    assert sum(small["votes"].values()) == 8


@pytest.fixture
def window(browser, app_url):
    """A page of the app in a window as wide as a phone's."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(app_url + "?lang=en")
    page.get_by_role("tab").first.wait_for()
    # The page has found its language by then.
    page.locator("#language input:enabled").first.wait_for()
    yield page
    context.close()


def press(window, key):
    name = say("en", key)
    window.get_by_role("button", name=name, exact=True).locator("visible=true").first.click()


def test_a_cat_and_a_pet_are_sent_with_one_click(window):
    window.get_by_role("tab", name=say("en", "gan.tab"), exact=True).first.click()
    press(window, "send.style")
    button = window.get_by_role("button", name=say("en", "run.paint"), exact=True)
    button.locator("visible=true").wait_for()
    assert re.search("netglass-stylegan", window.locator("#style-content img").get_attribute("src"))
    window.get_by_role("tab", name=say("en", "pets.tab"), exact=True).first.click()
    window.locator("#pets-verdict .bar").first.wait_for()
    breed = window.locator("#pets-verdict h3").inner_text()
    press(window, "send.attack")
    # The pet classifier came along: the verdict is a breed.
    window.locator("#attack-before .bar", has_text=breed).first.wait_for()


@pytest.mark.slow
def test_verdicts_scroll_in_their_box_on_a_phone(window):
    window.get_by_role("tab", name=say("en", "attack.tab"), exact=True).first.click()
    for part in ("robustness.transforms", "robustness.transferability"):
        window.get_by_role("button", name=say("en", part)).first.click()
        press(window, f"{part}.run")
        window.locator(f"#{part.replace('.', '-')} td").first.wait_for()
        assert window.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.slow
def test_curves_and_defenses_show_their_results(window):
    window.get_by_role("tab", name=say("en", "attack.tab"), exact=True).first.click()
    for section, buttons in (
        ("robustness.curve", {"robustness.curve.run": "#robustness-smallest td"}),
        (
            "robustness.defenses",
            {
                "robustness.jpeg.run": "#robustness-jpeg .bar",
                "robustness.smoothing.run": "#robustness-smoothing p",
            },
        ),
    ):
        window.get_by_role("button", name=say("en", section)).first.click()
        for key, result in buttons.items():
            press(window, key)
            window.locator(result).first.wait_for()
    press(window, "robustness.adversarial_training.run")
    window.locator(".robustness-fools").nth(2).wait_for()


def test_the_page_says_which_photo_cannot_be_read(window, photo, tmp_path):
    (tmp_path / "mine.jpg").write_text("no picture")
    window.get_by_role("tab", name=say("en", "attack.tab"), exact=True).first.click()
    window.get_by_role("button", name=say("en", "robustness.universal")).first.click()
    files = [photo("owl"), str(tmp_path / "mine.jpg"), photo("chelsea")]
    window.locator("#robustness-universal-more input[type=file]").set_input_files(files)
    window.locator("#robustness-universal-more", has_text="mine").wait_for()
    window.locator("#robustness-universal-more", has_text="chelsea").wait_for()
    press(window, "robustness.universal.run")
    window.get_by_text('Photo 2 of 3, "mine.jpg"').first.wait_for()


@pytest.mark.slow
def test_a_universal_perturbation_that_is_stopped_shows_what_it_has(window):
    window.get_by_role("tab", name=say("en", "attack.tab"), exact=True).first.click()
    window.get_by_role("button", name=say("en", "robustness.universal")).first.click()
    press(window, "robustness.universal.run")
    window.locator("#robustness-universal-plot polyline").first.wait_for()
    press(window, "stop")
    window.locator("#robustness-universal-photos td").first.wait_for()
    window.locator("#robustness-universal img").wait_for()
