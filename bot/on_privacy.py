"""Seeing, taking along and deleting one's own data: a copy is made here, an account closed by the member's own hand."""

import re

from bot import replies
from bot.leading import asks
from bot.turn import Form, Handler, Say, Turn
from domain.privacy import Open
from services import closings, exports

ME = "pages/me/me"
EXPORT = "export"
_CLOSE = re.compile(
    r"注销|销号|删|抹|清|别留|不(?:要|想)留|关(?:掉|闭)?(?:我的)?账?号|账[号户].{0,3}不要|不要.{0,3}账[号户]|销毁"
)
_COPY = re.compile(r"导|拷|下载|备份|副本|看|查|收集|有哪些|拿(?:走|到)|给我一份|发我")
_STAYS = re.compile(r"[不别](?:想|用|要)?(?:注销|销号|删)(?:了|账号|掉)*")
STAYS = "好的，账号照常保留，什么都没有动。"
_NOT = re.compile(r"[不别没]")
_OPEN = {
    Open.BOX: "没结束的盒子", Open.ORDER: "没收到的订单", Open.BOOKING: "预约好的造型", Open.PAYMENT: "没付完的款",
    Open.REFUND: "在路上的退款", Open.COVER: "没结束的支付分授权", Open.STORED_VALUE: "没退的储值",
    Open.CASE: "同事正在处理的事",
}  # fmt: skip


async def privacy_request(turn: Turn) -> Say:
    """Which of the two is meant; neither needs a reason."""
    if _STAYS.search(turn.text) and not _CLOSE.search(_STAYS.sub("", turn.text)):
        return Say(STAYS, "ack")
    if _CLOSE.search(turn.text):
        return await _closing(turn)
    if _COPY.search(turn.text) or (turn.form is not None and turn.form.confirm):
        return Say(
            "要为您准备一份我们保存的全部个人信息吗？包括资料、订单、积分和聊天记录，只有您本人能下载。回复「是」就开始。",
            "confirm",
            Form(EXPORT, asked="confirm", confirm=True),
        )
    return Say(
        "查看、导出、删除个人信息或注销账号，都不需要理由。您想要一份副本，还是注销账号？回复「导出」或「注销」。",
        "ask:choice",
        Form(EXPORT, asked="choice"),
    )


async def _closing(turn: Turn) -> Say:
    """What closing means for this very member, read back; the yes is given in the mini-program."""
    seen = await closings.outlook(turn.shop, turn.member_id)
    if seen.waiting is not None:
        return Say(
            f"您的注销申请已经收到，最晚 {replies.last_day(seen.waiting.due_at)} 办完；"
            "在那之前可以在小程序「我的」里撤回。",
            page=ME,
            label="查看申请",
        )
    lost = [f"{seen.points_lost} 积分"] if seen.points_lost else []
    lost += [f"{seen.coupons_lost} 张优惠券"] if seen.coupons_lost else []
    lost += ["没到期的付费会员（不退费）"] if seen.plan_lost else []
    lines = ["注销不需要理由：资料、地址、尺码和聊天记录会删除，订单和付款按法律保留，但不再写着您是谁。"]
    if lost:
        lines.append(f"会一起失效：{'、'.join(lost)}。")
    if seen.open:
        lines.append(
            f"现在还有{'、'.join(_OPEN[what] for what in seen.open)}，这些一结束就自动注销，不超过 15 个工作日。"
        )
    lines.append("注销后不能恢复，请您本人在小程序「我的」里确认。")
    return Say("\n".join(lines), page=ME, label="去注销账号")


async def go_on(turn: Turn) -> Say:
    """The answer to what was asked: a copy is made at a yes."""
    heard = turn.understanding
    if _CLOSE.search(turn.text):
        return await _closing(turn)
    if heard.answer == "no":
        return Say("好的，需要的时候随时说。", "ack")
    again = _COPY.search(turn.text) is not None and not asks(turn.text) and not _NOT.search(turn.text)
    sure = turn.form is not None and turn.form.confirm and (heard.answer == "yes" or again)
    if not sure:
        return await privacy_request(turn)
    await exports.ask(turn.shop, turn.member_id, exports.CHAT)
    days = turn.shop.rules.privacy.export_days
    return Say(f"开始准备了，几分钟后在小程序「我的」里下载，{days} 天内有效。", "done", page=ME, label="去下载")


INTENTS: dict[str, Handler] = {"privacy_request": privacy_request}
FORMS: dict[str, Handler] = {EXPORT: go_on}
