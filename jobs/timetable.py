"""What runs when, on one screen. Each job catches up to now: late, twice or after a crash, it is right."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from domain.clock import at, day_of
from services import (
    books,
    boxes,
    broadcasts,
    campaign_series,
    campaigns,
    care_events,
    care_sending,
    closings,
    damages,
    day_bills,
    desk,
    exports,
    lending,
    month_scores,
    notices,
    opinions,
    order_grading,
    order_parcels,
    orders,
    outside,
    partners,
    path_walking,
    perks,
    plans,
    points,
    points_notices,
    pruning,
    returns,
    rule_trials,
    settlement,
    stages,
    styling,
    swaps,
    tier_years,
    unsent,
    waitlist,
    webhooks,
    wecom_contacts,
    wecom_tasks,
)
from services.shop import Shop

Run = Callable[[Shop], Awaitable[object]]
RETRY = timedelta(seconds=60)
"""A job that broke is tried again after this long, or after its own interval where that is shorter."""


@dataclass(frozen=True)
class Job:
    """Either every so many seconds, or once a day at a wall-clock time in Shanghai.

    `too_late`: a daily run that is later than this is left out; None = late is always better than never.
    """

    name: str
    what: str
    run: Run
    seconds: int = 0
    daily_at: str = ""
    too_late: timedelta | None = None

    def wanted_at(self, now: datetime) -> datetime:
        """The newest instant up to now at which it was to run."""
        if not self.daily_at:
            return now - timedelta(seconds=self.seconds)
        today = at(day_of(now), time.fromisoformat(self.daily_at))
        return today if today <= now else today - timedelta(days=1)

    def due(self, last_run_at: datetime | None, now: datetime) -> bool:
        """Never run, or wanted since; also when the clock was set back behind its last run."""
        return last_run_at is None or last_run_at <= self._newest_enough(now) or last_run_at > now

    def _newest_enough(self, now: datetime) -> datetime:
        wanted = self.wanted_at(now)
        # A daily job that began exactly on its time has run.
        return wanted - timedelta(microseconds=1) if self.daily_at else wanted

    def missed(self, now: datetime) -> bool:
        """Whether it is too late for the run that was wanted."""
        return self.too_late is not None and now - self.wanted_at(now) > self.too_late

    @property
    def retry(self) -> timedelta:
        return min(RETRY, timedelta(seconds=self.seconds)) if self.seconds else RETRY


def every(name: str, *, seconds: int, run: Run, what: str = "") -> Job:
    return Job(name, what, run, seconds=seconds)


def daily(name: str, *, at: str, run: Run, what: str = "", too_late: timedelta | None = None) -> Job:
    return Job(name, what, run, daily_at=at, too_late=too_late)


TIMETABLE: tuple[Job, ...] = (
    every("call_due", seconds=2, run=outside.call_due, what="Calls to WeChat that are still wanted"),
    every("deliver_webhooks", seconds=5, run=webhooks.deliver_due, what="Other systems told of business events"),
    every("ask_silent", seconds=60, run=notices.ask_silent, what="Payments nobody told us about"),
    every("ask_returns", seconds=600, run=returns.ask_returns, what="Pick-ups: the component has no push"),
    every("let_go_uncovered", seconds=300, run=boxes.let_go_uncovered, what="Confirmed, never covered"),
    every("lapse_unpaid", seconds=60, run=orders.lapse_unpaid, what="Orders that were never paid"),
    every("auto_receive", seconds=600, run=order_parcels.auto_receive, what="Orders nobody signed for"),
    every("ask_order_returns", seconds=600, run=order_grading.ask_returns, what="Returns of orders: no push either"),
    daily("birthdays", at="00:05", run=perks.birthdays, what="Birthday perks, once a year"),
    daily("confirm_matches", at="00:00", run=partners.confirm_due, what="Partner matches that lasted three months"),
    daily("midnight", at="00:00", run=plans.turn_over, what="Memberships end and follow at midnight"),
    every("turn_over", seconds=600, run=plans.turn_over, what="The same, for whatever midnight missed"),
    # Boxes settle before reminders go out, so that nobody is reminded of what is over.
    every("settle_due", seconds=60, run=settlement.settle_due, what="Boxes whose deadline has passed"),
    every("look_at_unsent", seconds=3600, run=unsent.look, what="Returns that were booked, and nothing came of it"),
    every("damage_unanswered", seconds=600, run=damages.close_unanswered, what="Damage fees nobody answered"),
    every("close_unmarked", seconds=600, run=styling.close_unmarked, what="Sessions nobody marked count as held"),
    # Lapsed offers pass to the next in line before words about offers go out.
    every("lapse_offers", seconds=5, run=waitlist.turn_over, what="Offers of the wait-list nobody took in time"),
    every(
        "lapse_swaps", seconds=30, run=swaps.lapse_due, what="Members who did not say what instead of a sick stylist"
    ),
    every("offer_waiting", seconds=60, run=waitlist.offer_waiting, what="Times that became free by other ways"),
    every("walk_paths", seconds=10, run=path_walking.walk_due, what="Tasks, gifts, branches and waits of paths"),
    every("begin_series", seconds=30, run=campaign_series.begin_due, what="Campaigns that recur: whose time has come"),
    every("plan_campaigns", seconds=30, run=campaigns.plan_launched, what="Launched campaigns: their messages"),
    # What is planned leaves in the same run.
    daily("tier_falls", at="00:10", run=tier_years.carry_out_falls, what="Tiers after a year's end"),
    daily("tier_notices", at="09:00", run=tier_years.announce_falls, what="Early December: who will fall is told"),
    daily("points_lapse", at="00:05", run=points.lapse_due, what="Points whose last day is over"),
    daily("points_notices", at="09:30", run=points_notices.plan_due, what="Announce points that lapse soon"),
    every("send_care", seconds=5, run=care_sending.send_due, what="Care messages that are due"),
    every("send_broadcasts", seconds=30, run=broadcasts.send_due, what="Mass sends whose time has come"),
    every("look_at_letters", seconds=60, run=wecom_tasks.look_at_open, what="What stylists were to send by hand"),
    every("look_at_stages", seconds=300, run=stages.look_at_due, what="Members whose stage may have changed"),
    every("care_events", seconds=60, run=care_events.tell_due, what="Paths begun by purchases and changes of stage"),
    daily("birthday_paths", at="00:15", run=care_events.tell_birthdays, what="Paths begun by a birthday"),
    daily("stage_all", at="03:00", run=stages.pass_all, what="Everybody's stage, judged anew"),
    every("fetch_bills", seconds=1800, run=day_bills.fetch_due, what="WeChat's daily bills, compared"),
    every("prepare_exports", seconds=30, run=exports.prepare_due, what="Large copies of members' data"),
    every("close_accounts", seconds=600, run=closings.carry_out_due, what="Accounts whose open things are over"),
    daily("look_at_lending", at="03:15", run=lending.look, what="Memberships whose parcels go to many people"),
    daily("prove_books", at="03:30", run=books.prove, what="Ledger, stock, quotas and points agree"),
    every("pass_on", seconds=15, run=desk.pass_on, what="Chats nobody answered go to the next in line"),
    daily("close_month", at="02:30", run=month_scores.close_due, what="Members' scores of a month that is over"),
    every("simulate_rules", seconds=5, run=rule_trials.carry_on, what="Rules tried against last year's purchases"),
    daily("opinion_words", at="04:30", run=opinions.find_keywords, what="The words that opinions are about"),
    daily("read_contacts", at="05:00", run=wecom_contacts.read_all, what="Who is whose contact in WeCom"),
    daily("prune", at="04:00", run=pruning.prune, what="What is only kept for a while goes"),
)
"""In the order in which they run when several are due at once, as after a jump of the clock."""
