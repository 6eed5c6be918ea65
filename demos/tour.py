"""The tour: one cat that never was is drawn, painted, named and attacked, one after the other."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from html import escape

import gradio as gr
import numpy as np
from PIL import Image

from demos.attacks import runs as attack_runs
from demos.attacks.runs import AttackRequest
from demos.gan_explorer import runs as gan_runs
from demos.gan_explorer import tab as gan_explorer
from demos.pets import runs as pet_runs
from demos.runtime.engine import Engine, Run
from demos.runtime.events import Loading, Result, Waiting
from demos.runtime.i18n import breed_name, say
from demos.style_transfer import runs as style_runs
from demos.style_transfer.runs import StyleRequest
from demos.ui import deep_links
from demos.ui import examples as pictures
from demos.ui import progress as status
from demos.ui.components import Knob, Photo
from demos.ui.page import HEAVY, LIGHT, PRIVATE, Page, localize_errors
from demos.ui.plots import bars
from demos.ui.send_to import SendButton
from models import images, registry
from models.attacks.settings import AttackSettings
from models.classifiers.settings import CamSettings
from models.gan.settings import SLIDERS, SampleSettings
from models.labels import breeds

NAME = "tour"
# The stations, and the share of the tour's time that is over when each is done.
STATIONS = {"cat": 0.02, "painted": 0.58, "named": 0.64, "attacked": 1.0}
DEFAULTS = {"seed": 26, "truncation": 0.7, "epsilon": 4}
EXPERIMENTS = ({"seed": 3, "truncation": 1.5}, {"epsilon": 1})
PAINTING = pictures.example("styles", "starry_night")
PAINT = {"size": 256, "steps": 60, "optimizer": "lbfgs"}
# Dogs that the attack may aim at: one that the classifier does not think of already.
TARGETS = ("pug", "beagle", "boxer")
# On a phone the pictures come below what fits: bring the buttons, and them, to the top.
SCROLL = """() => {if (innerWidth <= 640)
  document.getElementById("tour-status").closest(".column").scrollIntoView()}"""
# What the explorer's other knobs must be, so that it shows the same cat.
EXPLORER = {name: gan_explorer.DEFAULTS[name] for name in ("model", "noise", *SLIDERS)}


@dataclass(frozen=True)
class Moment:
    """What a station shows.

    Attributes:
        station: which one.
        share: of its work that is done, 0..1.
        picture: so far; at its end the path of an exact PNG.
        said: what was found there at its end, as HTML.
    """

    station: str
    share: float
    picture: str | Image.Image
    said: str = ""

    @property
    def number(self) -> int:
        """1 for the first station."""
        return list(STATIONS).index(self.station) + 1

    @property
    def progress(self) -> float:
        """The share of the whole tour's time that is over, about."""
        before = [0.0, *STATIONS.values()][self.number - 1]
        return before + (STATIONS[self.station] - before) * self.share


def toured(page: Page, code: str, seed, truncation, epsilon, run: Run) -> Generator:
    """`Moment`s of one station after the other, and status lines while networks are loaded.

    Raises:
        ValidationError: a knob can't have its value; before anything else happens.
    """
    AttackSettings(epsilon=epsilon)
    cat = gan_runs.enlarged(page.engine, registry.DEFAULT_GAN, seed=seed, truncation=truncation)
    yield Moment("cat", 1.0, cat)
    for station in (_painted, _named, _attacked):
        if run.is_set():
            return
        yield from station(page, code, cat, epsilon, run)


def _painted(page: Page, code: str, cat: str, _: float, run: Run) -> Generator:
    for event in style_runs.stylize(page.engine, StyleRequest(cat, PAINTING, settings=PAINT), run):
        if isinstance(event, Waiting | Loading):
            yield status.waiting(code, event)
            continue
        # Coarse scales are shown at full size: the picture grows sharper, not larger.
        shown = images.fit(event.value.image, PAINT["size"])
        last = isinstance(event, Result)
        share = event.value.step.progress
        yield Moment("painted", share, _kept(shown, "painted") if last else shown)


def _named(page: Page, code: str, cat: str, _: float, run: Run) -> Generator:
    for loading in page.engine.load_classifier(registry.DEFAULT_PET_CLASSIFIER):
        yield status.waiting(code, loading)
    picture, seen = pet_runs.classify(page.engine, cat)
    first, second = (breeds.index(name) for name, _ in seen.top(2))
    heat = pet_runs.overlay(page.engine, picture, seen, (first, second), CamSettings())
    yield Moment("named", 1.0, _kept(heat, "why"), _answer(code, seen))


