"""``AsyncClient``: the same verbs, awaited."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from rapport import NewAward, Order, PurchaseRule
from rapport.errors import InputError, Reverted
from rapport.reverts import InsufficientPoints


async def test_verbs_are_awaited_and_so_are_submissions(async_client):
    await (await async_client.customer.register("A-1"))
    submission = await async_client.loyalty.award("A-1", 500, idempotency_key="order:1")
    outcome = await submission
    assert outcome.result["points"] == 500
    assert (await async_client.loyalty.balance("A-1")).points == 500


async def test_refusals_are_raised_where_they_are_awaited(async_client):
    await (await async_client.customer.register("A-2"))
    with pytest.raises(InputError):
        await async_client.loyalty.award("A-2", 0)
    with pytest.raises(InsufficientPoints):
        await async_client.loyalty.redeem.dry_run("A-2", 5)
    with pytest.raises(InsufficientPoints):
        await (await async_client.loyalty.redeem("A-2", 5))


async def test_many_calls_at_once_pay_each_once(async_client):
    await (await async_client.customer.register("A-3"))
    kept = await asyncio.gather(
        *(async_client.loyalty.award("A-3", 1, idempotency_key=f"k{i % 20}") for i in range(40))
    )
    await asyncio.gather(*(each.wait(timeout=30) for each in kept))
    assert (await async_client.loyalty.balance("A-3")).points == 20


async def test_streams_are_iterated_with_async_for(async_client):
    summary = await async_client.customer.register_batch(f"S-{i}" for i in range(30)).finish()
    assert summary.done == 30
    try:
        await async_client.earn.rule("USD")
    except Reverted:
        await (await async_client.earn.set_rule(PurchaseRule("USD", 1, Decimal(1))))
    orders = (Order(f"SO-{i}", f"S-{i % 30}", Decimal(4), "USD") for i in range(90))
    ended = [each async for each in async_client.earn.record_batch(orders)]
    assert all(each.ok for each in ended)
    assert (await async_client.loyalty.balance("S-0")).points == 12
    awards = [NewAward("S-0", 1, "x"), NewAward("S-0", -1, "y")]
    assert [e.ok async for e in async_client.loyalty.award_batch(awards)] == [True, False]


async def test_the_outbox_and_the_survey_are_awaited(async_client):
    await (await async_client.customer.register("A-4"))
    assert (await async_client.tx.status()).open == 0
    assert (await async_client.survey()).chain_id == 31337
