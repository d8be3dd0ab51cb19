"""What the event of the ConsentRegistry says, and whether a receipt says the same."""

from __future__ import annotations

from dataclasses import dataclass

from eth_utils.crypto import keccak

from rapport import units
from rapport.receipts.errors import LogInvalid, ReceiptContradicted
from rapport.receipts.proof import ProvedLog
from rapport.receipts.records import Actor, Answer, ConsentReceipt

SIGNATURE = "ConsentChanged(bytes32,uint8,address,uint8,uint8,uint16,uint32,bool,bytes32)"
"""The event that carries a receipt's digest; its first three arguments are indexed."""

_TOPIC = keccak(text=SIGNATURE)
_WORD = 32
_WIDTHS = (8, 8, 16, 32, 1, 256)  # bits of the arguments in the data


@dataclass(frozen=True, slots=True)
class ConsentChange:
    """
    A decision as the chain has it. ``granted`` and ``withdrawn`` are masks: lane 0 is 1, lane 6 is
    64. ``recorded``: by an operator on its evidence; otherwise ``actor`` is the customer's wallet.
    ``receipt`` is the digest.
    """

    customer_id: str
    group: int
    actor: str
    granted: int
    withdrawn: int
    notice: int
    sequence: int
    recorded: bool
    receipt: bytes


def consent_change(log: ProvedLog) -> ConsentChange:
    """
    The decision that a log tells.

    Raises:
        LogInvalid: It is another event.
    """
    if not log.topics or log.topics[0] != _TOPIC:
        met = f"0x{log.topics[0].hex()}" if log.topics else "an event without a name"
        raise LogInvalid(met, f"ConsentChanged, 0x{_TOPIC.hex()}")
    if len(log.topics) != 4 or len(log.data) != _WORD * len(_WIDTHS):
        raise LogInvalid("another number of arguments", SIGNATURE)
    words = [log.data[at : at + _WORD] for at in range(0, len(log.data), _WORD)]
    numbers = [int.from_bytes(word, "big") for word in words]
    group, actor = (int.from_bytes(topic, "big") for topic in log.topics[2:])
    fits = all(number < 1 << bits for number, bits in zip(numbers, _WIDTHS, strict=True))
    if not fits or group >= 1 << 8 or actor >= 1 << 160:
        raise LogInvalid("arguments that are too large", SIGNATURE)
    return ConsentChange(
        customer_id=units.hex32(log.topics[1]),
        group=group,
        actor=units.address(f"0x{actor:040x}"),
        granted=numbers[0],
        withdrawn=numbers[1],
        notice=numbers[2],
        sequence=numbers[3],
        recorded=bool(numbers[4]),
        receipt=words[5],
    )


def check_agreement(receipt: ConsentReceipt, change: ConsentChange) -> None:
    """
    Checks that a receipt says of its customer what the event says, in the event's group.

    A receipt may say ``withdrawn`` of a lane that the event leaves out: it was withdrawn before.

    Raises:
        ReceiptContradicted: Tells on what the two differ.
    """
    if receipt.customer_id != change.customer_id:
        raise ReceiptContradicted("the customer", change.customer_id, receipt.customer_id)
    groups = [notice.group for notice in receipt.notices]
    if change.group not in groups:
        required = ", ".join(f"{group}" for group in groups)
        raise ReceiptContradicted("the group", f"{change.group}", required)
    granted = receipt.lanes(change.group, Answer.GRANTED)
    if granted != change.granted:
        raise ReceiptContradicted("what is granted", _lanes(change.granted), _lanes(granted))
    withdrawn = receipt.lanes(change.group, Answer.WITHDRAWN)
    if change.withdrawn & ~withdrawn:
        raise ReceiptContradicted("what is withdrawn", _lanes(change.withdrawn), _lanes(withdrawn))
    version = receipt.notice(change.group).version
    if granted and version != change.notice:
        raise ReceiptContradicted("the notice", f"version {change.notice}", f"version {version}")
    if change.recorded != (receipt.recorded_by is Actor.OPERATOR):
        met = Actor.OPERATOR if change.recorded else Actor.CUSTOMER
        raise ReceiptContradicted(
            "who put it on record", f"the {met}", f"the {receipt.recorded_by}"
        )


def _lanes(mask: int) -> str:
    lanes = [f"{lane}" for lane in range(mask.bit_length()) if mask >> lane & 1]
    return f"lanes {', '.join(lanes)}" if lanes else "no lane"
