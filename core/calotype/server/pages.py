"""The few pages for people: what a route refused, the way in, the front. No script, no request to anybody else."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from http import HTTPStatus

from aiohttp import web

from calotype.server.problems import Refused

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:3rem auto;padding:0 1rem;color:#222;"
    "background:#fdfcf9}code,pre{font:14px ui-monospace,monospace;background:#f1eee6;padding:.1rem .3rem}"
    "pre{padding:.7rem;overflow:auto}table{border-collapse:collapse;width:100%}td,th{text-align:left;"
    "vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #ddd}a{color:#7a3b00}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#191817}code,pre{background:#2a2826}a{color:#e0a060}}"
)
DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
CSP = f"default-src 'none'; style-src 'sha256-{DIGEST}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def page(title: str, body: str, *, status: int = 200, head: str = "") -> web.Response:
    """A page of ours. body, head: HTML that is safe already."""
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>{head}'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1>{body}</body></html>"
    )
    return web.Response(status=status, text=text, content_type="text/html", headers={"Content-Security-Policy": CSP})


def refusal(refused: Refused) -> web.Response:
    """A refusal as a browser shows it."""
    made = page(
        f"{refused.status} {HTTPStatus(refused.status).phrase}",
        f"<p>{escape(refused.detail)}</p>",
        status=refused.status,
    )
    made.headers.update(refused.headers)
    return made
