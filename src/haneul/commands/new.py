"""`haneul new`: the standard files of a service, a resource, a saga or a driver, each with its first tests.

For who writes Haneul, in a checkout. The files are copies of the toy service's (`tests/toy_service`), which the tests
run, with other names; a driver begins as a copy of the service's own fake.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import click

TOP = Path(__file__).parents[3]
TOY = TOP / "tests/toy_service"
GREETINGS = TOY / "services/greetings"
SECOND = "# Ribbons"
"""In the toy's files of declarations: where those of its second resource begin."""
THIRD = "# Cards"
"""Where those of its third one begin, which is a table and has a page of its own in `docs/howto`."""
_NAME = re.compile(r"[a-z](?:[a-z0-9]|_(?=[a-z0-9]))*")


class Name(click.ParamType):
    name = "name"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not _NAME.fullmatch(value):
            self.fail(f"{value!r} is no name of a module, as in load_balancers", param, ctx)
        return value


@dataclass
class Files:
    """What is to be written: all of it, or nothing."""

    made: dict[Path, str] = field(default_factory=dict)
    grown: dict[Path, str] = field(default_factory=dict)
    """Files that are there, and what they will be."""

    def write(self) -> None:
        if there := [path for path in self.made if path.exists()]:
            raise click.ClickException(f"{there[0]} is there already; nothing was written")
        for path, text in (self.made | self.grown).items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            click.echo(f"{'wrote' if path in self.made else 'added to'} {path}")
        ruff = Path(sys.executable).with_name("ruff")
        if ruff.exists():  # names are longer or shorter than the toy's
            paths = [str(path) for path in self.made | self.grown]
            rules = ["--config", str(TOP / "pyproject.toml")]
            subprocess.run(
                [ruff, "check", "-q", "--fix-only", "--select", "I,F401", *rules, *paths], check=False
            )
            subprocess.run([ruff, "format", "-q", *rules, *paths], check=False)


def spellings(old: str, new: str) -> dict[str, str]:
    """Every way to write a name, and its plural if it has one, and what stands there instead."""
    words = {}
    for before, after in ((old, new), (old.removesuffix("s"), new.removesuffix("s"))):
        camel = "".join(word.capitalize() for word in after.split("_"))
        words |= {before.upper(): after.upper(), before.capitalize(): camel, before: after}
    return words


def renamed(text: str, *names: dict[str, str]) -> str:
    words = {before: after for each in names for before, after in each.items()}
    longest_first = sorted(words, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), lambda m: words[m[0]], text)


def as_own(text: str) -> str:
    """Without what only the toy says."""
    text = text.replace("  # type: ignore[import-not-found]", "").replace("A toy: greetings", "Greetings")
    return text.replace("The toy's", "The service's").replace("the toy", "the service")


def first_half(text: str) -> str:
    return text.partition(SECOND)[0].rstrip() + "\n"


def second_half(text: str) -> str:
    return SECOND + text.partition(SECOND)[2].partition(THIRD)[0].rstrip() + "\n"


services_option = click.option(
    "--services",
    type=click.Path(path_type=Path, file_okay=False),
    default=TOP / "src/haneul/services",
    help="The folder of services it goes to.",
)
tests_option = click.option(
    "--tests",
    type=click.Path(path_type=Path, file_okay=False),
    default=TOP / "tests/services",
    help="The folder of services' tests its tests go to.",
)
service_argument = click.argument("service", type=Name())
name_argument = click.argument("name", type=Name())


@click.group("new")
def command() -> None:
    """Write the standard files of a service, resource, saga or driver (in a checkout).

    Their first tests come with them.
    """
    if not GREETINGS.is_dir():
        raise click.ClickException(f"There is no {GREETINGS}: this is no checkout of Haneul.")


