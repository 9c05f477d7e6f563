"""Topics of promotions that a member has or leaves, one by one; what a booking or a box needs is always told."""

from domain.path import TOPIC_NAMES, Topic
from miniapp_api.frame import Body, Call, View
from services import consents


class TopicView(View):
    topic: Topic
    name: str
    on: bool


class TopicsView(View):
    items: list[TopicView]


class TopicBody(Body):
    on: bool


async def get_topics(call: Call) -> TopicsView:
    """The topics of promotions, and which you have switched off; none is sent without your consent at all."""
    off = (await consents.topics_off([call.member_id])).get(call.member_id, set())
    return TopicsView(items=[TopicView(topic=t, name=TOPIC_NAMES[t], on=t not in off) for t in Topic])


async def put_topic(call: Call, topic: Topic, body: TopicBody) -> TopicsView:
    """Switch one topic off, or on again."""
    await consents.switch_topic(call.shop, call.member_id, topic, "miniapp", on=body.on)
    return await get_topics(call)
