"""What merchants offer, in plain Python, from the prose of ISubscriptions: plans and coupons."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.contracts.support import wallets
from tests.contracts.support.evm import Contract, Refused
from tests.contracts.support.model.earn import EarnModel, field
from tests.contracts.support.model.earning import SalesModel
from tests.contracts.support.model.ledger import Ledger, Signed
from tests.contracts.support.model.money import TokenModel
from tests.contracts.support.model.registry import NOBODY

DAY = 86_400
MAX_PERIOD = 3_660 * DAY
ALL = 10_000  # basis points


class Plan(NamedTuple):
    """As in the interface."""

    merchant: str
    period: int
    trial: int
    grace: int
    token: str
    maxCycles: int
    closed: bool
    price: int
    callerFee: int


class Coupon(NamedTuple):
    """As in the interface."""

    merchant: str
    planId: int
    code: bytes
    bps: int
    cycles: int
    payer: str
    maxUses: int
    deadline: int


def fits(fit: bool, error: str, name: str) -> None:
    if not fit:
        raise Refused(error, field(name))


class PlansModel(SalesModel):
    """Plans by their number, and who used which coupon."""

    contract = "Subscriptions"

    def __init__(
        self, chain: Ledger, at: Contract, rules: EarnModel, tokens: dict[str, TokenModel]
    ) -> None:
        super().__init__(chain, at, rules, tokens)
        self.offers: dict[int, Plan] = chain.table()
        self.made = chain.table()
        self.users: dict[bytes, tuple[str, ...]] = chain.table()  # of a coupon

    def plan(self, number: int) -> Plan:
        if number not in self.offers:
            raise Refused("UnknownPlan", number)
        return self.offers[number]

    def open_plan(self, number: int) -> Plan:
        """A plan to be charged or chosen."""
        plan = self.plan(number)
        if plan.closed:
            raise Refused("PlanIsClosed", number)
        return plan

    def own_plan(self, sender: str, number: int) -> Plan:
        plan = self.plan(number)
        if sender != plan.merchant:
            raise Refused("NotMerchant", plan.merchant, sender)
        return plan

    def createPlan(self, sender: str, ref: bytes, plan: Plan) -> tuple[int, bool]:
        if number := self.made_before(sender, ref, plan):
            return number, False
        if plan.merchant != sender:
            raise Refused("NotMerchant", plan.merchant, sender)
        fits(not plan.closed, "BadPlan", "closed")
        fits(plan.token in self.tokens, "BadPlan", "token")
        fits(DAY <= plan.period <= MAX_PERIOD, "BadPlan", "period")
        fits(plan.trial <= MAX_PERIOD, "BadPlan", "trial")
        fits(0 < plan.grace <= plan.period, "BadPlan", "grace")
        self._priced(plan)
        number = len(self.offers) + 1
        self.offers[number] = plan
        self.made[sender, ref] = number, plan
        self.emit("PlanCreated", number, sender, ref, tuple(plan))
        return number, True

    def setPlanPrice(self, sender: str, number: int, price: int, fee: int) -> None:
        plan = self.own_plan(sender, number)
        self.open_plan(number)
        self.offers[number] = self._priced(plan._replace(price=price, callerFee=fee))
        self.emit("PlanPriced", number, price, fee)

    def closePlan(self, sender: str, number: int) -> bool:
        plan = self.own_plan(sender, number)
        if plan.closed:
            return False
        self.offers[number] = plan._replace(closed=True)
        self.emit("PlanClosed", number)
        return True

    @staticmethod
    def _priced(plan: Plan) -> Plan:
        fits(plan.price != 0, "BadPlan", "price")
        fits(plan.callerFee <= plan.price, "BadPlan", "callerFee")
        return plan

    # Coupons

    def coupon_id(self, coupon: Coupon) -> bytes:
        return wallets.intent_digest(self.at, "Coupon", coupon)

    def use_coupon(self, coupon: Coupon, signed: Signed, payer: str, number: int) -> bytes:
        """Counts a use of the coupon for a payer who is, or will be, on this plan."""
        merchant = self.plan(number).merchant
        fits(coupon.merchant == merchant, "BadCoupon", "merchant")
        fits(coupon.planId in (0, number), "BadCoupon", "planId")
        fits(coupon.payer in (NOBODY, payer), "BadCoupon", "payer")
        fits(0 < coupon.bps <= ALL, "BadCoupon", "bps")
        fits(coupon.cycles > 0, "BadCoupon", "cycles")
        key = self.coupon_id(coupon)
        content: tuple[Any, ...] = ("Coupon", *coupon)
        self.chain.check_intent(merchant, content, coupon.deadline, signed)
        users = self.users.get(key, ())
        if payer in users or (coupon.maxUses and len(users) >= coupon.maxUses):
            raise Refused("CouponUsed", key, len(users))
        self.users[key] = (*users, payer)
        return key
