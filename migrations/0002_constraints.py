"""What must be impossible, not unlikely, and the indexes that follow the due."""

from tortoise import migrations

from models.constraints import Check, PartialIndex, PartialUnique


class Migration(migrations.Migration):
    dependencies = [("models", "0001_initial")]

    operations = [
        PartialUnique("membership", "membership_one_active", "member_id", "state = 'active'"),
        Check("quota_counter", "quota_never_overspent", "@held >= 0 AND @used >= 0 AND @held + @used <= @granted"),
        Check(
            "sku",
            "stock_adds_up",
            "@on_hand >= 0 AND @reserved >= 0 AND @sold >= 0 AND @lost >= 0 "
            "AND @received = @sold + @lost + @on_hand + @reserved",
        ),
        PartialUnique("membership", "membership_one_wanted", "member_id", "state = 'wanted'"),
        PartialUnique(
            "membership",
            "membership_one_follows",
            "follows_id",
            "follows_id IS NOT NULL AND state NOT IN ('wanted', 'cancelled')",
        ),
        PartialUnique("payment", "payment_one_open", "purpose, ref", "state = 'wanted'"),
        Check("payment", "payment_amount", "@amount_fen >= 0"),
        Check("refund", "refund_amount", "@amount_fen > 0 AND @amount_fen <= @total_fen"),
        Check("reply_window", "window_left", "@left_count >= 0"),
        Check("consent_credit", "credit_left", "@left_count >= 0"),
        PartialIndex("care_message", "care_message_due", "send_at", "state IN ('planned', 'sending')"),
        PartialIndex(
            "box", "box_deadline_due", "deadline_at", "state IN ('delivered', 'deciding', 'returning', 'grading', 'disputed')"
        ),
        PartialIndex("outside_call", "outside_call_due", "next_at", "state = 'wanted'"),
        PartialIndex("inbound_event", "inbound_unhandled", "created_at", "handled_at IS NULL"),
        PartialUnique("score_cover", "score_cover_one_open", "box_id", "state NOT IN ('REVOKED', 'EXPIRED')"),
    ]
