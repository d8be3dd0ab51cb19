"""A request is the desk's if it was signed as the desk documents, and not too long ago."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rapport.desk import Delivery, Unsigned
from rapport.desk.mapping import ADAPTERS
from tests.sdk.desk.posting import KINDS, SECRET, START, signed

BODY = b'{"event_type": "foo.bar","data": {"key": "value"}}'
LONG = timedelta(days=36_500)
FIVE = timedelta(minutes=5)
ZENDESK_TESTS = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="
"""With which Zendesk signs the tests of webhooks that are not made yet."""

# kind, secret, headers, body: as published, or by openssl where a desk publishes none.
VECTORS = {
    "zendesk: WebhookX's suite, under Zendesk's own test secret": (
        "zendesk",
        ZENDESK_TESTS,
        {
            "X-Zendesk-Webhook-Signature": "qtmu3iClLKujnujOBkwe7yjI34o5CzsLD04Uy4LbE2A=",
            "X-Zendesk-Webhook-Signature-Timestamp": "1531420618",
        },
        BODY,
    ),
    "zammad: RFC 2202, HMAC-SHA1, case 2": (
        "zammad",
        "Jefe",
        {"X-Hub-Signature": "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
        b"what do ya want for nothing?",
    ),
    "chatwoot: openssl dgst -sha256 -hmac": (
        "chatwoot",
        "chatwoot-secret",
        {
            "X-Chatwoot-Timestamp": "1771372800",
            "X-Chatwoot-Signature": "sha256="
            "e952c2f190c3d638b9f07cac00435d50a7771869e64619730a862ada6b746d65",
        },
        b'{"event":"conversation_created","id":1}',
    ),
    "webhook: the specification of Standard Webhooks": (
        "webhook",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
        b'{"test": 2432232314}',
    ),
    "webhook: Svix's simulator": (
        "webhook",
        "whsec_plJ3nmyCDGBKInavdOK15jsl",
        {
            "webhook-id": "msg_loFOjxBNrRLzqYUf",
            "webhook-timestamp": "1731705121",
            "webhook-signature": "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
        },
        b'{"event_type":"ping","data":{"success":true}}',
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_a_published_signature_is_accepted_and_no_other_body_or_secret(name: str) -> None:
    kind, secret, headers, body = VECTORS[name]
    verify = ADAPTERS[kind].verify
    verify(Delivery.of(headers, body), secret, None, LONG)
    with pytest.raises(Unsigned, match="signature is not"):
        verify(Delivery.of(headers, body + b" "), secret, None, LONG)
    other = "whsec_" + "A" * 32 if secret.startswith("whsec_") else secret + "x"
    with pytest.raises(Unsigned, match="signature is not"):
        verify(Delivery.of(headers, body), other, None, LONG)


def test_zendesk_puts_the_timestamp_before_the_body() -> None:
    # An example of Zendesk's former page has it after the body; what Zendesk sends has it before.
    headers = {
        "X-Zendesk-Webhook-Signature": "tRDSF7URY8BLCDlaBcQ7FHu051Zk+aAB0NKMP53teMw=",
        "X-Zendesk-Webhook-Signature-Timestamp": "2021-07-25T10:00:00Z",
    }
    secret = "HRkRd4BeOAoUkfZr-mhauJT64rvBASlJRoIyPsd3zeA="
    with pytest.raises(Unsigned):
        ADAPTERS["zendesk"].verify(Delivery.of(headers, b'{"say": "hello"}'), secret, None, LONG)


@pytest.mark.parametrize("kind", KINDS)
def test_a_header_that_is_missing_is_named(kind: str) -> None:
    delivery = signed(kind, BODY)
    needed = [each for each in delivery.headers if each != "x-zammad-delivery"]
    for name in needed:
        left = {each: value for each, value in delivery.headers.items() if each != name}
        with pytest.raises(Unsigned, match=f"(?i)header {name} is missing"):
            ADAPTERS[kind].verify(Delivery.of(left, BODY), SECRET, START, FIVE)


@pytest.mark.parametrize("kind", KINDS)
def test_headers_are_read_in_any_case(kind: str) -> None:
    delivery = signed(kind, BODY)
    shouted = {name.upper(): f" {value} " for name, value in delivery.headers.items()}
    ADAPTERS[kind].verify(Delivery.of(shouted, BODY), SECRET, START, FIVE)


@pytest.mark.parametrize("kind", ["zendesk", "chatwoot", "webhook"])
@pytest.mark.parametrize("minutes", [-6, 6])
def test_what_was_signed_long_ago_or_lies_ahead_is_refused(kind: str, minutes: int) -> None:
    delivery = signed(kind, BODY, START + timedelta(minutes=minutes))
    with pytest.raises(Unsigned, match="more than 5 minutes from now"):
        ADAPTERS[kind].verify(delivery, SECRET, START, FIVE)
    ADAPTERS[kind].verify(delivery, SECRET, None, FIVE)
    ADAPTERS[kind].verify(delivery, SECRET, START, timedelta(minutes=6))


@pytest.mark.parametrize("kind", ["zendesk", "chatwoot", "webhook"])
def test_another_time_does_not_fit_the_signature(kind: str) -> None:
    old, new = signed(kind, BODY, datetime(2020, 1, 1, tzinfo=UTC)), signed(kind, BODY)
    name = next(each for each in new.headers if "timestamp" in each)
    forged = {**old.headers, name: new.headers[name]}
    with pytest.raises(Unsigned, match="signature is not"):
        ADAPTERS[kind].verify(Delivery.of(forged, BODY), SECRET, START, FIVE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("junk", ["", "x", "sha1=", "v1,", "sha256=é", "\udcff"])
def test_junk_for_a_signature_is_refused(kind: str, junk: str) -> None:
    delivery = signed(kind, BODY)
    name = next(each for each in delivery.headers if each.endswith("signature"))
    with pytest.raises(Unsigned):
        ADAPTERS[kind].verify(
            Delivery.of({**delivery.headers, name: junk}, BODY), SECRET, START, FIVE
        )


def test_one_of_several_signatures_is_enough() -> None:
    delivery = signed("webhook", BODY)
    both = f"v1,AAAA {delivery.headers['webhook-signature']}"
    headers = {**delivery.headers, "webhook-signature": both}
    ADAPTERS["webhook"].verify(Delivery.of(headers, BODY), SECRET, START, FIVE)
