"""How WeChat Pay refuses: an HTTP status, a code, a sentence, and a cause number at the Request-ID's end.

Every refusal of the sandbox is a `PayError`; the door turns it into the signed answer.
"""

from typing import Any

OUT_OF_RANGE = 268435464
SYSTEM_TROUBLE = 268435455
TOO_FREQUENT = 268435472
UNKNOWN_FIELD = 270924358
BAD_AUTHORIZATION = 270924332
DIFFERENT_REENTRY = 268498688
ORDER_ALREADY_PAID = 268498689
ORDER_IS_CLOSED = 268447914
NO_PERMISSION = 268503786
MCHID_WRONG = 271302144
APPID_NOT_BOUND = 271302149
OTHER_APPID = 4108


class PayError(Exception):
    """One refusal; `tail` is the numeric cause behind the dash of the Request-ID."""

    def __init__(
        self, status: int, code: str, message: str, *, tail: int, detail: dict[str, Any] | None = None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.tail = tail
        self.detail = detail

    def body(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.detail is not None:
            answer["detail"] = self.detail
        return answer


def param_error(
    field: str, issue: str, value: Any = None, *, tail: int = OUT_OF_RANGE, location: str = "body"
) -> PayError:
    """A field breaks its rule; `field` is a pointer such as `/amount/total`."""
    where = f"/{location}{field}" if location == "body" else field
    return PayError(
        400,
        "PARAM_ERROR",
        f"输入源“{where}”校验失败，{issue}",
        tail=tail,
        detail={"field": field, "value": value, "issue": issue, "location": location},
    )


def sign_error(issue: str) -> PayError:
    """The request is not proven to come from the merchant."""
    return PayError(
        401,
        "SIGN_ERROR",
        f"签名错误，{issue}",
        tail=BAD_AUTHORIZATION,
        detail={"field": "signature", "issue": issue, "location": "authorization"},
    )


def invalid_request(message: str, tail: int) -> PayError:
    """The request is well formed but not allowed in the present state of things."""
    return PayError(400, "INVALID_REQUEST", message, tail=tail)


def too_frequent(message: str = "请求过于频繁，请稍后再试") -> PayError:
    return PayError(429, "FREQUENCY_LIMITED", message, tail=TOO_FREQUENT)


def no_auth(message: str = "当前无权限进行此操作") -> PayError:
    return PayError(403, "NO_AUTH", message, tail=NO_PERMISSION)


class CannotPay(Exception):
    """The person's phone says no: shown by the control endpoints, never by WeChat Pay's own.

    `reason` is a short word for whoever drives the sandbox; `message` is what the phone would show.
    """

    def __init__(self, reason: str, message: str, *, status: int = 409) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.message = message
        self.status = status
