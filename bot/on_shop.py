"""Questions about the shop that need no rows of the member: hello, sizes, outfits, goods, freight, stores."""

from bot import replies
from bot.on_person import handing
from bot.turn import Form, Handler, Say, Turn
from domain.money import yuan
from domain.store import Store, meant
from services import members

STORES_SHOWN = 3


async def greeting(turn: Turn) -> Say:
    return Say(replies.GREETING, "ack")


async def thanks_bye(turn: Turn) -> Say:
    return Say(replies.THANKS, "ack")


async def size_advice(turn: Turn) -> Say:
    height, weight = turn.slot("height"), turn.slot("weight")
    if height is None and weight is None:
        profile = (await members.get(turn.member_id)).profile
        height, weight = profile.get("height_cm"), profile.get("weight_kg")
    if not isinstance(height, int | float) or not isinstance(weight, int | float):
        missing = "weight" if isinstance(height, int | float) else "height"
        known = {name: value for name, value in (("height", height), ("weight", weight)) if value is not None}
        return Say(
            "告诉我身高和体重（比如 165，52 公斤），我帮您看看穿什么码。偏瘦或偏宽松的喜好也可以说。",
            f"ask:{missing}",
            Form("size_advice", known, asked=missing),
        )
    size = suggested_size(float(height), float(weight))
    return Say(
        f"按身高 {height:g} 厘米、体重 {weight:g} 公斤，一般建议 {size} 码。"
        "大衣想叠穿可以大一码。拿不准的话，盒子里可以两个码都试。"
    )


def suggested_size(height_cm: float, weight_kg: float) -> str:
    """A first suggestion by body-mass index and height; the stylist knows better."""
    index = weight_kg / (height_cm / 100) ** 2
    steps = ["XS", "S", "M", "L", "XL"]
    place = 0 if index < 18 else 1 if index < 20.5 else 2 if index < 23 else 3 if index < 26 else 4
    if height_cm >= 172:
        place += 1
    return steps[min(place, len(steps) - 1)]


async def style_advice(turn: Turn) -> Say:
    occasion = turn.slot("occasion")
    about = f"「{occasion}」的搭配" if occasion else "搭配"
    return Say(
        f"{about}可以先看看小程序「灵感」里的成套穿搭，整套都能加进盒子试穿。"
        "想要一对一，回复「约造型师」，会员每年有免费次数。"
    )


async def product_search(turn: Turn) -> Say:
    words = " ".join(str(w) for w in (turn.slot("colour"), turn.slot("category")) if w)
    category, colour = str(turn.slot("category") or ""), str(turn.slot("colour") or "")
    found = await turn.glances.products(category, colour)
    if not found and len(category) > 2:
        # 羊毛大衣 is a 大衣: the kind stands at the end.
        found = await turn.glances.products(category[-2:], colour)
    if not found:
        return Say("小程序「商店」里可以按品类和颜色找。告诉我想找什么款式或颜色，我也可以帮您看看。")
    lines = [
        f"· {p.name}：{yuan(p.price_fen)} 元（会员价 {yuan(p.member_price_fen)} 元），"
        f"{'有货' if p.left else '暂时缺货'}"
        for p in found
    ]
    return Say(
        f"{words + '：' if words else ''}\n".lstrip() + "\n".join(lines) + "\n在小程序「商店」里可以看大图和尺码。"
    )


async def shipping_policy(turn: Turn) -> Say:
    leg, order = yuan(turn.shop.rules.box.freight_leg_fen), turn.shop.rules.order
    plan = "付费会员买单件也包邮。" if order.plan_free_freight else ""
    return Say(
        "默认发顺丰，一般 24 小时内寄出，2 到 3 天到，偏远地区多一两天。\n"
        f"盒子：付费会员每年有免费往返次数；超出或没有次数时，每程运费 {leg} 元，确认前会先告诉您。\n"
        f"商店单买：满 {yuan(order.freight_free_from_fen)} 元包邮，不满收 {yuan(order.freight_fen)} 元运费，"
        f"付款前会先显示。{plan}"
    )


async def store_info(turn: Turn) -> Say:
    stores = turn.shop.rules.store.stores
    if not stores:
        return handing(turn, "门店的地址和电话我这里没有登记。")
    told = [_told(store, turn) for store in meant(stores, turn.text)[:STORES_SHOWN]]
    return Say("\n".join([*told, "还想问别的，回复「人工」。"]))


def _told(store: Store, turn: Turn) -> str:
    now = "现在营业中" if store.open_at(turn.now) else "现在不在营业时间"
    return (
        f"· {store.name}：{store.address}，每天 {store.opens}–{store.closes} 营业（{now}），"
        f"电话 {store.phone}。{''.join(store.told)}"
    )


INTENTS: dict[str, Handler] = {
    "greeting": greeting,
    "thanks_bye": thanks_bye,
    "size_advice": size_advice,
    "style_advice": style_advice,
    "product_search": product_search,
    "shipping_policy": shipping_policy,
    "store_info": store_info,
}
FORMS: dict[str, Handler] = {"size_advice": size_advice}
