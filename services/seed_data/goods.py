"""The goods of the demo shop: one line of data each; prices in fen.

`picture` says what is to be drawn, silhouette first: `coat-camel-herringbone`. The first colour is
the one on the picture.
"""

from dataclasses import dataclass

COLOURS = {
    "camel": "驼色",
    "ivory": "米白",
    "black": "黑色",
    "charcoal": "炭灰",
    "navy": "藏青",
    "burgundy": "酒红",
    "forest": "墨绿",
    "sage": "鼠尾草绿",
    "mist": "雾蓝",
    "rose": "豆沙粉",
    "oat": "燕麦色",
    "chocolate": "可可棕",
    "denim": "水洗蓝",
    "white": "白色",
    "grey": "浅灰",
    "rust": "焦糖色",
    "plum": "茄紫",
    "mustard": "姜黄",
    "gold": "金色",
    "pearl": "珍珠白",
}

CLOTHES = ("XS", "S", "M", "L", "XL")
SHOES = ("35", "36", "37", "38", "39", "40")
ONE = ("均码",)


WEIGHTS = {
    "大衣": 1450, "羽绒服": 980, "针织": 460, "裤子": 520, "鞋": 1100, "配饰": 160, "衬衫": 260, "半裙": 390,
    "连衣裙": 480,
}  # fmt: skip
"""What a piece of a category weighs, in grams."""


@dataclass(frozen=True)
class Good:
    """One product of the window."""

    code: str
    name: str
    category: str
    price_fen: int
    member_price_fen: int
    picture: str
    colours: tuple[str, ...]
    material: str
    story: str
    sizes: tuple[str, ...] = CLOTHES


