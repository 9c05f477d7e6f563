"""Keys and signatures of WeChat Pay v3, from the platform's side of the wire.

RSA-2048 PKCS#1 v1.5 with SHA-256 over lines ended by LF; AES-256-GCM for resources. Nothing here
looks at a clock: moments come in as arguments.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key, load_pem_public_key
from cryptography.x509.oid import NameOID

from sandbox.pay.errors import sign_error
from sandbox.world import Merchant

SCHEME = "WECHATPAY2-SHA256-RSA2048"
SIGNTEST = "WECHATPAY/SIGNTEST/"
SKEW_SECONDS = 300
_PART = re.compile(r'(\w+)="([^"]*)"')
_PARTS = re.compile(r'\w+="[^"]*"(?:, ?\w+="[^"]*")*')
_NEEDED = {"mchid", "nonce_str", "signature", "timestamp", "serial_no"}
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def nonce(length: int = 32) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def lines(*parts: str | bytes) -> bytes:
    """The parts, each ended by one LF, the last one too."""
    return b"".join((p.encode() if isinstance(p, str) else p) + b"\n" for p in parts)


def dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def encrypt(api_v3_key: str, plain: bytes, associated_data: str) -> dict[str, str]:
    """The `resource` members every ciphertext has; the nonce is twelve characters, used as bytes."""
    once = nonce(12)
    sealed = AESGCM(api_v3_key.encode()).encrypt(once.encode(), plain, associated_data.encode())
    return {
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(sealed).decode(),
        "associated_data": associated_data,
        "nonce": once,
    }


def v2_signature(key: str, fields: Mapping[str, str]) -> str:
    """The APIv2 HMAC-SHA256 of `k=v&…&key=` over the non-empty fields, upper-case hex."""
    listed = "&".join(f"{k}={v}" for k, v in sorted(fields.items()) if v != "" and k != "sign")
    return hmac.new(key.encode(), f"{listed}&key={key}".encode(), hashlib.sha256).hexdigest().upper()


def _own_key(pem: str) -> Any:
    # Checking an RSA key takes longer than a test; this one is of our own making.
    return load_pem_private_key(pem.encode(), password=None, unsafe_skip_rsa_key_validation=True)


@dataclass(frozen=True)
class PlatformCertificate:
    """One of the platform's certificates: what /v3/certificates tells, and the key that signs."""

    serial: str
    pem: str
    effective_at: datetime
    expires_at: datetime
    key: rsa.RSAPrivateKey


class Keys:
    """Checks the merchant's signatures and makes the platform's."""

    def __init__(self, merchant: Merchant) -> None:
        self.merchant = merchant
        public = load_pem_public_key(merchant.merchant_public_pem.encode())
        private = _own_key(merchant.platform_private_pem)
        if not isinstance(public, rsa.RSAPublicKey) or not isinstance(private, rsa.RSAPrivateKey):
            raise TypeError("WeChat Pay v3 keys are RSA keys")
        self._merchant_key = public
        self._public_key_mode = private
        read = x509.load_pem_x509_certificate(merchant.platform_certificate_pem.encode())
        self.certificates = [
            PlatformCertificate(
                merchant.platform_serial,
                merchant.platform_certificate_pem,
                read.not_valid_before_utc,
                read.not_valid_after_utc,
                private,
            )
        ]

    # The merchant's side -----------------------------------------------------------------------

    def by_merchant(self, message: bytes, signature: str) -> bool:
        """Whether the merchant's private key signed `message`."""
        try:
            raw = base64.b64decode(signature, validate=True)
            self._merchant_key.verify(raw, message, PKCS1v15(), SHA256())
        except (ValueError, InvalidSignature):
            return False
        return True

    def check_request(self, header: str | None, method: str, path: str, body: bytes, now: datetime) -> None:
        """Refuse with 401 unless the Authorization header proves this very request, at most 5 min old."""
        if not header:
            raise sign_error("Http头Authorization缺失")
        scheme, _, rest = header.partition(" ")
        parts = dict(_PART.findall(rest))
        if scheme != SCHEME or not _PARTS.fullmatch(rest) or set(parts) != _NEEDED:
            raise sign_error("Http头Authorization值格式错误")
        if parts["mchid"] != self.merchant.mchid:
            raise sign_error("商户号不存在")
        if parts["serial_no"] != self.merchant.merchant_serial:
            raise sign_error("商户证书序列号有误")
        if not parts["timestamp"].isdigit() or not parts["nonce_str"]:
            raise sign_error("Http头Authorization值格式错误")
        if abs(int(parts["timestamp"]) - now.timestamp()) > SKEW_SECONDS:
            raise sign_error("时间戳与微信支付服务器相差超过 5 分钟")
        message = lines(method, path, parts["timestamp"], parts["nonce_str"], body)
        if not self.by_merchant(message, parts["signature"]):
            raise sign_error("验签不通过，请检查签名串与私钥")

    # The platform's side -----------------------------------------------------------------------

    def serial_for(self, asked: str | None, default: str) -> str | None:
        """The serial to sign with: the asked one if it is ours; None if it is nobody's."""
        if not asked:
            return self.certificates[-1].serial if default == "certificate" else self.merchant.public_key_id
        known = {c.serial for c in self.certificates} | {self.merchant.public_key_id}
        return asked if asked in known else None

    def headers(self, body: bytes, now: datetime, serial: str, *, signature: str | None = None) -> dict[str, str]:
        """The five Wechatpay-… headers over `body`; `signature` replaces the true one."""
        stamp, once = str(int(now.timestamp())), nonce()
        if signature is None:
            message = lines(stamp, once, body)
            made = self._key_of(serial).sign(message, PKCS1v15(), SHA256())
            signature = base64.b64encode(made).decode()
        return {
            "Wechatpay-Nonce": once,
            "Wechatpay-Signature": signature,
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Serial": serial,
            "Wechatpay-Signature-Type": SCHEME,
        }

    def rotate(self, now: datetime) -> PlatformCertificate:
        """A new platform certificate beside the old ones; from now on it is the one that signs."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tenpay.com sign")])
        number = x509.random_serial_number()
        ends = now + timedelta(days=5 * 365)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(number)
            .not_valid_before(now)
            .not_valid_after(ends)
            .sign(key, SHA256())
        )
        pem = certificate.public_bytes(Encoding.PEM).decode()
        fresh = PlatformCertificate(f"{number:X}", pem, now, ends, key)
        self.certificates.append(fresh)
        return fresh

    def _key_of(self, serial: str) -> rsa.RSAPrivateKey:
        for one in self.certificates:
            if one.serial == serial:
                return one.key
        return self._public_key_mode


def wrong_signature() -> str:
    """Base64 of random bytes: shaped like a signature, proving nothing."""
    return base64.b64encode(secrets.token_bytes(256)).decode()


def request_id(tail: int) -> str:
    return f"08{secrets.token_hex(14).upper()}-{tail}"
