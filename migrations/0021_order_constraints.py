"""What must be impossible about orders and drops, and the indexes that follow the due."""

from tortoise import migrations

from models.constraints import Check, PartialIndex


class Migration(migrations.Migration):
    dependencies = [("models", "0020_orders")]

    operations = [
        Check("cart_line", "cart_line_quantity", "@quantity >= 1"),
        Check(
            "shop_order",
            "order_adds_up",
            "@coupon_fen >= 0 AND @freight_fen >= 0 AND @goods_fen >= 0 AND @refunded_fen >= 0 "
            "AND @total_fen = @gross_fen - @coupon_fen + @freight_fen AND @refunded_fen <= @total_fen",
        ),
        Check("order_item", "order_item_net", "@net_fen >= 0 AND @net_fen <= @price_fen"),
        Check("limited_drop", "drop_never_oversold", "@taken >= 0 AND @taken <= @pieces"),
        Check("drop_claim", "drop_claim_capped", "@taken >= 0 AND @taken <= @most"),
        PartialIndex("shop_order", "order_unpaid", "expires_at", "state = 'placed'"),
        PartialIndex("shop_order", "order_to_receive", "receive_by", "state = 'shipped'"),
    ]
