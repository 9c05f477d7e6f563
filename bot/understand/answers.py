"""How a line would read as the answer to a question: yes, no, cancel, or none of them."""

import re

_TAIL = r"(?:了|的|吧|啊|呀|哦|呢|啦|哈|嘞|嗯|喔|谢谢|多谢|老师|亲)*"
_MARKS = re.compile(r"[\s,。.!~、?;:'\"…-]+")
_HEAD = r"(?:哦|噢|嗯|呃|额|唉|哎|那|还是|就|我|等下|等等|等一下|先|要不|现在|暂时)*"
_CANCEL = re.compile(
    rf"^{_HEAD}(?:算了|取消|先?不(?:约|办|弄|搞|订|改|退|换|续|填|问)了|不(?:弄|搞|办)|停|退出|放弃|结束|返回|不用了|当我没说|作罢|下次再说|以后再说|回头再说|改天再说|再说吧|再想想|再考虑考虑|考虑一下|先这样放着|不要了|quxiao|suanle|cancel|stop)+{_TAIL}"
    rf"(?:算了|取消|不(?:约|办|弄|订|改)了|先留着|留着|先这样|就这样|不用了|不麻烦了|下次吧|下次再说|改天再说)?{_TAIL}$"
)
_NO = re.compile(
    rf"^(?:不(?!错|好意思)|没有?|别|no|nope|bu|buyao|bushi|budui|否|先别|先不|❌|🙅|👎|n$|{_HEAD}(?:别|不|先别|先不|不要|不用)(?:取消|退订|关掉|关|退|改|约|动|停|删)|换一个|换个(?:别的|其他的)?|不太?合适|搞错了|弄错了|说错了|不是这个)(?:是|对|要|行|可以|用|好|同意|确定|需要|想|约|合适|了|确认|ok)*(?:这个|这样|那个)?{_TAIL}$"
)
_YES = re.compile(
    rf"^(?:(?:嗯|恩|对|是|好|行|可以|没错|没问题|确定|确认|ok|okay|okk|yes|yep|y$|dui|shi|hao|haode|keyi|queding|en|中|成|得|要|要得|同意|当然|必须|可|妥|好嘞|好滴|就?这(?:么|样)(?:样|定|办)?|就?(?:定|约|按|要)?这个(?:时间|点|日子|吧)?|就它|就约(?:它|那天|那个|这天)|时间(?:可以|行|没问题|合适)|约上|冲|妥了|必须的|嗯就|对就|那就这样|就这么办|"
    rf"就这样定?|定了|没毛病|来吧|安排|👌|👍|✅|🆗|💯|\[ok\]|\[强\]|麻烦|帮我(?:弄|办|约上?|改|取消|退|提交|下单|定|安排)|确认(?:预约|取消|修改|改|下单)|麻烦了|辛苦了|please|ok的|提交|办吧|约吧|改吧|退吧|续吧|1$|嗯呐|係|系|得嘞|欧克|批准|下单)(?:的|了|呀|啊|哦|吧|呢|啦|哈|嘞)*)+(?:就)?(?:这么|这样|那样)?(?:定|办|吧|来)?{_TAIL}$"
)


def answer(line: str) -> str | None:
    """'yes', 'no', 'cancel' or None for a normalised line."""
    bare = _MARKS.sub("", line)
    if not bare or len(bare) > 14 or bare.endswith(("吗", "么", "不行", "?")) or line.endswith("?"):
        return None
    if _CANCEL.match(bare):
        return "cancel"
    if _NO.match(bare):
        return "no"
    if _YES.match(bare):
        return "yes"
    return None
