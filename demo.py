"""The demo and the tests: the same application, pointed at the sandbox WeChat with invented credentials."""

import json
import secrets
from pathlib import Path
from typing import Any

from settings import Settings


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
    account = ("appid", "gh_id", "secret", "token", "aes_key")
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
        "wechat": {
            "api_base": sandbox_base,
            "pay_base": sandbox_base,
            "official": {k: official[k] for k in account},
            "mini": {**{k: mini[k] for k in account}, "message_format": mini.get("format", "xml")},
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
