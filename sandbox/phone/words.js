// Chinese for codes: what the API refuses, and what its states are called.

const REFUSALS = {
  session: () => "登录过期了，请再试一次",
  not_found: () => "没有找到，可能已经不在了",
  not_allowed: () => "这件事现在不能做",
  invalid: (f, p) => `「${FIELDS[p.field] ?? p.field ?? "内容"}」不太对，改一下再试`,
  wrong_state: (f) => `现在是「${STATES[f.state] ?? f.state}」，这一步做不了`,
  stale_version: () => "内容刚刚有变化，已为你刷新",
  not_registered: () => "先登录注册一下",
  consent_missing: (f) => `需要先同意「${PURPOSES[f.purpose] ?? f.purpose}」`,
  plan_active: () => "会员正在有效期内，不用再买",
  quota_spent: (f) => `${QUOTAS[f.kind] ?? "这项权益"}已经用完了`,
  slot_taken: () => "手慢了一步，这个时间刚被约走",
  slot_not_offered: () => "这个时间约不了，换一个吧",
  too_late: () => "时间过了，这一步做不了啦",
  too_many: (f) => `最多 ${f.limit ?? ""} 次，已经到上限`,
  out_of_stock: () => "这个尺码刚刚没有库存了",
  cover_refused: (f) => f.highest_fen ? `这种保障方式最多支持 ¥${(f.highest_fen / 100).toFixed(0)}` : "这种保障方式用不了",
  payment_pending: () => "款项还在路上，稍等一下",
  not_yet: () => "还没准备好，稍等一下",
  idempotency_conflict: () => "重复提交了，请刷新再试",
  content_refused: () => "文字没有通过内容安全检查",
  rate_limited: (f) => `太快啦，${f.retry_after_seconds ?? 30} 秒后再试`,
  wechat_unavailable: () => "微信那边没有应答，稍后再试",
  in_progress: () => "上一次提交还在处理",
  offline: () => "连不上店里的服务，看看它是不是在运行",
  fault: () => "我们这边出了点问题，已经记下了",
};
const FIELDS = { starts_at: "时间", sku_ids: "件数", phone: "电话", name: "姓名", detail: "地址", reason: "原因", decisions: "选择" };

export function refusal(problem) {
  const say = REFUSALS[problem?.code];
  return say ? say(problem.facts ?? {}, problem) : problem?.detail || problem?.title || "没有成功，请再试一次";
}

export const PURPOSES = { terms: "会员条款与隐私说明", promotion: "优惠与上新消息", profile: "保存尺码与风格", renewal: "自动续费" };
export const QUOTAS = { styling: "一对一造型", round_trip: "免费往返运费" };
export const STATES = {
  requested: "等造型师", styling: "搭配中", proposed: "待你确认", confirmed: "待授权", packing: "配货中",
  shipped: "运输中", delivered: "已签收", deciding: "试穿中", returning: "寄回中", grading: "验货中",
  disputed: "核对中", settled: "已结算", cancelled: "已取消", lost: "已遗失", held: "保留中", booked: "已约好",
  done: "已完成", late_cancelled: "已取消（扣次）", no_show: "未到店", wanted: "待处理", accepted: "已揽收",
  signed: "已签收", received: "已收货", active: "生效中", queued: "待生效", ended: "已结束", paid: "已支付", closed: "已关闭",
};
export const ORDER_STATES = {
  placed: "待付款", paid: "待发货", shipped: "运输中", signed: "已收货", cancelled: "已取消", lost: "已遗失",
};
export const ITEM_STATES = {
  ordered: "",
  proposed: "", removed: "已拿掉", reserved: "已留货", at_member: "待决定", keeping: "留下", returning: "退回",
  received: "验货中", returned: "已退回", missing: "核对中", bought: "已买下", lost: "已遗失", cancelled: "已取消",
};
export const REASONS = [["size", "尺码"], ["colour", "颜色"], ["style", "款式"], ["price", "价格"], ["quality", "质量"], ["other", "其他"]];
export const LEVELS = { traffic: "访客", follower: "粉丝", registered: "注册会员", payer: "付费会员" };
export const MODES = { store: "到店", video: "视频" };
export const FIRST_SOURCES = { follow: "关注", scene: "扫码", login: "小程序", payment: "支付", wifi: "Wi-Fi", card: "领卡", chat: "聊天" };
