"""The table of who may import whom (docs/decisions/0001) is kept, and no circle is ever closed."""

import ast
import graphlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from services import ORDER

ROOT = Path(__file__).resolve().parents[2]

ROOMS = ("domain", "models", "integrations", "services", "bot", "miniapp_api", "console", "jobs", "sandbox")
# What each room may import: our own rooms, and libraries beside the standard one.
FIRST_PARTY: dict[str, set[str]] = {
    "domain": {"domain"},
    "models": {"domain", "models"},
    "integrations": {"domain", "integrations", "settings"},
    "services": {"domain", "models", "services"},
    "bot": {"domain", "services", "settings", "bot"},
    "miniapp_api": {"domain", "services", "settings", "miniapp_api"},
    "console": {"domain", "services", "settings", "console"},
    "jobs": {"domain", "services", "settings", "jobs"},
    "sandbox": {"sandbox"},
}
LIBRARIES: dict[str, set[str]] = {
    "domain": set(),
    "models": {"tortoise", "orjson"},
    "integrations": {"aiohttp", "nats", "yarl", "wechatpy", "cryptography", "orjson", "structlog", "jieba"},
    "services": {
        "tortoise", "orjson", "structlog", "prometheus_client", "chinese_calendar", "lunar_python", "icalendar",
    },
    "bot": {
        "aiohttp", "wechatpy", "jieba", "structlog", "opencc", "rapidfuzz", "lunar_python",
        "chinese_calendar", "orjson",
    },
    "miniapp_api": {"aiohttp", "pydantic", "structlog", "prometheus_client", "jwt", "orjson", "icalendar"},
    "console": {"aiohttp", "jinja2", "aiohttp_jinja2", "structlog"},
    "jobs": {"apscheduler", "structlog", "asyncpg"},
    "sandbox": {"aiohttp", "cryptography"},
}  # fmt: skip
# Commands for developers that run apart from the house: training needs libraries serving does not.
TOOLS = {
    "bot/understand/sounds.py": {"pypinyin"},
    "bot/understand/train.py": {"sklearn", "numpy", "scipy"},
    # The shipped list of words is written in one script and counts in both.
    "services/blocking.py": {"opencc"},
    # A session lock needs a connection that no pool hands on or resets.
    "models/leader.py": {"asyncpg"},
}


def _files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def _imports(path: Path) -> Iterator[str]:
    """Every module a file imports, wherever in the file the import stands."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            # `from services import points` names the file, not only the room.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("room", [r for r in ROOMS if (ROOT / r).is_dir()])
def test_a_room_imports_only_what_the_table_allows(room: str) -> None:
    wrong = []
    for path in _files(room):
        name = path.relative_to(ROOT).as_posix()
        allowed = FIRST_PARTY[room] | LIBRARIES[room] | TOOLS.get(name, set())
        for module in _imports(path):
            top = module.split(".")[0]
            if top not in sys.stdlib_module_names and top not in allowed:
                wrong.append(f"{name} imports {module}")
    assert not wrong


def test_the_domain_never_waits() -> None:
    for path in _files("domain"):
        tree = ast.parse(path.read_text())
        assert not any(isinstance(node, ast.AsyncFunctionDef | ast.Await) for node in ast.walk(tree)
                       if not _in_protocol(tree, node)), path  # fmt: skip
        assert "asyncio" not in set(_imports(path)), path


def _in_protocol(tree: ast.Module, wanted: ast.AST) -> bool:
    """Ports are Protocols: they name what others must do, and do nothing."""
    return any(
        isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id == "Protocol" for base in node.bases)
        and any(child is wanted for child in ast.walk(node))
        for node in tree.body
    )


def test_services_are_read_from_top_to_bottom() -> None:
    place = {name: i for i, name in enumerate(ORDER)}
    wrong = []
    for path in _files("services"):
        if path.parent != ROOT / "services" or path.stem == "__init__":
            continue
        assert path.stem in place, f"services/{path.stem}.py has no place in ORDER"
        for module in _imports(path):
            parts = module.split(".")
            if parts[0] == "services" and len(parts) > 1 and parts[1] in place and place[parts[1]] >= place[path.stem]:
                wrong.append(f"{path.stem} imports {parts[1]}")
    assert not wrong
    assert {p.stem for p in (ROOT / "services").glob("*.py")} - {"__init__"} == set(ORDER)


@pytest.mark.parametrize("room", [r for r in ROOMS if (ROOT / r).is_dir()])
def test_no_circle_inside_a_room(room: str) -> None:
    modules = {p.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
               for p in _files(room)}  # fmt: skip
    graph: dict[str, set[str]] = {}
    for path in _files(room):
        own = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        if own.endswith(".__init__"):
            continue
        graph[own] = {m for m in _imports(path) if m in modules and m != own and "." in m}
    graphlib.TopologicalSorter(graph).prepare()


def test_the_application_never_names_the_sandbox_package() -> None:
    for room in ROOMS:
        if room == "sandbox":
            continue
        for path in _files(room):
            assert not any(m.split(".")[0] == "sandbox" for m in _imports(path)), path
