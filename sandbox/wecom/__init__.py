"""A WeCom (企业微信) beside the other accounts: one corporation, its staff, their customers, and tasks sent by hand."""

from aiohttp import web

from sandbox.wecom import api, control
from sandbox.world import World


def add_wecom_routes(app: web.Application, world: World) -> None:
    """Register WeCom's endpoints, and the control endpoints under /sandbox/wecom/."""
    api.add_routes(app, world)
    control.add_routes(app, world)
