"""Which module may import which: the contracts in pyproject.toml."""

import pytest

from tests.serving import ROOT

cli = pytest.importorskip("importlinter.cli")


def test_imports_keep_the_contracts(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    code = cli.lint_imports(config_filename="pyproject.toml", no_cache=True)
    assert code == cli.EXIT_STATUS_SUCCESS, capsys.readouterr().out
