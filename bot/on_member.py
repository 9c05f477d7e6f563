"""What a member asks about membership: points, benefits, plan, coupons, own data. True, from their own rows."""

from bot import replies
from bot.turn import Form, Handler, Say, Turn
from domain.membership import Quota, price_now
from domain.money import yuan

_QUOTA_NAMES = {Quota.STYLING: "一对一造型", Quota.ROUND_TRIP: "免费往返运费"}


async def points_balance(turn: Turn) -> Say:
    balance = await turn.glances.points(turn.member_id)
    text = f"您现在有 {balance.usable} 积分可用"
    if balance.pending:
        text += f"，另有 {balance.pending} 积分待生效（过了七天无理由退货期就到账）"
    text += "。"
    if balance.next_expiry_at is not None:
        text += f"最近一批 {balance.next_expiry_points} 积分有效至 {replies.day_and_time(balance.next_expiry_at)}。"
    if balance.usable < 0:
        text += "因为有退货，积分暂时为负，补足后就能继续使用。"
    return Say(text)


async def member_benefits(turn: Turn) -> Say:
    plan = await turn.glances.plan(turn.member_id)
    if plan is None or plan.ends_at is None:
        return Say(
            "您是盒子会员，可以攒积分、订盒子先试后买。\n"
            "开通年度会员后，每年有 6 次一对一造型、6 次免费往返运费、双倍积分和会员价。\n"
            "想开通，回复「开通会员」。"
        )
    lines = [f"您的会员有效期到 {replies.day_and_time(plan.ends_at)}。"]
    lines += [
        f"· {_QUOTA_NAMES[view.kind]}：还剩 {view.left} 次（共 {view.granted} 次）"
        for view in await turn.glances.quotas(turn.member_id)
    ]
    lines.append("· 盒子里留下的衣服享会员价和双倍积分")
    return Say("\n".join(lines))


async def join_membership(turn: Turn) -> Say:
    plan = await turn.glances.plan(turn.member_id)
    if plan is not None and plan.ends_at is not None:
        return Say(f"您已经是年度会员了，有效期到 {replies.day_and_time(plan.ends_at)}。想提前续费，回复「续费」。")
    lines = []
    for offer in turn.shop.rules.membership.plans:
        price = price_now(offer, turn.now)
        usual = f"（平时 {yuan(offer.price_fen)} 元）" if price != offer.price_fen else ""
        lines.append(
            f"· {offer.name}：{yuan(price)} 元{usual}，"
            f"含 {offer.stylings} 次造型、{offer.round_trips} 次免费往返、双倍积分"
        )
    return Say("会员方案：\n" + "\n".join(lines) + "\n请在小程序「我的」里开通，付款后马上生效。")


async def renew_membership(turn: Turn) -> Say:
    plan = await turn.glances.plan(turn.member_id)
    if plan is None or plan.ends_at is None:
        return Say("您现在没有生效中的付费会员。想开通，回复「开通会员」。")
    return Say(
        f"您的会员有效期到 {replies.day_and_time(plan.ends_at)}。提前续费会接在后面，一天都不浪费。"
        "续费、打开或关闭自动续费，都在小程序「我的」里，自动续费的授权随时可以一键关闭。"
    )


async def tier_match(turn: Turn) -> Say:
    return Say("合作会员等级匹配正在准备中，我先帮您转给同事登记。", "person")


async def coupon(turn: Turn) -> Say:
    held = await turn.glances.coupons(turn.member_id)
    if not held:
        return Say("您现在没有可用的优惠券。有新的券，回复「优惠券」就能看到。")
    lines = [
        f"· {c.name}：留下的衣服满 {yuan(c.threshold_fen)} 元减 {yuan(c.off_fen)} 元，"
        f"到 {replies.day_and_time(c.valid_until)} 前有效"
        for c in held
    ]
    return Say("您可用的优惠券：\n" + "\n".join(lines))


async def invite_friend(turn: Turn) -> Say:
    return Say("谢谢您想到朋友！把小程序直接分享给朋友就可以。现在没有邀请奖励，有的时候会先把规则写清楚。")


async def update_profile(turn: Turn) -> Say:
    """What may be changed, and where: only the member herself may, so the mini-program has the last word."""
    if any(word in turn.text for word in ("手机", "电话", "号码")):
        return Say(
            "新的手机号是多少？换号要您本人在小程序「我的」里验证一下，我先帮您看看填得对不对。",
            "ask:phone",
            Form("update_profile", asked="phone"),
        )
    return Say(
        "地址、生日和身材尺码，都在小程序「我的」里修改，需要您本人确认。",
        "answer",
        Form("update_profile", asked="profile"),
    )


async def go_on_with_profile(turn: Turn) -> Say:
    """The new number read back, masked; or the change that was told, sent where it is made."""
    phone, heard = turn.slot("phone"), turn.understanding
    if "phone" in heard.slots:
        masked = f"{str(phone)[:3]}****{str(phone)[-4:]}"
        return Say(
            f"新号码是 {masked}，对吗？请在小程序「我的」里点「更换手机号」，用这个号码验证后马上生效。",
            "confirm",
            Form("update_profile", asked="phone", confirm=True),
        )
    if heard.answer == "yes" or heard.intent == "thanks_bye":
        return Say("好的，在小程序「我的」里验证后就换好了。", "ack")
    return Say("请在小程序「我的」里修改，需要您本人确认；看不到入口的话，回复「人工」。")


async def privacy_request(turn: Turn) -> Say:
    return Say(
        "查看、导出、删除个人信息或注销账号，都不需要理由，我们会在 15 个工作日内办完。"
        "我这就转给同事登记，请直接留言您想办的是哪一项。",
        "person",
    )


INTENTS: dict[str, Handler] = {
    "points_balance": points_balance,
    "member_benefits": member_benefits,
    "join_membership": join_membership,
    "renew_membership": renew_membership,
    "tier_match": tier_match,
    "coupon": coupon,
    "invite_friend": invite_friend,
    "update_profile": update_profile,
    "privacy_request": privacy_request,
}
FORMS: dict[str, Handler] = {"update_profile": go_on_with_profile}
