"""Logging in: members by the mini-program's code, staff by password; and the member's own page."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from domain.errors import NotAllowed
from domain.membership import Purpose
from miniapp_api.frame import Body, Call, Person, Text, View, Who
from miniapp_api.middlewares import SESSIONS
from services import consents, members, plans, points, quotas, staff, tiers
from services.members import Profile


class LoginBody(Body):
    code: Annotated[Text, Field(min_length=1, max_length=128, description="From wx.login, used once")]
    partner_ticket: Annotated[Text, Field(max_length=64, description="From a partner's link, where one led here")] = ""


class SessionView(View):
    token: str
    lapses_at: datetime
    member_id: int | None = None
    staff_id: int | None = None
    role: Who


async def post_session(call: Call, body: LoginBody) -> SessionView:
    """Log in to the mini-program: the code becomes a session, and the person a registered member."""
    member = await members.login(call.shop, body.code, body.partner_ticket)
    person = Person(member_id=member.id, role=Who.MEMBER)
    token, lapses_at = call.request.app[SESSIONS].issue(person, call.shop.now())
    return SessionView(token=token, lapses_at=lapses_at, member_id=member.id, role=Who.MEMBER)


class StaffLoginBody(Body):
    login: Annotated[Text, Field(min_length=1, max_length=32)]
    password: Annotated[Text, Field(min_length=1, max_length=128)]


async def post_staff_session(call: Call, body: StaffLoginBody) -> SessionView:
    """Log in as staff."""
    user = await staff.log_in(body.login, body.password)
    if user is None:
        raise NotAllowed("login")
    person = Person(staff_id=user.id, role=Who(user.role))
    token, lapses_at = call.request.app[SESSIONS].issue(person, call.shop.now())
    return SessionView(token=token, lapses_at=lapses_at, staff_id=user.id, role=Who(user.role))


class QuotaLine(View):
    kind: str
    granted: int
    held: int
    used: int
    left: int
    resets_at: datetime | None


class PointsLine(View):
    usable: int
    pending: int
    next_expiry_at: datetime | None
    next_expiry_points: int


class TierLine(View):
    level: int
    name: str
    super_user: bool


class SizesBody(Body):
    """What the member tells the stylist; every field may be left out."""

    height_cm: Annotated[int, Field(ge=80, le=230)] | None = None
    weight_kg: Annotated[float, Field(ge=20, le=250, allow_inf_nan=False)] | None = None
    top_size: Annotated[Text, Field(max_length=8)] | None = None
    bottom_size: Annotated[Text, Field(max_length=8)] | None = None
    shoe_size: Annotated[Text, Field(max_length=8)] | None = None
    style: Annotated[Text, Field(max_length=200)] | None = None
    avoid: Annotated[Text, Field(max_length=200)] | None = None


class MeView(View):
    member_id: int
    level: str
    follows: bool
    registered_at: datetime | None
    first_source: str
    phone: str
    birthday: date | None
    profile: SizesBody
    consents: dict[str, bool]
    quotas: list[QuotaLine]
    points: PointsLine
    tier: TierLine


async def get_me(call: Call) -> MeView:
    """The member's own page: level, quotas left, points, consents, profile; the phone masked."""
    member = await members.get(call.member_id)
    place = await tiers.place(call.shop, member.id)
    return MeView(
        member_id=member.id,
        level=member.level,
        follows=member.follows,
        registered_at=member.registered_at,
        first_source=member.first_source,
        phone=members.masked_phone(call.shop, member),
        birthday=member.birthday,
        profile=SizesBody.model_validate(member.profile),
        consents=await consents.standing(member.id),
        quotas=[QuotaLine.model_validate(q) for q in await quotas.overview(member.id)],
        points=PointsLine.model_validate(await points.balance(call.shop, member.id)),
        tier=TierLine(level=place.tier.level, name=place.tier.name, super_user=place.super_user),
    )


class ProfileBody(Body):
    birthday: date | None = None
    profile: SizesBody = SizesBody()


async def put_profile(call: Call, body: ProfileBody) -> MeView:
    """Change birthday and profile; sizes and style need the profile consent."""
    given = body.profile.model_dump(exclude_none=True)
    await members.set_profile(call.shop, call.member_id, Profile(body.birthday, given))
    return await get_me(call)


class PhoneBody(Body):
    code: Annotated[Text, Field(min_length=1, max_length=128, description="From the phone number button")]


async def post_phone(call: Call, body: PhoneBody) -> SessionView:
    """Give a phone number; when another member has it the two become one, so a fresh session is issued."""
    member = await members.register_phone(call.shop, call.member_id, body.code)
    person = Person(member_id=member.id, role=Who.MEMBER)
    token, lapses_at = call.request.app[SESSIONS].issue(person, call.shop.now())
    return SessionView(token=token, lapses_at=lapses_at, member_id=member.id, role=Who.MEMBER)


class ConsentBody(Body):
    given: bool


class ConsentsView(View):
    consents: dict[str, bool]


async def put_consent(call: Call, purpose: Purpose, body: ConsentBody) -> ConsentsView:
    """Give or withdraw one consent: terms, promotion, profile, or renewal of the plan that runs."""
    if purpose is Purpose.RENEWAL and body.given:
        await plans.allow_renewal(call.shop, call.member_id, "miniapp")
    else:
        await members.consent(call.shop, call.member_id, purpose, "miniapp", given=body.given)
    return ConsentsView(consents=await consents.standing(call.member_id))
