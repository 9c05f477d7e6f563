"""Personal data at rest: sealed fields that can be opened, and blind indexes that can only be compared.

A sealed text is `s1.<key id>.<nonce and ciphertext, base64url>`. The key id is derived from the key,
so rotation needs no numbering: set the new key as current, the old one as previous, re-seal at leisure.
"""

import hashlib
import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.ports import SealBroken

FORM = "s1"
NONCE_BYTES = 12
INDEX_BYTES = 16
SHORTEST_SECRET = 32


class Sealer:
    """AES-256-GCM per field and HMAC-SHA256 for look-ups; implements `domain.ports.Sealer`.

    Secrets are texts of at least 32 characters; each use gets a key of its own from them. The index key
    cannot be rotated in place: every index would have to be computed again.
    """

    def __init__(self, data_key: str, index_key: str, data_key_previous: str = "") -> None:
        """Raises ValueError naming the setting when a secret is missing or short."""
        _long_enough("security.data_key", data_key)
        _long_enough("security.index_key", index_key)
        self._key_id, current = _key(data_key)
        self._keys = {self._key_id: current}
        if data_key_previous:
            _long_enough("security.data_key_previous", data_key_previous)
            key_id, previous = _key(data_key_previous)
            self._keys.setdefault(key_id, previous)
        self._index = hmac.new(_derive(index_key, b"index"), digestmod=hashlib.sha256)

    def seal(self, text: str, aad: str) -> str:
        """`aad` is "table/column": a sealed text moved to another column does not open there."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self._keys[self._key_id].encrypt(nonce, text.encode(), aad.encode())
        return f"{FORM}.{self._key_id}.{urlsafe_b64encode(sealed).decode()}"

    def open(self, sealed: str, aad: str) -> str:
        """Raises SealBroken, which quotes nothing of what it was given."""
        form, _, rest = sealed.partition(".")
        key_id, _, data = rest.partition(".")
        key = self._keys.get(key_id)
        if form != FORM or key is None:
            raise SealBroken("unknown form or key")
        try:
            raw = urlsafe_b64decode(data)
            return key.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], aad.encode()).decode()
        except (InvalidTag, Base64Error, ValueError):
            pass
        raise SealBroken("damaged, or sealed for another column")

    def index(self, text: str) -> str:
        """32 hex digits, the same for the same text: for unique keys and look-ups. Normalise first."""
        digest = self._index.copy()
        digest.update(text.encode())
        return digest.digest()[:INDEX_BYTES].hex()

    def is_current(self, sealed: str) -> bool:
        """Whether a text is sealed with the current key; the others wait to be sealed again."""
        return sealed.startswith(f"{FORM}.{self._key_id}.")


def _long_enough(name: str, secret: str) -> None:
    if len(secret) < SHORTEST_SECRET:
        raise ValueError(f"{name}: needs a secret of at least {SHORTEST_SECRET} characters")


def _derive(secret: str, use: bytes) -> bytes:
    """HKDF-SHA256 with one block (RFC 5869); 32 bytes."""
    extracted = hmac.digest(b"hezi", secret.encode(), "sha256")
    return hmac.digest(extracted, use + b"\x01", "sha256")


def _key(secret: str) -> tuple[str, AESGCM]:
    return _derive(secret, b"key id")[:4].hex(), AESGCM(_derive(secret, b"field"))
