"""``rapport sla policy``: what a provider promises."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from rapport.cli import output
from rapport.cli.options import ADDRESS, AMOUNT, Noun, pass_session, writes
from rapport.cli.session import Session, confirm, write
from rapport.cli.sla_calendar import TERMS, clock, terms_in, with_hours
from rapport.errors import InputError
from rapport.units import money

if TYPE_CHECKING:
    from rapport.sla import Policy, Terms

verbs = Noun("policies")
"""Taken over into ``rapport sla``."""


@verbs.group(cls=Noun)
def policy() -> None:
    """Publish, show and close what is promised: how soon, in which hours, at what cost."""


@policy.command()
@click.argument("terms", metavar=TERMS)
@click.argument("token", type=ADDRESS)
@click.option("--hours", metavar="'Mon-Fri 09:00-17:00 UTC+01:00'", help="Instead of the terms'.")
@click.option("--min-amount", type=AMOUNT, help="The least amount of an agreement.")
@click.option("--arbiter", type=ADDRESS, help="Who rules in disputes.")
@click.option("--arbiter-fee", type=AMOUNT, metavar="PERCENT", help="Of the stake, for ruling.")
@writes
@pass_session
def create(
    session: Session,
    terms: str,
    token: str,
    hours: str | None,
    key: str | None,
    min_amount: Decimal | None,
    arbiter: str | None,
    arbiter_fee: Decimal | None,
    **how: Any,
) -> None:
    """Publish a policy in a TOKEN; its provider is the keystore's account.

    TERMS are a preset (support, delivery, warranty) or a TOML file like the one that policy preset
    prints. The same --idempotency-key again is the same policy, which never changes.
    """
    given = {"min_amount": min_amount, "arbiter": arbiter, "arbiter_fee": arbiter_fee}
    changed: dict[str, Any] = {name: each for name, each in given.items() if each is not None}
    wanted = dataclasses.replace(with_hours(terms_in(terms), hours), **changed)
    client = session.client(writes=not how["dry_run"])
    write(session, client.sla.policy_create, token, wanted, idempotency_key=key, **how)


@policy.command()
@click.argument("number", metavar="POLICY", type=int)
@pass_session
def show(session: Session, number: int) -> None:
    """Show the terms of a POLICY."""
    found = session.client().sla.policy(number)
    if session.json:
        output.as_json({**output.plain(found), "hours": str(found.terms.hours)})
        return
    output.fields(f"policy {found.id}", facts(found))
    output.rows(
        "targets, in business hours",
        ("priority", "first response", "resolution"),
        _targets(found.terms),
    )


@policy.command("list")
@click.option("--provider", type=ADDRESS, help="Whose; the keystore's account otherwise.")
@pass_session
def list_(session: Session, provider: str | None) -> None:
    """List a provider's policies, the oldest first."""
    found = session.client().sla.policies(provider)
    if session.json:
        output.as_json({"policies": found})
        return
    output.rows(
        "policies",
        ("policy", "funding", "token", "hours", "least amount", "most credit, %", "closed"),
        [
            (
                *(each.id, _funding(each.terms), each.token.symbol, str(each.terms.hours)),
                *(_least(each), each.terms.max_credit, each.closed),
            )
            for each in found
        ],
    )


@policy.command()
@click.argument("number", metavar="POLICY", type=int)
@click.option("--yes", is_flag=True, help="Do not ask: it is for good.")
@writes
@pass_session
def close(session: Session, number: int, yes: bool, key: str | None, **how: Any) -> None:
    """End a POLICY for new agreements, for good; what is open goes on as it began."""
    confirm(f"close policy {number} for good?", yes, how)
    client = session.client(writes=not how["dry_run"])
    write(session, client.sla.policy_close, number, idempotency_key=key, **how)


@policy.command()
@click.argument("name", required=False)
@pass_session
def preset(session: Session, name: str | None) -> None:
    """Print the preset NAME as TOML, to be changed and given to policy create; or list them."""
    from rapport.sla import Terms, presets

    if name is None:
        about = {each: Terms.preset(each).about for each in presets()}
        if session.json:
            output.as_json({"presets": about})
        else:
            output.fields("presets", about.items())
        return
    if name not in presets():
        raise InputError(f"no preset {name!r}; the presets are {', '.join(presets())}")
    if session.json:
        output.as_json({"name": name, "terms": presets()[name]})
    else:
        click.echo(presets()[name], nl=False)


def facts(found: Policy) -> list[tuple[str, object]]:
    """A policy as people read it."""
    terms = found.terms
    return [
        ("funding", _funding(terms)),
        ("hours", str(terms.hours)),
        ("late response", f"{terms.late_response} %"),
        ("late resolution", f"{terms.late_resolution} %, and {terms.per_hour} % a full hour"),
        ("most credit", f"{terms.max_credit} % of the amount"),
        ("least amount", f"{_least(found)} {found.token.symbol}"),
        ("pauses", f"{clock(terms.max_pause)} of business hours at most"),
        ("review", terms.review),
        ("arbiter", terms.arbiter or "nobody"),
        ("arbiter's fee", f"{terms.arbiter_fee} % of the stake"),
        ("arbiter rules within", terms.ruling),
        ("if the arbiter is silent", f"{terms.default_provider} % to the provider"),
        ("closed", found.closed),
        ("provider", found.provider),
        ("token", found.token.address),
    ]


def _funding(terms: Terms) -> str:
    return "the provider's bond" if terms.bonded else "the client's fee"


def _least(found: Policy) -> str:
    return "-" if found.terms.min_amount is None else money(found.terms.min_amount)


def _targets(terms: Terms) -> list[tuple[object, ...]]:
    from rapport.sla import Priority

    return [
        (each, clock(target.response), clock(target.resolution))
        for each, target in zip(Priority, terms.targets, strict=True)
    ]
