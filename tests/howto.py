"""The code in `docs/howto/` is that of the toy service: `python -m tests.howto` writes it anew."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TOP = Path(__file__).parents[1]
PAGES = sorted((TOP / "docs/howto").glob("*.md"))
_INCLUDE = re.compile(r"(<!-- include (\S+?)(?::(\w+))? -->\n```python\n)(.*?)(```\n)", re.S)


def written(page: Path) -> str:
    """The page with every inclusion as the code now is."""
    return _INCLUDE.sub(lambda m: m[1] + _code(TOP / m[2], m[3]) + m[5], page.read_text())


def _code(path: Path, name: str | None) -> str:
    """The file, or the function of that name in it."""
    source = path.read_text()
    if name is None:
        return source
    for node in ast.parse(source).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name == name:
            return (ast.get_source_segment(source, node) or "") + "\n"
    raise LookupError(f"{path} has no {name}")


if __name__ == "__main__":
    for each in PAGES:
        each.write_text(written(each))
