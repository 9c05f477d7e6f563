"""A helper model behind the chat: it may name a wish, and still nothing is done without the member's yes."""

from collections.abc import Mapping

from bot.second_opinion import SecondOpinion
from domain.booking import BookingState
from models import Booking
from tests.flows.test_booking_chat import follower, said
from tests.support.house import House


class Sure:
    """A helper that answers the same to everything; it notes what it was told."""

    def __init__(self, wish: str) -> None:
        self.wish = wish
        self.told: list[str] = []

    async def wish_of(self, text: str, wishes: Mapping[str, str]) -> tuple[str, float]:
        self.told.append(text)
        return self.wish, 1.0


async def test_what_the_helper_names_is_read_back_first_and_done_on_a_yes(house: House) -> None:
    person, member_id = await follower(house)
    await said(house, person, "约林老师周六下午三点到店", "好的")
    reception, helper = house.built.reception, Sure("cancel_booking")
    reception._second_opinion = SecondOpinion(helper, reception.understander)
    line = "那个内啥 13800138000 帮我弄下"
    assert reception.understander.understand(line, house.shop.now()).confidence < 0.55

    reply = await house.say(person, line)

    assert "确认取消请回复" in reply
    assert (await Booking.get(member_id=member_id)).state is BookingState.BOOKED
    assert helper.told == ["那个内啥 〈号码〉 帮我弄下"]
    await house.say(person, "确认")
    assert (await Booking.get(member_id=member_id)).state is BookingState.CANCELLED
