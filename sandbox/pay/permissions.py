"""Standing authorisations (免确认模式): asked for by the merchant, granted by the person, ended by either."""

from typing import Any

from sandbox.pay import fields
from sandbox.pay.desk import Pay
from sandbox.pay.door import Answer, Request
from sandbox.pay.errors import APPID_NOT_BOUND, CannotPay, PayError, invalid_request, no_auth
from sandbox.pay.fields import Check, shape, text
from sandbox.pay.notify import Notice
from sandbox.pay.signing import nonce
from sandbox.pay.state import Permission
from sandbox.pay.times import compact, rfc3339
from sandbox.world import Person

NOT_FOUND = 271317510
OTHER_PARAMETERS = 271316598
STILL_OPEN = 271302262
APPLY: Check = shape(
    {
        "service_id": text(32),
        "appid": text(32),
        "authorization_code": text(32, pattern=fields.OUT_TRADE_NO),
    },
    {"notify_url": fields.notify_url},
)
END_BY_CODE: Check = shape({"service_id": text(32), "reason": text(50)})
END_BY_OPENID: Check = shape({"service_id": text(32), "appid": text(32), "reason": text(50)})


def apply(pay: Pay, request: Request) -> Answer:
    """POST /v3/payscore/permissions → a token for the authorisation page, the same for the same body."""
    asked = request.shaped(APPLY)
    _check_service(pay, asked["service_id"])
    if pay.world.account(asked["appid"]) is None:
        raise invalid_request("商户号与appid未绑定", APPID_NOT_BOUND)
    code = asked["authorization_code"]
    permission = pay.permissions.get(code)
    if permission is None:
        permission = Permission(code, asked, nonce(64), pay.world.now())
        pay.permissions[code] = permission
    if permission.asked != asked:
        raise invalid_request("授权协议号重入参数校验失败", OTHER_PARAMETERS)
    return 200, {"apply_permissions_token": permission.token}


def by_code(pay: Pay, request: Request) -> Answer:
    _check_service(pay, request.asked("service_id"))
    return 200, view(pay, _known(pay.permissions.get(request.path["authorization_code"])))


def by_openid(pay: Pay, request: Request) -> Answer:
    """The newest authorisation of this person for this service."""
    _check_service(pay, request.asked("service_id"))
    return 200, view(pay, _of_openid(pay, request.path["openid"], request.asked("appid")))


def end_by_code(pay: Pay, request: Request) -> Answer:
    asked = request.shaped(END_BY_CODE)
    _check_service(pay, asked["service_id"])
    return _end(pay, _known(pay.permissions.get(request.path["authorization_code"])))


def end_by_openid(pay: Pay, request: Request) -> Answer:
    asked = request.shaped(END_BY_OPENID)
    _check_service(pay, asked["service_id"])
    return _end(pay, _of_openid(pay, request.path["openid"], asked["appid"]))


def _end(pay: Pay, permission: Permission) -> Answer:
    """Ends an authorisation; refused while the person has orders under way. Ended stays ended."""
    if any(o.openid == permission.openid and o.state == "DOING" for o in pay.score_orders.values()):
        raise invalid_request("存在未完成订单", STILL_OPEN)
    if permission.state == "AVAILABLE":
        permission.state, permission.ended_at = "UNAVAILABLE", pay.world.now()
        notice = _notice(pay, permission, "PAYSCORE.USER_CLOSE_SERVICE", "用户解除服务授权")
        if notice is not None:
            pay.notices.soon(notice)
    return 204, None


def grant(pay: Pay, code: str, person: Person) -> Notice | None:
    """The person authorises the service; the notice of it, where an address was given."""
    permission = pay.permissions.get(code)
    if permission is None or permission.ended_at is not None:
        raise CannotPay("no_such_permission", "nothing was applied for under this code", status=404)
    if not person.payscore_accepts:
        raise CannotPay("evaluation", "暂时无法使用此服务")
    permission.openid = person.openids[permission.asked["appid"]]
    permission.state, permission.granted_at = "AVAILABLE", pay.world.now()
    return _notice(pay, permission, "PAYSCORE.USER_OPEN_SERVICE", "用户开启服务授权")


def _notice(pay: Pay, permission: Permission, event_type: str, summary: str) -> Notice | None:
    asked = permission.asked
    if "notify_url" not in asked:
        return None
    opened = event_type.endswith("OPEN_SERVICE")
    plain = {
        "appid": asked["appid"],
        "mchid": pay.merchant.mchid,
        "service_id": asked["service_id"],
        "openid": permission.openid,
        "user_service_status": "USER_OPEN_SERVICE" if opened else "USER_CLOSE_SERVICE",
        "openorclose_time": compact(pay.world.now()),
        "authorization_code": permission.authorization_code,
    }
    return pay.notices.write(event_type, summary, "payscore", asked["notify_url"], plain, permission.authorization_code)


def _check_service(pay: Pay, service_id: str) -> None:
    if service_id != pay.merchant.payscore_service_id:
        raise no_auth("商户暂无权限使用此服务")


def _of_openid(pay: Pay, openid: str, appid: str) -> Permission:
    mine = [p for p in pay.permissions.values() if p.openid == openid and p.asked["appid"] == appid]
    return _known(mine[-1] if mine else None)


def _known(permission: Permission | None) -> Permission:
    if permission is None:
        raise PayError(404, "RESOURCE_NOT_EXISTS", "查询的授权记录不存在", tail=NOT_FOUND)
    return permission


def view(pay: Pay, permission: Permission) -> dict[str, Any]:
    told: dict[str, Any] = {
        "service_id": permission.asked["service_id"],
        "appid": permission.asked["appid"],
        "mchid": pay.merchant.mchid,
        "authorization_code": permission.authorization_code,
        "authorization_state": permission.state,
    }
    if permission.openid:
        told["openid"] = permission.openid
    if "notify_url" in permission.asked:
        told["notify_url"] = permission.asked["notify_url"]
    if permission.granted_at is not None:
        told["authorization_success_time"] = rfc3339(permission.granted_at)
    if permission.ended_at is not None:
        told["cancel_authorization_time"] = rfc3339(permission.ended_at)
    return told
