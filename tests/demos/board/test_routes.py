"""The board by address: a teacher and students, and what is refused."""

import base64
import io

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from demos.board import routes
from demos.board.boards import Boards
from demos.runtime.engine import Engine
from demos.runtime.i18n import say

KEY = "SESAME"


def png(size=(64, 48), color="teal", **options) -> str:
    stream = io.BytesIO()
    Image.new("RGB", size, color).save(stream, "PNG", **options)
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"


class Visitor:
    """A page: its address, and its place on a board."""

    def __init__(self, app, host="192.168.1.55"):
        self.client = TestClient(app, client=(host, 1))
        self.code = self.token = ""

    def post(self, path, **given):
        answer = self.client.post(f"/board/{path}", json=given, headers=self.headers())
        if answer.status_code == 200 and "token" in answer.json():
            self.code, self.token = answer.json()["code"], answer.json()["token"]
        return answer

    def headers(self):
        return {routes.TOKEN: self.token} if self.token else {}

    def act(self, action, **given):
        return self.post("act", code=self.code, action=action, **given)

    def state(self, **query):
        return self.client.get(
            "/board/state", params={"code": self.code, **query}, headers=self.headers()
        )

    def pin(self, **given):
        words, link = [{"en": "A dog"}], "tab=attack&epsilon=4"
        return self.act("pin", **{"picture": png(), "words": words, "link": link} | given)


@pytest.fixture
def engine():
    return Engine("cpu")


@pytest.fixture
def app(engine):
    return Starlette(routes=routes.routes(engine, KEY))


@pytest.fixture
def teacher(app):
    found = Visitor(app, "127.0.0.1")
    assert found.post("open", key=KEY, action="new").status_code == 200
    return found


@pytest.fixture
def student(app, teacher):
    found = Visitor(app)
    assert found.post("join", code=teacher.code, nickname="Ravi").status_code == 200
    return found


def test_a_pin_reaches_the_projector_with_its_link(teacher, student):
    assert student.pin().status_code == 200
    (pin,) = teacher.state().json()["pins"]
    assert pin | {"key": ""} == {
        "key": "", "student": 1, "nickname": "Ravi", "words": {"en": "A dog"},
        "link": "tab=attack&epsilon=4",
    }  # fmt: skip
    answer = teacher.client.get(f"/board/pins/{pin['key']}.webp")
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["cache-control"] == "no-store"
    assert Image.open(io.BytesIO(answer.content)).size == (64, 48)
    assert teacher.client.get("/board/pins/elsewhere.webp").status_code == 404


def test_of_a_picture_only_what_is_seen_goes_to_others(teacher, student):
    exif = Image.Exif()
    exif[0x010E] = "at home"
    student.pin(picture=png((3000, 600), exif=exif))
    content = teacher.client.get(
        f"/board/pins/{teacher.state().json()['pins'][0]['key']}.webp"
    ).content
    assert b"at home" not in content
    assert max(Image.open(io.BytesIO(content)).size) == routes.SIDE


def test_nothing_is_sent_that_a_page_has(teacher, student):
    before = student.state().json()["version"]
    assert student.state(since=before).status_code == 204
    student.pin()
    assert student.state(since=before).status_code == 200


def test_the_teacher_sees_which_tab_is_open(teacher, student):
    student.state(tab="attack")
    student.act("found", epsilon=4, accuracy=0.5)
    (row,) = teacher.state().json()["students"]
    assert (row["tab"], row["epsilon"]) == ("attack", 4.0)


def test_a_question_is_answered_live(teacher, student):
    teacher.act("ask", name="jpeg")
    question = student.state().json()["question"]
    assert student.act("vote", question=question["key"], answer=1).status_code == 200
    assert teacher.state().json()["question"]["rounds"] == [[0, 1, 0]]
    teacher.act("ask_again")
    student.act("vote", question=question["key"], answer=0)
    assert teacher.state().json()["question"]["rounds"] == [[0, 1, 0], [1, 0, 0]]


def test_a_reload_finds_board_and_place_again_by_their_tokens(app, teacher, student):
    again = Visitor(app)
    again.code, again.token = student.code, student.token
    assert again.state().json()["number"] == 1
    again.token = teacher.token
    assert "students" in again.state().json()


def test_two_teachers_have_two_boards_and_either_takes_over_by_the_key(app, teacher):
    other = Visitor(app)
    other.post("open", key=KEY.lower(), action="new")
    assert other.code != teacher.code
    listed = other.post("open", key=KEY, action="list").json()
    assert {board["code"] for board in listed["boards"]} == {teacher.code, other.code}
    code = teacher.code
    other.post("open", key=KEY, action="continue", code=code)
    assert other.state().json()["code"] == code
    assert other.post("open", key=KEY, action="continue", code="none").status_code == 400


