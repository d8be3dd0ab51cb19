"""The desk's year of tickets, drawn with a fixed seed: when they come, and what becomes of them.

More come on weekdays and in office hours. How long an answer and the work take is log-normal around
a median of working hours for each priority. Nothing here knows of the chain.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from rapport.sla import Priority, Terms
from scripts.demo.promises import HOUR, Calendar, after, always, office

FIRST_DAY, LAST_DAY = date(1995, 7, 3), date(1996, 6, 28)

_BY_WEEKDAY = (22, 19, 18, 18, 15, 5, 3)  # percent of the tickets, from Monday on
_BY_HOUR = (*[1] * 7, 3, *[10] * 9, 5, 3, 3, 2, 2, 1, 1)
_PRIORITIES = {Priority.URGENT: 10, Priority.HIGH: 25, Priority.NORMAL: 45, Priority.LOW: 20}
_SPREAD = 0.75  # of the logarithm of a time
_FIRST_CONTACT = 0.5  # solved with the first answer
_GIVEN_UP, _FORGOTTEN = 0.03, 0.03
_DISPUTED, _BEFORE_DELIVERY, _ACCEPTED = 0.2, 0.25, 0.4  # where there is a wallet to sign with


def rounds(hour: datetime) -> bool:
    """The hours in which carriers are on their rounds."""
    return 8 <= hour.hour < 20


@dataclass(frozen=True)
class Line:
    """What the desk promises under one policy, and how it fares. Times are working hours."""

    preset: str
    title: str
    tickets: int
    amounts: tuple[int, int]  # of the token's smallest unit
    clock: Calendar
    works: Calendar
    answers: Mapping[Priority, float]  # medians; none where no answer is promised
    solves: Mapping[Priority, float]
    asks: float  # share of the tickets that wait for the customer
    answered_after: float  # median, hours of any kind
    dented: float = 0.0  # share of the deliveries for which a part is given back
    rules: bool = True  # whether somebody rules in disputes


LINES = (
    Line(
        preset="support",
        title="support",
        tickets=100,
        amounts=(15_000_000, 90_000_000),
        clock=office,
        works=office,
        answers=dict(zip(Priority, (0.4, 0.9, 1.8, 3.0), strict=True)),
        solves=dict(zip(Priority, (1.8, 4.0, 7.5, 17.0), strict=True)),
        asks=0.3,
        answered_after=20,
        rules=False,
    ),
    Line(
        preset="delivery",
        title="delivery",
        tickets=50,
        amounts=(12_000_000, 150_000_000),
        clock=always,
        works=rounds,
        answers={},
        solves=dict(zip(Priority, (6, 14, 23, 50), strict=True)),
        asks=0.12,
        answered_after=18,
        dented=0.1,
    ),
    Line(
        preset="warranty",
        title="warranty",
        tickets=40,
        amounts=(60_000_000, 400_000_000),
        clock=office,
        works=office,
        answers=dict(zip(Priority, (3, 3.5, 6, 10), strict=True)),
        solves=dict(zip(Priority, (18, 38, 55, 75), strict=True)),
        asks=0.45,
        answered_after=90,
    ),
)


@dataclass
class Ticket:
    """``steps`` are what is going to happen to it: when, and which of the desk's verbs."""

    number: str
    line: Line
    priority: Priority
    customer: str
    signs: bool  # has a wallet
    amount: int
    share: int  # percent for the provider, if it comes to a split or a ruling
    steps: list[tuple[datetime, str]] = field(default_factory=list)
    agreement: str = ""

    def then(self, moment: datetime, verb: str) -> None:
        self.steps.append((moment.replace(microsecond=0), verb))


