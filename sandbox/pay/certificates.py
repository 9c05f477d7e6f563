"""GET /v3/certificates: the platform's certificates, each sealed with the APIv3 key."""

from sandbox.pay.desk import Pay
from sandbox.pay.door import Answer, Request
from sandbox.pay.errors import PayError
from sandbox.pay.signing import encrypt
from sandbox.pay.times import rfc3339

NONE_AVAILABLE = 268435465


def listing(pay: Pay, request: Request) -> Answer:
    """Oldest first; a pure public-key merchant has none and gets an error."""
    if not pay.settings.certificates_open:
        message = "无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥"
        raise PayError(404, "RESOURCE_NOT_EXISTS", message, tail=NONE_AVAILABLE)
    return 200, {
        "data": [
            {
                "serial_no": one.serial,
                "effective_time": rfc3339(one.effective_at),
                "expire_time": rfc3339(one.expires_at),
                "encrypt_certificate": encrypt(pay.merchant.api_v3_key, one.pem.encode(), "certificate"),
            }
            for one in pay.keys.certificates
        ]
    }
