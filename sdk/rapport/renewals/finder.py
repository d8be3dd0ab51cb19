"""Finds subscriptions in the contract's logs, and what has happened to them since."""

from __future__ import annotations

from rapport.artifacts import AddressBook
from rapport.chain import Chain, requests
from rapport.models import Block
from rapport.renewals.book import Book
from rapport.subscriptions.facts import CONTRACT

_STEP = 50_000  # blocks whose logs are taken in together


def find(chain: Chain, addresses: AddressBook, book: Book, head: Block) -> int:
    """
    Reads the logs up to ``head`` into the book, from where it was left. Where the chain was
    reorganised, from the last block that still is part of it.

    Returns:
        How many subscriptions are new or were touched.

    Raises:
        RpcError: The node serves no logs since the contract was deployed.
    """
    first = addresses.contract(CONTRACT).block
    known = book.checkpoints()
    fork = _fork(chain, known, first)
    if known and fork == known[0][0]:
        start, fork_at = fork + 1, None
    else:
        start, fork_at = fork + 1, fork if known else None
    count = 0
    while start <= head.number or fork_at is not None:
        last = min(head.number, start + _STEP - 1)
        at = head if last == head.number else chain.block(last)
        events = chain.events(CONTRACT, first=start, last=at.number) if start <= last else []
        begun = [each for each in events if each.name == "Subscribed"]
        touched = {each.args["subscriptionId"] for each in events if "subscriptionId" in each.args}
        book.advance(
            (at.number, at.hash),
            fork_at,
            [
                (each.args["planId"], each.args["merchant"], each.log.block_number)
                for each in events
                if each.name == "PlanCreated"
            ],
            [
                (each.args["subscriptionId"], each.args["planId"], each.log.block_number)
                for each in begun
            ],
            touched,
            {each.args["planId"] for each in events if each.name in ("PlanPriced", "PlanClosed")},
        )
        count += len(touched)
        start, fork_at = last + 1, None
    return count


def _fork(chain: Chain, known: list[tuple[int, str]], first: int) -> int:
    """The last block that was read and still is part of the chain; before the first if none is."""
    for number, digest in known:
        (block,) = chain.values([requests.block(number)])
        if isinstance(block, Block) and block.hash == digest:
            return number
    return first - 1
