"""A notice as a brand would publish it, about the purposes that the suite defines."""

from __future__ import annotations

from typing import Any

from rapport.notices import NoticeDocument
from tests.sdk.support.suite import LANES, PROGRAMME

_DATA = "https://w3id.org/dpv/pd#EmailAddress"


def notice_content(version: int, **changes: Any) -> dict[str, Any]:
    """The JSON of a notice of group 0."""
    return {
        "group": 0,
        "version": version,
        "service": PROGRAMME,
        "controller": {
            "name": "Corner Coffee Ltd",
            "contact": "Data protection office",
            "email": "privacy@coffee.example",
            "phone": "+353 1 555 0100",
            "address": "1 Mill Lane, Dublin",
            "privacy_policy": "https://coffee.example/privacy",
            "preferences": "https://coffee.example/preferences",
        },
        "language": "en",
        "url": f"https://coffee.example/notices/{version}",
        "text": f"What we do with your data, as of version {version}.",
        "jurisdiction": "IE",
        "storage_places": ["IE"],
        "retention_days": 30,
        "purposes": [
            {"lane": lane, "words": each.words, "iri": each.iri, "data": [_DATA]}
            for lane, each in enumerate(LANES)
        ],
        **changes,
    }


def notice(version: int, **changes: Any) -> NoticeDocument:
    """A notice of group 0."""
    return NoticeDocument.read(notice_content(version, **changes))
