"""Access tokens: `cgi-bin/token` and `cgi-bin/stable_token`, two families that never touch each other.

A token dies in one of two ways: replaced (40001) or grown old (42001). What was never a token is
malformed (40014).
"""

import re
import secrets
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sandbox.api.quota import BEIJING
from sandbox.api.words import ApiError
from sandbox.world import Account, World

LIFE = timedelta(seconds=7200)
OVERLAP = timedelta(minutes=5)  # how long a replaced token, or a stable one near its end, works on
FORCE_APART = timedelta(seconds=30)
FORCES_PER_DAY = 20
PLAIN_PER_DAY = 2_000
_LOOKS = re.compile(r"[A-Za-z0-9_\-]{100,512}")


@dataclass
class Token:
    """One minted token of one account."""

    text: str
    account_kind: str
    family: str  # "token" or "stable"
    expires_at: datetime
    dead_at: datetime | None = None  # from here on 40001


class Tokens:
    """Every token ever minted in this world that somebody could still present."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._all: dict[str, Token] = {}
        self._current: dict[tuple[str, str], Token] = {}
        self._forced_at: dict[str, datetime] = {}
        self._forces: dict[tuple[str, date], int] = defaultdict(int)
        self._minted: dict[tuple[str, date], int] = defaultdict(int)
        self.frozen_secrets: set[str] = set()  # appids whose AppSecret the admin froze (40243)

    # Used by every endpoint --------------------------------------------------------------------------

    def owner(self, text: str) -> Account:
        """The account a presented token speaks for; raises 41001, 40014, 40001 or 42001."""
        if not text:
            raise ApiError(41001)
        token = self._all.get(text)
        if token is None:
            raise ApiError(40001 if _LOOKS.fullmatch(text) else 40014)
        now = self._world.now()
        if token.dead_at is not None and token.dead_at <= now:
            raise ApiError(40001)
        if token.expires_at <= now:
            raise ApiError(42001)
        return self._world.official if token.account_kind == "official" else self._world.mini

    # Used by the two token endpoints -----------------------------------------------------------------

    def plain(self, account: Account) -> tuple[str, int]:
        """Always a new token; the one before works another five minutes."""
        day = (account.appid, self._world.now().astimezone(BEIJING).date())
        if self._minted[day] >= PLAIN_PER_DAY:
            raise ApiError(45009)
        self._minted[day] += 1
        before = self._current.get((account.kind, "token"))
        if before is not None:
            before.dead_at = self._world.now() + OVERLAP
        token = self._mint(account, "token")
        return token.text, self._left(token)

    def stable(self, account: Account, *, force: bool) -> tuple[str, int]:
        """The same token until five minutes before its end. `force` kills it at once, twenty times a
        day and never within 30 s of the last time (then nothing is refreshed).
        """
        now = self._world.now()
        token = self._current.get((account.kind, "stable"))
        if force and token is not None:
            last = self._forced_at.get(account.kind)
            if last is None or now - last >= FORCE_APART:
                day = (account.appid, now.astimezone(BEIJING).date())
                if self._forces[day] >= FORCES_PER_DAY:
                    raise ApiError(45009)
                self._forces[day] += 1
                self._forced_at[account.kind] = now
                token.dead_at = now
                token = None
        dead = token is None or (token.dead_at is not None and token.dead_at <= now)
        if token is None or dead or token.expires_at - now <= OVERLAP:
            token = self._mint(account, "stable")
        return token.text, self._left(token)

    def revoke(self, kind: str) -> None:
        """Make every living token of an account invalid (40001), as a changed secret does."""
        for token in self._all.values():
            if token.account_kind == kind:
                token.dead_at = self._world.now()

    def _left(self, token: Token) -> int:
        return int((token.expires_at - self._world.now()).total_seconds())

    def _mint(self, account: Account, family: str) -> Token:
        now = self._world.now()
        # A client that reserves less than 512 characters is found out sooner or later.
        length = self._world.rng.choice((136, 157, 256, 512))
        head = f"{60 + len(self._all) % 40}_"
        text = head + secrets.token_urlsafe(length)[: length - len(head)]
        token = Token(text, account.kind, family, now + LIFE)
        self._all = {k: t for k, t in self._all.items() if t.expires_at + timedelta(days=1) > now}
        self._all[text] = token
        self._current[account.kind, family] = token
        return token
