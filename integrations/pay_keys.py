"""Keys of WeChat Pay v3: ours to sign with, the platform's to verify with, and the shared one to decrypt.

Pure computing: no clock, no network. Signing is RSA PKCS#1 v1.5 with SHA-256 (about a millisecond of
CPU); verifying and decrypting are some thirty times cheaper.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

AEAD = "AEAD_AES_256_GCM"
PADDING = PKCS1v15()
HASH = SHA256()
PEM_BLOCK = re.compile(rb"-----BEGIN ([A-Z ]+)-----.*?-----END \1-----", re.DOTALL)


def spelled(serial: str) -> str:
    """One spelling of a serial: hex is written with and without leading zeros, in either case."""
    return serial.upper().lstrip("0")


class KeyProblem(ValueError):
    """A key of the configuration that cannot be read; the text names the setting, never the key."""


@dataclass(frozen=True)
class MerchantKeys:
    """Everything the merchant knows, and the platform's keys by serial (`PUB_KEY_ID_…` or hex)."""

    mchid: str
    serial: str
    private: RSAPrivateKey = field(repr=False)
    sealed: AESGCM = field(repr=False)
    platform: dict[str, RSAPublicKey] = field(repr=False)
    asks_for: str = ""  # the serial answers should be signed with; empty leaves it to WeChat

    def sign(self, message: bytes) -> str:
        """Base64 of the merchant's signature."""
        return b64encode(self.private.sign(message, PADDING, HASH)).decode()

    def knows(self, serial: str) -> bool:
        return spelled(serial) in self.platform

    def is_from_platform(self, serial: str, message: bytes, signature: str) -> bool:
        """False for anything odd: a serial we do not know, text that is no base64, a SIGNTEST probe."""
        key = self.platform.get(spelled(serial))
        if key is None:
            return False
        try:
            key.verify(b64decode(signature, validate=True), message, PADDING, HASH)
        except (InvalidSignature, ValueError):
            return False
        return True

    def decrypt(self, resource: Mapping[str, object]) -> bytes:
        """The plaintext of a `resource`. Raises ValueError for every way it can be wrong."""
        ciphertext, nonce = resource.get("ciphertext"), resource.get("nonce")
        bound = resource.get("associated_data") or ""
        if resource.get("algorithm") != AEAD:
            raise ValueError("unknown algorithm")
        if not (isinstance(ciphertext, str) and isinstance(nonce, str) and isinstance(bound, str)):
            raise ValueError("not a resource")
        try:
            return self.sealed.decrypt(nonce.encode(), b64decode(ciphertext, validate=True), bound.encode())
        except InvalidTag:
            raise ValueError("the key does not fit") from None


def read_merchant_keys(
    *,
    mchid: str,
    serial: str,
    private_pem: bytes,
    api_v3_key: str,
    platform_pem: bytes,
    public_key_id: str,
) -> MerchantKeys:
    """Raises KeyProblem naming the setting. `platform_pem` may hold the public key, certificates, or both."""
    if len(api_v3_key.encode()) != 32:
        raise KeyProblem("wechat.pay.api_v3_key: needs exactly 32 bytes")
    try:
        private = _private(private_pem)
    except (ValueError, TypeError):
        raise KeyProblem("wechat.pay.merchant_key_file: holds no readable private key") from None
    if not isinstance(private, RSAPrivateKey):
        raise KeyProblem("wechat.pay.merchant_key_file: not an RSA key")
    return MerchantKeys(
        mchid,
        serial,
        private,
        AESGCM(api_v3_key.encode()),
        read_platform_keys(platform_pem, public_key_id),
        asks_for=public_key_id,
    )


@lru_cache(maxsize=4)
def _private(pem: bytes) -> object:
    """Checking a private key's primes takes 20 ms: once per key and process is enough."""
    return load_pem_private_key(pem, password=None)


def read_platform_keys(pem: bytes, public_key_id: str) -> dict[str, RSAPublicKey]:
    """Serial → key for every block of a PEM bundle; during WeChat's change-over both kinds are in use."""
    found: dict[str, RSAPublicKey] = {}
    for block in PEM_BLOCK.finditer(pem):
        kind, text = block[1], block[0]
        try:
            if kind == b"PUBLIC KEY":
                if not public_key_id:
                    raise KeyProblem("wechat.pay.public_key_id: needed beside a public key")
                serial, key = public_key_id, load_pem_public_key(text)
            elif kind == b"CERTIFICATE":
                serial, key = read_certificate(text)
            else:
                raise KeyProblem(f"wechat.pay.public_key_file: holds a {kind.decode().lower()}")
        except KeyProblem:
            raise
        except ValueError:
            raise KeyProblem("wechat.pay.public_key_file: holds an unreadable block") from None
        if not isinstance(key, RSAPublicKey):
            raise KeyProblem("wechat.pay.public_key_file: not an RSA key")
        found[spelled(serial)] = key
    if not found:
        raise KeyProblem("wechat.pay.public_key_file: holds neither a public key nor a certificate")
    return found


def read_certificate(pem: bytes) -> tuple[str, RSAPublicKey]:
    """Serial in hex and key. Raises ValueError."""
    certificate = load_pem_x509_certificate(pem)
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise ValueError("not an RSA certificate")
    return f"{certificate.serial_number:X}", key
