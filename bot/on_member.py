"""What a member asks about membership: points, benefits, plan, coupons, own data. True, from their own rows."""

import re

from bot import replies
from bot.leading import asks
from bot.turn import LOOKING, Form, Handler, Say, Turn
from domain.abuse import Band, Fact
from domain.clock import day_of
from domain.loyalty import next_member_day
from domain.membership import Purpose, Quota, price_now
from domain.money import yuan
from domain.partner import MatchState
from domain.perk import PerkCause
from domain.tier import Tier, tier_of
from services import consents, partners, plans, referrals, trust

ME = "pages/me/me"
STOP_RENEWAL = "stop_renewal"
_AUTO = re.compile(r"自动(?:续|扣)|连续包|自动付")
_OFF = re.compile(r"关|取消|停|不要|别|解除|退")
_ON = re.compile(r"开|要|恢复|打开")
_QUOTA_NAMES = {Quota.STYLING: "一对一造型", Quota.ROUND_TRIP: "免费往返运费"}


async def points_balance(turn: Turn) -> Say:
    balance = await turn.glances.points(turn.member_id)
    text = f"您现在有 {balance.usable} 积分可用"
    if balance.pending:
        text += f"，另有 {balance.pending} 积分待生效（过了七天无理由退货期就到账）"
    text += "。"
    if balance.next_expiry_at is not None:
        text += f"最近一批 {balance.next_expiry_points} 积分有效至 {replies.last_day(balance.next_expiry_at)}。"
    if balance.usable < 0:
        text += "因为有退货，积分暂时为负，补足后就能继续使用。"
    return Say(text)


def _tier_line(tier: Tier) -> str:
    """What the member's tier brings beyond what everybody has."""
    more = []
    if tier.points_percent > 100:
        more.append(f"积分 {tier.points_percent / 100:g} 倍")
    if tier.member_price:
        more.append("会员价")
    if tier.free_freight:
        more.append("免运费")
    if tier.warranty_days:
        more.append(f"延保 {tier.warranty_days} 天")
    if tier.dispatch_priority:
        more.append("优先发货")
    name = f"您的等级是{tier.name}（{tier.level} 级）"
    return f"{name}，{'、'.join(more)}。" if more else f"{name}。"


_FACTS = {
    Fact.DAMAGED: "件退回时有损坏", Fact.MISSING: "件申报退回但包裹里没有", Fact.OWED: "笔款还没付",
    Fact.ALL_BACK: "个盒子整盒退回",
}  # fmt: skip


async def _terms_line(turn: Turn) -> str:
    """Where the cover of boxes is not the usual one: what it is, and every fact it follows from."""
    found = await trust.of(turn.shop, turn.member_id)
    if found.band is Band.USUAL:
        return ""
    why = "、".join(f"{reason.count} {_FACTS[reason.fact]}" for reason in found.reasons)
    days = turn.shop.rules.abuse.window_days
    return (
        f"盒子押金现在是 {yuan(found.deposit_fen)} 元，先享额度 {yuan(found.risk_cap_fen)} 元：近 {days} 天内有{why}。"
        "过期或付清后自动恢复，有疑问回复「人工」。"
    )


def _days_line(turn: Turn) -> str:
    """The days of the year on which there is more: the member day, and one's birthday."""
    rules, parts = turn.shop.rules, []
    day = next_member_day(day_of(turn.now), rules.points)
    if day is not None:
        parts.append(f"会员日积分 {rules.points.member_day_percent / 100:g} 倍，下一次是 {day.month} 月 {day.day} 日")
    gifts = sum(rule.points for rule in rules.perk.of(PerkCause.BIRTHDAY))
    if gifts:
        parts.append(f"生日送 {gifts} 积分（在小程序「我的」里填好生日）")
    return "；".join(parts)


