"""The OpenAPI 3.1 document, generated from the route table and its models."""

import re
from enum import StrEnum
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from miniapp_api.frame import MAX_ID, NAME_LENGTH, Route, Who
from miniapp_api.problems import Problem

REF = "#/components/schemas/{model}"
PROBLEMS = {
    "400": "The request could not be read",
    "401": "No session, or a lapsed one",
    "403": "Not allowed",
    "404": "Not found",
    "409": "Not possible now; `code` says why",
    "413": "The body is too large",
    "422": "A value is not acceptable; `field` names it",
    "429": "Too many requests",
    "502": "WeChat did not answer",
}


def document(routes: list[Route], *, prefix: str, title: str, version: str) -> dict[str, Any]:
    models: list[tuple[type[BaseModel], str]] = [(Problem, "serialization")]
    for route in routes:
        if route.body is not None:
            models.append((route.body, "validation"))
        if isinstance(route.returns, type) and issubclass(route.returns, BaseModel):
            models.append((route.returns, "serialization"))
    keys, schemas = models_json_schema(
        [(m, mode) for m, mode in dict.fromkeys(models)],  # type: ignore[misc]  # The modes are literals above.
        ref_template=REF,
    )
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(prefix + route.path, {})[route.method.lower()] = _operation(route, keys)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": version,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"session": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _path_schema(kind: Any) -> dict[str, Any]:
    if kind is int:
        return {"type": "integer", "minimum": 1, "maximum": MAX_ID}
    if issubclass(kind, StrEnum):
        return {"type": "string", "enum": [member.value for member in kind]}
    return {"type": "string", "minLength": 1, "maxLength": NAME_LENGTH}


def _operation(route: Route, keys: Any) -> dict[str, Any]:
    names = re.findall(r"{(\w+)}", route.path)
    parameters: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": _path_schema(route.hints[name]),
        }
        for name in names
    ]
    if route.query is not None:
        schema = route.query.model_json_schema(ref_template=REF)
        for name, field in schema.get("properties", {}).items():
            parameters.append(
                {"name": name, "in": "query", "required": name in schema.get("required", []), "schema": field}
            )
    if route.keeps_answers:
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "A repeat under the same key gets the first answer",
                "schema": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]+$"},
            }
        )
    answer: dict[str, Any] = {"description": "Done"}
    if isinstance(route.returns, type) and issubclass(route.returns, BaseModel):
        answer["content"] = {"application/json": {"schema": keys[(route.returns, "serialization")]}}
    problem = {"application/problem+json": {"schema": keys[(Problem, "serialization")]}}
    operation: dict[str, Any] = {
        "operationId": route.handler.__module__.rsplit(".", 1)[-1] + "_" + route.handler.__name__,
        "summary": route.summary,
        "tags": [route.handler.__module__.rsplit(".", 1)[-1]],
        "parameters": parameters,
        "responses": {
            str(route.status): answer,
            **{status: {"description": text, "content": problem} for status, text in PROBLEMS.items()},
        },
        "x-who": [w.value for w in route.who],
    }
    if route.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": keys[(route.body, "validation")]}},
        }
    if route.picture:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    if Who.ANYONE not in route.who:
        operation["security"] = [{"session": []}]
    return operation
