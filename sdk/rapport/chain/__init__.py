"""The only part that talks JSON-RPC: read, batch, decode, broadcast; revert to exception."""

from rapport.chain.aio import AsyncChain
from rapport.chain.logbook import Logbook
from rapport.chain.operations import Contract, Logged, Question, Read
from rapport.chain.rpc import Fault, Patience, Request
from rapport.chain.sync import Chain

__all__ = [
    "AsyncChain",
    "Chain",
    "Contract",
    "Fault",
    "Logbook",
    "Logged",
    "Patience",
    "Question",
    "Read",
    "Request",
]
