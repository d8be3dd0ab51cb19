"""The address that desks post to answers each request with what became of it."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any

import aiohttp
import pytest

from rapport.desk import Delivery
from rapport.desk.receiver import MAX_BODY, endpoint, serve
from rapport.errors import ConfigError, InputError
from tests.sdk.desk.brand import Brand
from tests.sdk.desk.conftest import BrandMaker
from tests.sdk.desk.posting import KINDS, Happening, posted

AGES = 'tolerance = "2000w"'
"""So that the stories' times are fresh."""


class Post:
    """A desk that posts to a receiver, and reads its answers."""

    def __init__(self, brand: Brand) -> None:
        self.brand = brand
        self.arrived = 0
        self.where: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.stop = asyncio.Event()
        self.task = asyncio.create_task(
            serve(brand.intake, "127.0.0.1:0", self._arrive, self.where.set_result, self.stop)
        )

    def _arrive(self) -> None:
        self.arrived += 1

    async def __aenter__(self) -> Post:
        self.session = aiohttp.ClientSession(await self.where)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()
        self.stop.set()
        await self.task

    async def send(self, desk: str, delivery: Delivery, method: str = "POST") -> tuple[int, Any]:
        async with self.session.request(
            method, f"/{desk}", headers=delivery.headers, data=delivery.body
        ) as answer:
            json = answer.content_type == "application/json"
            return answer.status, await (answer.json() if json else answer.text())


@pytest.mark.parametrize("kind", KINDS)
async def test_a_signed_delivery_is_accepted_once(new_brand: BrandMaker, kind: str) -> None:
    async with Post(new_brand(more=AGES)) as post:
        delivery = posted(kind, Happening(0, "running"))
        assert await post.send(kind, delivery) == (200, {"status": "accepted"})
        assert await post.send(kind, delivery) == (200, {"status": "repeated"})
        assert post.arrived == 1
    assert [each.number for each in post.brand.inbox.tickets()] == ["4711"]


@pytest.mark.parametrize("kind", KINDS)
async def test_an_unsigned_request_gets_401_and_a_reason(brand: Brand, kind: str) -> None:
    delivery = posted(kind, Happening(0, "running"))
    async with Post(brand) as post:
        status, answer = await post.send(kind, Delivery.of({}, delivery.body))
        assert status == 401
        assert "is missing: the request is not signed" in answer["error"]
        status, answer = await post.send(kind, Delivery.of(delivery.headers, b"{}"))
        assert status == 401
        assert answer["error"].startswith("the signature is not that of this request")
        assert post.arrived == 0
    assert brand.inbox.tickets() == []


async def test_what_was_signed_long_ago_gets_401(brand: Brand) -> None:
    async with Post(brand) as post:
        status, answer = await post.send("chatwoot", posted("chatwoot", Happening(0, "running")))
        assert status == 401
        assert "more than 5 minutes from now" in answer["error"]


async def test_what_cannot_be_understood_gets_400(new_brand: BrandMaker) -> None:
    from tests.sdk.desk.posting import signed

    async with Post(new_brand(more=AGES)) as post:
        status, answer = await post.send("zammad", signed("zammad", b'{"ticket": []}'))
        assert (status, answer) == (400, {"error": "the body has no object 'ticket'"})


async def test_an_id_with_other_content_gets_409(new_brand: BrandMaker) -> None:
    async with Post(new_brand(more=AGES)) as post:
        await post.send("webhook", posted("webhook", Happening(0, "running")))
        status, answer = await post.send("webhook", posted("webhook", Happening(0, "delivered")))
        assert status == 409
        assert "told something else" in answer["error"]


async def test_other_paths_methods_and_sizes_are_refused(brand: Brand) -> None:
    delivery = posted("zammad", Happening(0, "running"))
    async with Post(brand) as post:
        assert (await post.send("nobody", delivery))[0] == 404
        assert (await post.send("", delivery))[0] == 404
        assert (await post.send("zammad/x", delivery))[0] == 404
        assert (await post.send("zammad", delivery, "GET"))[0] == 405
        big = Delivery.of(delivery.headers, b" " * (MAX_BODY + 1))
        assert (await post.send("zammad", big))[0] == 413
    assert brand.inbox.tickets() == []


async def test_a_file_that_cannot_be_written_asks_for_another_try(
    brand: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("disk is full")

    monkeypatch.setattr(brand.inbox, "take", full)
    async with Post(brand) as post:
        delivery = posted("zammad", Happening(0, "running"))
        async with post.session.post("/zammad", headers=delivery.headers, data=delivery.body) as to:
            assert to.status == 503
            assert to.headers["Retry-After"] == "10"
            assert "disk" not in await to.text()


async def test_an_address_in_use_is_one_line(brand: Brand) -> None:
    async with Post(brand) as post:
        taken = (await post.where).removeprefix("http://")
        with pytest.raises(ConfigError, match=f"cannot listen on {taken}"):
            await serve(brand.intake, taken, lambda: None, lambda _: None, asyncio.Event())


@pytest.mark.parametrize("text", ["8090", "localhost", ":8090", "host:port", "host:65536", ""])
def test_a_place_to_listen_is_host_and_port(text: str) -> None:
    with pytest.raises(InputError, match="is not HOST:PORT"):
        endpoint(text)


def test_a_place_to_listen_may_be_ipv6() -> None:
    assert endpoint("[::1]:8090") == ("::1", 8090)
    assert endpoint("127.0.0.1:0") == ("127.0.0.1", 0)
