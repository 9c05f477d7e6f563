"""Every sentence the bot says, and each refusal as a kind one. Members are called members."""

from collections.abc import Callable
from datetime import datetime

from domain import errors
from domain.care_words import date_value
from domain.clock import local
from domain.errors import Refusal
from domain.money import yuan

WEEKDAYS = "一二三四五六日"

WELCOME = (
    "欢迎来到盒子！您已经是我们的会员了，无需填表。\n"
    "· 回复「订盒子」：造型师为您搭配一盒，先试后买\n"
    "· 回复「约造型师」：一对一搭配，到店或视频\n"
    "· 有任何问题，直接打字告诉我就好"
)
WELCOME_BACK = "欢迎回来！您的会员、积分和订单都还在。想看什么，直接告诉我就好。"
SCANNED = "您好，扫码成功。想订盒子、约造型师，或者问点什么，直接打字就好。"
GREETING = "您好，我是盒子小助手。您可以说「订盒子」「约造型师」「我的积分」，或者直接问我。"
NOTED = "好的，想好了随时告诉我。"
THANKS = "不客气，随时找我。"
RATED = "谢谢您的评价，我会转告同事。还有什么需要，随时告诉我。"
RATED_LOW = "谢谢您直说，没让您满意，对不起。您的评价同事会看到；想接着聊，回复「人工」。"
CARD = "会员卡领好了，您已经是我们的会员。回复「会员权益」看看有什么，或者回复「订盒子」。"
SAFE = "这件事我请同事来答复您会更清楚，回复「人工」就可以。"
FORM_ENDED = "好的，已经放下了。需要的时候再叫我。"
OTHER = "这个我可能帮不上忙。订盒子、约造型师、查积分和退换这些都可以问我；想找人工，回复「人工」就好。"
MEDIA = "收到啦。我现在只看得懂文字，把想问的打字告诉我；要给同事看照片的话，回复「人工」。"
BROKEN = "抱歉，刚才没处理好，已经记下来请同事跟进。您也可以回复「人工」。"

NAMES = {
    "book_stylist": "约造型师",
    "change_booking": "改造型师预约",
    "cancel_booking": "取消造型师预约",
    "my_bookings": "看我的预约",
    "order_box": "订盒子",
    "box_status": "查盒子到哪儿了",
    "return_box": "退回盒子里的衣服",
    "keep_items": "留下盒子里的衣服",
    "refund_status": "查退款",
    "exchange_size": "换尺码",
    "size_advice": "问尺码",
    "style_advice": "问搭配",
    "product_search": "找商品",
    "points_balance": "查积分",
    "member_benefits": "看会员权益",
    "join_membership": "开通年度会员",
    "renew_membership": "续费",
    "tier_match": "匹配合作会员等级",
    "coupon": "看优惠券",
    "invite_friend": "邀请好友",
    "shipping_policy": "问运费和配送",
    "store_info": "问门店",
    "invoice": "开发票",
    "update_profile": "改资料",
    "privacy_request": "管理我的个人信息",
    "feedback": "提建议",
    "complaint": "反映问题",
    "human_agent": "找人工",
    "stop_messages": "不再接收活动消息",
    "resume_messages": "恢复接收活动消息",
}


OPINION_TAKEN = "谢谢您的心里话，已经记下来转给负责的同事，三天内给您答复。"


def choose(first: str, second: str) -> str:
    """One question with two choices."""
    return f"您是想：\n1. {NAMES[first]}\n2. {NAMES[second]}\n回复 1 或 2，也可以换个说法告诉我。"


def back_to(wish: str) -> str:
    """Before the question of a form that had to wait."""
    return f"接着说刚才的「{NAMES[wish]}」：\n"


def day_and_time(instant: datetime) -> str:
    """`11月27日（周五）24:00`: midnight is told as the end of the day before."""
    wall = local(instant)
    if wall.hour == wall.minute == wall.second == 0:
        before = wall.date().fromordinal(wall.date().toordinal() - 1)
        return f"{before.month}月{before.day}日（周{WEEKDAYS[before.weekday()]}）24:00"
    return f"{wall.month}月{wall.day}日（周{WEEKDAYS[wall.weekday()]}）{wall:%H:%M}"


def last_day(ends_at: datetime) -> str:
    """`2027年11月22日`: the last day that an exclusive end still covers; with its year, for it may be far."""
    return date_value(ends_at)


SENTENCES: dict[type[Refusal], Callable[..., str]] = {
    errors.Unlawful: lambda rule, law: "这个规则不符合规定，不能使用。",
    errors.NotFound: lambda what: "没有找到这一项，可能已经变动了。",
    errors.NotAllowed: lambda what: "这一步需要您本人在小程序里操作。",
    errors.Invalid: lambda field, problem: "这个内容我没看懂，换个说法试试？",
    errors.PathRefused: lambda problems: "这条路径还有需要修改的地方。",
    errors.WrongState: lambda what, state, wanted: "现在的状态下还不能这样操作。",
    errors.StaleVersion: lambda what: "内容刚刚有更新，请再看一眼后重试。",
    errors.NotAMember: lambda: "请先打开小程序登录一下，就可以继续了。",
    errors.ConsentMissing: lambda purpose: "需要您先在小程序里同意相关说明，才能继续。",
    errors.PlanActive: lambda ends_at: "您的会员正在有效期内，无需重复开通。",
    errors.QuotaSpent: lambda kind, left: (
        "本会员年度的造型服务次数已经用完了。" if kind == "styling" else "本会员年度的免费往返次数已经用完了。"
    ),
    errors.PointsShort: lambda have, wanted: f"需要 {wanted} 积分，现在可用 {have} 积分，还差一点。",
    errors.SlotTaken: lambda stylist_id, starts_at: "这个时间刚刚被约走了，换一个时间好吗？",
    errors.SlotNotOffered: lambda reason: "这个时间约不了，换一个时间好吗？",
    errors.TooLate: lambda what, until: "已经过了可以操作的时间。",
    errors.TooEarly: lambda what, since: "还没到可以操作的时间，晚一点再来。",
    errors.TooMany: lambda what, limit: f"已经到了上限（{limit}次）。",
    errors.OutOfStock: lambda sku_id, left: f"这个尺码只剩{left}件了。" if left else "这个尺码刚刚没货了。",
    errors.CoverRefused: lambda kind, highest_fen: (
        f"这种方式暂时不能使用（最高{yuan(highest_fen)}元），可以换一种方式。"
    ),
    errors.PaymentPending: lambda ref: "有一笔款项正在处理，请稍等片刻再看。",
    errors.AmountMismatch: lambda expected_fen, told_fen: "金额对不上，已经请同事核对。",
    errors.NotYet: lambda what: "还在处理中，请稍后再看。",
    errors.IdempotencyConflict: lambda: "这一步已经提交过了。",
    errors.ContentRefused: lambda label: "这段内容没有通过平台的内容检查，换个说法试试。",
    errors.AbovePaid: lambda left_fen: f"最多可退 {yuan(left_fen)} 元。",
    errors.SecondPersonNeeded: lambda asked_by: "这一步需要另一位同事确认。",
    errors.ParcelHeld: lambda case_id: "这个包裹的重量不对，请再核对一遍。",
    errors.ClaimUnproved: lambda words: f"文案里的「{words}」还没有证明材料。",
    errors.RateLimited: lambda retry_after_seconds: "操作有点快，歇一会儿再试。",
}


def refusal(refused: Refusal) -> str:
    """A refusal as a kind sentence; one without a row in the table is a mistake the tests catch."""
    return SENTENCES[type(refused)](**refused.facts())
