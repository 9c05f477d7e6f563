"""The paths in force: shipped as data, or published since; who is inside keeps the version entered."""

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path as File
from typing import Any

from domain.errors import NotFound
from domain.path import Event, Path, Step
from domain.path_spec import read_path
from models import PathVersion
from services.shop import Shop

FOLDER = File(__file__).with_name("path_data")
LOOK_AGAIN = timedelta(seconds=30)
"""A version published by another process is seen at most this much later."""


@cache
def shipped() -> dict[str, Path]:
    """Version 0 of every path, from the files."""
    files = sorted(FOLDER.glob("*.toml"))
    return {file.stem: read_path(file.stem, tomllib.loads(file.read_text(encoding="utf-8"))) for file in files}


@dataclass(frozen=True)
class Shelf:
    """Every version of every path, as of `read_at`; versions never change, so only new ones are ever missed."""

    read_at: datetime
    paths: dict[str, dict[int, Path]]

    def in_force(self) -> list[Path]:
        return [versions[max(versions)] for versions in self.paths.values()]

    def begun_by(self, event: Event) -> list[Path]:
        return [path for path in self.in_force() if path.event is event and path.on]

    def awaits(self, event: Event) -> bool:
        """Whether somebody inside any version may wait for it."""
        return any(event in path.awaited for versions in self.paths.values() for path in versions.values())


async def shelf(shop: Shop, *, fresh: bool = False) -> Shelf:
    """What is in force. Read once in a while only: the hot path of joining asks for it each time."""
    kept: Shelf | None = shop.kept.get("paths")
    now = shop.now()
    if kept is not None and not fresh and timedelta() <= now - kept.read_at < LOOK_AGAIN:
        return kept
    known = kept.paths if kept is not None else {name: {0: path} for name, path in shipped().items()}
    paths = {name: dict(versions) for name, versions in known.items()}
    for row in await PathVersion.all().order_by("version"):
        versions = paths.setdefault(row.name, {})
        if row.version not in versions:
            versions[row.version] = read_path(row.name, row.spec, row.version)
    made = Shelf(now, paths)
    shop.kept["paths"] = made
    return made


async def version_of(shop: Shop, name: str, version: int) -> Path:
    """One version of a path. Raises NotFound."""
    path = (await shelf(shop)).paths.get(name, {}).get(version)
    path = path or (await shelf(shop, fresh=True)).paths.get(name, {}).get(version)
    if path is None:
        raise NotFound("path")
    return path


async def newest(shop: Shop, name: str) -> Path:
    """The version in force. Raises NotFound."""
    versions = (await shelf(shop, fresh=True)).paths.get(name)
    if not versions:
        raise NotFound("path")
    return versions[max(versions)]


async def step_of(shop: Shop, name: str, version: int, full_name: str) -> tuple[Path, Step]:
    """A step with its path. Raises NotFound for one that its version does not have."""
    path = await version_of(shop, name, version)
    step = path.step(full_name)
    if step is None:
        raise NotFound("path_step")
    return path, step


def spec_of(path: Path) -> dict[str, Any]:
    """The data a path was read from."""
    return dict(path.spec)