def test_who_is_on_a_board_that_ended_is_told_so(teacher, student):
    assert teacher.act("end").status_code == 200
    for visitor in (teacher, student):
        answer = visitor.state(lang="hi")
        assert (answer.status_code, answer.text) == (410, say("hi", "error.board_gone"))
    assert student.pin().status_code == 410


def test_a_student_can_not_do_what_a_teacher_does_nor_the_other_way(teacher, student):
    for action in (*routes.TEACHER, "end"):
        assert student.act(action).status_code == 400, action
    for action in routes.STUDENT:
        assert teacher.act(action).status_code == 400, action
    assert teacher.state().status_code == 200


def test_a_token_is_of_one_board_only(app, teacher, student):
    other = Visitor(app)
    other.post("open", key=KEY, action="new")
    student.code = other.code
    assert student.state().status_code == 410
    student.token = ""
    assert student.state().status_code == 410


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"picture": "A" * (30 << 20)}, 413),
        ({"picture": base64.b64encode(b"\0" * (2 << 20) + b"\0").decode()}, 413),
        ({"picture": "data:text/html;base64,PGI+"}, 400),
        ({"picture": ""}, 400),
        ({"picture": 7}, 400),
        ({"words": [{"en": "a" * 500}]}, 400),
        ({"words": "A dog"}, 400),
        ({"link": "javascript:alert(1)"}, 400),
    ],
)
def test_a_bad_pin_is_refused_with_a_sentence(teacher, student, given, status):
    answer = student.pin(**given)
    assert (answer.status_code, answer.text[-1]) == (status, ".")
    assert teacher.state().json()["pins"] == []


def test_three_hundred_pins_at_once_are_ten(teacher, student):
    statuses = [student.pin(picture="").status_code for _ in range(300)]
    assert 10 <= statuses.count(400) <= 12  # looked at, and found to be none
    assert set(statuses) == {400, 429}


def test_no_code_and_no_key_are_said_and_are_no_tries(app, teacher):
    guesser = Visitor(app, "10.0.0.7")
    for _ in range(60):
        answer = guesser.post("join", code=" ")
        assert (answer.status_code, answer.text) == (400, say("en", "error.board_no_code"))
        answer = guesser.post("open", action="list", key="")
        assert (answer.status_code, answer.text) == (400, say("en", "error.board_key"))
    assert guesser.post("join", code=teacher.code).status_code == 200


def test_codes_tried_one_after_another_are_limited(app, teacher):
    guesser = Visitor(app, "10.0.0.9")
    statuses = [guesser.post("join", code=f"QQ{n:02d}").status_code for n in range(60)]
    assert statuses[:40] == [400] * 40
    assert set(statuses[42:]) == {429}
    assert Visitor(app).post("join", code=teacher.code).status_code == 200


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"[" * 100_000, b"\xff"])
def test_what_is_no_object_is_refused(app, content):
    for path in ("open", "join", "act"):
        assert TestClient(app).post(f"/board/{path}", content=content).status_code == 400


@pytest.mark.parametrize(
    ("action", "given"),
    [("show", {"pins": 7}), ("show", {}), ("hide", {"pin": ["x"]}), ("approve", {}),
     ("ask", {"answers": 7}), ("ask", {"name": ["jpeg"]}), ("ask_again", {}), ("dance", {})],
)  # fmt: skip
def test_what_a_teacher_can_not_have_meant_is_a_sentence(teacher, action, given):
    answer = teacher.act(action, **given)
    assert (answer.status_code, answer.text[-1]) == (400, ".")


@pytest.mark.parametrize(
    ("action", "given"),
    [("vote", {}), ("vote", {"question": "x", "answer": 0}), ("found", {"accuracy": "high"}),
     ("found", {"modes": 2.5})],
)  # fmt: skip
def test_what_a_student_can_not_have_meant_is_a_sentence(student, action, given):
    answer = student.act(action, **given)
    assert (answer.status_code, answer.text[-1]) == (400, ".")


def test_html_in_a_name_stays_text(app, teacher):
    Visitor(app).post("join", code=teacher.code, nickname="<img onerror=1>")
    answer = teacher.state()
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["students"][0]["nickname"] == "<img onerror=1>"


def test_a_server_without_a_key_makes_one(engine):
    routes.routes(engine)
    assert len(engine.shared(Boards).key) == 8
