"""Message templates: the ones a shop like this has, with ids that never change, and their admin.

Kinds: `category` (official account, template/send), `subscription` (official account, bizsend) and
`one_time` (mini-program, subscribe/send).
"""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.api.common import OK, Ask, Family
from sandbox.api.values import fits, type_of
from sandbox.api.words import ApiError
from sandbox.world import Account, World

KINDS = {"category": "official", "subscription": "official", "one_time": "mini"}


@dataclass(frozen=True)
class Key:
    """One line of a template: thing1 and the label before it; `choices` for an enum."""

    name: str
    label: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Template:
    """One template in an account's list."""

    id: str
    kind: str
    title: str
    keys: tuple[Key, ...]
    slug: str = ""

    @property
    def account(self) -> str:
        return KINDS[self.kind]

    @property
    def content(self) -> str:
        return "\n".join(f"{key.label}:{{{{{key.name}.DATA}}}}" for key in self.keys)

    def checked(self, ask: Ask, *, official: bool) -> list[tuple[Key, str]]:
        """The values of a request in the template's order; 47001 by shape, 47003 naming the field."""
        data = ask.object("data", 47003)
        if not official and (extra := next((k for k in data if all(k != key.name for key in self.keys)), None)):
            raise ApiError(47003, f"argument invalid! data.{extra} is not in the template")
        found = []
        for key in self.keys:
            if key.name not in data:
                raise ApiError(47003, f"argument invalid! data.{key.name}.value is empty")
            box = data[key.name]
            value = box.get("value") if isinstance(box, dict) else None
            if not isinstance(box, dict) or (value is not None and not isinstance(value, str)):
                raise ApiError(47001, f"data format error: data.{key.name}")
            if not value or not value.strip():
                raise ApiError(47003, f"argument invalid! data.{key.name}.value is empty")
            if not fits(key.name, value, key.choices, any_length=official):
                raise ApiError(47003, f"argument invalid! data.{key.name}.value invalid")
            found.append((key, value))
        return found

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "slug": self.slug,
            "kind": self.kind,
            "account": self.account,
            "title": self.title,
            "keys": [{"name": k.name, "label": k.label, "choices": list(k.choices)} for k in self.keys],
        }


_SEEDS: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    (
        "booking_reminder",
        "预约到店提醒",
        (("thing1", "预约项目"), ("time2", "预约时间"), ("thing3", "预约门店"), ("thing4", "温馨提示")),
    ),
    (
        "box_shipped",
        "订单发货通知",
        (
            ("character_string1", "订单编号"),
            ("thing2", "商品名称"),
            ("phrase3", "快递公司"),
            ("character_string4", "快递单号"),
            ("time5", "发货时间"),
        ),
    ),
    (
        "box_deadline",
        "试穿到期提醒",
        (("thing1", "服务名称"), ("time2", "截止时间"), ("number3", "待处理件数"), ("thing4", "温馨提示")),
    ),
    (
        "refund",
        "退款到账通知",
        (
            ("character_string1", "订单编号"),
            ("amount2", "退款金额"),
            ("thing3", "退款原因"),
            ("time4", "退款时间"),
        ),
    ),
    (
        "membership_renewal",
        "会员续费提醒",
        (("thing1", "会员名称"), ("date2", "到期时间"), ("amount3", "续费金额"), ("thing4", "温馨提示")),
    ),
)
_PREFIX = {"category": "OaCat", "subscription": "OaSub", "one_time": "MiniOnce"}


def _seed_id(kind: str, slug: str) -> str:
    """43 characters like a real id, and readable."""
    words = "".join(word.capitalize() for word in slug.split("_"))
    return f"{_PREFIX[kind]}-{words}_".ljust(43, "0")


def seeds() -> list[Template]:
    """The templates every world begins with: each notice in all three kinds."""
    return [
        Template(_seed_id(kind, slug), kind, title, tuple(Key(name, label) for name, label in keys), slug)
        for kind in KINDS
        for slug, title, keys in _SEEDS
    ]


class Templates:
    """The templates of both accounts by id."""

    def __init__(self, world: World) -> None:
        self.by_id = {template.id: template for template in seeds()}

    def define(self, template: Template) -> Template:
        if not template.keys or any(type_of(key.name) is None for key in template.keys):
            raise ValueError("every key is a type and a number, such as thing1")
        self.by_id[template.id] = template
        return template

    def need(self, account: Account, template_id: str, kind: str) -> Template:
        """The account's template of that kind; 40037."""
        template = self.by_id.get(template_id)
        if template is None or template.kind != kind or template.account != account.kind:
            raise ApiError(40037)
        return template

    def listed(self, account: Account) -> list[Template]:
        """What newtmpl/gettemplate lists: subscriptions, not the official account's category ones."""
        return [t for t in self.by_id.values() if t.account == account.kind and t.kind != "category"]


async def _list(ask: Ask) -> dict[str, Any]:
    data = []
    for template in ask.world.room(Templates).listed(ask.account):
        item: dict[str, Any] = {
            "priTmplId": template.id,
            "title": template.title,
            "content": template.content,
            "example": "\n".join(f"{key.label}:示例" for key in template.keys),
            "type": 2,
        }
        enums = [
            {"keywordCode": f"{key.name}.DATA", "enumValueList": list(key.choices)}
            for key in template.keys
            if key.choices
        ]
        if enums:
            item["keywordEnumValueList"] = enums
        data.append(item)
    return {**OK, "data": data}


async def _delete(ask: Ask) -> dict[str, Any]:
    templates, template_id = ask.world.room(Templates), ask.text("priTmplId", 40037)
    if all(t.id != template_id for t in templates.listed(ask.account)):
        raise ApiError(40037)
    del templates.by_id[template_id]
    return OK


def add_routes(app: web.Application, world: World) -> None:
    family = Family(app, world)
    family.get("/wxaapi/newtmpl/gettemplate", _list)
    family.post("/wxaapi/newtmpl/deltemplate", _delete)
