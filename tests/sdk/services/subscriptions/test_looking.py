"""``client.subscription``: what is told of subscriptions; the same verbs, awaited."""

from __future__ import annotations

import json

import pytest

from rapport import AsyncClient
from rapport.cli import output
from rapport.errors import InputError, NotFound
from rapport.subscriptions import Status
from tests.sdk.support.recurring import PRICE, QUICK, WAIT, started
from tests.sdk.support.suite import account, until


def test_an_export_tells_the_subscriptions_of_the_customer_and_of_nobody_else(
    new_plan, merchant, payer, suite
):
    merchant.customer.register("C-told").wait(timeout=WAIT)
    plan, wallet = new_plan("10"), account(3)
    started(payer, plan)  # in nobody's name
    terms = merchant.subscription.request(plan.id, wallet.address, until(suite), customer="C-told")
    signature = terms.sign(merchant.subscription.domain(), wallet)
    done = merchant.subscription.start_by_sig(terms, signature).wait(timeout=WAIT)
    merchant.subscription.cancel(done.result["subscription"]).wait(timeout=WAIT)

    made = output.plain(merchant.customer.export("C-told"))

    (told,) = json.loads(json.dumps(made))["sections"]["subscription"]
    assert (told["id"], told["plan"]) == (done.result["subscription"], plan.id)
    assert (told["payer"], told["status"], told["last_paid"]) == (
        wallet.address,
        "cancelled",
        10_000_000,
    )
    assert [each["event"] for each in told["events"]] == ["Subscribed", "Charged", "Cancelled"]
    assert told["events"][0]["args"]["customer_id"] == f"0x{terms.customer_id.hex()}"
    assert told["events"][1]["args"]["amount"] == 10_000_000


def test_history_tells_everything_that_happened_in_order(new_plan, merchant, payer, suite):
    suite.mint(suite.merchant.address, 100 * 10**6)
    merchant.subscription.approve(suite.token, 100).wait(timeout=WAIT)
    found = started(payer, new_plan("10"), campaign="spring")
    merchant.subscription.refund(found, "4").wait(timeout=WAIT)
    payer.subscription.accept_price(found, "20").wait(timeout=WAIT)
    payer.subscription.cancel(found).wait(timeout=WAIT)
    steps = merchant.subscription.history(found)
    assert [(each.what, each.amount) for each in steps] == [
        ("started", None),
        ("charged", 10),
        ("refunded", 4),
        ("price accepted", None),
        ("cancelled", None),
    ]
    assert [each.note for each in steps[2:]] == [
        "6.00 tUSD kept",
        "up to 20.00 tUSD",
        "by the payer",
    ]
    assert steps[0].at == steps[1].at <= steps[-1].at


def test_subscriptions_are_listed_by_merchant_payer_plan_and_status(
    new_plan, merchant, payer, suite
):
    first, second = new_plan(), new_plan("20")
    one, two = started(payer, first), started(payer, second)
    payer.subscription.cancel(two).wait(timeout=WAIT)

    def ids(**terms):
        return [each.id for each in merchant.subscription.list(**terms)]

    assert ids() == [one, two]
    assert ids(payer=account(3).address) == [one, two]
    assert ids(payer=account(4).address) == []
    assert ids(plan=second.id) == [two]
    assert ids(status="active") == [one]
    assert ids(status=Status.CANCELLED) == [two]
    with pytest.raises(InputError, match="'gone' is no status"):
        ids(status="gone")


def test_an_id_that_is_none_or_unknown_is_said_so(merchant):
    with pytest.raises(InputError, match="must be 32 bytes"):
        merchant.subscription.show("0x12")
    with pytest.raises(NotFound, match="there is no subscription 0xab"):
        merchant.subscription.show("0x" + "ab" * 32)


async def test_the_verbs_are_awaited_of_an_asynchronous_client(new_plan, payer, suite, tmp_path):
    plan = new_plan()
    async with await AsyncClient.connect(
        suite.anvil.url,
        signer=account(3),
        addresses=suite.book,
        journal=tmp_path / "async.db",
        policy=QUICK,
    ) as client:
        submission = await client.subscription.start(plan.id)
        found = (await submission.wait(timeout=WAIT)).result["subscription"]
        assert (await client.subscription.show(found)).status is Status.ACTIVE
        assert (await client.plan.show(plan.id)).price == PRICE
        assert [each.what for each in await client.subscription.history(found)] == [
            "started",
            "charged",
        ]
