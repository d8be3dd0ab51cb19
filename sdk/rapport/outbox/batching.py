"""Which intents travel together."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from rapport.outbox.kinds import Kind
from rapport.outbox.records import Intent


@dataclass(slots=True)
class Group:
    """Intents for one transaction, in their order."""

    kind: Kind
    mark: Hashable
    limit: int
    intents: list[Intent]
    subjects: set[Hashable] = field(default_factory=set)


def plan(
    intents: Sequence[Intent],
    kinds: Mapping[str, Kind],
    limit_of: Callable[[Kind], int],
    most: int,
) -> list[Group]:
    """
    Up to ``most`` groups, in the order in which they are to be sent.

    An intent joins the last open group of its kind and mark, unless a group after that one is
    about the same subject: then it would overtake, and begins a group of its own. An intent whose
    kind has no subjects (``None``) overtakes nothing. Intents of unknown kinds are left out.
    """
    groups: list[Group] = []
    open_: dict[Hashable, int] = {}
    last_about: dict[Hashable, int] = {}
    barrier = -1  # the last group that is about everything
    for intent in intents:
        kind = kinds.get(intent.kind)
        if kind is None:
            continue
        subject = kind.subject(intent.payload)
        mark = (kind.name, kind.group(intent.payload))
        place = -1 if intent.solo else open_.get(mark, -1)
        earliest = len(groups) - 1 if subject is None else max(barrier, last_about.get(subject, -1))
        if place < max(earliest, 0) or len(groups[place].intents) >= groups[place].limit:
            if len(groups) >= most:
                break
            place = len(groups)
            groups.append(Group(kind, mark, 1 if intent.solo else limit_of(kind), []))
            if not intent.solo:
                open_[mark] = place
        groups[place].intents.append(intent)
        groups[place].subjects.add(subject)
        if subject is None:
            barrier = place
        else:
            last_about[subject] = place
    return groups


def halves(group: Group) -> list[Group]:
    """A batch in two, to find out which of its intents is refused."""
    middle = len(group.intents) // 2
    return [
        Group(group.kind, group.mark, group.limit, part)
        for part in (group.intents[:middle], group.intents[middle:])
    ]
