"""Service policies in plain Python, from the prose of ISLAEscrow."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.contracts.support.evm import Contract, Refused
from tests.contracts.support.model import hours
from tests.contracts.support.model.custody import Custody
from tests.contracts.support.model.ledger import Ledger
from tests.contracts.support.model.money import TokenModel
from tests.contracts.support.model.registry import NOBODY

HOUR, DAY = 3_600, 86_400
ALL = 10_000  # basis points
MAX_TERM = 366 * DAY
MAX_OFFSET = 14 * HOUR
ALL_HOURS = 2**168 - 1


class Policy(NamedTuple):
    """As in the interface."""

    provider: str
    minAmount: int
    token: str
    bonded: bool
    closed: bool
    arbiterFeeBps: int
    defaultProviderBps: int
    lateResponseBps: int
    lateResolutionBps: int
    perHourBps: int
    arbiter: str
    reviewWindow: int
    arbiterWindow: int
    maxPause: int
    hours168: int
    utcOffset: int
    maxCreditBps: int
    response: tuple[int, ...]
    resolution: tuple[int, ...]

    def elapsed(self, start: int, end: int) -> int:
        """Seconds of business hours in [start, end)."""
        return hours.elapsed(self.hours168, self.utcOffset, start, end)

    def used_up(self, start: int, seconds: int) -> int:
        """The first moment at which so many have passed."""
        return hours.used_up(self.hours168, self.utcOffset, start, seconds)

    def credit_bps(self, response_late: bool, overrun: int) -> int:
        """What breaches cost, of the amount; `overrun` is 0 if the resolution was in time."""
        due = self.lateResponseBps if response_late else 0
        if overrun > 0:
            due += self.lateResolutionBps + self.perHourBps * (overrun // HOUR)
        return min(due, self.maxCreditBps)

    def stake(self, amount: int) -> int:
        """What is at stake: the fee, or the largest credit."""
        return credit(amount, self.maxCreditBps) if self.bonded else amount


def credit(amount: int, bps: int) -> int:
    """A share, rounded up, for the client."""
    return -(-amount * bps // ALL)


def part(amount: int, bps: int) -> int:
    """A share, rounded down, of who is not the client."""
    return amount * bps // ALL


def _unfit(policy: Policy, caller: str, is_token: bool) -> str:
    """The first field that is wrong, in the order in which the contract looks; empty if none."""
    cap = policy.maxCreditBps
    money = {
        "closed": not policy.closed,
        "minAmount": policy.minAmount > 0,
        "token": is_token,
        "arbiter": policy.arbiter != caller,
        "arbiterFeeBps": policy.arbiterFeeBps <= (0 if policy.arbiter == NOBODY else ALL),
        "defaultProviderBps": policy.defaultProviderBps <= ALL,
        "maxCreditBps": (1 if policy.bonded else 0) <= cap <= ALL,
        "lateResponseBps": policy.lateResponseBps <= cap,
        "lateResolutionBps": policy.lateResolutionBps <= cap,
        "perHourBps": policy.perHourBps <= cap,
    }
    times = {
        "reviewWindow": HOUR <= policy.reviewWindow <= MAX_TERM,
        "arbiterWindow": DAY <= policy.arbiterWindow <= MAX_TERM,
        "maxPause": policy.maxPause <= MAX_TERM,
        "hours168": policy.hours168 != 0,
        "utcOffset": abs(policy.utcOffset) <= MAX_OFFSET,
    }
    for name, fit in (money | times).items():
        if not fit:
            return name
    for response, resolution in zip(policy.response, policy.resolution, strict=True):
        if not 1 <= resolution <= MAX_TERM:
            return "resolution"
        if response > resolution:
            return "response"
    return ""


class PoliciesModel(Custody):
    """What providers promise, by number."""

    contract = "SLAEscrow"

    def __init__(self, chain: Ledger, at: Contract, tokens: dict[str, TokenModel]) -> None:
        super().__init__(chain, at, tokens)
        self.keeps_debts()
        self.terms: dict[int, Policy] = chain.table()
        self.made = chain.table()

    def createPolicy(self, sender: str, ref: bytes, policy: Policy) -> tuple[int, bool]:
        if number := self.made_before(sender, ref, policy):
            return number, False
        if policy.provider != sender:
            raise Refused("NotProvider", policy.provider, sender)
        unfit = _unfit(policy, sender, policy.token in self.tokens)
        if unfit:
            raise Refused("BadPolicy", Policy._fields.index(unfit))
        number = len(self.terms) + 1
        self.terms[number] = policy
        self.made[sender, ref] = number, policy
        told: Any = tuple(policy)
        self.emit("PolicyCreated", number, sender, ref, told)
        return number, True

    def closePolicy(self, sender: str, number: int) -> bool:
        policy = self.known(number)
        if policy.provider != sender:
            raise Refused("NotProvider", policy.provider, sender)
        if policy.closed:
            return False
        self.terms[number] = policy._replace(closed=True)
        self.emit("PolicyClosed", number)
        return True

    def known(self, number: int) -> Policy:
        if number not in self.terms:
            raise Refused("UnknownPolicy", number)
        return self.terms[number]
