"""What is there is documented: every setting, every address, every command, every table's promise."""

import json
import re
import tomllib
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from openapi_spec_validator import validate
from pydantic import BaseModel, SecretStr

import cli
from bot import replies, router
from bot.understand import INTENTS
from domain import errors
from domain.errors import Refusal
from domain.rules import Rules
from miniapp_api import problems
from miniapp_api.openapi import document
from miniapp_api.routes import ADDRESSES
from settings import Settings

ROOT = Path(__file__).resolve().parents[2]
CONFIG = (ROOT / "config.toml").read_text()


def _keys(model: type[BaseModel], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        default = field.default
        if isinstance(default, BaseModel):
            found |= _keys(type(default), f"{prefix}{name}.")
        elif is_dataclass(default) and not isinstance(default, type):
            found |= _rule_keys(default, f"{prefix}{name}.")
        else:
            found[prefix + name] = default.get_secret_value() if isinstance(default, SecretStr) else default
    return found


def _rule_keys(rules: Any, prefix: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields(rules):
        value = getattr(rules, field.name)
        if is_dataclass(value):
            found |= _rule_keys(value, f"{prefix}{field.name}.")
        else:
            found[prefix + field.name] = value
    return found


def _plain(value: Any) -> Any:
    """A default as TOML writes it: dataclasses as tables without their Nones, tuples as lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(v) for f in fields(value) if (v := getattr(value, f.name)) is not None}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return value


def test_every_setting_stands_in_config_toml_with_its_default_and_a_comment() -> None:
    written = tomllib.loads(CONFIG)
    for key, default in _keys(Settings).items():
        at: Any = written
        for part in key.split("."):
            assert isinstance(at, dict), key
            if part not in at and default is None:
                break
            assert part in at, f"{key} is not in config.toml"
            at = at[part]
        else:
            assert at == _plain(default), f"{key}: config.toml says {at!r}, the code {default!r}"
    sections = re.split(r"\n\[(?!\[)", "\n" + CONFIG)
    assert all("#" in section for section in sections[1:]), "each section explains itself"


def test_config_toml_has_no_setting_that_nobody_reads() -> None:
    known = set(_keys(Settings))

    def walk(table: dict[str, Any], prefix: str) -> None:
        for name, value in table.items():
            key = prefix + name
            if key in known:
                continue
            assert isinstance(value, dict), f"{key} is read by nobody"
            walk(value, key + ".")

    walk(tomllib.loads(CONFIG), "")


def test_the_openapi_document_is_valid_and_whole() -> None:
    described = document(ADDRESSES, prefix="/api/v1", title="t", version="1")
    validate(json.loads(json.dumps(described)))
    for route in ADDRESSES:
        operation = described["paths"]["/api/v1" + route.path][route.method.lower()]
        assert len(operation["summary"]) > 10, f"{route.method} {route.path} does not say what it does"
        assert operation["x-who"]
    names = [op["operationId"] for path in described["paths"].values() for op in path.values()]
    assert len(names) == len(set(names))


def _all_refusals(root: type[Refusal] = Refusal) -> set[type[Refusal]]:
    return {root} | {r for sub in root.__subclasses__() for r in _all_refusals(sub)}


def test_every_refusal_has_a_status_and_a_sentence() -> None:
    known = _all_refusals() - {Refusal}
    assert known == set(problems.STATUS)
    assert known == set(replies.SENTENCES)
    codes = [r.code for r in known]
    assert len(codes) == len(set(codes))
    for refused in known:
        words = refused(**{f.name: 1 for f in fields(refused)})
        assert replies.refusal(words)
    assert errors.NotFound in known


def test_every_intent_has_somebody_who_answers() -> None:
    assert set(router.INTENTS) == set(INTENTS) - {"other"}


def test_every_command_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^([a-z-]+):.*##", makefile, re.M):
        assert f"make {target}" in readme, f"make {target}"
    for command in cli.COMMANDS:
        assert f"`{command}`" in readme, command


def test_the_rules_are_in_the_settings() -> None:
    assert Settings.model_fields["rules"].default == Rules()


def test_no_model_docstring_breaks_the_schema() -> None:
    """Tortoise writes docstrings into the schema and splits its script at semicolons."""
    from tortoise.models import Model

    import models

    for name in models.__all__:
        model = getattr(models, name)
        assert issubclass(model, Model)
        assert ";" not in (model.__doc__ or ""), name