class Draw:
    """Draws tickets of customers with a wallet and of others without."""

    def __init__(self, signing: Sequence[str], others: Sequence[str]) -> None:
        self._signing, self._others = signing, others
        self._draw = random.Random(1991)
        self._days = [
            FIRST_DAY + timedelta(days=number) for number in range((LAST_DAY - FIRST_DAY).days)
        ]

    def all(self, terms: Mapping[str, Terms]) -> list[Ticket]:
        """Every ticket of the year."""
        tickets = [
            self._ticket(f"{line.preset}-{number:03}", line, terms[line.preset])
            for line in LINES
            for number in range(1, line.tickets + 1)
        ]
        return sorted(tickets, key=lambda each: each.steps[0])

    def _ticket(self, number: str, line: Line, terms: Terms) -> Ticket:
        draw = self._draw
        signs = not terms.bonded or draw.random() < 0.45
        ticket = Ticket(
            number=number,
            line=line,
            priority=draw.choices(list(_PRIORITIES), list(_PRIORITIES.values()))[0],
            customer=draw.choice(self._signing if signs else self._others),
            signs=signs,
            amount=draw.randint(*line.amounts),
            share=draw.choice((0, 25, 40, 50, 60, 75, 100)),
        )
        ticket.then(self._arrival(), "open")
        done = self._work(ticket, terms)
        fate = draw.random()
        if fate < _FORGOTTEN:
            return ticket
        if fate < _FORGOTTEN + _GIVEN_UP:
            ticket.then(done, "give up")
            return ticket
        disputed = signs and draw.random() < _DISPUTED
        if disputed and draw.random() < _BEFORE_DELIVERY:
            self._quarrel(ticket, done, terms)
            return ticket
        ticket.then(done, "deliver")
        if draw.random() < line.dented:
            ticket.then(done + self._hours(3), "concede")
        if disputed:
            self._quarrel(ticket, done + terms.review * draw.uniform(0.2, 0.8), terms)
        elif signs and draw.random() < _ACCEPTED:
            accepted = done + self._hours(9)
            if accepted < done + terms.review * 0.9:
                ticket.then(max(accepted, ticket.steps[-1][0] + HOUR), "accept")
        return ticket

    def _arrival(self) -> datetime:
        weights = [_BY_WEEKDAY[day.weekday()] for day in self._days]
        day = self._draw.choices(self._days, weights)[0]
        hour = self._draw.choices(range(24), _BY_HOUR)[0]
        second = timedelta(seconds=self._draw.randrange(3_600))
        return datetime.combine(day, time(hour, tzinfo=UTC)) + second

    def _work(self, ticket: Ticket, terms: Terms) -> datetime:
        """The steps until the work is done, and when it is."""
        draw, line, opened = self._draw, ticket.line, ticket.steps[0][0]
        work = self._seconds(line.solves[ticket.priority])
        begun = opened
        if line.answers:
            answer = self._seconds(line.answers[ticket.priority])
            begun = after(line.works, opened, answer)
            if draw.random() < _FIRST_CONTACT:
                return begun
            ticket.then(begun, "respond")
        if draw.random() >= line.asks:
            return after(line.works, begun, work)
        before = int(work * draw.uniform(0.2, 0.6))
        asked = max(after(line.works, begun, before), begun + HOUR)
        answered = asked + self._hours(line.answered_after)
        ticket.then(asked, "pause")
        ticket.then(answered, "resume")
        return after(line.works, answered, max(work - before, 3_600))

    def _quarrel(self, ticket: Ticket, begins: datetime, terms: Terms) -> None:
        """A dispute, and how it ends: by a ruling, a split, or the arbiter's silence."""
        draw = self._draw
        begins = max(begins, ticket.steps[-1][0] + HOUR)
        ticket.then(begins, "dispute")
        ends = draw.choices(("rule", "split", "silence"), (5 * ticket.line.rules, 4, 3))[0]
        if ends == "rule":
            ticket.then(begins + terms.ruling * draw.uniform(0.1, 0.6), "resolve")
        elif ends == "split":
            offered = begins + timedelta(days=1) + self._hours(8)
            ticket.then(offered, "propose split")
            ticket.then(offered + HOUR + self._hours(6), "accept split")

    def _seconds(self, median: float) -> int:
        """A time whose logarithm is normal, in seconds; ``median`` in hours."""
        return max(60, int(3_600 * self._draw.lognormvariate(math.log(median), _SPREAD)))

    def _hours(self, median: float) -> timedelta:
        return timedelta(seconds=self._seconds(median))
