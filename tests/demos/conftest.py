import pytest


@pytest.fixture(scope="session")
def page():
    """The page, built but not served."""
    from demos import house
    from demos.engine import Engine

    return house.build(Engine("cpu")).page
