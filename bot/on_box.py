"""What a member asks about their box: where it is, until when, what comes back, what is owed."""

from bot import replies
from bot.turn import Handler, Say, Turn
from domain.box import BoxState
from domain.desk_words import BOX_WORDS
from domain.money import yuan
from domain.payment import RefundState
from services.glance import BoxGlance

_NO_BOX = "您现在没有进行中的盒子。想订一盒，回复「订盒子」。"

_AT_MEMBER = (BoxState.DELIVERED, BoxState.DECIDING, BoxState.RETURNING)


def _until(box: BoxGlance) -> str:
    if box.deadline_at is None or box.state not in _AT_MEMBER:
        return ""
    return f"请在 {replies.day_and_time(box.deadline_at)} 前决定，要退的在这之前交给快递就算数。"


async def box_status(turn: Turn) -> Say:
    box = await turn.glances.box(turn.member_id)
    if box is None:
        return Say(_NO_BOX)
    text = f"您的盒子（{box.box_id} 号）{BOX_WORDS[box.state]}。{_until(box)}"
    if box.state is BoxState.SETTLED:
        text += f"最终金额 {yuan(box.charge_fen)} 元。"
    elif box.items:
        text += "\n里面有：" + "、".join(box.items) + "。"
    return Say(text)


async def return_box(turn: Turn) -> Say:
    box = await turn.glances.box(turn.member_id)
    if box is None or box.state not in _AT_MEMBER:
        return Say(_NO_BOX if box is None else f"您的盒子{BOX_WORDS[box.state]}。现在没有需要退回的衣服。")
    return Say(
        f"可以退。{_until(box)}\n在小程序「盒子」里勾选要退的衣服、写一句原因，再点「预约取件」，"
        "快递上门取走就好。预约了取件而快递没来，不会算您超时。"
    )


async def keep_items(turn: Turn) -> Say:
    box = await turn.glances.box(turn.member_id)
    if box is None or box.state not in _AT_MEMBER:
        return Say(_NO_BOX if box is None else f"您的盒子{BOX_WORDS[box.state]}。")
    return Say(f"太好了！请在小程序「盒子」里把喜欢的标成「留下」，结清前会先给您看确切的金额。{_until(box)}")


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


async def exchange_size(turn: Turn) -> Say:
    box = await turn.glances.box(turn.member_id)
    if box is None or box.state not in _AT_MEMBER:
        return Say(_NO_BOX if box is None else f"您的盒子{BOX_WORDS[box.state]}。现在没有可以换的衣服。")
    others = await turn.glances.other_sizes(box.box_id)
    if not others:
        return Say(
            "盒子里的衣服暂时没有别的尺码或颜色可换。不合适的可以在小程序「盒子」里标成退回，原因选「尺码」。"
            f"{_until(box)}想等补货，回复「人工」告诉造型师。"
        )
    lines = "\n".join(f"· {name}：{'、'.join(sizes)}" for name, sizes in others)
    return Say(
        f"可以直接换，现在有货的：\n{lines}\n在小程序「盒子」里点那一件的「换尺码」，马上为您留货，"
        f"不占往返次数；新的一件签收后单独再算 {turn.shop.rules.box.decide_days} 天，"
        f"原来那件和其余的一起退回。{_until(box)}"
    )


INTENTS: dict[str, Handler] = {
    "box_status": box_status,
    "return_box": return_box,
    "keep_items": keep_items,
    "refund_status": refund_status,
    "exchange_size": exchange_size,
}
FORMS: dict[str, Handler] = {}
