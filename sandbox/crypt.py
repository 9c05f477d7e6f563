"""The cipher and the signatures of message pushes (消息加解密), from WeChat's side.

AES-256-CBC with the key's first 16 bytes as IV, PKCS#7 in blocks of **32**, and inside
16 random bytes + length + message + appid.
"""

import base64
import hashlib
import hmac
import secrets
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


class BadCipher(ValueError):
    """A text that the key does not open, or that opens to somebody else's message."""


def signature(*parts: str) -> str:
    """SHA-1 of the parts, sorted as plain strings and joined, as hex."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324 - WeChat's own choice.


def same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _cipher(aes_key: str) -> Cipher[modes.CBC]:
    key = base64.b64decode(aes_key + "=")
    if len(key) != BLOCK:
        raise BadCipher("the EncodingAESKey must be 43 characters long")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def encrypt(aes_key: str, appid: str, message: bytes) -> str:
    """The base64 text for the `Encrypt` field."""
    plain = secrets.token_bytes(16) + struct.pack(">I", len(message)) + message + appid.encode()
    pad = BLOCK - len(plain) % BLOCK
    encryptor = _cipher(aes_key).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()).decode()


def decrypt(aes_key: str, appid: str, encrypted: str) -> bytes:
    """The message inside an `Encrypt` field; raises `BadCipher` on any flaw."""
    try:
        raw = base64.b64decode(encrypted, validate=True)
    except ValueError as error:
        raise BadCipher("not base64") from error
    if not raw or len(raw) % BLOCK:
        raise BadCipher("the length is no multiple of 32: pad with blocks of 32, not 16")
    decryptor = _cipher(aes_key).decryptor()
    plain = decryptor.update(raw) + decryptor.finalize()
    pad = plain[-1]
    if not 1 <= pad <= BLOCK or plain[-pad:] != bytes([pad]) * pad:
        raise BadCipher("wrong padding")
    plain = plain[:-pad]
    if len(plain) < 20:
        raise BadCipher("too short")
    length = int(struct.unpack(">I", plain[16:20])[0])
    message, tail = plain[20 : 20 + length], plain[20 + length :]
    if len(message) != length:
        raise BadCipher("wrong length")
    if tail != appid.encode():
        raise BadCipher("the appid at the end is another one")
    return message