@command.command("service")
@name_argument
@services_option
@tests_option
def service_command(name: str, services: Path, tests: Path) -> None:
    """A service NAME, after the things it has (load_balancers): every part that a service may have."""
    title = name.replace("_", " ").capitalize()
    names = spellings("greetings", name) | {'title="Greetings"': f'title="{title}"'}
    files = Files()
    for path in sorted(GREETINGS.rglob("*.py")):
        if not path.stem.endswith(("ribbon", "ribbons", "cards", "collections")):
            text = first_half(as_own(path.read_text()))
            files.made[services / name / renamed(str(path.relative_to(GREETINGS)), names)] = renamed(
                text, names
            )
    files.made[tests / name / "__init__.py"] = ""
    checks = as_own((TOY / "greetings_checks.py").read_text())
    checks = re.sub(r"; `tests/test_toy_service.py`[^.]*", "", checks)
    files.made[tests / name / f"test_{name}.py"] = renamed(checks, names)
    files.write()
    click.echo(f"Now say in docs/services/{name}.md what it is; docs/howto/service.md tells of its parts.")


@command.command("resource")
@service_argument
@name_argument
@tests_option
def resource_command(service: str, name: str, tests: Path) -> None:
    """A resource NAME (listeners) of SERVICE: its file in each layer, rules, errors, migration."""
    folder = folder_of(service)
    names = named_for(service) | spellings("ribbons", name)
    files = Files()
    rules_apart = (folder / "policy").is_dir()
    for layer in ("api", "operations", "store", "model"):
        text = (GREETINGS / layer / "ribbons.py").read_text()
        if rules_apart:
            apart = "import errors\nfrom haneul.services.greetings.policy import ribbons as policy"
            text = text.replace("import errors, policy", apart)
        files.made[folder / layer / f"{name}.py"] = renamed(text, names)
    for part, wanted in (("policy", "rule"), ("errors", "NotFound")):
        block = renamed(second_half((GREETINGS / f"{part}.py").read_text()), names)
        path = folder / f"{part}.py"
        if part == "policy" and rules_apart:
            head = f'"""Who may do what with {name}."""\n\nfrom haneul.kernel.policy import rule\n\n'
            files.made[folder / "policy" / f"{name}.py"] = head + block.partition("\n")[2].lstrip()
        else:
            before = path.read_text() if path.exists() else f'"""What {service} declares."""\n'
            files.grown[path] = imported(before, f"haneul.kernel.{part}", wanted) + "\n\n" + block
    number, head = head_of(folder / "migrations")
    text = (GREETINGS / "migrations/0002_ribbons.py").read_text().replace("greetings_0001_begins", head)
    text = text.replace("0002_ribbons", f"{number + 1:04}_ribbons")
    files.made[folder / "migrations" / f"{number + 1:04}_{name}.py"] = renamed(text, names)
    files.made[tests / service / f"test_{name}.py"] = renamed((TOY / "ribbons_checks.py").read_text(), names)
    files.write()
    click.echo("Now give its attributes a line each in tests/architecture/attributes.tsv.")


@command.command("saga")
@service_argument
@name_argument
@tests_option
def saga_command(service: str, name: str, tests: Path) -> None:
    """A saga NAME of SERVICE: a verb and one of its resources (cancel_order), which it marks as ready."""
    verb, _, noun = name.partition("_")
    folder = folder_of(service)
    model = folder / "model" / f"{noun}s.py"
    if not model.exists() or "is_ready: bool" not in model.read_text():
        raise click.ClickException(f"{name} would mark `is_ready` of a {noun}, and {model} has no such field")
    names = named_for(service) | spellings("ribbon", noun) | spellings("ribbons", f"{noun}s")
    names |= {"TIE": verb.upper(), "Tie": verb.capitalize(), "tie": verb}
    files = Files()
    files.made[folder / "sagas" / f"{name}.py"] = renamed(
        (GREETINGS / "sagas/tie_ribbon.py").read_text(), names
    )
    checks = as_own((TOY / "tie_ribbon_checks.py").read_text())
    files.made[tests / service / f"test_saga_{name}.py"] = renamed(checks, names)
    files.write()