async def member_benefits(turn: Turn) -> Say:
    until = await turn.glances.plan(turn.member_id)
    tier, terms = _tier_line((await turn.glances.place(turn.member_id)).tier), await _terms_line(turn)
    if until is None:
        return Say(
            f"您是盒子会员，可以攒积分、订盒子先试后买。{tier}\n"
            "开通年度会员后，每年有 6 次一对一造型、6 次免费往返运费、双倍积分和会员价。\n"
            "想开通，回复「开通会员」。" + "".join(f"\n{line}" for line in (_days_line(turn), terms) if line)
        )
    lines = [f"您的会员有效期到 {replies.last_day(until)}。"]
    lines += [
        f"· {_QUOTA_NAMES[view.kind]}：还剩 {view.left} 次（共 {view.granted} 次）"
        for view in await turn.glances.quotas(turn.member_id)
    ]
    lines.append("· 盒子里留下的衣服享会员价和双倍积分")
    lines.append(f"· {tier}")
    lines += [f"· {line}" for line in (_days_line(turn), terms) if line]
    return Say("\n".join(lines))


async def join_membership(turn: Turn) -> Say:
    until = await turn.glances.plan(turn.member_id)
    if until is not None:
        return Say(f"您已经是年度会员了，有效期到 {replies.last_day(until)}。想提前续费，回复「续费」。")
    lines = []
    for offer in turn.shop.rules.membership.plans:
        price = price_now(offer, turn.now)
        usual = f"（平时 {yuan(offer.price_fen)} 元）" if price != offer.price_fen else ""
        lines.append(
            f"· {offer.name}：{yuan(price)} 元{usual}，"
            f"含 {offer.stylings} 次造型、{offer.round_trips} 次免费往返、双倍积分"
        )
    return Say(
        "会员方案：\n" + "\n".join(lines) + "\n请在小程序「我的」里开通，付款后马上生效。", page=ME, label="去开通会员"
    )


async def renew_membership(turn: Turn) -> Say:
    if _AUTO.search(turn.text):
        return await _automatic(turn)
    until = await turn.glances.plan(turn.member_id)
    if until is None:
        return Say("您现在没有生效中的付费会员。想开通，回复「开通会员」。")
    return Say(
        f"您的会员有效期到 {replies.last_day(until)}。提前续费会接在后面，一天都不浪费；付款在小程序里确认。",
        page=ME,
        label="去续费",
    )


async def _automatic(turn: Turn) -> Say:
    """The switch of automatic renewal: off by a yes here, on only by the member's own hand."""
    given = await consents.consented(turn.member_id, Purpose.RENEWAL.value)
    if given and asks(turn.text) and not _OFF.search(turn.text):
        form = Form(STOP_RENEWAL, {LOOKING: True}, asked="confirm")
        return Say("您的自动续费现在开着，扣款前会先提醒您。想关掉，回复「关掉」。", form=form)
    if _ON.search(turn.text) and not asks(turn.text) and not _OFF.search(turn.text):
        return Say("自动续费要您本人在小程序「我的」里单独同意才会打开，随时可以关。", page=ME, label="去看自动续费")
    if not given:
        return Say("您没有开自动续费，会员到期就自然结束，不会扣款。")
    return _ask_off()


def _ask_off() -> Say:
    return Say(
        "要关掉自动续费吗？会员照用到期满，到期不再扣款。回复「是」就关。",
        "confirm",
        Form(STOP_RENEWAL, asked="confirm", confirm=True),
    )


async def stop_renewal(turn: Turn) -> Say:
    """The answer to the read-back; asking again is a yes."""
    heard = turn.understanding
    if turn.form is not None and not turn.form.confirm and heard.answer is None and _OFF.search(turn.text):
        return _ask_off()
    if heard.answer == "yes" or (heard.intent == "renew_membership" and _OFF.search(turn.text) and not asks(turn.text)):
        await plans.stop_renewal(turn.shop, turn.member_id, "chat")
        return Say("好的，自动续费已经关了，到期不会扣款。之后想续，回复「续费」。", "done")
    if heard.answer == "no":
        return Say("好的，自动续费保持打开，扣款前会先提醒您。", "ack")
    return Say("关掉自动续费的话，回复「是」；不关，回复「不」。", "confirm", Form(STOP_RENEWAL, confirm=True))


