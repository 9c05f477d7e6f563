"""Sessions: signed bearer tokens for members and staff. The session key of WeChat never leaves the server."""

from datetime import datetime, timedelta

import jwt

from domain.errors import NotAllowed
from miniapp_api.frame import Person, Who


class Sessions:
    """Issues and reads tokens (HS256). `now` is always handed in: the shop's clock decides the age."""

    def __init__(self, key: str, hours: int) -> None:
        self._key = key
        self._life = timedelta(hours=hours)

    def issue(self, person: Person, now: datetime) -> tuple[str, datetime]:
        """A token and the instant it lapses."""
        lapses = now + self._life
        claims = {
            "sub": person.actor,
            "role": person.role.value,
            "exp": int(lapses.timestamp()),
            "aud": "hezi",
        }
        return jwt.encode(claims, self._key, algorithm="HS256"), lapses

    def read(self, token: str, now: datetime) -> Person:
        """Who the token is for. Raises NotAllowed when it is forged, foreign or lapsed."""
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=["HS256"],
                audience="hezi",
                # The shop's clock may be moved in demos and tests, so the age is checked below.
                options={"require": ["exp", "aud", "sub"], "verify_exp": False},
            )
            kind, number = str(claims["sub"]).split(":")
            role = Who(claims["role"])
            lapsed = int(claims["exp"]) <= now.timestamp()
        except (jwt.InvalidTokenError, ValueError, KeyError):
            raise NotAllowed("session") from None
        if lapsed:
            raise NotAllowed("session")
        if kind == "member":
            return Person(member_id=int(number), role=Who.MEMBER)
        return Person(staff_id=int(number), role=role)