def _attacked(page: Page, code: str, cat: str, epsilon: float, run: Run) -> Generator:
    _, seen = pet_runs.classify(page.engine, cat)
    settings = {"target": _target(seen), "epsilon": epsilon}
    asked = AttackRequest(cat, registry.DEFAULT_PET_CLASSIFIER, settings)
    for event in attack_runs.measured_attack(page.engine, asked, run):
        if isinstance(event, Waiting | Loading):
            yield status.waiting(code, event)
            continue
        step = event.value.step
        shown, said = images.to_image(step.adversarial), ""
        if isinstance(event, Result):
            shown = _kept(shown, "attacked")
            said = said_of_attack(page.engine, code, cat, shown)
        yield Moment("attacked", step.step / step.steps, shown, said)


def _kept(image: Image.Image, name: str) -> str:
    return pictures.png(image, f"netglass-tour-{name}")


def _target(seen) -> str:
    """The first of `TARGETS` that is not one of the classifier's two likeliest breeds."""
    likely = [name for name, _ in seen.top(2)]
    return next(name for name in TARGETS if name not in likely)


def said_of_cat(engine: Engine, code: str, cat: str | None) -> str:
    """The classifier's top five, and whether it takes the picture for a pet at all."""
    if cat is None:
        return ""
    _, seen = pet_runs.classify(engine, cat)
    return _answer(code, seen)


def said_of_attack(engine: Engine, code: str, cat: str | None, attacked: str | None) -> str:
    """Whether the attack succeeded, measured on its PNG, and the top five before and after."""
    if cat is None or attacked is None:
        return ""
    (clean, before), (changed, after) = (pet_runs.classify(engine, p) for p in (cat, attacked))
    wanted = _target(before)
    fooled = after.top(1)[0][0] == wanted
    verdict = say(code, "attack.success" if fooled else "attack.failure")
    largest = np.abs(np.asarray(clean, int) - np.asarray(changed, int)).max()
    found = say(code, "tour.attacked.found", breed=breed_name(code, wanted), linf=largest)
    said = f"<p><b>{escape(verdict)}</b> {escape(found)}</p>"
    for key, seen in (("attack.verdict_before", before), ("attack.verdict_after", after)):
        said += f"<p><b>{escape(say(code, key))}</b></p>{_answer(code, seen)}"
    return said


def _answer(code: str, seen) -> str:
    doubt = "" if seen.is_pet else f"<p>{escape(say(code, 'pets.not'))}</p>"
    return doubt + bars([(breed_name(code, name), value) for name, value in seen.top(5)])


def build(page: Page, _tab: gr.Tab) -> None:
    """Lays out the tab and wires its events."""
    page.intro(NAME)
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=300):
            run, stop, reset = page.controls("run.tour")
            line = gr.HTML(elem_id="tour-status")
        with gr.Column(scale=2, min_width=280):
            seed = page.put(
                gr.Number, "name.seed", DEFAULTS["seed"], precision=0, elem_id="tour-seed"
            )
            other = page.put(gr.Button, "tour.another", size="sm")
    more = _more(page)
    bodies, photos, found, keep = _stations(page, [seed, more["truncation"]])
    _lay_out(page, **more)
    knobs = {"seed": seed} | more
    order = list(knobs.values())
    page.experiments(NAME, EXPERIMENTS, DEFAULTS, order)
    deep_links.listen(page, NAME, knobs)

    def emptied(*stations: str) -> dict:
        update = {bodies[name]: gr.update(visible=False) for name in stations}
        update |= {photos[name]: None for name in stations}
        return update | {found[name]: "" for name in stations if name in found}

    def told(moment: Moment) -> dict:
        name = moment.station
        update = {bodies[name]: gr.update(visible=True), photos[name]: moment.picture}
        if name == "cat":
            update |= emptied(*list(STATIONS)[1:])
        if moment.said:
            update[found[name]] = moment.said
        if moment.said and name == "attacked":
            update[keep] = moment.picture
        return update

    @localize_errors
    def tour(request: gr.Request, code, *values):
        start, over, total = time.perf_counter(), 0, len(STATIONS)
        # All of it each time: Gradio may lose what a part is given while it becomes visible.
        now = {}
        with page.engine.run(request.session_hash, NAME) as going:
            for moment in toured(page, code, *values, going):
                if isinstance(moment, str):
                    yield {line: moment}
                    continue
                over = moment.number - (moment.share < 1)
                seconds = time.perf_counter() - start
                said = status.running(code, moment.number, total, moment.progress, seconds)
                now = now | told(moment) | {line: said}
                yield now
        yield now | {line: status.finished(code, over, total, time.perf_counter() - start)}

    @localize_errors
    def retell(code, cat, attacked):
        engine = page.engine
        return said_of_cat(engine, code, cat), said_of_attack(engine, code, cat, attacked)

    outputs = [line, keep, *bodies.values(), *photos.values(), *found.values()]
    run.click(None, None, None, js=SCROLL, api_visibility="private")
    run.click(tour, [page.language, *order], outputs, **PRIVATE, **HEAVY)
    page.connect_stop(stop, NAME)
    other.click(
        None, None, seed, js="() => Math.floor(Math.random() * 1e6)", api_visibility="private"
    )
    shown = [page.language, photos["cat"], photos["attacked"]]
    page.language.input(retell, shown, list(found.values()), **PRIVATE, **LIGHT)
    reset.click(
        lambda: dict(zip(order, DEFAULTS.values(), strict=True)) | emptied(*STATIONS) | {line: ""},
        None,
        [*order, *outputs],
        **PRIVATE,
        **LIGHT,
    )


