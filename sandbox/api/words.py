"""The error codes of api.weixin.qq.com with their texts, and the request id (rid)."""

import secrets
from typing import Any

from sandbox.world import World

TEXTS = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40007: "invalid media_id",
    40008: "invalid message type",
    40013: "invalid appid",
    40014: "invalid access_token",
    40015: "invalid menu type",
    40016: "invalid button size",
    40017: "invalid button type",
    40018: "invalid button name size",
    40019: "invalid button key size",
    40020: "invalid button url size",
    40023: "invalid sub button size",
    40024: "invalid sub button type",
    40025: "invalid sub button name size",
    40026: "invalid sub button key size",
    40027: "invalid sub button url size",
    40029: "invalid code",
    89300: "invalid trade",
    40032: "invalid openid list size",
    40037: "invalid template_id",
    40052: "invalid action name",
    40053: "invalid action info",
    40054: "invalid sub button url domain",
    40055: "invalid button url domain",
    40059: "invalid msg id",
    40066: "invalid url",
    40097: "invalid args",
    40125: "invalid appsecret",
    40129: "invalid scene",
    40130: "invalid openid list size, at least two openid",
    40163: "code been used",
    40164: "invalid ip",
    40165: "invalid weapp pagepath",
    40169: "invalid length for scene, or the data is not json string",
    40212: "invalid query",
    40226: "high risk user login is blocked",
    40243: "the appsecret is frozen",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41005: "media data missing",
    41008: "missing code",
    41030: "invalid page",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    43004: "require subscribe",
    43019: "require remove blacklist",
    43101: "user refuse to accept the msg",
    43104: "this appid does not have permission",
    43107: "the template is banned",
    43108: "concurrent sends to one user",
    44002: "empty post data",
    44004: "empty content",
    44990: "reach max api second frequence limit",
    44991: "reach max api minute frequence limit",
    44993: "reach max api day frequence limit",
    45002: "content size out of limit",
    45008: "article size out of limit",
    45009: "reach max api daily quota limit",
    45010: "create menu limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45028: "has no masssend quota",
    45029: "qrcode count out of limit",
    45047: "out of response count limit",
    45056: "too many tag now, no need to add new",
    45057: "can't modify tag with too many fans",
    45058: "can't modify sys tag",
    45059: "tag count of this fan out of limit",
    45064: "no permission to use weapp in menu",
    45065: "clientmsgid exist",
    45067: "clientmsgid size out of limit",
    45072: "invalid command",
    45080: "no interaction within 30 seconds",
    45081: "already typing",
    45157: "invalid tag name",
    45158: "invalid tag name length",
    45159: "invalid tag",
    45162: "invalid type",
    45168: "hit a sensitive word",
    46003: "menu no exist",
    47001: "data format error",
    47003: "argument invalid!",
    48001: "api unauthorized",
    48002: "user block receive message",
    48006: "forbid to clear quota because of reaching the limit",
    49003: "not match openid with appid",
    61010: "code is expired",
    85401: "invalid expire time",
    87007: "session_key is not existing or expired",
    87008: "invalid sig_method",
    87009: "invalid signature",
    87014: "risky content",
    87020: "repeated request",
}


class ApiError(Exception):
    """A business error of api.weixin.qq.com; `more` are fields some endpoints add beside it."""

    def __init__(self, code: int, text: str = "", **more: Any) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text or TEXTS.get(code, "error")
        self.more = more


def rid(world: World) -> str:
    """A request id like 6639d7a5-290325f5-3339facd: the time in hex, then two words of chance."""
    return f"{int(world.now().timestamp()):08x}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"
