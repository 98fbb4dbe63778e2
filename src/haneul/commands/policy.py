"""`haneul policy`"""

from __future__ import annotations

import click

from haneul.commands.options import state_option
from haneul.installation import Installation


@click.group("policy")
def command() -> None:
    """Print all rules, or check an operator's own."""


@command.command("sample")
def sample() -> None:
    """Print a policy.yaml with every rule as it is, commented out, and the calls that it protects."""
    from haneul import control_plane, policy_file, service_folders

    served = [control_plane.served(service) for service in service_folders.names()]
    routes = {each.manifest.path: each.routes for each in served}
    click.echo(policy_file.sample(control_plane.rules(service_folders.names()), routes), nl=False)


@command.command("check")
@state_option
def check(installation: Installation) -> None:
    """Check config/policy.yaml in the state folder, without starting anything."""
    from haneul import control_plane, policy_file, service_folders

    path = installation.policy_file
    if not path.exists():
        click.echo(f"There is no {path}; every rule is as declared.")
        return
    try:
        policy = policy_file.build(control_plane.rules(service_folders.names()), path)
    except policy_file.PolicyFileProblem as problem:
        raise click.ClickException(str(problem)) from None
    for warning in policy.warnings:
        click.echo(f"Warning: {warning}")
    click.echo(f"{path} can be used.")
