"""Service levels as values: business hours, what is promised, what is signed, what stands."""

from rapport.sla.court import Case, Hearing, Stage
from rapport.sla.evidence import Exhibit, digest_of, name_of
from rapport.sla.hours import BusinessHours
from rapport.sla.signed import Action, Instruction, Opening
from rapport.sla.terms import Due, Priority, Target, Terms, presets
from rapport.sla.values import (
    Agreement,
    Bond,
    Clocks,
    Policy,
    Proposal,
    Quote,
    Settleable,
    Settlement,
    State,
    Step,
)

__all__ = [
    "Action",
    "Agreement",
    "Bond",
    "BusinessHours",
    "Case",
    "Clocks",
    "Due",
    "Exhibit",
    "Hearing",
    "Instruction",
    "Opening",
    "Policy",
    "Priority",
    "Proposal",
    "Quote",
    "Settleable",
    "Settlement",
    "Stage",
    "State",
    "Step",
    "Target",
    "Terms",
    "digest_of",
    "name_of",
    "presets",
]
