"""What a run yields: our operations with their floors, and what peers offer beside them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bench.gas.floor import Floor

BATCH = 100
CHARGES = 20  # subscriptions that are charged in one batch
REFUSED = "reverts, as any fault does"  # what a call that is sent again does, at most peers


class Operation(StrEnum):
    """The operations that are measured, in the order of the tables."""

    REGISTER = "register a customer"
    REGISTER_BATCH = "register, each of 100"
    LINK = "link a first wallet"
    VERIFY = "verify a customer to a level"
    VERIFIED_ASKED = "is a level reached? asked by a contract"
    SAVE_FIRST = "seven consents by the wallet, first"
    SAVE_LATER = "seven consents by the wallet, later"
    SAVE_SIGNED_FIRST = "seven consents by a relayed signature, first"
    SAVE_SIGNED_LATER = "seven consents by a relayed signature, later"
    SAVE_ONE_FIRST = "one consent by the wallet, first"
    SAVE_ONE_LATER = "one consent by the wallet, later"
    WITHDRAW_ONE = "withdraw one consent, by the wallet"
    WITHDRAW_ALL = "withdraw all consents, by the wallet"
    WITHDRAW_ALL_SIGNED = "withdraw all consents, by a relayed signature"
    WITHDRAW_ALL_OPERATOR = "withdraw all consents, by the operator"
    RECORD = "record seven consents, by the operator"
    RECORD_RETRIED = "record seven consents, retried"
    RECORD_BATCH_FIRST = "record seven consents, each of 100, first"
    RECORD_BATCH_LATER = "record seven consents, each of 100, later"
    RECORD_BATCH_RETRIED = "record seven consents, each of 100, retried"
    RECORD_BATCH_OPT_OUT = "record an opt-out, each of 100"
    GRANTED_ASKED = "is it granted? asked by a contract"
    ONBOARD_NEW = "onboard: register, link, seven consents"
    ONBOARD_EXISTING = "onboard: link, seven consents"
    ONBOARD_WELCOME_NEW = "onboard: register, link, seven consents, welcome award"
    ONBOARD_WELCOME_EXISTING = "onboard: link, seven consents, welcome award, has points"
    AWARD_NEW = "award, new customer"
    AWARD_EXISTING = "award, existing customer"
    AWARD_RETRIED = "award, retried"
    AWARD_PENDING = "award, pending"
    AWARD_BATCH_NEW = "award, each of 100, new"
    AWARD_BATCH_EXISTING = "award, each of 100, existing"
    AWARD_BATCH_PENDING = "award, each of 100, pending"
    AWARD_BATCH_RETRIED = "award, each of 100, retried"
    EARN_NEW = "earn by rule, new customer"
    EARN_EXISTING = "earn by rule, existing customer"
    EARN_RETRIED = "earn by rule, retried"
    EARN_BATCH_NEW = "earn by rule, each of 100, new"
    EARN_BATCH_EXISTING = "earn by rule, each of 100, existing"
    EARN_BATCH_PENDING = "earn by rule, each of 100, pending"
    SETTLE = "settle a pending award"
    SETTLE_BATCH = "settle, each of 100"
    REVERSE = "reverse an award"
    REVERSE_PENDING = "reverse a pending award"
    EARN_REVERSE = "reverse for a part returned, by rule"
    REDEEM = "redeem, by the wallet"
    REDEEM_SIGNED = "redeem, by a relayed signature"
    REDEEM_ISSUER = "redeem, by the issuer"
    REFUND = "refund a redemption"
    MERGE = "merge two customers"
    ERASE = "erase a customer"
    ALLOW = "allow a contract to take the token, once"
    WRAP = "wrap the token of a period"
    PAY = "pay an order"
    PAY_RETRIED = "pay an order, retried"
    PAY_SIGNED = "pay an order, by a relayed signature"
    PAY_SPLIT = "pay an order, two others get a share"
    PAY_EARN = "pay an order and earn, existing customer"
    AUTHORIZE = "authorise an order"
    CAPTURE = "capture an order"
    CAPTURE_PART = "capture an order in part"
    VOID = "void an order"
    PAYMENT_REFUND = "refund a payment"
    PAYMENT_REFUND_EARN = "refund a payment that earned"
    PLAN = "open a plan"
    SUBSCRIBE = "subscribe, the first period paid"
    SUBSCRIBE_SIGNED = "subscribe, by a relayed signature"
    SUBSCRIBE_TRIAL = "subscribe with a trial"
    CHARGE = "charge a period"
    CHARGE_BATCH = "charge a period, each of 20"
    CHARGE_MANY = "charge a period, each of 100"
    CHARGE_EARN = "charge a period and earn, existing customer"
    CHANGE_PLAN = "change the plan"
    PAUSE = "pause a subscription"
    RESUME = "resume a subscription"
    GRANT_TIME = "grant time"
    CANCEL = "cancel a subscription"
    CANCEL_SIGNED = "cancel a subscription, by a relayed signature"
    CHARGE_REFUND = "refund a charge"
    IN_FORCE_ASKED = "is a subscription in force? asked by a contract"
    SLA_OPEN = "open an agreement, the fee held"
    SLA_OPEN_BOND = "open an agreement, a bond behind it"
    SLA_RESPOND = "respond"
    SLA_DELIVER = "deliver"
    SLA_SETTLE = "settle an agreement, in time"
    SLA_SETTLE_LATE = "settle an agreement, late, a credit paid"
    SLA_DISPUTE = "dispute a delivery"
    SLA_RESOLVE = "rule on a dispute"


@dataclass(frozen=True)
class Figure:
    """One of our operations, measured. ``gas`` is the whole transaction's."""

    operation: Operation
    call: str
    gas: int
    floor: Floor
    goal: int | None = None
    """Gas for each customer or order that we set out not to exceed."""

    @property
    def count(self) -> int:
        return self.floor.count

    @property
    def each(self) -> int:
        return per(self.gas, self.count)

    @property
    def floor_each(self) -> int:
        return per(self.floor.gas, self.count)


@dataclass(frozen=True)
class PeerFigure:
    """What a peer's operation costs, measured in the same run."""

    operation: Operation
    """Ours that it stands beside."""
    peer: str
    call: str
    gas: int
    without: str
    """What our operation promises and the peer's does not."""
    retried: str
    """What the same call does again, as seen in the run; empty for a question."""
    count: int = 1
    fails: bool = False
    """The measured call is one that reverts."""

    @property
    def each(self) -> int:
        return per(self.gas, self.count)


def per(gas: int, count: int) -> int:
    """Gas for each of ``count``, rounded to the nearest."""
    return (2 * gas + count) // (2 * count)