GOODS = (
    Good(
        "DY01", "晨雾 双面呢长大衣", "大衣", 239900, 199900, "coat-camel", ("camel", "charcoal", "ivory"),
        "羊毛 90% 羊绒 10%，双面呢手工缝合",
        "不加里布，一件大衣只有一层呢。肩线落在手臂外侧两厘米，里面穿得下厚毛衣，扣起来也不显鼓。",
    ),
    Good(
        "DY02", "人字纹 茧型大衣", "大衣", 219900, 179900, "cocoon-oat-herringbone", ("oat", "charcoal"),
        "羊毛 82% 锦纶 18%，人字纹粗呢",
        "下摆微微收进来，走路时像被风托着。人字纹用两种相近的燕麦色织成，远看素，近看有戏。",
    ),
    Good(
        "DY03", "渡口 双排扣风衣", "大衣", 169900, 139900, "trench-oat", ("oat", "navy", "black"),
        "棉 68% 聚酯纤维 32%，高密府绸，防泼水",
        "腰带可以打结，也可以系在身后。肩章做得很薄，背包带不会被卡住。",
    ),
    Good(
        "DY04", "夜航 藏青短大衣", "大衣", 149900, 124900, "peacoat-navy", ("navy", "black"),
        "羊毛 80% 聚酯纤维 20%，麦尔登呢",
        "骑车上班也不绊腿的长度。领子竖起来能挡风，翻下来就是一件规矩的西装。",
    ),
    Good(
        "YR01", "云朵 短款羽绒服", "羽绒服", 129900, 109900, "puffer-ivory", ("ivory", "black", "mist"),
        "填充 90% 白鹅绒，蓬松度 700；面料锦纶 100%",
        "横向宽格，绒分得匀。拉到顶时领口刚好托住下巴。",
    ),
    Good(
        "YR02", "长河 过膝羽绒服", "羽绒服", 189900, 159900, "longpuffer-black", ("black", "forest"),
        "填充 90% 白鸭绒，蓬松度 650；防风面料",
        "双向拉链，坐下来从下面拉开一截就不紧。口袋里有一层抓绒，等公交的手会谢谢它。",
    ),
    Good(
        "YR03", "轻羽 绗缝马甲", "羽绒服", 69900, 57900, "vest-sage", ("sage", "black", "rust"),
        "填充 90% 白鸭绒；面料再生锦纶",
        "夹在大衣和毛衣之间的那一层。收进自带的小袋，比一本书还小。",
    ),
    Good(
        "ZZ01", "旧时光 麻花毛衣", "针织", 79900, 64900, "cable-ivory", ("ivory", "burgundy", "forest"),
        "美利奴羊毛 100%",
        "麻花从肩头一直走到下摆，没有断过。领口留了两指宽的余地，套头不勒耳朵。",
    ),
    Good(
        "ZZ02", "贴贴 羊绒高领衫", "针织", 99900, 84900, "turtleneck-rose", ("rose", "black", "oat"),
        "山羊绒 100%，16 针细针",
        "贴身的一件，所以线用得细、缝得平。领子可以翻一次，也可以堆着。",
    ),
    Good(
        "ZZ03", "午后 V 领开衫", "针织", 69900, 57900, "cardigan-sage", ("sage", "mist", "camel"),
        "羊毛 70% 棉 30%",
        "五粒贝壳扣。单穿是上衣，敞开是外套，办公室里放一件正好。",
    ),
    Good(
        "ZZ04", "海岸 条纹圆领衫", "针织", 49900, 41900, "knit-navy-stripe", ("navy", "burgundy"),
        "棉 100%，精梳长绒棉",
        "袖子和身子的条纹对得上。水洗二十次后我们又量了一遍，缩了不到百分之二。",
    ),
    Good(
        "ZZ05", "积木 撞色套头衫", "针织", 59900, 49900, "knit-mustard-block", ("mustard", "plum"),
        "羊毛 60% 锦纶 40%",
        "三块颜色拼在一起，分界线避开了胸部。灰天里穿它，心情会好一点。",
    ),
    Good(
        "CS01", "白纸 府绸衬衫", "衬衫", 45900, 38900, "shirt-white", ("white", "mist"),
        "棉 100%，120 支府绸",
        "领尖藏了一粒暗扣，毛衣里面也立得住。后背一道工字褶，伸手拿书架顶上的书不绷。",
    ),
    Good(
        "CS02", "雨丝 条纹衬衫", "衬衫", 47900, 39900, "shirt-mist-pinstripe", ("mist", "rose"),
        "棉 97% 氨纶 3%",
        "条纹细得像雨。袖口比平常长一厘米，可以翻出来压住西装袖。",
    ),
    Good(
        "CS03", "结 飘带雪纺衫", "衬衫", 52900, 43900, "blouse-ivory", ("ivory", "plum", "black"),
        "三醋酸 70% 聚酯纤维 30%",
        "飘带打一个松松的结就好。面料有一点垂，走动时有光。",
    ),
    Good(
        "CS04", "牧野 格纹法兰绒衬衫", "衬衫", 49900, 41900, "shirt-rust-plaid", ("rust", "forest"),
        "棉 100%，双面磨毛",
        "里外都磨过毛，像穿旧了的那一件。大一码当外套也好看。",
    ),
    Good(
        "LY01", "暮色 收腰连衣裙", "连衣裙", 89900, 74900, "dress-burgundy", ("burgundy", "black", "forest"),
        "羊毛 55% 聚酯纤维 45%",
        "腰线在肋骨下两指，把腿的部分让给裙摆。有口袋，两侧都有。",
    ),
    Good(
        "LY02", "月光 缎面吊带裙", "连衣裙", 79900, 65900, "slip-pearl", ("pearl", "black", "sage"),
        "三醋酸 100%，斜裁",
        "斜裁的布会自己找到身体的弧度。冬天里面加一件高领，外面披一件大衣。",
    ),
    Good(
        "LY03", "园丁 碎花茶歇裙", "连衣裙", 75900, 62900, "teadress-forest-floral", ("forest", "plum"),
        "粘纤 100%",
        "花是我们的图案师在植物园画的，一共十七种。V 领不低，弯腰不用捂。",
    ),
    Good(
        "LY04", "通勤 衬衫裙", "连衣裙", 69900, 57900, "shirtdress-mist", ("mist", "camel"),
        "棉 60% 天丝 40%",
        "一拉腰带就有腰。中午开会、晚上见朋友，中间不用换。",
    ),
    Good(
        "KZ01", "走廊 羊毛直筒裤", "裤子", 69900, 57900, "trousers-charcoal", ("charcoal", "black", "camel"),
        "羊毛 98% 氨纶 2%，可机洗",
        "前后各一道烫迹线，坐一天站起来还在。腰后藏了一截松紧。",
    ),
    Good(
        "KZ02", "大步 阔腿裤", "裤子", 65900, 54900, "wide-ivory", ("ivory", "navy", "chocolate"),
        "三醋酸 75% 聚酯纤维 25%",
        "高腰，裤腿从胯就往下落。配平底鞋选短一寸，配高跟选原长，下单时告诉造型师。",
    ),
    Good(
        "KZ03", "老友 直筒牛仔裤", "裤子", 59900, 49900, "jeans-denim", ("denim", "black"),
        "棉 99% 氨纶 1%，13 盎司",
        "洗过三遍才出厂，不掉色，也不再缩。第一天就像穿了一年。",
    ),
    Good(
        "KZ04", "慢跑 针织束脚裤", "裤子", 45900, 37900, "jogger-grey", ("grey", "black"),
        "棉 85% 聚酯纤维 15%，毛圈布",
        "周末的裤子，但裁得和西裤一样认真。",
    ),
    Good(
        "BQ01", "风琴 百褶长裙", "半裙", 65900, 54900, "pleated-camel", ("camel", "black", "sage"),
        "聚酯纤维 100%，高温定型褶",
        "一百零八道褶，机洗晾干就回来。腰头是平的，毛衣塞进去不鼓包。",
    ),
    Good(
        "BQ02", "石墨 铅笔裙", "半裙", 55900, 46900, "pencil-charcoal", ("charcoal", "burgundy"),
        "羊毛 70% 聚酯纤维 28% 氨纶 2%",
        "后开衩正好一步宽。里布滑，配裤袜不爬。",
    ),
    Good(
        "BQ03", "秋千 A 字短裙", "半裙", 49900, 41900, "aline-rust", ("rust", "black", "forest"),
        "灯芯绒，棉 98% 氨纶 2%",
        "细条灯芯绒，摸起来像小鹿。配长靴，露出一截膝盖。",
    ),
    Good(
        "BQ04", "苏格兰 格纹半裙", "半裙", 62900, 51900, "aline-forest-plaid", ("forest", "burgundy"),
        "羊毛 65% 聚酯纤维 35%",
        "格子在侧缝对齐，这件事我们很在意。",
    ),
    Good(
        "XZ01", "踏实 切尔西靴", "鞋", 99900, 84900, "boots-black", ("black", "chocolate"),
        "头层牛皮，橡胶底", "三厘米半的跟，走一天不累。两侧松紧，脱鞋不用弯腰。", SHOES,
    ),
    Good(
        "XZ02", "低语 方头中跟鞋", "鞋", 79900, 66900, "pumps-burgundy", ("burgundy", "black", "oat"),
        "羊皮面，猪皮里", "五厘米的粗跟，方头留足脚趾的地方。站着讲完一场也没关系。", SHOES,
    ),
    Good(
        "XZ03", "图书馆 乐福鞋", "鞋", 75900, 62900, "loafers-chocolate", ("chocolate", "black"),
        "头层牛皮，固特异缝制", "踩进去就走。鞋跟垫了一片软木，会慢慢长成你的脚形。", SHOES,
    ),
    Good(
        "XZ04", "白日 小白鞋", "鞋", 55900, 46900, "sneakers-white", ("white", "oat"),
        "牛皮面，透气里布", "干净的一双。鞋舌后面绣了一个小小的盒子，只有你知道。", SHOES,
    ),
    Good(
        "PS01", "围炉 羊绒围巾", "配饰", 59900, 48900, "scarf-burgundy-plaid", ("burgundy", "camel", "grey"),
        "山羊绒 100%，70 × 200 厘米", "大到可以当披肩。飞机上、电影院里，它都是毯子。", ONE,
    ),
    Good(
        "PS02", "折角 通勤托特包", "配饰", 129900, 108900, "tote-chocolate", ("chocolate", "black", "camel"),
        "植鞣牛皮", "放得下十四寸电脑和一双平底鞋。用久了颜色会变深，那是你的样子。", ONE,
    ),
    Good(
        "PS03", "左岸 羊毛贝雷帽", "配饰", 29900, 24900, "beret-black", ("black", "burgundy", "camel"),
        "羊毛 100%", "斜着戴。压住头发的那一边，配一只耳环。", ONE,
    ),
    Good(
        "PS04", "露珠 珍珠耳钉", "配饰", 39900, 32900, "earrings-gold", ("gold",),
        "淡水珍珠，14K 包金耳针", "每一对都是挑出来的，所以没有两对一样。", ONE,
    ),
    Good(
        "PS05", "系 细腰带", "配饰", 25900, 21900, "belt-chocolate", ("chocolate", "black"),
        "牛皮，黄铜扣", "两厘米宽，系在大衣外面也行，连衣裙上也行。", ONE,
    ),
)  # fmt: skip
