"""Pages of the API, and the memory of a web process that has served them."""

import json
import urllib.request
from typing import Any

from bench.callbacks import texts
from bench.running import Running, summary


def _get(running: Running, path: str, count: int, token: str = "") -> list[bytes]:
    session = f"Authorization: Bearer {token}\r\n" if token else ""
    return [f"GET {path} HTTP/1.1\r\nHost: {running.host}\r\n{session}\r\n".encode()] * count


def ask(url: str, body: Any = None, token: str = "") -> Any:
    """One call of the API or of the sandbox, outside of what is measured."""
    request = urllib.request.Request(url, data=None if body is None else json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def catalogue(running: Running, bare: float) -> None:
    done = running.fire(_get(running, "/api/v1/products", 30_000), connections=64, most_seconds=20)
    print(summary("catalogue, 20 with price and stock", done, "≥ 3,000/s", bare))


def product(running: Running, bare: float) -> None:
    first = ask(f"{running.base}/api/v1/products")["items"][0]["id"]
    done = running.fire(_get(running, f"/api/v1/products/{first}", 30_000), connections=64, most_seconds=20)
    print(summary("product detail", done, "≥ 3,000/s", bare))


def box(running: Running, bare: float) -> None:
    token, box_id = _a_box(running)
    done = running.fire(_get(running, f"/api/v1/boxes/{box_id}", 10_000, token), connections=64, most_seconds=20)
    print(summary("box detail", done, "≥ 1,000/s", bare))


def memory(running: Running, _: float) -> None:
    """Three equal runs: what is resident after each."""
    told = []
    for start in (20_000, 50_000, 80_000):
        running.fire(texts(running, 20_000, start=start), connections=96, most_seconds=30)
        running.fire(_get(running, "/api/v1/products", 30_000), connections=64, most_seconds=20)
        told.append(", ".join(f"{size:.0f}" for size in running.resident_mb()))
    print(f"resident MB of each web process after the first | second | third equal run: {' | '.join(told)}  goal ≤ 180")


def _a_box(running: Running) -> tuple[str, int]:
    """A session and the id of a proposed box of six pieces, made through the real doors."""
    sandbox = f"http://{running.host}:{running.sandbox_port}/sandbox"
    person = ask(f"{sandbox}/people", {"name": "测"})
    code = ask(f"{sandbox}/people/{person['id']}/login-code", {})["code"]
    api = f"{running.base}/api/v1"
    token = ask(f"{api}/session", {"code": code})["token"]
    products = ask(f"{api}/products?limit=100")["items"]
    skus = [next(s["id"] for s in p["skus"] if s["left"]) for p in products if any(s["left"] for s in p["skus"])]
    made = ask(f"{api}/boxes", {"sku_ids": skus[:6], "occasion": "通勤"}, token)
    return token, int(made["id"])
