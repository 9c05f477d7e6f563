"""What stands in the demo shop's window: goods, stylists, looks and coupons, as plain data."""
