"""Every number of the shop's rules with its default, noun by noun: what `[rules.*]` in config.toml sets.

The dataclasses live beside the rules they feed; this file only gathers them.
"""

from dataclasses import dataclass, field

from domain.abuse import AbuseRules
from domain.blocklist import WordRules
from domain.booking import BookingRules
from domain.box import BoxRules
from domain.campaign import CampaignRules
from domain.care import CareRules
from domain.claim import ClaimRules
from domain.day_bill import BillRules
from domain.desk import DeskRules
from domain.event import WebhookRules
from domain.gift import GiftRules
from domain.goodwill import GoodwillRules
from domain.growth import GrowthRules
from domain.lending import LendingRules
from domain.loyalty import PointsRules
from domain.membership import MembershipRules
from domain.menu import MenuRules
from domain.month_score import MonthScoreRules
from domain.order import OrderRules
from domain.partner import PartnerRules
from domain.payment import PaymentRules
from domain.perk import PerkRules
from domain.post import PostRules
from domain.privacy import PrivacyRules
from domain.score import ScoreRules
from domain.stage import StageRules
from domain.store import StoreRules
from domain.tier import TierRules
from domain.wallet import WalletRules
from domain.wecom import WecomRules


@dataclass(frozen=True)
class Rules:
    membership: MembershipRules = field(default_factory=MembershipRules)
    booking: BookingRules = field(default_factory=BookingRules)
    box: BoxRules = field(default_factory=BoxRules)
    abuse: AbuseRules = field(default_factory=AbuseRules)
    growth: GrowthRules = field(default_factory=GrowthRules)
    lending: LendingRules = field(default_factory=LendingRules)
    partner: PartnerRules = field(default_factory=PartnerRules)
    perk: PerkRules = field(default_factory=PerkRules)
    privacy: PrivacyRules = field(default_factory=PrivacyRules)
    order: OrderRules = field(default_factory=OrderRules)
    points: PointsRules = field(default_factory=PointsRules)
    tier: TierRules = field(default_factory=TierRules)
    payment: PaymentRules = field(default_factory=PaymentRules)
    goodwill: GoodwillRules = field(default_factory=GoodwillRules)
    gift: GiftRules = field(default_factory=GiftRules)
    score: ScoreRules = field(default_factory=ScoreRules)
    month_score: MonthScoreRules = field(default_factory=MonthScoreRules)
    bill: BillRules = field(default_factory=BillRules)
    wallet: WalletRules = field(default_factory=WalletRules)
    care: CareRules = field(default_factory=CareRules)
    stage: StageRules = field(default_factory=StageRules)
    store: StoreRules = field(default_factory=StoreRules)
    desk: DeskRules = field(default_factory=DeskRules)
    campaign: CampaignRules = field(default_factory=CampaignRules)
    words: WordRules = field(default_factory=WordRules)
    claim: ClaimRules = field(default_factory=ClaimRules)
    post: PostRules = field(default_factory=PostRules)
    menu: MenuRules = field(default_factory=MenuRules)
    webhook: WebhookRules = field(default_factory=WebhookRules)
    wecom: WecomRules = field(default_factory=WecomRules)
