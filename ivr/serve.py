"""The process `web`: gunicorn with threads around the Flask app. It configures the server and nothing of the pages.

A worker needs more threads than it may hold streams, or connections wait unanswered.
"""

from __future__ import annotations

import os
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped] # it brings no types

from ivr import bootstrap, watcher
from ivr.settings import Settings


class Console(BaseApplication):  # type: ignore[misc] # gunicorn is untyped
    """Gunicorn told by Settings instead of a file."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        settings = self._settings
        options: dict[str, Any] = {
            "bind": f"{settings.bind}:{settings.web_port}",
            "workers": settings.web_workers,
            "worker_class": "gthread",
            "threads": settings.web_threads,
            "graceful_timeout": 2,
            "timeout": 60,
            "keepalive": 15,
            "proc_name": "mitan-web",
            "loglevel": settings.log_level.lower(),
            "worker_tmp_dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else None,  # noqa: S108 - no user file
            "control_socket_disable": True,  # nobody steers it but the supervisor
            "post_fork": lambda _arbiter, worker: watcher.die_with(worker.ppid),
        }
        if settings.tls_cert_file and settings.tls_key_file:
            options |= {"certfile": str(settings.tls_cert_file), "keyfile": str(settings.tls_key_file)}
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return bootstrap.web(self._settings)


def serve(settings: Settings) -> None:
    """Serves until SIGTERM."""
    Console(settings).run()
