"""The chart of accounts: what each account of the ledger holds, and what plus and minus mean on it.

Every event posts lines that sum to 0. Plus is the debit side, minus the credit side: what the shop has or
has spent stands in plus, what it owes or has earned stands in minus.
"""

from enum import StrEnum


class Account(StrEnum):
    """One account of the ledger."""

    # Assets: plus is more of it.
    WECHAT = "wechat"  # + money came in at WeChat Pay; - it was paid back from there
    BANK = "bank"  # - paid out by hand, past WeChat, where WeChat could not
    RECEIVABLE = "receivable"  # + a member owes for what was kept or ordered; - it was met. Below 0: paid ahead
    # What is owed: minus is more of it.
    DEPOSITS = "deposits"  # - a deposit was taken and is still the member's; + it was used or goes back
    STORED_PRINCIPAL = "stored_principal"  # - a member topped up; + it was spent or goes back
    STORED_BONUS = "stored_bonus"  # - a bonus was given on a top-up; + it was spent or is void
    REFUNDS_DUE = "refunds_due"  # - a refund is promised; + it has reached the member
    # Earned: minus is more of it.
    SALES = "sales"  # - goods were sold, net of coupons; + they came back
    FREIGHT = "freight"  # - a way was charged; + it was given back
    DAMAGES = "damages"  # - a damage fee was charged; + it was given back
    MEMBERSHIP_FEES = "membership_fees"  # - a plan or a styling above it was paid; + it was given back
    # Spent: plus is more of it.
    COMPENSATION = "compensation"  # + given back out of kindness; - taken back when the thing itself is refunded
    BONUSES = "bonuses"  # + a top-up bonus was given; - it became void


LIABILITIES = (Account.DEPOSITS, Account.STORED_PRINCIPAL, Account.STORED_BONUS, Account.REFUNDS_DUE)
"""What members may still claim: never above 0 for one of them."""
