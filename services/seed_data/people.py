"""Who works in the demo shop, and what they put together: staff, stylists with hours, looks, coupons."""

from dataclasses import dataclass

# login, name, role. The password is "demo-" and the login: `app.py demo` and the tests only.
STAFF = (
    ("stylist1", "林晚", "stylist"),
    ("stylist2", "周可", "stylist"),
    ("stylist3", "陈屿", "stylist"),
    ("stylist4", "苏禾", "stylist"),
    ("warehouse1", "老许", "warehouse"),
    ("service1", "小满", "service"),
    ("marketing1", "阿青", "marketing"),
    ("finance1", "何算", "finance"),
    ("admin1", "店长", "admin"),
)


@dataclass(frozen=True)
class DemoStylist:
    """A stylist: `hours` are (weekdays, starts, ends), Monday 0, the shop's wall clock."""

    login: str
    name: str
    words: str
    skills: tuple[str, ...]
    modes: tuple[str, ...]
    hours: tuple[tuple[tuple[int, ...], str, str], ...]
    picture: str


_EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)

STYLISTS = (
    DemoStylist(
        "stylist1", "林晚",
        "做了九年买手，再做造型。相信一件好大衣能解决冬天一半的问题。",
        ("通勤", "大衣", "极简"), ("store", "video"),
        ((_EVERY_DAY, "10:00", "13:00"), (_EVERY_DAY, "14:00", "19:00")),
        "portrait-burgundy-long",
    ),
    DemoStylist(
        "stylist2", "周可",
        "颜色控。会先问你衣柜里哪一件穿得多，再决定今天试什么。",
        ("色彩", "约会", "小个子"), ("store", "video"),
        (((1, 2, 3, 4, 5, 6), "11:00", "14:00"), ((1, 2, 3, 4, 5, 6), "15:00", "20:00")),
        "portrait-mustard-bob",
    ),
    DemoStylist(
        "stylist3", "陈屿",
        "从前剪裁师，眼睛是尺。改过的裤脚比自己的鞋还多。",
        ("版型", "面试", "商务"), ("store",),
        (((0, 1, 2, 3, 4), "10:00", "12:00"), ((0, 1, 2, 3, 4), "13:00", "18:00"), ((5,), "13:00", "18:00")),
        "portrait-navy-short",
    ),
    DemoStylist(
        "stylist4", "苏禾",
        "视频里也能看出合不合身。擅长产后、微胖、旅行这些别人嫌麻烦的题。",
        ("旅行", "微胖", "产后", "礼服"), ("video",),
        (((0, 2, 4, 5, 6), "12:00", "15:00"), ((0, 2, 4, 5, 6), "16:00", "21:00")),
        "portrait-sage-bun",
    ),
)  # fmt: skip

# title, words, the goods' codes from the outside in
LOOKS = (
    (
        "初雪那天去上班", "大衣敞着，毛衣塞半边。地铁里热，脱下来也是完整的一身。",
        ("DY01", "ZZ02", "KZ01", "XZ01", "PS02"),
    ),
    (
        "周日的咖啡馆", "条纹衫和牛仔裤是老朋友，多一顶贝雷帽就不像没睡醒。",
        ("DY04", "ZZ04", "KZ03", "XZ04", "PS03"),
    ),
    (
        "见他的父母", "收腰裙、细腰带、珍珠。端正，但还是你。",
        ("LY01", "PS05", "PS04", "XZ02", "DY02"),
    ),
    (
        "年会之后还有续摊", "缎面裙里加一件高领，散场走到外面也不冷。",
        ("LY02", "ZZ02", "DY03", "XZ01", "PS04"),
    ),
    (
        "和孩子去动物园", "跑得动、洗得掉、拍照好看，三件事都占了。",
        ("YR01", "ZZ01", "KZ04", "XZ04", "PS01"),
    ),
    (
        "第一次做主讲", "白衬衫、铅笔裙，站定了再开口。",
        ("CS01", "BQ02", "ZZ03", "XZ03", "PS02"),
    ),
)  # fmt: skip

# code, name, threshold and amount in fen, days it is valid, what it costs in points (None: not sold for points)
COUPONS = (
    ("WELCOME50", "初见礼券 满 499 减 50", 49900, 5000, 90, None),
    ("BOX100", "盒子留用券 满 1200 减 100", 120000, 10000, 90, None),
    ("WINTER200", "冬日券 满 2000 减 200", 200000, 20000, 60, None),
    ("POINTS10", "积分券 满 200 减 10", 20000, 1000, 365, 100),
    ("POINTS50", "积分券 满 500 减 50", 50000, 5000, 365, 450),
)
