"""A notice is read whole, or refused in one line that says what is missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from eth_utils.crypto import keccak

from rapport.errors import InputError
from rapport.notices import NoticeDocument
from tests.sdk.support.notices import notice_content


def test_the_digest_is_keccak_of_the_canonical_json_however_it_is_written(tmp_path: Path) -> None:
    content = notice_content(3)
    path = tmp_path / "notice.json"
    path.write_text(json.dumps(content, indent=4, sort_keys=True), "utf-8")
    found = NoticeDocument.open(path)
    assert found.digest == NoticeDocument.read(content).digest == keccak(rfc8785.dumps(content))
    assert found.digest != NoticeDocument.read(notice_content(3, text="other")).digest


def test_words_stand_by_lane_and_skip_what_the_notice_leaves_out() -> None:
    purposes = [notice_content(1)["purposes"][lane] for lane in (1, 3)]
    found = NoticeDocument.read(notice_content(1, purposes=purposes))
    assert found.words == ["", purposes[0]["words"], "", purposes[1]["words"]]
    assert found.covered == 0b1010


def changed(place: int, **changes: Any) -> dict[str, Any]:
    content = notice_content(1)
    content["purposes"][place] = {**content["purposes"][place], **changes}
    return content


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([], "JSON object"),
        ({}, "lacks controller"),
        (notice_content(0), "version must be 1"),
        (notice_content(1, group=8), "group must be 0"),
        (notice_content(1, colour="red"), "no member 'colour'"),
        (notice_content(1, text=""), "text must be text"),
        (notice_content(1, controller={}), "lacks address"),
        (notice_content(1, controller="me"), "must be an object"),
        (notice_content(1, purposes=[]), "order of lanes"),
        (notice_content(1, purposes={}), "must be a list"),
        (notice_content(1, language="English"), "a code such as en"),
        (notice_content(1, url="nowhere"), "url"),
        (notice_content(1, retention_days=-1), "retention_days"),
        (changed(1, words="Send me offers by e-mail"), "ask the same"),
        (changed(1, lane=0), "order of lanes"),
        (changed(1, lane=7), "lane must be 0"),
        (changed(1, data=[]), "no personal data"),
        (changed(1, iri="x"), "purpose"),
        (changed(1, extra=1), "no member 'extra'"),
    ],
)
def test_what_is_wrong_with_a_notice_is_one_line(content: Any, said: str) -> None:
    with pytest.raises(InputError, match=said) as refusal:
        NoticeDocument.read(content)
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_no_notice_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notice.json"
    for text in (None, "{", '{"a": 1, "a": 2}'):
        if text is not None:
            path.write_text(text, "utf-8")
        with pytest.raises(InputError, match=r"notice\.json"):
            NoticeDocument.open(path)
