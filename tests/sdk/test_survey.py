"""`rapport status` asks for every role that a contract has."""

from __future__ import annotations

import pytest

from rapport.artifacts import interface, suite
from rapport.survey import ROLES


@pytest.mark.parametrize("name", suite())
def test_the_survey_knows_every_role_of_a_contract(name: str) -> None:
    views = (item.get("name", "") for item in interface(name).abi)
    declared = {view.removesuffix("_ROLE") for view in views if view.endswith("_ROLE")}

    assert set(ROLES[name]) == declared
