"""A member with a box, made through the real doors, for the box detail's figures."""

import json
import urllib.request
from typing import Any

from bench.running import Running


def _ask(url: str, body: Any = None, token: str = "") -> Any:
    request = urllib.request.Request(url, data=None if body is None else json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def a_box(running: Running) -> tuple[str, int]:
    """A session and the id of a proposed box of six pieces."""
    sandbox = f"http://{running.host}:{running.sandbox_port}/sandbox"
    person = _ask(f"{sandbox}/people", {"name": "测"})
    code = _ask(f"{sandbox}/people/{person['id']}/login-code", {})["code"]
    api = f"{running.base}/api/v1"
    token = _ask(f"{api}/session", {"code": code})["token"]
    products = _ask(f"{api}/products?limit=100")["items"]
    skus = [next(s["id"] for s in p["skus"] if s["left"]) for p in products if any(s["left"] for s in p["skus"])]
    box = _ask(f"{api}/boxes", {"sku_ids": skus[:6], "occasion": "通勤"}, token)
    return token, int(box["id"])
