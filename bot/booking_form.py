"""What the booking forms share: slots said over turns, who is meant, and which of the free times."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from bot import replies_booking as words
from bot.leading import asks
from bot.picking import leaves_it_to_us, picked
from bot.turn import Form, Say, Turn
from bot.understand import Understanding
from bot.understand.shifts import shift
from bot.understand.slots import ANY
from domain.clock import at, day_of, local
from services import slots, stylists
from services.slots import DaySlots, Slot
from services.stylists import Stylist

SAID = ("date", "time", "part", "stylist", "mode")
ANOTHER = re.compile(r"换(?:一?[个位]|别的?)(?:人|老师|造型师|搭配师)")
SHOWN = "shown"
"""Where a form keeps the days or times it has just shown, so that 第二个 can pick one."""
_PARTS = {"morning": (0, 12), "noon": (11, 14), "afternoon": (12, 18), "evening": (17, 24)}
_TITLE = re.compile(r"(老师|造型师|搭配师|姐姐|哥哥|姐|哥)$")
_ANYBODY = re.compile(r"随便|你们?(?:来?安排|来?定|看着)|都行|都可以|谁都|不挑|无所谓|任意|哪[位个].{0,4}都")


def merged(turn: Turn) -> dict[str, Any]:
    """What the form holds, with what was just said over it: a time replaces a part of the day, and back."""
    kept = dict(turn.form.slots) if turn.form else {}
    shown = kept.pop(SHOWN, [])
    said = {name: turn.understanding.slots[name] for name in SAID if name in turn.understanding.slots}
    if turn.form is not None and "stylist" not in said and _ANYBODY.search(turn.text):
        said["stylist"] = ANY
    if not said.keys() & {"date", "time", "part"}:
        said |= _of_shown(turn, shown)
    if not said.keys() & {"date", "time", "part"}:
        said |= moved_on(turn.text, kept.get("date"), kept.get("time"))
    if "time" in said:
        kept.pop("part", None)
    elif "part" in said:
        kept.pop("time", None)
    return {**kept, **said}


def moved_on(text: str, day: str | None, hour: str | None) -> dict[str, Any]:
    """晚半小时, 往后推一天: the new day and time, counted from the ones given; nothing where either is missing."""
    way = shift(text) if day and hour else None
    if way is None:
        return {}
    then = datetime.fromisoformat(f"{day}T{hour}") + way
    return {"date": then.date().isoformat(), "time": f"{then:%H:%M}"}


def says_whom(heard: Understanding) -> bool:
    """Whether a line names a stylist, wants another, or leaves it to us, and asks nothing."""
    if ANOTHER.search(heard.text):
        return True
    if heard.text.endswith(("?", "吗", "么", "呢")):
        return False
    return _ANYBODY.search(heard.text) is not None or (bool(heard.slots.get("stylist")) and not asks(heard.text))


def _of_shown(turn: Turn, shown: Sequence[str]) -> dict[str, Any]:
    """第二个, 最晚的: the day or the instant meant, of those just shown. A bare number is an hour here, not a place."""
    place = None if turn.text.strip().isdigit() else picked(turn.text, len(shown))
    if place is None and turn.form is not None and turn.form.asked == "time" and leaves_it_to_us(turn.text) and shown:
        place = 0
    if place is None:
        return {}
    day, _, hour = shown[place].partition("T")
    return {"date": day, "time": hour} if hour else {"date": day}


def showing(days: Sequence[DaySlots], *, of_day: bool = False) -> dict[str, Any]:
    """What the words about free times show, as the form keeps it: days, or the times of the one day."""
    free = [d for d in days if d.slots][: words.DAYS_SHOWN]
    if of_day:
        return {SHOWN: [f"{local(s.starts_at):%Y-%m-%dT%H:%M}" for d in free for s in d.slots[: words.TIMES_SHOWN]]}
    return {SHOWN: [d.day.isoformat() for d in free]}


def still_shown(question: Say) -> dict[str, Any]:
    """What a question showed, for a form of one's own around it."""
    return {SHOWN: question.form.slots[SHOWN]} if question.form and SHOWN in question.form.slots else {}


def news(turn: Turn, held: dict[str, Any]) -> bool:
    """Whether the line changed anything the form holds."""
    return turn.form is None or any(held.get(name) != turn.form.slots.get(name) for name in SAID)


async def named_stylist(held: dict[str, Any], name: str) -> tuple[Stylist | None, Say | None]:
    """The stylist named, or None for anybody; or the question to ask when the name fits none or several."""
    said = str(held.get("stylist") or ANY)
    if said == ANY:
        return None, None
    everybody = await stylists.active()
    bare = _TITLE.sub("", said).strip().lower()
    fits = [s for s in everybody if s.name.lower() == bare] or [
        s for s in everybody if bare and s.name.lower().startswith(bare)
    ]
    if len(fits) == 1:
        return fits[0], None
    rest = {key: value for key, value in held.items() if key != "stylist"}
    text = (
        words.several_stylists([s.name for s in fits])
        if fits
        else words.unknown_stylist(said, [s.name for s in everybody])
    )
    return None, Say(text, "ask:stylist", Form(name, rest, asked="stylist"))


def _fits_part(slot: Slot, part: object) -> bool:
    begin, end = _PARTS.get(str(part), (0, 24))
    return begin <= local(slot.starts_at).hour < end


