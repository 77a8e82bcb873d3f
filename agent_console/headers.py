"""What every answer tells the browser it may do. Strict: own scripts, own styles, own sounds, no frames, no inline."""

from __future__ import annotations

from flask import Flask, request
from werkzeug.wrappers import Response

from agent_console.config import ConsoleConfig

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # Bootstrap's own marks are data: images inside its style sheet
        "font-src 'self'",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), payment=(), usb=(), microphone=(self)",
}


def install(app: Flask, config: ConsoleConfig) -> None:
    """Adds the headers to every answer; a page with a person's state in it is kept by no cache."""

    @app.after_request
    def secure(answer: Response) -> Response:
        for name, value in ALWAYS.items():
            answer.headers.setdefault(name, value)
        if config.tls:
            answer.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if "Cache-Control" not in answer.headers:
            answer.headers["Cache-Control"] = "no-store"
        if request.endpoint != "static":
            answer.vary.add("Cookie")
        return answer
