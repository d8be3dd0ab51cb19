"""What became of a submission, as people read it: purposes by name, where the chain has masks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rapport.consents import Purposes

if TYPE_CHECKING:
    from rapport.cli.session import Session
    from rapport.outbox import Outcome

_DECIDED = ("granted", "withdrawn")


def result(session: Session, outcome: Outcome) -> dict[str, Any]:
    """An outcome's result, with the names that the settings give to purposes."""
    return _named(outcome.result, Purposes(session.config.purposes))


def _named(result: Mapping[str, Any], purposes: Purposes) -> dict[str, Any]:
    """A decision, or the decisions of several groups; whatever else stays as it is."""
    if {"group", *_DECIDED} <= result.keys():
        masks = {name: purposes.names(result["group"], result[name]) for name in _DECIDED}
        return {**result, **masks}
    if "groups" in result:
        return {**result, "groups": [_named(each, purposes) for each in result["groups"]]}
    return dict(result)
