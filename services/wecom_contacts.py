"""Who of the members is whose contact in WeCom: told by callback, read again at night, joined by unionid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from domain.errors import OutsideFault, OutsideRefusal
from domain.ports import Wecom
from models import Member, OutsideCall, StaffUser, WecomContact, sql
from services import outside
from services.shop import Shop

BEGINS, ENDS = frozenset({"add_external_contact"}), frozenset({"del_external_contact", "del_follow_user"})
NOBODYS = "84061"
"""WeCom's word for a customer whom none of the staff has as a contact."""
READ_AT_ONCE = 100
log = structlog.get_logger()


@dataclass(frozen=True)
class Change:
    """A `change_external_contact`: one of the staff and a customer found each other, or one deleted the other."""

    kind: str
    userid: str
    external_userid: str
    told_at: datetime


async def on_change(shop: Shop, change: Change) -> str:
    """Inside the caller's transaction. Told twice, or late, it changes nothing; other kinds are let be."""
    if change.kind not in BEGINS | ENDS:
        return ""
    pair = {"external_userid": change.external_userid, "userid": change.userid}
    ended_at = change.told_at if change.kind in ENDS else None
    await WecomContact.bulk_create(
        [WecomContact(**pair, told_at=change.told_at, ended_at=ended_at, created_at=shop.now())],
        on_conflict=("external_userid", "userid"),
        ignore_conflicts=True,
    )
    await WecomContact.filter(**pair, told_at__lte=change.told_at).update(
        told_at=change.told_at, ended_at=ended_at, updated_at=shop.now()
    )
    if change.kind in BEGINS:
        await outside.want(shop, "wecom_customer", f"wecom:{change.external_userid}:{change.told_at.timestamp():.0f}")
    log.info("wecom.contact_changed", kind=change.kind)
    return ""


@outside.caller("wecom_customer")
async def _learn(shop: Shop, wanted: OutsideCall) -> None:
    """Ask WeCom who a new contact is; only a member is remembered by name."""
    external_userid = wanted.ref.split(":")[1]
    try:
        told = await _gateway(shop).customer(external_userid)
    except OutsideRefusal as no:
        if no.code != NOBODYS:
            raise
        return  # Deleted again meanwhile, which is told too.
    member = await Member.filter(unionid=told.unionid).first() if told.unionid else None
    if member is not None:
        await WecomContact.filter(external_userid=external_userid).update(member_id=member.id, updated_at=shop.now())
    log.info("wecom.contact_learned", member=member.id if member else None)


def _gateway(shop: Shop) -> Wecom:
    if shop.wechat.wecom is None:
        raise OutsideFault("wecom: not set up")
    return shop.wechat.wecom


async def read_all(shop: Shop) -> int:
    """The nightly reading: every contact of the staff, whatever callbacks were lost; how many are members. A job.

    Pairs that are not there any more have ended. Of people who are no members nothing is kept.
    """
    if shop.wechat.wecom is None:
        return 0
    wecom, read_at = shop.wechat.wecom, shop.now()
    ours = {str(user.wecom_userid) for user in await StaffUser.filter(active=True, wecom_userid__isnull=False)}
    userids = sorted(ours & set(await wecom.follow_users())) if ours else []
    for start in range(0, len(userids), READ_AT_ONCE):
        await _read(wecom, userids[start : start + READ_AT_ONCE], read_at)
    gone = await WecomContact.filter(told_at__lt=read_at, ended_at=None, member_id__isnull=False).update(
        ended_at=read_at, updated_at=shop.now()
    )
    await WecomContact.filter(told_at__lt=read_at, member_id=None).delete()
    there = await WecomContact.filter(ended_at=None, member_id__isnull=False).count()
    log.info("wecom.contacts_read", staff=len(userids), members=there, ended=gone)
    return there


async def want_reading(shop: Shop, userid: str) -> None:
    """Read one person's contacts soon, not only at night: her account was just named. In the caller's transaction."""
    if shop.wechat.wecom is not None:
        await outside.want(shop, "wecom_contacts", f"wecom:{userid}:{shop.now().timestamp():.0f}")


@outside.caller("wecom_contacts")
async def _read_one(shop: Shop, wanted: OutsideCall) -> None:
    await _read(_gateway(shop), [wanted.ref.split(":")[1]], wanted.created_at)


async def _read(wecom: Wecom, userids: Sequence[str], read_at: datetime) -> None:
    cursor = ""
    while True:
        found, cursor = await wecom.customers_of(userids, cursor)
        rows = [
            {"e": one.external_userid, "u": userid, "n": one.unionid}
            for one in found
            for userid in one.userids
            if one.unionid
        ]
        if rows:
            await sql.run("wecom_read", rows=rows, read_at=read_at)
        if not cursor:
            return
