"""WeCom's 客户联系: contacts of the staff, and group-send tasks (企业群发) that they confirm by hand."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from domain.ports import HandSent, LaidTask, WecomCustomer
from integrations.wechat_http import Fault, WechatApi

FOLLOW_USERS = "/cgi-bin/externalcontact/get_follow_user_list"
CUSTOMER = "/cgi-bin/externalcontact/get"
CUSTOMERS = "/cgi-bin/externalcontact/batch/get_by_user"
ADD_TASK = "/cgi-bin/externalcontact/add_msg_template"
RESULT = "/cgi-bin/externalcontact/get_groupmsg_send_result"
STOP = "/cgi-bin/externalcontact/cancel_groupmsg_send"

TOO_FAST = frozenset({45033, 41063})
"""Too many calls at once; the tasks before this one are still being handed out."""
NOBODYS = frozenset({84061})
A_PAGE, RESULTS_A_PAGE = 100, 500


class WecomContacts:
    """Implements `domain.ports.Wecom`. Laying a task is never repeated: a lost answer may be a laid one.

    Refusals a caller may meet there: 40003 (no such userid), 40096 (no such customer), 41048 (nobody of them can be
    sent to), 60020 (our address is not among the app's 企业可信IP), 48002 (the app may not).
    """

    def __init__(self, api: WechatApi) -> None:
        self._api = api

    async def follow_users(self) -> Sequence[str]:
        said = await self._api.get(FOLLOW_USERS, {})
        return [str(one) for one in _list(FOLLOW_USERS, said, "follow_user")]

    async def customer(self, external_userid: str) -> WecomCustomer:
        """Who has more than 500 contacts among the staff comes in pages."""
        userids: list[str] = []
        cursor = ""
        while True:
            params = {"external_userid": external_userid} | ({"cursor": cursor} if cursor else {})
            said = await self._api.get(CUSTOMER, params)
            userids += [str(one.get("userid", "")) for one in _tables(CUSTOMER, said, "follow_user")]
            cursor = str(said.get("next_cursor") or "")
            if not cursor:
                who = said.get("external_contact")
                return WecomCustomer(external_userid, _unionid(who if isinstance(who, dict) else {}), userids)

    async def customers_of(self, userids: Sequence[str], cursor: str) -> tuple[Sequence[WecomCustomer], str]:
        payload = {"userid_list": list(userids), "cursor": cursor, "limit": A_PAGE}
        # None of them has a customer: that is an empty page to us.
        said = await self._api.post(CUSTOMERS, payload, safe=True, later=TOO_FAST, done=NOBODYS)
        found = []
        for pair in _tables(CUSTOMERS, said, "external_contact_list"):
            who, follows = pair.get("external_contact") or {}, pair.get("follow_info") or {}
            if not isinstance(who, dict) or not isinstance(follows, dict):
                raise Fault(CUSTOMERS, "unreadable")
            # Some answers have come without the userid: such a pair says nothing.
            if who.get("external_userid") and follows.get("userid"):
                found.append(WecomCustomer(str(who["external_userid"]), _unionid(who), [str(follows["userid"])]))
        return found, str(said.get("next_cursor") or "")

    async def lay_task(self, userid: str, external_userids: Sequence[str], text: str) -> LaidTask:
        payload = {
            "chat_type": "single", "external_userid": list(dict.fromkeys(external_userids)), "sender": userid,
            "text": {"content": text},
        }  # fmt: skip
        said = await self._api.post(ADD_TASK, payload, later=TOO_FAST)
        msg_id, refused = said.get("msgid"), said.get("fail_list") or []
        if not isinstance(msg_id, str) or not msg_id or not isinstance(refused, list):
            raise Fault(ADD_TASK, "unreadable")
        return LaidTask(msg_id, [str(one) for one in refused])

    async def how_sent(self, msg_id: str, userid: str) -> Sequence[HandSent]:
        found: list[HandSent] = []
        cursor = ""
        while True:
            payload = {"msgid": msg_id, "userid": userid, "limit": RESULTS_A_PAGE, "cursor": cursor}
            said = await self._api.post(RESULT, payload, safe=True, later=TOO_FAST)
            found += [_sent(one) for one in _tables(RESULT, said, "send_list")]
            cursor = str(said.get("next_cursor") or "")
            if not cursor:
                return found

    async def stop_task(self, msg_id: str) -> None:
        """Stopping twice changes nothing, so a hiccup is tried again at once."""
        await self._api.post(STOP, {"msgid": msg_id}, safe=True, later=TOO_FAST)


def _list(endpoint: str, said: Mapping[str, Any], key: str) -> list[Any]:
    value = said.get(key) or []
    if not isinstance(value, list):
        raise Fault(endpoint, "unreadable")
    return value


def _tables(endpoint: str, said: Mapping[str, Any], key: str) -> Iterator[dict[str, Any]]:
    for one in _list(endpoint, said, key):
        if not isinstance(one, dict):
            raise Fault(endpoint, "unreadable")
        yield one


def _unionid(who: Mapping[str, Any]) -> str | None:
    return str(who["unionid"]) if who.get("unionid") else None


def _sent(one: Mapping[str, Any]) -> HandSent:
    status, at = one.get("status"), one.get("send_time")
    if not isinstance(status, int) or not one.get("external_userid"):
        raise Fault(RESULT, "unreadable")
    return HandSent(
        str(one["external_userid"]), status, datetime.fromtimestamp(at, UTC) if isinstance(at, int) and at else None
    )
