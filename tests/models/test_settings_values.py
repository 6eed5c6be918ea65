"""What clients send as a setting: every setting of every topic with every kind of value, and
combinations of them. Each is taken exactly, or refused by a sentence that names the setting."""

import importlib
import math
import pkgutil
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import models
from models.validation import Settings, ValidationError

for module in pkgutil.walk_packages(models.__path__, "models."):
    if module.name.endswith("settings"):
        importlib.import_module(module.name)
TOPICS = sorted(Settings.__subclasses__(), key=lambda kind: (kind.__module__, kind.__name__))
TOPICS = [kind for kind in TOPICS if kind.__module__.startswith("models.")]
VALUES = (3.0, "3", True, 3.7, None, math.nan, math.inf, -1, 2**40, "", [])


def is_right(described, value) -> bool:
    """Whether a setting may have a value, said another way than in `models.validation`."""
    if value is None:
        return described.optional or described.default == "" or described.kind is list
    if described.kind in (int, float):
        if type(value) not in (int, float) or not described.low <= value <= described.high:
            return False
        return described.kind is float or value == round(value)
    if described.kind is str and described.choices:
        return value in described.choices
    return type(value) is described.kind


def test_every_number_has_a_range():
    assert sum(len(kind.described()) for kind in TOPICS) > 80
    for kind in TOPICS:
        for described in kind.described().values():
            if described.kind in (int, float):
                assert math.isfinite(described.low), described
                assert math.isfinite(described.high), described


@pytest.mark.parametrize("kind", TOPICS, ids=lambda kind: kind.__name__)
def test_every_kind_of_value(kind):
    for described, value in product(kind.described().values(), VALUES):
        if is_right(described, value):
            taken = described.checked(value)
            assert taken == (value if value is not None else described.default)
            assert described.kind is list or value is None or type(taken) is described.kind
        else:
            with pytest.raises(ValidationError) as caught:
                described.checked(value)
            assert str(caught.value).startswith(f"{described.name} "), value
            assert "object at 0x" not in str(caught.value)


JSON = st.recursive(
    st.sampled_from(VALUES) | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=3,
)

SEEDED = settings(
    max_examples=30, derandomize=True, database=None, deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip


def value_of(described):
    """A value of a setting, right in most cases: else the first wrong one would be all."""
    right = st.just(described.default)
    if described.kind is bool:
        right = st.booleans()
    elif described.choices:
        right = st.sampled_from(described.choices)
    elif described.kind is int:
        right = st.integers(int(described.low), int(described.high)).map(float)
    elif described.kind is float:
        right = st.floats(described.low, described.high)
    return st.integers(0, 29).flatmap(lambda n: JSON if n == 0 else right)


@pytest.mark.parametrize("kind", TOPICS, ids=lambda kind: kind.__name__)
def test_combinations(kind):
    """Refused by a `ValidationError`, or kept within their ranges; the same ones at every run."""
    wanted = st.fixed_dictionaries(
        {}, optional={name: value_of(each) for name, each in kind.described().items()}
    )

    @SEEDED
    @given(wanted)
    def check(values):
        try:
            made = kind(**values)
        except ValidationError:
            return
        for name, described in kind.described().items():
            value = getattr(made, name)
            if described.kind in (int, float) and value is not None:
                assert type(value) is described.kind
                assert described.low <= value <= described.high

    check()
