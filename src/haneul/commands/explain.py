"""`haneul explain`"""

from __future__ import annotations

from typing import Any

import click

from haneul.commands.options import state_option
from haneul.installation import Installation


@click.command("explain")
@click.argument("kind", metavar="server", type=click.Choice(["server"]))
@click.argument("server", metavar="NAME_OR_ID")
@click.option("--json", "as_json", is_flag=True, help="The decision record as it is.")
@state_option
def command(installation: Installation, kind: str, server: str, as_json: bool) -> None:
    """Show why a server is where it is, or why it is nowhere."""
    from haneul.commands.api import Api

    api = Api.of(installation)
    record = api.get(f"/haneul/v1/servers/{api.server_id(server)}/explain")
    if as_json:
        import json

        click.echo(json.dumps(record, indent=2))
        return
    from rich.console import Console

    console = Console(highlight=False)
    for renderable in rendered(record):
        console.print(renderable)


def rendered(record: dict[str, Any], title: str = "") -> list[Any]:
    """Plain values as a list of two columns, lists of objects as tables of their own."""
    from rich.table import Table

    plain = Table(box=None, show_header=False, title=title or None, title_justify="left")
    parts: list[Any] = [plain]
    for key, value in record.items():
        if isinstance(value, dict) and value:
            parts += rendered(value, key)
        elif isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
            parts.append(_table(key, value))
        else:
            plain.add_row(key, _text(value))
    return parts if plain.row_count else parts[1:]


def _table(title: str, rows: list[dict[str, Any]]) -> Any:
    from rich.table import Table

    columns = list(dict.fromkeys(key for row in rows for key in row))
    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*(_text(row.get(column)) for column in columns))
    return table


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, list):
        return ", ".join(_text(item) for item in value) or "-"
    if isinstance(value, dict):
        return ", ".join(f"{key}={_text(item)}" for key, item in value.items()) or "-"
    return str(value)
