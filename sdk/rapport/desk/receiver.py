"""The address that help desks post to: ``POST /<desk>``."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rapport.desk.delivery import Delivery, Malformed, Unsigned
from rapport.desk.inbox import Conflict
from rapport.desk.intake import Intake, Taken
from rapport.errors import ConfigError, InputError, NotFound, RapportError

if TYPE_CHECKING:
    from aiohttp import web

MAX_BODY = 1 << 20
"""Bytes of a request; desks send a few thousand."""

_STATUS: dict[type[RapportError], int] = {
    NotFound: 404,
    Unsigned: 401,
    Malformed: 400,
    Conflict: 409,
}


def endpoint(listen: str) -> tuple[str, int]:
    """
    Host and port of ``127.0.0.1:8090`` or ``[::1]:8090``; port 0 is any that is free.

    Raises:
        InputError: It is none.
    """
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise InputError(f"{listen!r} is not HOST:PORT, such as 127.0.0.1:8090")
    return host.strip("[]"), int(port)


def application(intake: Intake, arrived: Callable[[], None]) -> web.Application:
    """What answers the desks; ``arrived`` is called when there is something new."""
    from aiohttp import web

    async def receive(request: web.Request) -> web.Response:
        delivery = Delivery.of(request.headers, await request.read())
        try:
            taken = await asyncio.to_thread(
                intake.take, request.match_info["desk"], delivery, datetime.now(UTC)
            )
        except tuple(_STATUS) as error:
            return web.json_response({"error": str(error)}, status=_STATUS[type(error)])
        except (sqlite3.Error, RapportError):
            # Nothing was kept, so the desk is to send it again.
            return web.json_response(
                {"error": "it cannot be kept now; send it again"},
                status=503,
                headers={"Retry-After": "10"},
            )
        if taken is Taken.ACCEPTED:
            arrived()
        return web.json_response({"status": taken.value})

    app = web.Application(client_max_size=MAX_BODY)
    app.router.add_post("/{desk}", receive)
    return app


async def serve(
    intake: Intake,
    listen: str,
    arrived: Callable[[], None],
    ready: Callable[[str], None],
    stop: asyncio.Event,
) -> None:
    """
    Listens until ``stop`` is set; ``ready`` is told where.

    Raises:
        ConfigError: The address cannot be listened on.
    """
    from aiohttp import web

    host, port = endpoint(listen)
    runner = web.AppRunner(application(intake, arrived), access_log=None, handle_signals=False)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise ConfigError(f"cannot listen on {listen}: {error.strerror}") from error
        bound: Any = runner.addresses[0]
        ready(f"http://{f'[{bound[0]}]' if ':' in bound[0] else bound[0]}:{bound[1]}")
        await stop.wait()
    finally:
        await runner.cleanup()
