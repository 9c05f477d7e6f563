"""Members, the identities they are known by, how they came, and what they agreed to."""

from tortoise import fields

from domain.membership import Level, Source
from models.base import Row


class Member(Row):
    """One person. Phone and name are sealed, `phone_index` is a blind index for look-up."""

    unionid = fields.CharField(max_length=64, null=True, unique=True)
    phone_index = fields.CharField(max_length=32, null=True, unique=True)
    phone_sealed = fields.CharField(max_length=255, default="")
    level = fields.CharEnumField(Level, max_length=16, default=Level.TRAFFIC)
    first_seen_at = fields.DatetimeField()
    first_source = fields.CharEnumField(Source, max_length=16)
    first_scene = fields.CharField(max_length=64, default="")
    last_seen_at = fields.DatetimeField()
    follows = fields.BooleanField(default=False)
    # CreateTime of the newest follow or unfollow told; older notices that arrive late change nothing.
    follow_told_at = fields.DatetimeField(null=True)
    registered_at = fields.DatetimeField(null=True)
    birthday = fields.DateField(null=True)
    # Sizes, style and budget as the member gave them; only with the profile consent.
    profile: fields.Field[dict[str, object]] = fields.JSONField(default=dict)
    zone = fields.CharField(max_length=48, default="")  # IANA name, empty = times are shown in the shop's only
    stylist_id = fields.BigIntField(null=True)  # favourite or bound stylist
    # Another member's id: one person. One's own: the account is closed (services/closings).
    merged_into_id = fields.BigIntField(null=True)

    class Meta:
        table = "member"


class Identity(Row):
    """One openid of a member under one of our accounts."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "identities")
    member_id: int
    appid = fields.CharField(max_length=32)
    openid = fields.CharField(max_length=64)

    class Meta:
        table = "identity"
        unique_together = (("appid", "openid"),)
        indexes = (("member_id", "appid"),)


class SourceSeen(Row):
    """Each way a member was seen coming, after the first one too. `created_at` is the event's own time."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "sources")
    member_id: int
    source = fields.CharEnumField(Source, max_length=16)
    scene = fields.CharField(max_length=64, default="")

    class Meta:
        table = "source_seen"


class Consent(Row):
    """The consent ledger: appended to, never changed, and the newest line per purpose counts."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "consents")
    member_id: int
    purpose = fields.CharField(max_length=16)
    channel = fields.CharField(max_length=16)  # miniapp | chat | wechat
    terms_version = fields.CharField(max_length=16)
    given = fields.BooleanField()

    class Meta:
        table = "consent"
        # All that is asked of a page of an audience, the answer included.
        indexes = (("member_id", "purpose", "created_at", "id", "given"),)


class MemberAddress(Row):
    """A postal address, sealed as one JSON text."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "addresses")
    member_id: int
    sealed = fields.TextField()
    is_default = fields.BooleanField(default=False)

    class Meta:
        table = "member_address"
