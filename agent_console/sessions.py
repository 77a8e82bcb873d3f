"""Sign-ins as rows: a random token goes to the browser, its hash stays here. One live sign-in a user.

Every function works inside the caller's transaction and takes `now` (aware UTC) from it.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agent_console.routes import Role
from db import events
from db.models import User, WebSession

TOUCH = timedelta(minutes=1)  # last_seen_at is written at most this often: a page view should not be a write


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is asking. Read anew for each request, so that a change of role or a sign-out holds at once."""

    user_id: int
    session_id: str
    username: str
    display_name: str
    role: Role
    language: str
    must_change: bool
    last_seen_at: datetime


def start(session: Session, user_id: int, now: datetime, end: timedelta) -> tuple[str, str] | None:
    """Begins a sign-in and ends the user's others; returns the token for the browser and the user's language.

    The user's row is locked first, else two sign-ins at once would both live. None when the user may no longer enter.
    """
    user = session.scalars(select(User).where(User.id == user_id).with_for_update()).one_or_none()
    if user is None or not user.active:
        return None
    end_all(session, user_id, now)
    token = secrets.token_urlsafe(32)
    row = WebSession(id=_hash(token), user_id=user_id, made_at=now, last_seen_at=now, expires_at=now + end)
    session.add(row)
    events.append(session, "user.signed_in", user_id=user_id)
    return token, user.language


def find(session: Session, token: str, now: datetime, idle: timedelta) -> Visitor | None:
    """Who this token is, while the sign-in lives and its user is active."""
    row = session.execute(
        select(WebSession, User)
        .join(User, User.id == WebSession.user_id)
        .where(
            WebSession.id == _hash(token),
            WebSession.ended_at.is_(None),
            WebSession.expires_at > now,
            WebSession.last_seen_at > now - idle,
            User.active,
        )
    ).one_or_none()
    if row is None:
        return None
    mine, user = row
    return Visitor(
        user_id=user.id,
        session_id=mine.id,
        username=user.username,
        display_name=user.display_name,
        role=Role(user.role),
        language=user.language,
        must_change=user.must_change,
        last_seen_at=mine.last_seen_at,
    )


def touch(session: Session, visitor: Visitor, now: datetime) -> None:
    """Notes that the visitor is still there."""
    session.execute(update(WebSession).where(WebSession.id == visitor.session_id).values(last_seen_at=now))


def end(session: Session, visitor: Visitor, now: datetime) -> None:
    """Signs the visitor out."""
    session.execute(
        update(WebSession)
        .where(WebSession.id == visitor.session_id, WebSession.ended_at.is_(None))
        .values(ended_at=now)
    )
    events.append(session, "user.signed_out", user_id=visitor.user_id)


def end_all(session: Session, user_id: int, now: datetime) -> None:
    """Ends whatever sign-ins a user has."""
    session.execute(
        update(WebSession).where(WebSession.user_id == user_id, WebSession.ended_at.is_(None)).values(ended_at=now)
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
