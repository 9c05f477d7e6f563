"""api.weixin.qq.com: one file per family of endpoints."""

from aiohttp import web

from sandbox.api import (
    account,
    custom,
    express,
    links,
    login,
    mass,
    media,
    menu,
    notices,
    qrcode,
    returns,
    security,
    shipping,
    shipping_orders,
    tags,
    templates,
    users,
)
from sandbox.world import World


def add_api_routes(app: web.Application, world: World) -> None:
    """Register every family."""
    for family in (
        account, custom, express, links, login, mass, media, menu, notices, qrcode, returns,
        security, shipping, shipping_orders, tags, templates, users,
    ):  # fmt: skip
        family.add_routes(app, world)
