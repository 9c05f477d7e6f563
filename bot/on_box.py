"""What a member asks about their box: where it is, until when, what comes back, what is owed."""

from collections.abc import Sequence

from bot import replies
from bot.on_decision import AT_MEMBER, NO_BOX, page_of, until
from bot.turn import Handler, Say, Turn
from domain.box import BoxState
from domain.desk_words import BOX_WORDS
from domain.money import yuan
from domain.payment import RefundState
from services import box_money, proposals


async def box_status(turn: Turn) -> Say:
    box = await turn.glances.box(turn.member_id)
    if box is None:
        return Say(NO_BOX)
    text = f"您的盒子（{box.box_id} 号）{BOX_WORDS[box.state]}。{until(turn, box)}"
    if box.state is BoxState.SETTLED:
        text += f"最终金额 {yuan(box.charge_fen)} 元。"
        owed_fen = await box_money.balance_owed(await proposals.box_of(turn.member_id, box.box_id))
        if owed_fen > 0:
            text += f"还有 {yuan(owed_fen)} 元没有付，请在盒子里支付。"
    elif box.items:
        text += "\n里面有：" + "、".join(box.items) + "。"
    return Say(text, page=page_of(box.box_id), label="打开我的盒子")


async def refund_status(turn: Turn) -> Say:
    rows = await turn.glances.refunds(turn.member_id)
    if not rows:
        return Say("目前没有您的退款记录。盒子用先享后付的，没留下的衣服不会扣款，也就不需要退款。")
    words = {
        RefundState.WANTED: "已提交",
        RefundState.ACCEPTED: "微信处理中，一般几分钟到三个工作日到账",
        RefundState.DONE: "已到账，原路退回",
        RefundState.FAILED: "没有成功，同事正在跟进",
        RefundState.ABNORMAL: "收款账户异常，同事会联系您",
    }
    lines = [f"· {yuan(r.amount_fen)} 元：{words[r.state]}（{replies.day_and_time(r.at)}）" for r in rows]
    return Say("您最近的退款：\n" + "\n".join(lines))


SIZES_SHOWN = 6


def _some(sizes: Sequence[str]) -> str:
    """A chat line holds a few; the page has them all."""
    return "、".join(sizes[:SIZES_SHOWN]) + (" 等" if len(sizes) > SIZES_SHOWN else "")


async def exchange_size(turn: Turn) -> Say:
    box = await turn.glances.box(turn.member_id)
    if box is None or box.state not in AT_MEMBER:
        return Say(NO_BOX if box is None else f"您的盒子{BOX_WORDS[box.state]}。现在没有可以换的衣服。")
    others = await turn.glances.other_sizes(box.box_id)
    if not others:
        return Say(
            "盒子里的衣服暂时没有别的尺码或颜色可换。不合适的可以在小程序「盒子」里标成退回，原因选「尺码」。"
            f"{until(turn, box)}想等补货，回复「人工」告诉造型师。"
        )
    lines = "\n".join(f"· {name}：{_some(sizes)}" for name, sizes in others)
    return Say(
        f"可以直接换，现在有货的：\n{lines}\n在小程序「盒子」里点那一件的「换尺码」，马上为您留货，"
        f"不占往返次数；新的一件签收后单独再算 {turn.shop.rules.box.decide_days} 天，"
        f"原来那件和其余的一起退回。{until(turn, box)}",
        page=page_of(box.box_id),
        label="打开我的盒子",
    )


INTENTS: dict[str, Handler] = {
    "box_status": box_status,
    "refund_status": refund_status,
    "exchange_size": exchange_size,
}
FORMS: dict[str, Handler] = {}
