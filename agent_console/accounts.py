"""Users: made, found by name and password, given a password. Called by the pages and by `mitan user …`.

Hashing (slow by intent) happens outside any transaction: a write transaction on SQLite holds everybody up.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from agent_console import passwords, sessions
from agent_console.routes import Role
from db import clock, events
from db.models import User
from db.session import Database


class UserExists(Exception):
    """The name is taken."""


class NoSuchUser(LookupError):
    """Nobody of that name is here."""


@dataclass(frozen=True, slots=True)
class NewUser:
    """Somebody to be let in. `username` is 2 to 40 of a–z, 0–9, dot, dash, underscore."""

    username: str
    display_name: str
    role: Role
    language: str = "hi"


def add_user(database: Database, new: NewUser, folder: Path) -> Path:
    """Makes the user with a random first password; returns the file (0600) that holds it until the first sign-in.

    Raises UserExists, and ValueError for a bad username.
    """
    passwords.file_of(folder, new.username)
    first = passwords.fresh()
    kept = passwords.hashed(first)
    try:
        with database.begin() as session:
            user = User(
                username=new.username,
                display_name=new.display_name,
                role=new.role.value,
                password_hash=kept,
                language=new.language,
                active=True,
                must_change=True,
                created_at=clock.now(session),
            )
            session.add(user)
            session.flush()
            events.append(session, "user.added", user_id=user.id, role=user.role)
    except IntegrityError as error:
        raise UserExists(new.username) from error
    return passwords.hand_over(folder, new.username, first)


def reset_password(database: Database, username: str, folder: Path) -> Path:
    """Gives a new random password, to be changed at the next sign-in, and ends the user's sessions."""
    first = passwords.fresh()
    kept = passwords.hashed(first)
    with database.begin() as session:
        user = session.scalars(select(User).where(User.username == username)).one_or_none()
        if user is None:
            raise NoSuchUser(username)
        user.password_hash, user.must_change = kept, True
        sessions.end_all(session, user.id, clock.now(session))
        events.append(session, "user.reset", user_id=user.id)
    return passwords.hand_over(folder, username, first)


def check(database: Database, username: str, password: str) -> int | None:
    """The id of the active user with this name and password, else None; equally slow either way."""
    with database.read() as session:
        row = session.execute(
            select(User.id, User.password_hash, User.active).where(User.username == username)
        ).one_or_none()
    fits = passwords.matches(row.password_hash if row else None, password)
    if row is None or not fits or not row.active:
        return None
    if passwords.is_stale(row.password_hash):
        _keep(database, row.id, passwords.hashed(password), must_change=None)
    return int(row.id)


def change_password(database: Database, user_id: int, old: str, new: str) -> str | None:
    """Changes a user's own password; returns the catalogue key of what is wrong with it, or None when done."""
    with database.read() as session:
        user = session.execute(select(User.username, User.password_hash).where(User.id == user_id)).one()
    if not passwords.matches(user.password_hash, old):
        return "password.old_wrong"
    if wrong := passwords.objection(new, user.username, old=old):
        return wrong
    _keep(database, user_id, passwords.hashed(new), must_change=False)
    return None


def _keep(database: Database, user_id: int, kept: str, must_change: bool | None) -> None:
    with database.begin() as session:
        user = session.get_one(User, user_id)
        user.password_hash = kept
        if must_change is not None:
            user.must_change = must_change
            events.append(session, "user.changed_password", user_id=user_id)
