"""What the desk says by itself, and how a member's facts are said in a canned reply."""

from domain.box import BoxState

RATING_QUESTION = "这次由同事为您服务，还满意吗？回复 1 到 5 打个分（5 分最满意），不方便也没关系。"

BOX_WORDS = {
    BoxState.REQUESTED: "已经收到您的需求，正在安排造型师",
    BoxState.STYLING: "造型师正在为您搭配",
    BoxState.PROPOSED: "造型师已经配好，等您在小程序里确认",
    BoxState.CONFIRMED: "已经确认，还差您在微信里同意先享后付或付押金",
    BoxState.PACKING: "仓库正在打包，很快寄出",
    BoxState.SHIPPED: "已经寄出，正在路上",
    BoxState.DELIVERED: "已经签收",
    BoxState.DECIDING: "已经签收，您正在挑选",
    BoxState.RETURNING: "退回的衣服正在路上",
    BoxState.GRADING: "退回的衣服到仓了，正在验收",
    BoxState.DISPUTED: "有一件还在核对，核对期间不会收费",
    BoxState.SETTLED: "已经结清",
    BoxState.CANCELLED: "已经取消，没有产生费用",
    BoxState.LOST: "包裹在路上丢失了，没有产生费用，次数也退还给您了",
}
"""How a box stands, as the middle of a sentence."""
