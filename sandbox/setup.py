"""Making a world: invented accounts, keys and certificates, on disk for `serve`, in memory for tests."""

import base64
import functools
import json
import os
import secrets
import string
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from sandbox.api.couriers import BOUND
from sandbox.api.templates import seeds
from sandbox.clock import SharedClock
from sandbox.world import Account, Merchant, World

BASE_URL = "http://127.0.0.1:8100"
NUMBERED_FROM, NUMBERS = datetime(2026, 1, 1, tzinfo=UTC), 10**8
_ALNUM = string.ascii_letters + string.digits


def make_world(
    directory: Path | str,
    clock: SharedClock | None = None,
    *,
    official_callback: str = "",
    mini_callback: str = "",
    corp_callback: str = "",
    base_url: str = BASE_URL,
    seed: int = 1,
) -> tuple[World, dict[str, Any]]:
    """A world in memory and what its consoles would give the developer.

    `directory` only serves for the clock's file when no clock is handed in. RSA keys are made once
    per process; every other secret is fresh.
    """
    clock = clock or SharedClock(Path(directory) / "clock.json")
    view, credentials = _invent(official_callback, mini_callback, corp_callback, base_url)
    return load_world(view, clock, seed=seed), credentials


def load_world(view: dict[str, Any], clock: SharedClock, *, seed: int = 1, first_number: int = 1) -> World:
    """The world described by a `sandbox.json`."""
    return World(
        official=Account(**view["official"]),
        mini=Account(**view["mini"]),
        merchant=Merchant(**view["merchant"]),
        # Files of before WeCom have none.
        corp=Account(**view["corp"]) if "corp" in view else None,
        clock=clock,
        seed=seed,
        first_number=first_number,
    )


def init_files(
    directory: Path, *, official_callback: str, mini_callback: str, base_url: str, corp_callback: str = ""
) -> list[Path]:
    """Write sandbox.json and credentials.json; existing files are kept. Returns what was written."""
    paths = [directory / "sandbox.json", directory / "credentials.json"]
    if all(path.exists() for path in paths):
        return []
    if any(path.exists() for path in paths):
        raise FileExistsError(f"only one of sandbox.json and credentials.json is in {directory}: remove it first")
    directory.mkdir(parents=True, exist_ok=True)
    for path, content in zip(paths, _invent(official_callback, mini_callback, corp_callback, base_url), strict=True):
        # Keys, even invented ones, are nobody else's business.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False, indent=2)
            file.write("\n")
    return paths


def read_world(directory: Path, clock: SharedClock, *, seed: int = 1) -> World:
    """The world that `init_files` wrote. It numbers on from its clock, so that what it gave out before it was
    started again (waybills, transactions, messages) is not given out twice.
    """
    view = json.loads((directory / "sandbox.json").read_text(encoding="utf-8"))
    seconds = int((clock.now() - NUMBERED_FROM).total_seconds())
    return load_world(view, clock, seed=seed, first_number=max(1, seconds) % NUMBERS)


# Inventing -------------------------------------------------------------------------------------------


def _word(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def _account(kind: str, callback_url: str) -> Account:
    return Account(
        kind=kind,
        appid="wx" + secrets.token_hex(8),
        secret=secrets.token_hex(16),
        gh_id="gh_" + secrets.token_hex(6),
        token=_word(_ALNUM, 24),
        # 32 bytes in base64 without the one "=" at the end; only letters and digits are allowed.
        aes_key=_aes_key(),
        callback_url=callback_url,
    )


def _corp(callback_url: str) -> Account:
    corpid = "ww" + secrets.token_hex(8)
    return replace(_account("corp", callback_url), appid=corpid, gh_id=corpid, secret=_word(_ALNUM, 43))


def _aes_key() -> str:
    while True:
        key = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        if key.isalnum():
            return key


@functools.cache
def _rsa_key(name: str) -> rsa.RSAPrivateKey:
    """One key per role and process: making one takes longer than most tests."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _private_pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _public_pem(key: rsa.RSAPrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def _certificate(key: rsa.RSAPrivateKey, common_name: str) -> tuple[str, str]:
    """A self-signed certificate and its serial number in upper-case hex."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    serial = int.from_bytes(b"\x5a" + secrets.token_bytes(19))
    # Demos move the clock years back and forth; the certificate is valid through all of them.
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=365 * 30))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), f"{serial:040X}"


def _invent(
    official_callback: str, mini_callback: str, corp_callback: str, base_url: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The sandbox's own view and the developer's credentials."""
    official, mini = _account("official", official_callback), _account("mini", mini_callback)
    corp = _corp(corp_callback)
    merchant_key, platform_key = _rsa_key("merchant"), _rsa_key("platform")
    mchid = "16" + _word(string.digits, 8)
    merchant_certificate, merchant_serial = _certificate(merchant_key, mchid)
    platform_certificate, platform_serial = _certificate(platform_key, "Tenpay.com Root CA (sandbox)")
    merchant = Merchant(
        mchid=mchid,
        merchant_serial=merchant_serial,
        merchant_public_pem=_public_pem(merchant_key),
        platform_private_pem=_private_pem(platform_key),
        platform_public_pem=_public_pem(platform_key),
        public_key_id="PUB_KEY_ID_01" + mchid + _word(string.digits, 20),
        platform_serial=platform_serial,
        platform_certificate_pem=platform_certificate,
        api_v3_key=_word(_ALNUM, 32),
        api_v2_key=_word(_ALNUM, 32),
        payscore_service_id="00004" + _word(string.digits, 27),
    )
    view = {"official": asdict(official), "mini": asdict(mini), "merchant": asdict(merchant), "corp": asdict(corp)}
    shop = {
        "mchid": mchid,
        "merchant_serial": merchant_serial,
        "merchant_private_key_pem": _private_pem(merchant_key),
        "merchant_certificate_pem": merchant_certificate,
        "platform_public_key_id": merchant.public_key_id,
        "platform_public_key_pem": merchant.platform_public_pem,
        "platform_serial": platform_serial,
        "platform_certificate_pem": platform_certificate,
        "api_v3_key": merchant.api_v3_key,
        "api_v2_key": merchant.api_v2_key,
        "payscore_service_id": merchant.payscore_service_id,
        "payscore_ceiling_fen": merchant.payscore_ceiling_fen,
    }
    templates: dict[str, dict[str, str]] = {}
    for template in seeds():
        templates.setdefault(template.kind, {})[template.slug] = template.id
    credentials = {
        "official": {key: value for key, value in asdict(official).items() if key != "kind"},
        "mini": {key: value for key, value in asdict(mini).items() if key != "kind"},
        "corp": {"corpid": corp.appid, **{key: getattr(corp, key) for key in ("secret", "token", "aes_key")}},
        "merchant": shop,
        "base_urls": {"api": base_url, "pay": base_url, "mp": base_url, "sandbox": f"{base_url}/sandbox"},
        "templates": templates,
        "couriers": [{"delivery_id": delivery_id, "biz_id": biz_id} for delivery_id, biz_id in BOUND.items()],
    }
    return view, credentials
