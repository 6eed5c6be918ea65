"""The code of a result, as text: what it names, what it leaves out, and what can't be asked for."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from demos import layout
from demos.runtime import i18n
from demos.ui import card
from demos.ui.code import panel, write
from demos.ui.code.recipe import PROJECT, place, places
from models.validation import ValidationError
from tests.app import api_snapshot
from tests.browser.helpers import slow_cases
from tests.demos.ui.code_samples import CAT, IDS, PAIR, SAMPLES, read

ENDPOINTS = json.loads(api_snapshot.PATH.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def site():
    return TestClient(Starlette(routes=panel.routes(layout.RECIPES)))


def test_every_recipe_has_a_sample_and_every_tab_that_computes_a_recipe():
    assert {name for name, _, _ in SAMPLES} == set(layout.RECIPES)
    without = [tab.NAME for tab in layout.TABS if not getattr(tab, "RECIPES", ())]
    assert without == ["board", "lessons"]


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_an_address_keeps_the_settings_and_the_code_names_those_that_differ(sample):
    recipe, given, _ = read(*sample)
    whole = vars(recipe.settings(**sample[1]))
    assert vars(given.settings) == whole
    code = write.python(recipe, given)
    tree = ast.parse(code)
    assert 6 <= len(code.splitlines()) <= 28, code
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not [module for module in modules if module.startswith(("demos", "gradio"))]
    assert ast.unparse(tree.body[0]) == "import models"
    loops = {ast.unparse(node.target) for node in ast.walk(tree) if isinstance(node, ast.For)}
    words = [word for word in ast.walk(tree) if isinstance(word, ast.keyword)]
    # What a loop runs through is named whatever it is.
    named = {word.arg for word in words if word.arg not in loops}
    usual = recipe.usual(given.settings) if recipe.usual else vars(recipe.settings())
    asked_for = {key for key, value in whole.items() if value == usual[key]}
    always = {"truncation", "noise", "steps", "frames"}  # of functions without a default
    assert named & asked_for <= always, code
    places = [
        *given.pictures.values(),
        *(path for paths in given.listed.values() for path in paths),
    ]
    assert [path for path in places if path not in code] == []


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_calls_name_parameters_of_the_endpoint_and_all_that_it_gives(sample):
    recipe, given, _ = read(*sample)
    client, curl = write.client(recipe, given), write.curl(recipe, given)
    if not recipe.endpoint or not recipe.askable(given.settings):
        assert client == curl == ""
        return
    described = ENDPOINTS[f"/{recipe.endpoint}"]
    parameters = {parameter["name"] for parameter in described["parameters"]}
    words = [node for node in ast.walk(ast.parse(client)) if isinstance(node, ast.keyword)]
    assert {word.arg for word in words} - {"api_name"} <= parameters
    assert subprocess.run(["bash", "-n"], input=curl.encode()).returncode == 0
    assert f'api_name="/{recipe.endpoint}"' in client
    assert len(recipe.outputs) == len(described["returns"])


def test_a_picture_is_named_by_the_example_that_it_is_and_by_no_path_of_this_machine(tmp_path):
    assert place(CAT) == "demos/examples/photos/chelsea.jpg"
    copied = tmp_path / "chelsea.jpg"
    copied.write_bytes(Path(CAT).read_bytes())
    assert place(str(copied)) == "demos/examples/photos/chelsea.jpg"
    copied.write_bytes(b"another picture of that name")
    assert place(str(copied)) == "chelsea.jpg"
    assert place("/tmp/gradio/12/mine.png") == "mine.png"


def test_each_of_several_pictures_has_a_place_of_its_own(tmp_path):
    paths = [f"/tmp/gradio/{number}/image.jpg" for number in range(3)]
    assert places([paths[1], CAT, paths[2]], paths[0]) == (
        "2_image.jpg", "demos/examples/photos/chelsea.jpg", "3_image.jpg",
    )  # fmt: skip


def test_several_pictures_of_ones_own_are_named_and_sent():
    more = ["mine.jpg", "/etc/passwd", "demos/examples/photos/owl.jpg"]
    recipe, given, _ = read("attack_universal", {"more": more}, {"image": "/tmp/x/dog.png"})
    assert given.own_pictures == ["dog.png", "mine.jpg", "passwd"]
    assert 'handle_file("passwd")' in write.client(recipe, given)
    curl = write.curl(recipe, given)
    assert curl.count("/upload") == 4
    assert [f'"\'"$MORE{number}"\'"' in curl for number in (1, 2, 3, 4)] == [True] * 3 + [False]
    assert subprocess.run(["bash", "-n"], input=curl.encode()).returncode == 0


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("demos/examples/photos/chelsea.jpg", "demos/examples/photos/chelsea.jpg"),
        ("/etc/passwd", "passwd"),
        ("../../weights/manifest.json", "manifest.json"),
        ("demos/examples/photos/../photos/chelsea.jpg", "chelsea.jpg"),
        (CAT, "chelsea.jpg"),
    ],
)
def test_an_address_names_an_example_or_a_file_of_the_visitors(asked, found):
    given = layout.RECIPES["attack"].read({"image": asked})
    assert given.pictures == {"image": found}


def test_a_name_can_be_no_code():
    evil = "x'); import os; ('.png\n\"$(rm)\""
    recipe, given, _ = read("attack", {}, {"image": f"/tmp/{evil}"})
    tree = ast.parse(write.python(recipe, given))
    assert [node for node in ast.walk(tree) if isinstance(node, ast.Import)][1:] == []
    assert ast.parse(write.client(recipe, given))
    lines = write.curl(recipe, given).splitlines()
    assert subprocess.run(["bash", "-n"], input="\n".join(lines).encode()).returncode == 0


def test_what_says_the_usual_in_other_words_is_left_out():
    from demos.style_transfer import recipes
    from demos.style_transfer.runs import StyleRequest

    asked = StyleRequest(
        CAT, PAIR["style"], CAT,
        settings={"content_layer": "blocks.3.0.bn1", "layer_weights": (1.0,) * 11, "blend": 0},
    )  # fmt: skip
    _, _, query = recipes.painting(asked, {}, whole=True).partition("?")
    assert sorted(part.split("=")[0] for part in query.split("&")) == ["content", "style"]
    assert "note=stopped" in recipes.painting(asked, {}, whole=False)
    assert "note=changed" in recipes.painting(asked, {"tv_weight": 3.0}, whole=True)


def test_what_no_endpoint_can_make_is_not_asked_of_one():
    for name, values in (
        ("gan", {"noise": 3}),
        ("gan_lab", {"steps": 0}),
        ("gan_lab", {"warp": True}),
        ("tour", {}),
    ):
        recipe, given, _ = read(name, values, {})
        assert write.client(recipe, given) == write.curl(recipe, given) == ""
        assert write.python(recipe, given)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_a_bad_address_is_refused_in_the_visitors_language(site, language):
    answer = site.get(f"/code/attack?lang={language}")
    assert answer.status_code == 400
    assert answer.text == i18n.error_message(language, ValidationError("no_picture"))
    answer = site.get(f"/code/gan.ipynb?truncation=7&lang={language}")
    assert answer.status_code == 400
    assert i18n.say(language, "name.truncation") in answer.text
    assert site.get("/code/attack?image=a.png&model=nothing").status_code == 400
    for more in ("nothing", "[1]", json.dumps(["a.png"] * 9)):
        assert (
            site.get("/code/attack_universal", params={"image": "a.png", "more": more}).status_code
            == 400
        )
    assert site.get("/code/nothing").status_code == 404
    assert site.get("/code/gan.html").status_code == 404
    assert site.get(f"/code/gan?x={'y' * 9000}").status_code == 404


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_panel_is_told_codes_words_and_notes(site, language):
    _, _, address = read("attack", {}, {"image": "/tmp/gradio/1/mine.png"})
    found = site.get(f"/{address}&note=stopped&lang={language}").json()
    assert list(found["codes"]) == ["Python", "gradio_client", "curl"]
    assert found["words"]["copy"] == i18n.say(language, "code.copy")
    assert all(part in found["words"]["run"] for part in ("app.py", "PYTHONPATH"))
    assert found["notes"][0] == i18n.say(language, "code.note.stopped")
    assert "mine.png" in found["notes"][1]
    assert list(site.get(f"/{read('tour', {}, {})[2]}").json()["codes"]) == ["Python"]


@pytest.mark.parametrize("language", ["hi", *slow_cases("en", "mr", "ne")])
def test_a_notebook_is_valid_explained_and_shows_the_picture(site, language):
    nbformat = pytest.importorskip("nbformat")
    for name, values, pictures in SAMPLES:
        _, _, address = read(name, values, pictures)
        answer = site.get("/" + address.replace("?", ".ipynb?") + f"&lang={language}")
        assert answer.status_code == 200
        assert f'filename="netglass-{name}.ipynb"' in answer.headers["content-disposition"]
        made = nbformat.reads(answer.text, as_version=4)
        nbformat.validate(made)
        title, _, settings, code, _ = made.cells
        demo = layout.RECIPES[name].demo
        assert i18n.say(language, f"{demo}.idea") in title.source
        assert i18n.say(language, "code.notebook.settings") in settings.source
        assert code.source.splitlines()[-1].strip().startswith(("picture", "print"))


def test_with_pythonpath_python_finds_the_package_in_any_folder(tmp_path):
    command = [sys.executable, "-c", "import models; print(models.list_models('pets')[0])"]
    for path, found in ((str(PROJECT), True), ("", False)):
        told = os.environ | {"PYTHONPATH": path}
        done = subprocess.run(command, cwd=tmp_path, env=told, capture_output=True, text=True)
        assert (done.returncode == 0) is found, done.stderr


def test_a_result_brings_the_address_of_its_code():
    line = card.origin("zebra", ["x"], code="code/ideal?class_name=zebra&steps=4")
    assert 'data-code="code/ideal?class_name=zebra&amp;steps=4"' in line
    assert i18n.say("hi", "code.show") in line
    assert "<details" not in card.origin("zebra", ["x"])
