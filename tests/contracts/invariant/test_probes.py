"""What the coverage tool changes in the contracts besides putting probes in."""

from __future__ import annotations

import pytest

from scripts.assurance import probes
from scripts.assurance.compiler import sources


def test_only_the_limits_of_gas_are_wider() -> None:
    texts = sources()
    widened = probes.widen(texts)

    assert {path for path in texts if widened[path] != texts[path]} == set(probes.LIMITS)
    for path, (name, gas) in probes.LIMITS.items():
        changed = [line for line in widened[path].splitlines() if line not in texts[path]]
        assert [line.strip() for line in changed] == [f"uint256 public constant {name} = {gas};"]


@pytest.mark.parametrize("path", probes.LIMITS)
def test_a_limit_that_is_not_found_stops_the_tool(path: str) -> None:
    name, _ = probes.LIMITS[path]
    texts = sources()
    texts[path] = texts[path].replace(f"constant {name} =", "constant OTHER =")

    with pytest.raises(ValueError, match=f"{path} has 0 constants `{name} = <number>;`"):
        probes.widen(texts)
