"""Who works here: accounts and stylists for admins, and the week of hours, one's own or anybody's for admins."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field

from domain.booking import Mode
from miniapp_api.frame import STAFF, Body, Call, Id, Text, View, Who
from miniapp_api.stylists import StaffBookingView, booking_view
from services import staffing, stylists
from services.staffing import Period

Role = Annotated[Who, AfterValidator(lambda role: _of_staff(role))]
Name = Annotated[Text, Field(min_length=1, max_length=32)]
Password = Annotated[Text, Field(min_length=12, max_length=128)]
Tags = Annotated[list[Annotated[Text, Field(min_length=1, max_length=32)]], Field(max_length=20)]


def _of_staff(role: Who) -> Who:
    if role not in STAFF:
        raise ValueError("a role of the staff")
    return role


def given(body: BaseModel) -> dict[str, Any]:
    """What the caller sent, without what was left out."""
    return {name: value for name in body.model_fields_set if (value := getattr(body, name)) is not None}


class UserBody(Body):
    login: Annotated[Text, Field(min_length=3, max_length=32, pattern=r"^[a-z0-9._-]+$")]
    name: Name
    role: Role
    password: Password


class UserChangeBody(Body):
    """What is left out stays. `active` False closes the account: its sessions write nothing more.

    `wecom_userid` is the account in WeCom, by which letters are sent by hand; empty takes it away.
    """

    name: Name | None = None
    role: Role | None = None
    password: Password | None = None
    active: bool | None = None
    wecom_userid: Annotated[Text, Field(max_length=64, pattern=r"^[A-Za-z0-9@._-]*$")] | None = None


class UserView(View):
    id: int
    login: str
    name: str
    role: Role
    active: bool
    wecom_userid: str | None


class UsersView(View):
    items: list[UserView]


async def get_users(call: Call) -> UsersView:
    """Every account of the staff, closed ones too."""
    return UsersView(items=[UserView.model_validate(user) for user in await staffing.users()])


async def post_user(call: Call, body: UserBody) -> UserView:
    """Open an account for somebody of the staff."""
    return UserView.model_validate(await staffing.add_user(call.shop, call.staff_id, **body.model_dump()))


async def put_user(call: Call, staff_id: int, body: UserChangeBody) -> UserView:
    """Change an account: name, role, password, or close it; never one's own role."""
    return UserView.model_validate(await staffing.change_user(call.shop, call.staff_id, staff_id, **given(body)))


class StylistBody(Body):
    """`weight`: her share when nobody is named; 200 takes twice the load of 100."""

    name: Name
    staff_id: Id | None = None
    words: Annotated[Text, Field(max_length=500)] = ""
    skills: Tags = Field(default_factory=list)
    modes: Annotated[list[Mode], Field(min_length=1, max_length=2)] = Field(default_factory=lambda: [Mode.STORE])
    picture: Annotated[Text, Field(max_length=128)] = ""
    weight: Annotated[int, Field(ge=1, le=1000)] = 100


class StylistChangeBody(Body):
    """What is left out stays. `active` False is refused while she has sessions to hold: mark her out first."""

    name: Name | None = None
    staff_id: Id | None = None
    words: Annotated[Text, Field(max_length=500)] | None = None
    skills: Tags | None = None
    modes: Annotated[list[Mode], Field(min_length=1, max_length=2)] | None = None
    picture: Annotated[Text, Field(max_length=128)] | None = None
    weight: Annotated[int, Field(ge=1, le=1000)] | None = None
    active: bool | None = None


class TeamMemberView(View):
    id: int
    name: str
    staff_id: int | None
    words: str
    skills: list[str]
    modes: list[Mode]
    picture: str
    weight: int
    active: bool


class TeamView(View):
    items: list[TeamMemberView]


async def get_team(call: Call) -> TeamView:
    """Every stylist with skills, modes and weight, those who take no bookings any more too."""
    return TeamView(items=[TeamMemberView.model_validate(row) for row in await staffing.team()])


async def post_stylist(call: Call, body: StylistBody) -> TeamMemberView:
    """Add somebody who takes sessions; bookable once the week of hours is set."""
    return TeamMemberView.model_validate(await staffing.add_stylist(call.shop, call.staff_id, **body.model_dump()))


async def put_stylist(call: Call, stylist_id: int, body: StylistChangeBody) -> TeamMemberView:
    """Change a stylist: name, account, words, skills, modes, weight, or whether she takes bookings."""
    return TeamMemberView.model_validate(
        await staffing.change_stylist(call.shop, call.staff_id, stylist_id, **given(body))
    )


class PeriodBody(Body):
    """A stretch of work on a weekday (Monday 0), the shop's wall clock; `24:00` ends a day."""

    weekday: Annotated[int, Field(ge=0, le=6)]
    starts: Annotated[str, Field(pattern=r"^[0-2][0-9]:[0-5][0-9]$")]
    ends: Annotated[str, Field(pattern=r"^[0-2][0-9]:[0-5][0-9]$")]


class WeekBody(Body):
    """The whole week; breaks are what lies between two periods. `preview` True only shows what it would touch."""

    periods: Annotated[list[PeriodBody], Field(max_length=70)]
    preview: bool = False


class PeriodView(View):
    weekday: int
    starts: str
    ends: str


class WeekView(View):
    """`touched` are sessions to come outside of the week: they stay as they are, nobody is moved silently."""

    periods: list[PeriodView]
    touched: list[StaffBookingView]


async def get_hours(call: Call, stylist_id: int) -> WeekView:
    """A stylist's week of hours: one's own, anybody's for admins."""
    periods = await staffing.week(await stylists.desk_of(call.staff_id), stylist_id)
    return WeekView(periods=[PeriodView.model_validate(period) for period in periods], touched=[])


async def put_hours(call: Call, stylist_id: int, body: WeekBody) -> WeekView:
    """Replace the week of hours, with the sessions it would leave outside shown before it is saved."""
    change = await staffing.set_week(
        call.shop,
        await stylists.desk_of(call.staff_id),
        stylist_id,
        [Period(p.weekday, p.starts, p.ends) for p in body.periods],
        preview=body.preview,
    )
    return WeekView(
        periods=[PeriodView.model_validate(period) for period in change.periods],
        touched=[booking_view(row) for row in change.touched],
    )
