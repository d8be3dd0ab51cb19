"""The gas that the documentation names is the gas that the bench measured."""

from __future__ import annotations

import json
import re

import pytest

from scripts import gas_figures
from tests.docs import pages

PAGES = gas_figures.pages()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_pages_hold_the_figures_of_the_bench(path):
    remedy = "run: python scripts/gas_figures.py"
    assert path.read_text(encoding="utf-8") == PAGES[path], remedy


def test_every_measured_operation_stands_on_its_contract_s_page():
    text = " ".join(" ".join(PAGES.values()).split())

    assert gas_figures.measured()
    for figure in gas_figures.measured():
        assert f"{figure.gas}: {figure.operation}" in text


def test_every_row_of_the_cost_page_is_a_measured_operation():
    table = gas_figures.DOCS.joinpath("cost.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| [\d,]+ \| [\d,]+ \|$", table, re.MULTILINE)

    assert rows
    assert set(rows) <= {figure.operation for figure in gas_figures.measured()}


@pytest.mark.parametrize("row", gas_figures.DIFFERENCES)
def test_the_cost_page_says_what_an_operation_costs_more_than_another(row):
    gas = {each.operation: int(each.gas.replace(",", "")) for each in gas_figures.measured()}
    dear, cheap = gas_figures.DIFFERENCES[row]
    page = gas_figures.DOCS.joinpath("cost.md").read_text(encoding="utf-8")

    assert re.search(
        rf"^\| {row} \| {gas[dear] - gas[cheap]:,}( a charge)? \|$", page, re.MULTILINE
    )


def test_a_figure_that_changed_is_noticed_and_written():
    page = next(path for path in PAGES if path.stem == "loyalty-points")
    stale = re.sub(r"\*\*Gas\.\*\* [\d,]+", "**Gas.** 1", PAGES[page])

    assert stale != PAGES[page]
    assert gas_figures.contract_page("LoyaltyPoints", stale) == PAGES[page]


def test_the_bench_measured_the_contracts_as_they_stand():
    results = gas_figures.RESULTS.read_text(encoding="utf-8")
    for contract in pages.contracts():
        shipped = json.loads((pages.ABIS / f"{contract}.json").read_text(encoding="utf-8"))
        line = f"- {contract}: `{shipped['creationCodeHash']}`"
        assert line in results, f"{contract} has changed: run python -m bench.gas --save"
