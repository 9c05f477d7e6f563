"""Paths as data: the shipped ones are sound, and what is wrong with another is said exactly."""

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.care import CareRules, MessageClass
from domain.clock import SHANGHAI
from domain.path import MAY_SERVE, Does, plan
from domain.path_spec import KPIS, PathWrong, problems_of, read_path
from services.care_paths import shipped

MUST_SHIP = {
    "welcome", "box", "booking", "renewal", "birthday", "growth", "maturity", "decline", "win_back", "opinion",
    "points",
}  # fmt: skip
NOON = datetime(2026, 11, 2, 12, 0, tzinfo=SHANGHAI)


def test_every_path_the_shop_needs_ships_with_a_goal_and_a_figure() -> None:
    paths = shipped()
    assert set(paths) >= MUST_SHIP
    for path in paths.values():
        assert path.kpi in KPIS
        assert path.version == 0
        for step in path.steps:
            service = step.does is Does.MESSAGE and step.message_class is MessageClass.SERVICE
            assert not service or path.event in MAY_SERVE
    assert paths["renewal"].steps[0].when.since == "notice"


def test_the_welcome_costs_the_hot_path_one_statement() -> None:
    """A newcomer's first thirty days are messages alone: no second table is written when somebody follows."""
    assert {step.does for step in shipped()["welcome"].steps} == {Does.MESSAGE}


def a_path() -> dict[str, Any]:
    """A small path of every kind of step, in which nothing is wrong."""
    return {
        "title": "挽回", "event": "decline", "goal": "retain", "kpi": "returned", "topic": "care",
        "steps": [
            {"name": "dear", "does": "branch", "when": {"days": 1, "at": "10:00"}, "if": "valued", "then": "call",
             "otherwise": "ask"},
            {"name": "call", "line": "call", "does": "task", "text": "打个电话"},
            {"name": "ask", "line": "ask", "does": "message", "class": "promotion", "title": "好久不见",
             "text": "还好吗", "page": "pages/me/me", "link": "说说"},
            {"name": "heard", "line": "ask", "does": "wait", "when": {"since": "start", "days": 7}, "for": "opinion",
             "then": "thanks"},
            {"name": "gift", "line": "thanks", "does": "gift", "gift": "win_back"},
            {"name": "over", "does": "exit", "when": {"days": 30}, "if": "left_stage"},
        ],
    }  # fmt: skip


def test_a_path_of_every_kind_of_step() -> None:
    path = read_path("back", a_path(), 3)
    assert (path.version, len(path.steps)) == (3, 6)
    assert [(p.step.name, p.send_at - NOON) for p in plan(path, NOON, NOON, CareRules())] == [
        ("dear", timedelta(hours=22)), ("over", timedelta(days=30)),
    ]  # fmt: skip
    # A line counts from the instant at which it was opened.
    later = NOON + timedelta(days=1)
    ask = plan(path, NOON, later, CareRules(), line="ask")
    assert [(p.step.name, p.send_at - later) for p in ask if p.step.does is Does.WAIT] == [("heard", timedelta(days=7))]


Spoil = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize(
    ("spoil", "where", "what"),
    [
        (lambda p: p.pop("title"), "title", "is missing"),
        (lambda p: p.update(event="moved"), "event", "'moved' is none of joined, booking"),
        (lambda p: p.update(kpi="likes"), "kpi", "'likes' is none of"),
        (lambda p: p.update(colour="red"), "colour", "is not known here"),
        (lambda p: p.pop("topic"), "topic", "is missing: a member must be able to switch promotions off"),
        (lambda p: p.update(steps=[]), "steps", "must be a list of 1 to 40 steps"),
        (lambda p: p["steps"][0].update(does="dance"), "steps.0.does", "'dance' is none of message, task"),
        (lambda p: p["steps"][0]["when"].update(at="25:00"), "steps.0.when.at", "must be a time of the day"),
        (lambda p: p["steps"][0]["when"].update(days="1"), "steps.0.when.days", "must be a whole number"),
        (lambda p: p["steps"][0].update({"if": "rich"}), "steps.0.if", "'rich' is none of has_box"),
        (lambda p: p["steps"][0].update(then="void"), "steps.0.then", "the line 'void' has no steps"),
        (lambda p: p["steps"][1].update(line="lost"), "steps.1.line", "no step opens the line 'lost'"),
        (lambda p: p["steps"][1].update(title="x"), "steps.1.title", "is not known here"),
        (lambda p: p["steps"][1].update(name="dear"), "steps.1.name", "'dear' is there twice"),
        (lambda p: p["steps"][2].update({"class": "service"}), "steps.2.class", "this is a promotion"),
        (lambda p: p["steps"][2].update(text="{name}您好"), "steps.2.text", "{name} is not known after decline"),
        (lambda p: p["steps"][2].update(unless=["rich"]), "steps.2.unless", "must be a list of has_box"),
        (lambda p: p["steps"][2].update(template="spam", data={"thing1": "x"}), "steps.2.template", "is none of"),
        (lambda p: p["steps"][2].update(template="renewal"), "steps.2.data", "belong together"),
        (lambda p: p["steps"][2].update(template="renewal", data={"time1": "soon"}), "steps.2.data.time1", "be like"),
        (lambda p: p["steps"][2].update(lasts_hours=1, until={}), "steps.2.until", "one of them is enough"),
        (lambda p: p["steps"][2].update(again=True), "steps.2.again", "only the main line"),
        (lambda p: p["steps"][3].update(then="ask"), "steps.3.then", "would open itself again"),
        (lambda p: p["steps"][3].pop("then"), "steps.3.then", "a fork opens a line"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(spoil: Spoil, where: str, what: str) -> None:
    spec = deepcopy(a_path())
    spoil(spec)
    problems = problems_of("back", spec)
    assert any(p.where == where and what in p.what for p in problems), problems
    with pytest.raises(PathWrong):
        read_path("back", spec)


def test_everything_wrong_is_said_at_once() -> None:
    spec = a_path()
    spec["kpi"], spec["steps"][0]["if"], spec["steps"][2]["page"] = "likes", "rich", 7
    assert {p.where for p in problems_of("back", spec)} == {"kpi", "steps.0.if", "steps.2.page"}
