"""Results stay within tolerance of the references; `make.py` says when to make those anew."""

import numpy as np
import pytest

from tests.references.jobs import JOBS, differences, float32_cpu, path


@pytest.fixture(scope="module", autouse=True)
def float32():
    with float32_cpu():
        yield


@pytest.mark.parametrize("name", JOBS)
def test_the_result_is_close_to_its_reference(name):
    job = JOBS[name]
    with np.load(path(name)) as reference:
        found = differences(job.compute(), dict(reference))
    assert set(found) == set(job.tolerances)
    for array, tolerance in job.tolerances.items():
        assert found[array].mean <= tolerance.mean, (array, found[array])
        assert found[array].largest <= tolerance.largest, (array, found[array])
