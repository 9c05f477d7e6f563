"""Care paths as marketing works on them: read, checked, previewed, published, measured; members moved along."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, Field, JsonValue

from domain.care_subject import SAMPLES, fields_of
from domain.path import MAY_SERVE, Condition, Does, Event, Path, Topic
from domain.path_spec import KPIS, TEMPLATES
from domain.perk import PerkCause
from miniapp_api.campaigns import LiftView
from miniapp_api.frame import Body, Call, Text, View
from services import care_paths, path_desk

Version = Annotated[int, Field(ge=0, le=2**31 - 2)]
Why = Annotated[Text, Field(min_length=1, max_length=200)]
Spec = Annotated[dict[str, JsonValue], Field(description="A path as its file has it: title, event, goal, kpi, steps")]


class PathView(View):
    """One path in force; `inside` counts the member and thing pairs that something is still planned for."""

    name: str
    version: int
    title: str
    event: Event
    goal: str
    kpi: str
    topic: Topic | None
    on: bool
    inside: int


class PathsView(View):
    items: list[PathView]


class VersionView(View):
    version: int
    staff_id: int
    why: str
    created_at: datetime


class SheetView(View):
    """The version in force as data, and what was published before; version 0 is the file that ships."""

    name: str
    version: int
    spec: dict[str, Any]
    versions: list[VersionView]


class EventView(View):
    """`words` are the names that a message about this event may use in braces, with an example of each."""

    event: Event
    may_serve: bool
    words: dict[str, str]


class VocabularyView(View):
    """Everything a path can be made of."""

    events: list[EventView]
    steps: list[Does]
    conditions: list[Condition]
    topics: list[Topic]
    kpis: dict[str, str]
    templates: list[str]
    gifts: list[str]


class CheckBody(Body):
    spec: Spec


class ProblemView(View):
    where: str
    what: str


class CheckView(View):
    problems: list[ProblemView]


class PreviewBody(Body):
    spec: Spec
    anchor_at: AwareDatetime
    entered_at: Annotated[AwareDatetime | None, Field(description="Without it: now")] = None


class ShownView(View):
    """`until` and the words are a message's; they are about an example."""

    line: str
    step: str
    does: Does
    due_at: datetime
    until: datetime | None
    title: str
    text: str


class PreviewView(View):
    steps: list[ShownView]


class PublishBody(Body):
    spec: Spec
    based_on: Annotated[Version, Field(description="The version this one was made from")]
    why: Why


class MoveBody(Body):
    from_version: Version
    to_version: Version


class MovedView(View):
    moved: int


class ReportQuery(Body):
    version: Annotated[int, Field(ge=0, le=2**31 - 2)] = 0
    since: AwareDatetime


class StepCountView(View):
    step: str
    state: str
    reason: str
    count: int


class GroupView(View):
    """`value` is the path's own figure; `control` was held out, `untold` got nothing for another reason."""

    group: str
    members: int
    value: int
    first_orders: int
    orders: int
    returned: int
    net_fen: int
    attended: int
    renewed: int
    opinions: int


class ReportView(View):
    """`lift`: the told against the control group, by the share that did what `kpi` counts (`net_fen`: that ordered)."""

    kpi: str
    kpi_days: int
    steps: list[StepCountView]
    groups: list[GroupView]
    lift: LiftView | None


async def get_paths(call: Call) -> PathsView:
    """Every path in force with its goal and figure, and how many are inside."""
    return PathsView(items=[_view(line.path, line.inside) for line in await path_desk.listed(call.shop)])


def _view(path: Path, inside: int) -> PathView:
    return PathView(
        name=path.name, version=path.version, title=path.title, event=path.event, goal=path.goal, kpi=path.kpi,
        topic=path.topic, on=path.on, inside=inside,
    )  # fmt: skip


async def get_vocabulary(call: Call) -> VocabularyView:
    """The words a path may use: events with their facts, conditions, topics, figures, templates, gifts."""
    return VocabularyView(
        events=[EventView(event=e, may_serve=e in MAY_SERVE, words=fields_of(SAMPLES.get(e))) for e in Event],
        steps=list(Does),
        conditions=list(Condition),
        topics=list(Topic),
        kpis=dict(KPIS),
        templates=sorted(TEMPLATES),
        gifts=[rule.code for rule in call.shop.rules.perk.of(PerkCause.PATH)],
    )


async def get_path(call: Call, name: str) -> SheetView:
    """One path in force as data, and its earlier versions."""
    return await _sheet(await care_paths.newest(call.shop, name))


async def _sheet(path: Path) -> SheetView:
    known = [VersionView.model_validate(row) for row in await path_desk.versions(path.name)]
    return SheetView(name=path.name, version=path.version, spec=care_paths.spec_of(path), versions=known)


async def post_check(call: Call, name: str, body: CheckBody) -> CheckView:
    """Everything that is wrong with a path, each with its place; nothing is written."""
    problems = await path_desk.check(call.shop, name, body.spec)
    return CheckView(problems=[ProblemView.model_validate(problem) for problem in problems])


async def post_preview(call: Call, name: str, body: PreviewBody) -> PreviewView:
    """Every step with its instant and words, for an example; nothing is written."""
    shown = path_desk.preview(call.shop, name, body.spec, body.anchor_at, body.entered_at or call.shop.now())
    return PreviewView(
        steps=[
            ShownView(
                line=one.planned.step.line, step=one.planned.step.name, does=one.planned.step.does,
                due_at=one.planned.send_at, until=one.planned.useful_until,
                title=one.words.title if one.words else "", text=one.words.text if one.words else "",
            )
            for one in shown
        ]
    )  # fmt: skip


async def put_path(call: Call, name: str, body: PublishBody) -> SheetView:
    """Publish the next version; who is inside finishes on the version they entered."""
    return await _sheet(await path_desk.publish(call.shop, call.staff_id, name, body.spec, body.based_on, body.why))


async def post_move(call: Call, name: str, body: MoveBody) -> MovedView:
    """Let who is inside one version go on by another: what is still ahead is planned anew."""
    moved = await path_desk.move(call.shop, call.staff_id, name, body.from_version, body.to_version)
    return MovedView(moved=moved)


async def get_report(call: Call, name: str, query: ReportQuery) -> ReportView:
    """What became of each step of one version, and its figure for the told and for the control group."""
    found = await path_desk.report(call.shop, name, query.version, query.since)
    return ReportView(
        kpi=found.path.kpi,
        kpi_days=found.path.kpi_days,
        steps=[StepCountView.model_validate(count) for count in found.steps],
        groups=[GroupView(**{**vars(group), "value": group.value_of(found.path.kpi)}) for group in found.groups],
        lift=LiftView.model_validate(found.lift) if found.lift else None,
    )
