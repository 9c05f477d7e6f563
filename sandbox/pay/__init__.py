"""WeChat Pay v3 and Pay Score, as strict as the real ones: signed in, signed out, told by notices."""

from sandbox.pay.desk import PAY, Pay
from sandbox.pay.door import failure
from sandbox.pay.routes import add_pay_routes

__all__ = ["PAY", "Pay", "add_pay_routes", "failure"]