def day_said(held: dict[str, Any]) -> date | None:
    return date.fromisoformat(held["date"]) if held.get("date") else None


def time_said(held: dict[str, Any]) -> time | None:
    return time.fromisoformat(held["time"]) if held.get("time") else None


async def free_days(turn: Turn, held: dict[str, Any], stylist: Stylist | None, moving_id: int | None) -> list[DaySlots]:
    """Free days and times from today to the horizon, of the part of the day that was asked for."""
    today = day_of(turn.now)
    days = await slots.free_slots(
        turn.shop,
        today,
        today + timedelta(days=turn.shop.rules.booking.horizon_days),
        stylist.id if stylist else None,
        held.get("mode"),
        turn.member_id,
        moving_id=moving_id,
    )
    return [
        DaySlots(d.day, d.kind, tuple(s for s in d.slots if _fits_part(s, held.get("part"))), d.quota_left)
        for d in days
    ]


def _of(days: Sequence[DaySlots], which: date) -> DaySlots | None:
    return next((d for d in days if d.day == which and d.slots), None)


def _only_at(days: Sequence[DaySlots], wanted: time | None) -> list[DaySlots]:
    """The days with only the time that was named, where any day has it; else as they are."""
    if wanted is None:
        return list(days)
    same = [
        DaySlots(d.day, d.kind, tuple(s for s in d.slots if local(s.starts_at).time() == wanted), d.quota_left)
        for d in days
    ]
    return same if any(d.slots for d in same) else list(days)


async def when(
    turn: Turn, name: str, held: dict[str, Any], stylist: Stylist | None, moving_id: int | None = None
) -> tuple[Slot | None, Say | None]:
    """The slot that was named and is free; else what to ask, with times that really are."""
    day, wanted = day_said(held), time_said(held)
    days = await free_days(turn, held, stylist, moving_id)
    if day is None:
        fit = _only_at(days, wanted)
        form = Form(name, {**held, **showing(fit)}, asked="date")
        return None, Say(f"{words.WHICH_DAY}\n{words.offer(fit)}", "ask:date", form)
    form_date = Form(name, {**held, **showing(days)}, asked="date")
    today = day_of(turn.now)
    horizon = turn.shop.rules.booking.horizon_days
    if day < today:
        return None, Say(f"{words.PAST}{words.offer(days)}", "ask:date", form_date)
    if day > today + timedelta(days=horizon):
        return None, Say(f"{words.too_far(horizon)}{words.offer(days)}", "ask:date", form_date)
    free = _of(days, day)
    if free is None:
        text = words.full(day, f"{stylist.name}老师" if stylist else "")
        if stylist is not None:
            names = await _others(turn, held, day, None, moving_id)
            text += words.who_else(day, names) if names else ""
        return None, Say(text + words.offer(days), "ask:date", form_date)
    if wanted is None:
        text = f"{words.free_on(free)}{words.WHICH_TIME}"
        return None, Say(text, "ask:time", Form(name, {**held, **showing([free], of_day=True)}, asked="time"))
    starts_at = at(day, wanted)
    slot = next((s for s in free.slots if s.starts_at == starts_at), None)
    if slot is not None:
        return slot, None
    text = words.not_then(starts_at, f"{stylist.name}老师" if stylist else "") + words.free_on(free)
    names = await _others(turn, held, day, starts_at, moving_id) if stylist is not None else []
    text += words.who_else(None, names) if names else words.WHICH_TIME
    if moving_id is None and await _only_taken(turn, held, stylist, starts_at):
        text += words.WAIT_HINT
    return None, Say(text, "ask:time", Form(name, {**held, **showing([free], of_day=True)}, asked="time"))


async def _only_taken(turn: Turn, held: dict[str, Any], stylist: Stylist | None, starts_at: datetime) -> bool:
    """Whether somebody works then and is only booked, so that waiting may help."""
    able = [stylist] if stylist else await stylists.active()
    modes = [held["mode"]] if held.get("mode") else sorted({mode for s in able for mode in s.modes})
    reasons = [(await slots.free_now(turn.shop, able, starts_at, mode, favourite_id=None))[1] for mode in modes]
    return "taken" in reasons


async def somebody_else(turn: Turn, name: str, held: dict[str, Any]) -> Say:
    """换个人 at the read-back: who else is free at that very time; nobody, then another time."""
    day, wanted = day_said(held), time_said(held)
    assert day is not None, "the read-back named the day"
    assert wanted is not None, "the read-back named the time"
    rest = {key: value for key, value in held.items() if key not in ("stylist", "stylist_id")}
    able = await _others(turn, rest, day, at(day, wanted), None)
    meant = next((s.name for s in await stylists.active() if s.id == held["stylist_id"]), "")
    names = [one for one in able if one != meant]
    if not names:
        return Say(words.NOBODY_ELSE, "ask:time", Form(name, rest, asked="time"))
    return Say(words.who_else(None, names), "ask:stylist", Form(name, rest, asked="stylist"))


async def _others(
    turn: Turn, held: dict[str, Any], day: date, starts_at: datetime | None, moving_id: int | None
) -> list[str]:
    """Who else is free on a day, at the instant if one is given."""
    found = _of(await free_days(turn, held, None, moving_id), day)
    ids = {i for s in found.slots if starts_at in (None, s.starts_at) for i in s.stylist_ids} if found else set()
    return [s.name for s in await stylists.active() if s.id in ids]
