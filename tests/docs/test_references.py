"""What the documentation points to is there: files, headings, commands, options, make targets."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from rapport.cli.main import rapport
from tests.docs.pages import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], key=lambda path: str(path))
MAKE = (ROOT / "Makefile").read_text(encoding="utf-8")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def prose(path: Path) -> str:
    """The text without fenced code."""
    return re.sub(r"(?ms)^```.*?^```", "", path.read_text(encoding="utf-8"))


def anchors(path: Path) -> set[str]:
    """The names under which headings can be linked, as repository hosts make them."""
    titles = re.findall(r"(?m)^#+ (.+)$", prose(path))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def command_lines(path: Path) -> list[list[str]]:
    """Every `rapport ...` in code, as words: `rapport tx list --limit 20`."""
    text = path.read_text(encoding="utf-8")
    fenced = re.findall(r"(?ms)^```(?:text|sh|shell)\n(.*?)^```", text)
    lines = [line for block in fenced for line in block.splitlines()]
    lines += re.findall(r"`(rapport [^`]+)`", " ".join(prose(path).split()))
    return [line.split() for line in lines if line.startswith("rapport ") and "<" not in line]


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_links_lead_to_files_and_headings_that_exist(path):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        assert found.exists(), f"{name(path)} links to {target}, which is not there"
        if anchor:
            assert anchor in anchors(found), f"{name(path)} links to {target}: no such heading"


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_commands_and_their_options_exist(path):
    for words in command_lines(path):
        said = " ".join(words)
        command: click.Command = rapport
        known: set[str] = set()
        for word in words[1:]:
            known |= {option for each in command.params for option in each.opts}
            known |= {option for each in command.params for option in each.secondary_opts}
            if word.startswith("--"):
                assert word in known, f"{name(path)}: `{said}` has no option {word}"
            elif isinstance(command, click.Group) and word in command.commands:
                command = command.commands[word]
        assert not isinstance(command, click.Group) or len(words) == 1, (
            f"{name(path)}: `{said}` is no command"
        )


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_make_targets_exist(path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"(?m)(?:`|^)make ([a-z][a-z-]*)", text):
        assert re.search(rf"(?m)^{target}:", MAKE), f"{name(path)}: no target `make {target}`"


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_files_named_in_the_text_exist(path):
    folders = "bench|contracts|docs|requirements|scripts|sdk|tests"
    for file in re.findall(rf"`((?:{folders})/[\w./-]+)`", prose(path)):
        assert (ROOT / file).exists(), f"{name(path)} names {file}, which is not there"
