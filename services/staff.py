"""The staff's passwords: hashed with scrypt, compared in constant time."""

import asyncio
import hashlib
import hmac
import secrets

from models import StaffUser

COST = 2**14
_BLOCK, _LANES, _LENGTH = 8, 1, 32
_NOBODY = f"scrypt${COST}${'00' * 16}${'00' * _LENGTH}"
"""As costly to check as a real one, and no password fits it."""


def hash_password(password: str, *, n: int = COST) -> str:
    """`scrypt$n$salt$hash`, salt and hash in hex; `n` is the cost, a power of two."""
    salt = secrets.token_bytes(16)
    return f"scrypt${n}${salt.hex()}${_scrypt(password, salt, n).hex()}"


def check_password(password: str, kept: str) -> bool:
    """Whether this is the password that was hashed; a kept text of another shape matches nothing."""
    try:
        kind, cost, salt, wanted = kept.split("$")
        if kind != "scrypt":
            return False
        found = _scrypt(password, bytes.fromhex(salt), int(cost))
        return hmac.compare_digest(found, bytes.fromhex(wanted))
    except ValueError:
        return False


def _scrypt(password: str, salt: bytes, n: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=_BLOCK, p=_LANES, dklen=_LENGTH, maxmem=256 * n * _BLOCK)


async def log_in(login: str, password: str) -> StaffUser | None:
    """The active member of staff with this login and password; None otherwise, in about the same time."""
    user = await StaffUser.filter(login=login, active=True).first()
    # An unknown login is checked against a hash too, so that the answer's time tells nothing.
    kept = user.password_hash if user else _NOBODY
    fits = await asyncio.get_running_loop().run_in_executor(None, check_password, password, kept)
    return user if fits else None


async def current(staff_id: int, role: str) -> bool:
    """Whether this account is open and still has this role: a session outlives neither."""
    return await StaffUser.filter(id=staff_id, role=role, active=True).exists()