def _stations(page: Page, drawn: list) -> tuple[dict, dict, dict, gr.DownloadButton]:
    """Four columns: what appears in them, the pictures, what was found, and the exact PNG.

    Args:
        drawn: the knobs that the cat was drawn with.
    """
    bodies, photos, found = {}, {}, {}
    with gr.Row(equal_height=False):
        for name in STATIONS:
            with gr.Column(min_width=270):
                page.put(gr.Markdown, f"tour.{name}")
                with gr.Column(visible=False) as bodies[name]:
                    photos[name] = page.put(
                        Photo, f"tour.{name}.picture", format="jpeg", height=256, buttons=[],
                        interactive=False,
                    )  # fmt: skip
                    page.put(gr.Markdown, f"tour.{name}.caption")
                    if name in ("named", "attacked"):
                        found[name] = gr.HTML(elem_id=f"tour-{name}-found")
                    if name == "attacked":
                        keep = page.put(gr.DownloadButton, "download", size="sm")
                    _goes_on(page, name, photos, drawn)
    return bodies, photos, found, keep


def _goes_on(page: Page, name: str, photos: dict, drawn: list) -> None:
    """The buttons that open another tab with what a station shows."""
    cat, here = photos["cat"], photos[name]

    def send(key: str, make, inputs: list, tab: str, *targets: str) -> None:
        button = page.put(gr.Button, key, size="sm")
        page.send_buttons.append(SendButton(button, make, inputs, tab, targets))

    def explorer(code, seed, truncation):
        return seed, truncation, *EXPLORER.values()

    def pet(code, path):
        return path, registry.DEFAULT_PET_CLASSIFIER

    if name == "cat":
        targets = [f"gan.{knob}" for knob in ("seed", "truncation", *EXPLORER)]
        send("tour.cat.go", explorer, drawn, "gan", *targets)
    if name == "painted":
        content = ("style.content", "style.style")
        send("tour.painted.go", lambda code, path: (path, PAINTING), [cat], "style", *content)
    if name == "named":
        send("tour.named.go", pet, [cat], "pets", "pets.photo", "pets.model")
    if name == "attacked":
        send("tour.attacked.go", pet, [cat], "attack", "attack.photo", "attack.model")
    if name in ("painted", "attacked"):
        send("tour.ask", pet, [here], "pets", "pets.photo", "pets.model")


def _more(page: Page) -> dict[str, Knob]:
    """The knobs that nobody needs at first, not laid out yet: the stations above ask for one."""
    most = SampleSettings.described()["truncation"].high
    return {
        "truncation": page.put(
            Knob, "name.truncation", 0, most, DEFAULTS["truncation"], step=0.05, render=False
        ),
        "epsilon": page.put(Knob, "name.epsilon", 0, 16, DEFAULTS["epsilon"], step=1, render=False),
    }


def _lay_out(page: Page, truncation: Knob, epsilon: Knob) -> None:
    with page.put(gr.Accordion, "attack.more", open=False), gr.Row():
        with gr.Column(min_width=220):
            truncation.render()
            page.formula(r"w'=\bar w+\psi\,(w-\bar w)")
        with gr.Column(min_width=220):
            epsilon.render()
            page.formula(r"\lVert x'-x\rVert_\infty\le\varepsilon")
