"""Rows and their constraints; no rules. One file per noun, all registered under the app `models`."""

from models.account import AuditEntry, IdempotentAnswer, JobState, LeaderEpoch, StaffUser
from models.approval import Approval
from models.base import History
from models.booking import Booking, BookingCell, HoursException, ShopDay, Stylist, WorkingHours
from models.box import Box, BoxItem, Parcel, ParcelEvent
from models.broadcast import BroadcastPlace, MassSend
from models.campaign import Campaign, CampaignSeries
from models.care import CareHalt, CareMessage, ConsentCredit, InboxNote, ReplyWindow, SendPace
from models.cart import Cart, CartLine
from models.case import Case, CaseNote
from models.catalog import Look, LookItem, Product, Sku, StockEntry
from models.claim import ProductClaim
from models.coupon import Coupon, MemberCoupon
from models.damage import DamageFee
from models.day_bill import BillDifference, DayBill, DayBillLine
from models.desk import CannedReply, GuideBinding, Handoff
from models.dialog import ChatLine, Conversation
from models.drop import DropClaim, LimitedDrop
from models.family import FamilyProfile
from models.gift import Gift, GiftBudget
from models.goodwill import Goodwill
from models.inbox import InboundEvent
from models.invoice import Invoice
from models.ledger import BooksCheck, LedgerLine
from models.loyalty import PointsEntry, PointsLot
from models.member import Consent, Identity, Member, MemberAddress, SourceSeen
from models.membership import Membership, QuotaCounter, QuotaEntry
from models.month_score import MonthClose, MonthScore
from models.opinion import Opinion
from models.order import Order, OrderItem, OrderParcel
from models.outbox import OutsideCall
from models.partner import PartnerLink, PartnerTicket, PartnerTrial
from models.path import CareBookmark, PathTurn, PathVersion
from models.payment import Payment, Refund, ScoreCover
from models.perk import Perk
from models.photo import Photo
from models.poll import Poll, PollVote
from models.post import Post
from models.privacy import Closing, DataExport, GiftOnce
from models.purchase import Purchase
from models.referral import InviteCode, Referral, ReferralRuleSet, ReferralYear
from models.rule_trial import RuleTrial
from models.segment import MemberTag, Segment, SegmentVersion
from models.stage import MemberStage, StageChange, StagePass, StageRuleSet
from models.store_sale import StoreSale
from models.swap import Swap
from models.tier import MemberTier
from models.waitlist import WaitEntry
from models.wallet import TopUp, Wallet, WalletEntry
from models.webhook import WebhookDelivery, WebhookEndpoint
from models.wecom import StylistPlace, WecomContact, WecomLetter, WecomTask

__all__ = [
    "Approval",
    "AuditEntry",
    "BillDifference",
    "Booking",
    "BookingCell",
    "BooksCheck",
    "Box",
    "BoxItem",
    "BroadcastPlace",
    "Campaign",
    "CampaignSeries",
    "CannedReply",
    "CareBookmark",
    "CareHalt",
    "CareMessage",
    "Cart",
    "CartLine",
    "Case",
    "CaseNote",
    "ChatLine",
    "Closing",
    "Consent",
    "ConsentCredit",
    "Conversation",
    "Coupon",
    "DamageFee",
    "DataExport",
    "DayBill",
    "DayBillLine",
    "DropClaim",
    "FamilyProfile",
    "Gift",
    "GiftBudget",
    "GiftOnce",
    "Goodwill",
    "GuideBinding",
    "Handoff",
    "History",
    "HoursException",
    "IdempotentAnswer",
    "Identity",
    "InboundEvent",
    "InboxNote",
    "InviteCode",
    "Invoice",
    "JobState",
    "LeaderEpoch",
    "LedgerLine",
    "LimitedDrop",
    "Look",
    "LookItem",
    "MassSend",
    "Member",
    "MemberAddress",
    "MemberCoupon",
    "MemberStage",
    "MemberTag",
    "MemberTier",
    "Membership",
    "MonthClose",
    "MonthScore",
    "Opinion",
    "Order",
    "OrderItem",
    "OrderParcel",
    "OutsideCall",
    "Parcel",
    "ParcelEvent",
    "PartnerLink",
    "PartnerTicket",
    "PartnerTrial",
    "PathTurn",
    "PathVersion",
    "Payment",
    "Perk",
    "Photo",
    "PointsEntry",
    "PointsLot",
    "Poll",
    "PollVote",
    "Post",
    "Product",
    "ProductClaim",
    "Purchase",
    "QuotaCounter",
    "QuotaEntry",
    "Referral",
    "ReferralRuleSet",
    "ReferralYear",
    "Refund",
    "ReplyWindow",
    "RuleTrial",
    "ScoreCover",
    "Segment",
    "SegmentVersion",
    "SendPace",
    "ShopDay",
    "Sku",
    "SourceSeen",
    "StaffUser",
    "StageChange",
    "StagePass",
    "StageRuleSet",
    "StockEntry",
    "StoreSale",
    "Stylist",
    "StylistPlace",
    "Swap",
    "TopUp",
    "WaitEntry",
    "Wallet",
    "WalletEntry",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WecomContact",
    "WecomLetter",
    "WecomTask",
    "WorkingHours",
]
