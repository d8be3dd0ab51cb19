"""What stops a deployment, in one line."""

from __future__ import annotations

import click


class DeploymentError(click.ClickException):
    """What was met, what was required, and what to do; Ape prints it without a traceback."""

    def show(self, file: object = None) -> None:
        click.echo(f"deploy: {self.message}", err=True)
