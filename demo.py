"""The demo and the tests: the same application, pointed at the sandbox WeChat with invented credentials."""

import asyncio
import json
import secrets
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp

import app
from bot import menu
from models import database
from services import seed
from settings import Settings, SettingsError


def sandbox_settings(
    credentials: dict[str, Any],
    *,
    sandbox_base: str,
    public_url: str,
    database_url: str,
    folder: Path,
    mode: str,
    port: int = 8080,
) -> Settings:
    """Settings that differ from production by addresses and keys only. Key files are written to `folder`."""
    return Settings.model_validate(
        sandbox_values(
            credentials,
            sandbox_base=sandbox_base,
            public_url=public_url,
            database_url=database_url,
            folder=folder,
            mode=mode,
            port=port,
        )
    )


def sandbox_values(
    credentials: dict[str, Any],
    *,
    sandbox_base: str,
    public_url: str,
    database_url: str,
    folder: Path,
    mode: str,
    port: int = 8080,
) -> dict[str, Any]:
    """The same as plain values, section by section, for an overlay file other processes read."""
    folder.mkdir(parents=True, exist_ok=True)
    merchant, official, mini = credentials["merchant"], credentials["official"], credentials["mini"]
    private, public = folder / "merchant_key.pem", folder / "wechatpay_public_key.pem"
    private.write_text(merchant["merchant_private_key_pem"])
    private.chmod(0o600)
    public.write_text(merchant["platform_public_key_pem"])
    keys = _own_secrets(folder / "secrets.json")
    account = ("appid", "secret", "token", "aes_key")
    templates = credentials.get("templates", {})
    return {
        "app": {
            "mode": mode,
            "port": port,
            "public_url": public_url,
            "clock_file": str(folder / "clock.json"),
            "sandbox_url": sandbox_base,
        },
        "database": {"url": database_url},
        "webhooks": {"allow_private": True},
        "partners": {"secrets": {"xinghe": keys["session_key"]}},
        "wechat": {
            "api_base": sandbox_base,
            "pay_base": sandbox_base,
            "official": {k: official[k] for k in account},
            "mini": {k: mini[k] for k in account},
            "pay": {
                "mchid": merchant["mchid"],
                "merchant_serial": merchant["merchant_serial"],
                "merchant_key_file": str(private),
                "api_v3_key": merchant["api_v3_key"],
                "public_key_id": merchant["platform_public_key_id"],
                "public_key_file": str(public),
                "payscore_service_id": merchant["payscore_service_id"],
            },
            "official_templates": _template_ids(templates.get("category", {})),
            "mini_templates": _template_ids(templates.get("one_time", {})),
            "couriers": {c["delivery_id"]: c["biz_id"] for c in credentials.get("couriers", [])},
        },
        "wecom": {"api_base": sandbox_base, **credentials["corp"]} if "corp" in credentials else {},
        "security": keys,
        "log": {"level": "warning"},
    }


def _template_ids(by_slug: dict[str, str]) -> dict[str, str]:
    """The console's names for our five notices."""
    names = {"renewal": "membership_renewal"}
    ours = ("booking_reminder", "box_shipped", "box_deadline", "refund", "renewal")
    return {kind: by_slug.get(names.get(kind, kind), "") for kind in ours}


def _own_secrets(path: Path) -> dict[str, str]:
    """The application's own keys for this demo, made once and kept beside its database."""
    if not path.exists():
        path.touch(mode=0o600)
        names = ("session_key", "data_key", "index_key")
        path.write_text(json.dumps({name: secrets.token_urlsafe(32) for name in names}))
    loaded: dict[str, str] = json.loads(path.read_text())
    return loaded


def read_credentials(path: Path) -> dict[str, Any]:
    """What the sandbox's consoles give the developer."""
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


def write_overlay(values: dict[str, Any], path: Path) -> None:
    """Write values as the TOML that `HEZI_OVERLAY` names; readable by its owner only: it holds keys."""
    path.touch(mode=0o600)
    lines: list[str] = []

    def table(name: str, content: dict[str, Any]) -> None:
        plain = {k: v for k, v in content.items() if not isinstance(v, dict)}
        if plain and name:
            lines.append(f"[{name}]")
        # JSON's texts, numbers and truth values are TOML's too.
        lines.extend(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in plain.items())
        for key, value in content.items():
            if isinstance(value, dict):
                table(f"{name}.{key}" if name else key, value)

    table("", values)
    path.write_text("\n".join(lines) + "\n")


# Running it --------------------------------------------------------------------------------------


async def run(folder: Path, port: int, sandbox_port: int, database_url: str) -> None:
    """The sandbox WeChat beside the application, on a seeded database; ends both together."""
    folder.mkdir(parents=True, exist_ok=True)
    base, sandbox_base = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}"
    python = sys.executable
    words = ["init", "--dir", str(folder / "wechat"), "--base-url", sandbox_base,
             "--official-callback", f"{base}/wechat/official", "--mini-callback", f"{base}/wechat/mini",
             "--corp-callback", f"{base}/wechat/wecom"]  # fmt: skip
    made = await asyncio.create_subprocess_exec(python, "-m", "sandbox", *words, stdout=asyncio.subprocess.DEVNULL)
    if await made.wait():
        raise SettingsError("the sandbox could not make its credentials")
    credentials = read_credentials(folder / "wechat" / "credentials.json")
    settings = sandbox_settings(
        credentials, sandbox_base=sandbox_base, public_url=base, database_url=database_url, folder=folder,
        mode="demo", port=port,
    )  # fmt: skip
    await database.migrate(database_url)
    await app.with_shop(settings, lambda built: seed.shop_window(built.shop))
    sandbox = await asyncio.create_subprocess_exec(
        python, "-m", "sandbox", "serve", "--dir", str(folder / "wechat"), "--port", str(sandbox_port),
        "--clock", str(folder / "clock.json"), "--app", base, stdout=asyncio.subprocess.DEVNULL,
        # Ctrl-C reaches the whole group of the terminal; the sandbox ends when we tell it to.
        start_new_session=True,
    )  # fmt: skip

    async def open_shop(built: app.Built) -> None:
        await menu.send(built.shop, base)
        print(_addresses(base, sandbox_base), flush=True)

    try:
        await _answering(f"{sandbox_base}/sandbox/clock", sandbox)
        await app.serve(settings, web_here=True, jobs_here=True, ready=open_shop)
    finally:
        with suppress(ProcessLookupError):
            sandbox.terminate()
        await sandbox.wait()


async def _answering(url: str, process: asyncio.subprocess.Process) -> None:
    """Wait until a started process answers. Raises SettingsError when it ends instead."""
    async with aiohttp.ClientSession() as http:
        for _ in range(200):
            with suppress(aiohttp.ClientError):
                async with http.get(url):
                    return
            if process.returncode is not None:
                break
            await asyncio.sleep(0.05)
    raise SettingsError(f"the sandbox did not start: is {url.split('/')[2]} taken?")


def _addresses(base: str, sandbox_base: str) -> str:
    return f"""
  盒子 Hezi is open.

  The phone   {sandbox_base}/phone     chat and mini-program, side by side
  The API     {base}/docs      (OpenAPI 3.1: {base}/openapi.json)
  Health      {base}/healthz   {base}/readyz   {base}/metrics
  WeChat      {sandbox_base}/sandbox/state   the sandbox, looked into

  Staff logins of the demo: stylist1..4, warehouse1, service1, marketing1, finance1, admin1
  (password: demo- and the login). Ctrl-C ends it all.
"""