@command.command("driver")
@service_argument
@click.argument("interface", type=Name())
@name_argument
@tests_option
def driver_command(service: str, interface: str, name: str, tests: Path) -> None:
    """A driver NAME for an INTERFACE of SERVICE; it begins as a copy of the fake one."""
    from haneul import service_folders
    from haneul.host_agent import interfaces

    folder = folder_of(service)
    drivers = service_folders.manifest(service).drivers.get(interface, {})
    if "fake" not in drivers:
        raise click.ClickException(f"{service} has no driver `fake` of an interface {interface!r}")
    module, _, fake = drivers["fake"].partition(":")
    camel = "".join(word.capitalize() for word in name.split("_")) + fake.removeprefix("Fake")
    source = folder / (module.replace(".", "/") + ".py")
    if not source.exists():
        raise click.ClickException(f"There is no {source} to begin with; nothing was written")
    files = Files()
    files.made[folder / "drivers" / f"{name}.py"] = source.read_text().replace(fake, camel)
    manifest = folder / "manifest.py"
    entry = f'"fake": "{drivers["fake"]}"'
    files.grown[manifest] = manifest.read_text().replace(
        entry, f'{entry}, "{name}": "drivers.{name}:{camel}"'
    )
    protocol = interfaces()[interface][0].__name__
    files.made[tests / service / f"test_driver_{name}.py"] = DRIVER_TEST.format(
        service=service, interface=interface, name=name, protocol=protocol, camel=camel
    )
    files.write()
    click.echo(f"Now add it to the suite of {interface} in tests/conformance/.")


DRIVER_TEST = '''"""The driver {name}: it is found by its name, and has all that is asked of a {interface}."""

from __future__ import annotations

from pathlib import Path

from haneul.kernel.drivers import HostSettings, load
from haneul.services.{service}.drivers.interface import {protocol}


async def test_it_is_loaded_by_name(tmp_path: Path) -> None:
    driver = load("haneul.{service}.{interface}", "{name}")(HostSettings("host", tmp_path, {{}}))
    assert isinstance(driver, {protocol}) and type(driver).__name__ == "{camel}"
    await driver.start()
    await driver.close()
'''


def folder_of(service: str) -> Path:
    """Where the service stands; fails if there is none."""
    from haneul import service_folders

    if service not in service_folders.names():
        known = ", ".join(service_folders.names())
        raise click.ClickException(f"There is no service {service!r}; there are: {known}")
    return service_folders.folder(service)


def named_for(service: str) -> dict[str, str]:
    """The toy's name, and where it answers, with what the service has instead."""
    from haneul import service_folders

    manifest = service_folders.manifest(service)
    endpoint = manifest.endpoint.partition("/%")[0].rstrip("/")
    prefix = endpoint.removeprefix(manifest.path)
    return {"/greetings/v1": endpoint, '"/v1"': f'"{prefix}"', '"/v1/': f'"{prefix}/', "greetings": service}


def imported(text: str, module: str, name: str) -> str:
    """The file with that name imported."""
    if re.search(rf"^from [\w.]+ import .*\b{name}\b", text, re.M):
        return text.rstrip()
    line = f"from {module} import {name}\n"
    first = re.search(r"^(?:from|import) (?!__future__)", text, re.M)
    at = first.start() if first else len(text)
    return (text[:at] + line + text[at:]).rstrip()


def head_of(migrations: Path) -> tuple[int, str]:
    """The number of a service's newest migration, and its revision."""
    revisions, below = {}, set()
    for path in migrations.glob("[0-9]*.py"):
        text = path.read_text()
        if revision := re.search(r'^revision = "(.+)"', text, re.M):
            revisions[revision[1]] = int(path.name.split("_")[0])
        below |= set(re.findall(r'^down_revision = "(.+)"', text, re.M))
    heads = revisions.keys() - below
    if len(heads) != 1:
        raise click.ClickException(f"{migrations} has {len(heads)} newest migrations, not one")
    head = heads.pop()
    return revisions[head], head