async def tier_match(turn: Turn) -> Say:
    """Where the member stands with each partner; without a link, which level would become what, and how."""
    lines = []
    for one in await partners.standing(turn.shop, turn.member_id):
        name, link = one.partner.name, one.link
        mine = tier_of(link.matched, turn.shop.rules.tier).name if link and link.matched else ""
        if link is not None and link.state is MatchState.TRIAL and link.settles_at is not None:
            lines.append(
                f"· {name}：您的 {link.level} 级已对应到{mine}，考察到 {replies.last_day(link.settles_at)}，"
                f"期间等级不掉，到期自动转正"
            )
        elif link is not None and link.state is MatchState.CONFIRMED:
            lines.append(f"· {name}：您的等级匹配已转正，对应{mine}")
        elif link is not None and link.trial_used:
            lines.append(f"· {name}：等级匹配试用过一次，已经结束，不能再次试用；在本店的消费照常升级")
        elif link is not None and link.account_index is not None:
            lines.append(f"· {name}：已绑定，现在的等级没有可对应的本店等级")
        else:
            levels = "、".join(
                f"{theirs} 级→{tier_of(ours, turn.shop.rules.tier).name}"
                for theirs, ours in enumerate(one.partner.levels, 1)
                if ours
            )
            lines.append(f"· {name}（还没绑定）：{levels}")
    if not lines:
        return Say("现在没有合作会员可以匹配等级；在本店消费满额就会自动升级。")
    return Say(
        "合作会员等级匹配，绑定后马上生效，考察三个月后转正：\n"
        + "\n".join(lines)
        + "\n绑定和解绑都在小程序「我的」里，由您本人操作。",
        page=ME,
        label="去绑定",
    )


async def coupon(turn: Turn) -> Say:
    held = await turn.glances.coupons(turn.member_id)
    if not held:
        return Say("您现在没有可用的优惠券。有新的券，回复「优惠券」就能看到。")
    lines = [
        f"· {c.name}：留下的衣服满 {yuan(c.threshold_fen)} 元减 {yuan(c.off_fen)} 元，"
        f"到 {replies.last_day(c.valid_until)} 止有效"
        for c in held
    ]
    return Say("您可用的优惠券：\n" + "\n".join(lines))


async def invite_friend(turn: Turn) -> Say:
    """The member's own code, the rule, and how far this year's cap is used."""
    mine = await referrals.invitation(turn.shop, turn.member_id)
    rule = mine.rule
    least = f"满 {yuan(rule.least_fen)} 元" if rule.least_fen > 100 else ""
    return Say(
        f"您的邀请码是 {mine.code}。朋友加入后 {rule.accept_days} 天内在小程序填上，"
        f"第一次买东西{least}，您得 {rule.points} 积分；朋友退货，积分会收回。\n"
        f"一年最多 {rule.cap_per_year} 位，今年已有 {mine.earned_this_year} 位。"
        "只看朋友自己的购买，转发和关注没有奖励。",
        page=ME,
        label="看邀请记录",
    )


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
        page=ME,
        label="去改资料",
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
            page=ME,
            label="去换手机号",
        )
    if heard.answer == "yes" or heard.intent == "thanks_bye":
        return Say("好的，在小程序「我的」里验证后就换好了。", "ack")
    told = turn.form is not None and "told" in turn.form.slots
    return Say(
        "请在小程序「我的」里修改，需要您本人确认；看不到入口的话，回复「人工」。",
        # Once more for the 对 that mostly follows; who goes on about something else is heard anew.
        form=None if told else Form("update_profile", {"told": True}, asked="profile"),
        page=ME,
        label="去改资料",
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
}
FORMS: dict[str, Handler] = {"update_profile": go_on_with_profile, STOP_RENEWAL: stop_renewal}
