"""What a person does on their phone: each act changes the world, then tells the account.

Every act returns the deliveries of what it pushed; replies are already in the person's chat.
"""

import secrets
from datetime import timedelta
from typing import Any

from sandbox.api.custom import Windows
from sandbox.api.media import Media
from sandbox.api.menu import GRANTING, Menu
from sandbox.api.notices import Credits
from sandbox.api.qrcode import QrCode, QrCodes
from sandbox.api.templates import Templates
from sandbox.callbacks import Pusher
from sandbox.chat import Chat
from sandbox.control_input import bad
from sandbox.world import Account, Person, World

Deliveries = list[dict[str, Any]]
TIMES_MAX = 100


class Acts:
    """The hands of everybody in one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._push = world.room(Pusher)
        self._chat = world.room(Chat)
        self._windows = world.room(Windows)

    # Following ---------------------------------------------------------------------------------------

    async def follow(self, person: Person, scene: str | None) -> Deliveries:
        """Follow the official account, by search or by scanning a code."""
        if person.follows:
            bad("already follows")
        return await self._follow(person, None if scene is None else self._code(scene))

    async def _follow(self, person: Person, code: QrCode | None) -> Deliveries:
        world, official = self._world, self._world.official
        person.follows, person.subscribed_at = True, world.now()
        person.subscribe_scene = "ADD_SCENE_QR_CODE" if code else "ADD_SCENE_SEARCH"
        person.qr_scene_str = code.scene if code and not code.numeric else ""
        person.qr_scene = int(code.scene) if code and code.numeric else 0
        self._windows.grant(official, person, "follow")
        more = {"EventKey": f"qrscene_{code.scene}", "Ticket": code.ticket} if code else {"EventKey": ""}
        return await self._event(person, official, "subscribe", **more)

    async def unfollow(self, person: Person) -> Deliveries:
        if not person.follows:
            bad("does not follow")
        person.follows = False
        self._windows.close(self._world.official, person)
        return await self._event(person, self._world.official, "unsubscribe", EventKey="")

    async def scan(self, person: Person, scene: str) -> Deliveries:
        """Scan a parametric code: a follower's SCAN, anybody else's subscribe."""
        code = self._code(scene)
        if not person.follows:
            return await self._follow(person, code)
        self._windows.grant(self._world.official, person, "scan")
        return await self._event(person, self._world.official, "SCAN", EventKey=code.scene, Ticket=code.ticket)

    def _code(self, scene: str) -> QrCode:
        """The newest code of that scene; one nobody made in this world was printed before it began."""
        codes = self._world.room(QrCodes)
        code = codes.of_scene(scene)
        if code is None:
            return codes.make(scene)
        if not codes.alive(code):
            bad("the code has expired")
        return code

    # Writing -----------------------------------------------------------------------------------------

    async def write(self, person: Person, account: Account, msg_type: str, **fields: Any) -> Deliveries:
        """Send a message to the account (to the mini-program's customer service for "mini")."""
        self._need_chat(person, account)
        # A tap on a msgmenu line counts as the menu, not as a message.
        self._windows.grant(account, person, "menu" if "bizmsgmenuid" in fields else "message")
        self._chat.into(person, "message", account, msgtype=msg_type, **_shown(fields))
        if person.blacklisted and account.kind == "official":
            return []
        return await self._push.message(account, person, msg_type, **fields)

    async def text(self, person: Person, account: Account, content: str, times: int, menu_id: str) -> Deliveries:
        done: Deliveries = []
        more = {"bizmsgmenuid": menu_id} if menu_id else {}
        for _ in range(times):
            done += await self.write(person, account, "text", Content=content, **more)
        return done

    async def voice(self, person: Person, account: Account, recognition: str) -> Deliveries:
        media_id = self._world.room(Media).put("voice", b"#!AMR\n", "audio/amr")
        more = {"Recognition": recognition} if recognition else {}
        return await self.write(person, account, "voice", MediaId=media_id, Format="amr", **more)

    async def image(self, person: Person, account: Account, pic_url: str) -> Deliveries:
        media_id = self._world.room(Media).put("image", b"\xff\xd8\xff\xd9", "image/jpeg")
        url = pic_url or f"http://mmbiz.qpic.cn/mmbiz_jpg/{secrets.token_urlsafe(24)}/0"
        return await self.write(person, account, "image", PicUrl=url, MediaId=media_id)

    async def location(self, person: Person, account: Account, place: dict[str, Any]) -> Deliveries:
        return await self.write(person, account, "location", **place)

    async def enter_session(self, person: Person, session_from: str) -> Deliveries:
        """Open customer service inside the mini-program."""
        self._need_chat(person, self._world.mini)
        self._windows.grant(self._world.mini, person, "enter")
        return await self._event(person, self._world.mini, "user_enter_tempsession", SessionFrom=session_from)

    def _need_chat(self, person: Person, account: Account) -> None:
        if account.kind == "mini":
            person.last_visit_at = self._world.now()
        elif not person.follows:
            bad("does not follow the official account, so there is no chat")

    # Tapping -----------------------------------------------------------------------------------------

    async def menu(self, person: Person, *, key: str = "", url: str = "", pagepath: str = "") -> Deliveries:
        """Tap a menu button. Only click and scan buttons open a window for messages."""
        official, menu = self._world.official, self._world.room(Menu)
        self._need_chat(person, official)
        if url:
            return await self._event(person, official, "VIEW", EventKey=url, MenuId=menu.menu_id)
        if pagepath:
            person.last_visit_at = self._world.now()
            return await self._event(person, official, "view_miniprogram", EventKey=pagepath, MenuId=menu.menu_id)
        button = menu.find("key", key)
        kind = button["type"] if button else "click"
        if kind in GRANTING:
            self._windows.grant(official, person, "menu")
        if kind == "click":
            return await self._event(person, official, "CLICK", EventKey=key)
        more: dict[str, Any] = {}
        if kind.startswith("scancode"):
            more = {"ScanCodeInfo": {"ScanType": "qrcode", "ScanResult": "1"}}
        return await self._event(person, official, kind, EventKey=key, **more)

    async def consent(
        self, person: Person, account: Account, template_ids: list[str], *, accept: bool, in_settings: bool
    ) -> Deliveries:
        """Answer the subscription popup, or (`in_settings`) refuse templates for good."""
        kinds = ("one_time",) if account.kind == "mini" else ("subscription",)
        credits = self._world.room(Credits)
        for template_id in template_ids:
            template = self._world.room(Templates).by_id.get(template_id)
            if template is None or template.kind not in kinds:
                bad(f"{template_id!r} is no {kinds[0]} template of the {account.kind} account")
        if in_settings and accept:
            bad("the settings only report a refusal")
        if account.kind == "mini":
            person.last_visit_at = self._world.now()
        word = "accept" if accept else "reject"
        items: list[dict[str, Any]] = []
        for template_id in template_ids:
            items.append({"TemplateId": template_id, "SubscribeStatusString": word})
            if accept:
                credits.add(account, person, template_id)
            elif in_settings:
                credits.forget(account, person, template_id)
        if in_settings:
            return await self._event(
                person, account, "subscribe_msg_change_event", SubscribeMsgChangeEvent={"List": items}
            )
        for item in items:
            item["PopupScene"] = "0" if account.kind == "mini" else "1"
        return await self._event(person, account, "subscribe_msg_popup_event", SubscribeMsgPopupEvent={"List": items})

    # In the shop -------------------------------------------------------------------------------------

    async def wifi(self, person: Person, shop_id: str) -> Deliveries:
        """Connect to a shop's Wi-Fi."""
        now = self._world.now()
        return await self._event(
            person,
            self._world.official,
            "WifiConnected",
            ConnectTime=int(now.timestamp()),
            ExpireTime=int((now + timedelta(hours=2)).timestamp()),
            VendorId="3001224419",
            PlaceId=shop_id,
            DeviceNo=":".join(f"{secrets.randbelow(256):02x}" for _ in range(6)),
        )

    async def card(self, person: Person, card_id: str, outer: str) -> Deliveries:
        """Take a card (a membership card or a coupon)."""
        return await self._event(
            person,
            self._world.official,
            "user_get_card",
            CardId=card_id,
            IsGiveByFriend=0,
            UserCardCode=str(10**11 + self._world.number()),
            FriendUserName="",
            OuterId=0,
            OldUserCardCode="",
            OuterStr=outer,
            IsRestoreMemberCard=0,
            IsRecommendByFriend=0,
            UnionId=person.unionid,
        )

    async def anything(self, person: Person, account: Account, event: str, fields: dict[str, Any]) -> Deliveries:
        """Any other event of WeChat's list, with the fields it is said to carry."""
        return await self._event(person, account, event, **fields)

    async def _event(self, person: Person, account: Account, event: str, /, **fields: Any) -> Deliveries:
        self._chat.into(person, "event", account, event=event, **_shown(fields))
        if person.blacklisted and account.kind == "official" and event not in ("subscribe", "unsubscribe"):
            return []
        return await self._push.event(account, person.openids[account.appid], event, **fields)


def _shown(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a push in the words of the chat log."""
    words = {
        "Content": "content",
        "EventKey": "event_key",
        "Recognition": "content",
        "PicUrl": "url",
        "Label": "content",
        "CardId": "card_id",
        "PlaceId": "shop_id",
        "SessionFrom": "session_from",
        "MediaId": "media_id",
    }
    shown = {word: fields[key] for key, word in words.items() if key in fields}
    for box in ("SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent"):
        if box in fields:
            shown["data"] = fields[box]["List"]
    return shown
