"""What an answer's bytes mean, without a network."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rapport import errors, reverts
from rapport.chain import requests, rpc
from rapport.chain.rpc import Exchange, Fault, Patience, Pause, Request

TWICE = Patience(tries=2, first=0.001)


def answers(*results: Any, start: int) -> bytes:
    return json.dumps(
        [{"jsonrpc": "2.0", "id": start + n, "result": r} for n, r in enumerate(results)]
    ).encode()


def test_answers_come_back_in_the_order_of_the_questions() -> None:
    body = json.dumps(
        [{"id": 2, "result": "b"}, {"id": 9, "result": "?"}, {"id": 1, "result": "a"}]
    ).encode()
    assert rpc.decode(200, body, [1, 2]) == ["a", "b"]


def test_a_second_answer_to_the_same_question_is_ignored() -> None:
    body = json.dumps([{"id": 1, "result": "a"}, {"id": 1, "result": "b"}]).encode()
    assert rpc.decode(200, body, [1]) == ["a"]


def test_an_error_stays_in_its_place() -> None:
    body = json.dumps(
        [{"id": 1, "error": {"code": -32000, "message": "no"}}, {"id": 2, "result": "b"}]
    ).encode()
    assert rpc.decode(200, body, [1, 2]) == [Fault(-32000, "no"), "b"]


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (429, b"", "slow down"),
        (500, b"", "HTTP status 500"),
        (200, b"<html>", "not JSON"),
        (200, b'"text"', "not JSON-RPC"),
        (200, b"[]", "left 2 of 2 requests unanswered"),
        (200, b'[{"id": 1, "result": 1}]', "left 1 of 2"),
        (200, b'{"error": {"message": "batch too large"}}', "batch too large"),
        (200, b"[1, null, {}]", "left 2 of 2"),
    ],
)
def test_what_is_no_answer_is_an_error(status: int, body: bytes, said: str) -> None:
    with pytest.raises(errors.RpcError, match=said):
        rpc.decode(status, body, [1, 2])


def test_a_failed_exchange_is_repeated_after_a_pause() -> None:
    operation = rpc.exchange([Request("eth_chainId", (), requests.number)], TWICE)
    first = next(operation)
    assert isinstance(first, Exchange)
    pause = operation.throw(errors.Timeout("late"))
    assert isinstance(pause, Pause)
    again = operation.send(None)
    assert isinstance(again, Exchange)
    asked = json.loads(again.body)

    with pytest.raises(StopIteration) as end:
        operation.send((200, json.dumps({"id": asked["id"], "result": "0x7a69"}).encode()))
    assert end.value.value == [31337]


def test_patience_ends() -> None:
    operation = rpc.exchange([Request("eth_chainId")], TWICE)
    next(operation)
    operation.throw(errors.RpcError("one"))
    operation.send(None)
    with pytest.raises(errors.RpcError, match="two"):
        operation.throw(errors.RpcError("two"))


def test_a_result_that_makes_no_sense_is_an_rpc_error() -> None:
    operation = rpc.exchange([Request("eth_chainId", (), requests.number)], Patience(tries=1))
    step = next(operation)
    assert isinstance(step, Exchange)
    number = json.loads(step.body)["id"]
    with pytest.raises(errors.RpcError, match="answer to eth_chainId makes no sense"):
        operation.send((200, json.dumps({"id": number, "result": [1]}).encode()))


@pytest.mark.parametrize(
    "data",
    [
        "0x9536bcd8",
        {"data": "0x9536bcd8"},
        {"originalError": {"data": "0x9536bcd8"}},
        "Reverted 0x9536bcd8",
    ],
)
def test_revert_data_is_found_where_nodes_put_it(data: Any) -> None:
    assert rpc.revert_data(Fault(3, "execution reverted", data)) == bytes.fromhex("9536bcd8")


def test_a_revert_without_data_is_empty_and_another_error_is_none() -> None:
    assert rpc.revert_data(Fault(3, "execution reverted")) == b""
    assert rpc.revert_data(Fault(-32000, "header not found")) is None
    assert rpc.revert_data(Fault(3, "reverted", "0xzz")) is None


def test_a_revert_is_raised_as_the_contract_means_it() -> None:
    data = f"0x{reverts.ZeroId.selector.hex()}"
    error = Fault(3, "execution reverted", data).exception("eth_call")
    assert isinstance(error, reverts.ZeroId)


def test_a_refusal_that_is_an_answer_is_none_and_trouble_is_still_raised() -> None:
    asked = Request("eth_call", refusable=True)
    assert rpc.value(asked, Fault(3, "execution reverted")) is None
    assert rpc.value(asked, b"\x01") == b"\x01"
    with pytest.raises(errors.RpcError):
        rpc.value(asked, Fault(-32000, "header not found"))
    with pytest.raises(errors.Reverted):
        rpc.value(Request("eth_call"), Fault(3, "execution reverted"))


@pytest.mark.parametrize(
    ("message", "verdict"),
    [
        ("already known", "accepted"),
        ("transaction already imported", "accepted"),
        ("nonce too low: next nonce 5, tx nonce 4", "nonce_too_low"),
        ("replacement transaction underpriced", "underpriced"),
        ("max fee per gas less than block base fee", "underpriced"),
        ("insufficient funds for gas * price + value", "insufficient_funds"),
        ("exceeds block gas limit", "refused"),
        ("intrinsic gas too low", "refused"),
        ("the moon is full", "unknown"),
    ],
)
def test_a_nodes_words_about_a_transaction_have_one_meaning(message: str, verdict: str) -> None:
    assert requests.send_reply("0x1", Fault(-32000, message)).verdict == verdict


def test_a_hash_means_accepted() -> None:
    assert requests.send_reply("0x1", "0x1").verdict == "accepted"


def test_pauses_double_up_to_a_limit() -> None:
    patience = Patience(first=1.0, longest=3.0)
    assert 0.5 <= patience.pause(1) <= 1.0
    assert 1.0 <= patience.pause(2) <= 2.0
    assert 1.5 <= patience.pause(9) <= 3.0
