"""Daily quotas per endpoint and account (45009), clear_quota (ten times a month) and quota/get."""

from collections import defaultdict
from datetime import date, timedelta, timezone

from sandbox.api.words import ApiError
from sandbox.world import Account, World

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
CLEARS_PER_MONTH = 10
DEFAULT_LIMIT = 1_000_000
LIMITS = {
    "/cgi-bin/message/custom/send": 500_000,
    "/cgi-bin/message/template/send": 100_000,
    "/cgi-bin/message/subscribe/send": 30_000_000,
    "/cgi-bin/message/mass/send": 100,
    "/cgi-bin/user/info": 5_000_000,
    "/cgi-bin/menu/create": 1_000,
    "/cgi-bin/menu/delete": 1_000,
    "/cgi-bin/qrcode/create": 100_000,
    "/wxa/msg_sec_check": 2_000_000,
    "/wxa/media_check_async": 200_000,
    "/wxa/generate_urllink": 500_000,
}
SPENT = {"/wxa/generate_urllink": 44993}


class Quotas:
    """Counts calls per account, endpoint and Beijing day; also short windows of a minute."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.limits = dict(LIMITS)  # a test may lower one
        self._used: dict[tuple[str, str], int] = defaultdict(int)
        self._day: date | None = None
        self._cleared: dict[tuple[str, int, int], int] = defaultdict(int)
        self._windows: dict[tuple[str, str], tuple[int, int]] = {}

    def _today(self) -> date:
        today = self._world.now().astimezone(BEIJING).date()
        if today != self._day:
            self._day = today
            self._used.clear()
        return today

    def use(self, account: Account, path: str) -> None:
        """Count one call; beyond the day's limit 45009 (44993 for links)."""
        self._today()
        if self._used[account.appid, path] >= self.limits.get(path, DEFAULT_LIMIT):
            raise ApiError(SPENT.get(path, 45009))
        self._used[account.appid, path] += 1

    def use_window(self, who: str, path: str, limit: int, code: int, *, seconds: int = 60) -> None:
        """Count one call in the running minute (or other window); beyond `limit` the error `code`."""
        window = int(self._world.now().timestamp()) // seconds
        seen, count = self._windows.get((who, path), (window, 0))
        if seen != window:
            count = 0
        if count >= limit:
            raise ApiError(code)
        self._windows[who, path] = (window, count + 1)

    def of(self, account: Account, path: str) -> dict[str, int]:
        self._today()
        limit = self.limits.get(path, DEFAULT_LIMIT)
        used = self._used.get((account.appid, path), 0)
        return {"daily_limit": limit, "used": used, "remain": max(0, limit - used)}

    def clear(self, account: Account) -> None:
        """Set every endpoint of the account back to zero, ten times a calendar month (48006)."""
        today = self._today()
        month = (account.appid, today.year, today.month)
        if self._cleared[month] >= CLEARS_PER_MONTH:
            raise ApiError(48006)
        self._cleared[month] += 1
        for key in [key for key in self._used if key[0] == account.appid]:
            del self._used[key]
