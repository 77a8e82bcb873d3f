"""What callers said, from Asterisk's spool to the recordings' store: sealed file ▸ row ▸ spool emptied, in that order.

Dying between two of these steps does no harm: the file's name comes from its content, so a second import finds the
first one's row. Messages that the dialplan took by itself, and those a broken call left behind, become callbacks:
somebody spoke and nobody has heard it. A conversation with a person becomes a row and nothing else. Nothing here logs
a number.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from db import clock, recordings
from db.sealed import Sealed, seal
from db.session import Database
from ivr.channels.callerid import e164

log = logging.getLogger(__name__)

WAV_HEAD, WAV_BYTES_A_SECOND = 44, 16000
SHORTEST_S = 1.5  # of three seconds of silence Asterisk keeps one
WHOLE_AFTER_S = 600.0  # a message without its end mark is taken as it is after this
CONVERSATIONS = "conversations"  # their folder in the spool
OVER_AFTER_S = 1800.0  # a conversation's file lies untouched while its caller waits, and he may wait ten minutes
WHY = {"closed": "closed_day", "night": "night", "nobody": "nobody"}


@dataclass(frozen=True, slots=True)
class Note:
    """What the dialplan wrote beside a message."""

    phone: str | None
    reason: str
    language: str
    call_id: str | None
    whole: bool


def read_note(text: str) -> Note:
    """The note's fields; whatever is missing or strange is left out: a message is worth more than its label."""
    fields = dict(line.partition("=")[::2] for line in text.splitlines())
    language, call = fields.get("language", ""), fields.get("call", "")
    return Note(
        phone=e164(fields.get("phone")),
        reason=WHY.get(fields.get("why", ""), "nobody"),
        language=language if language.isascii() and language.isalpha() and len(language) <= 3 else "hi",
        call_id=call if call.isalnum() and len(call) <= 32 else None,
        whole="ended" in fields,
    )


@dataclass
class Recordings:
    """The store. `var_dir` holds the folder `recordings`; `due_at` says when people can ring back."""

    database: Database
    var_dir: Path
    master: bytes
    due_at: Callable[[Session, datetime], datetime]

    def __post_init__(self) -> None:
        self._one = threading.Lock()  # a call and the importer may meet at the same file

    def keep(self, file: Path, call_id: str, seconds: float, purpose: str = "message") -> str:
        """Moves a recorded wav into the store and returns its id; the file is gone from where it was.

        Raises OSError when there is no file, and what the database raises: then the file stays for the importer.
        """
        with self._one:
            path, sealed = self._seal(file)
            with self.database.begin() as session:
                id_ = self._row(session, path, sealed, call_id, seconds, purpose, clock.now(session))
            file.unlink()
        return str(id_)

    def import_spool(self, spool: Path, busy: Collection[str] = ()) -> int:
        """Takes in whatever lies in the spool and belongs to no call in `busy`; returns how many messages."""
        taken = 0
        for file in sorted(spool.glob("*.wav")):
            if any(call_id and call_id in file.name for call_id in busy):
                continue
            try:
                taken += self._import(file)
            except FileNotFoundError:
                continue  # its call has kept it meanwhile
            except Exception:  # one message that cannot be taken must not keep the others from being heard
                log.exception("a message stays in the spool")
        self._import_conversations(spool / CONVERSATIONS)
        return taken

    def _import_conversations(self, folder: Path) -> None:
        # By either file of the two: what could not be recorded has left its note alone.
        for file in sorted({f.with_suffix(".wav") for f in folder.glob("conversation_*_*")}):
            try:
                self._conversation(file)
            except Exception:  # as with messages
                log.exception("a conversation stays in the spool")

    def _conversation(self, file: Path) -> None:
        """Keeps a conversation that is over. No call ever asks for this file, so no lock is held over an hour of it."""
        note_file = file.with_suffix(".txt")
        note = read_note(note_file.read_text("utf-8", "replace") if note_file.exists() else "")
        age_s = time.time() - max(f.stat().st_mtime for f in (file, note_file) if f.exists())
        if not note.whole and age_s < OVER_AFTER_S:
            return  # the file of a channel still up must never be taken: Asterisk would write on into nowhere
        if file.exists():
            seconds = max(0, file.stat().st_size - WAV_HEAD) / WAV_BYTES_A_SECOND
            if seconds > 0:  # else nobody answered him
                path, sealed = self._seal(file)
                with self.database.begin() as session:
                    call_id = recordings.call_named(session, file.name.split("_")[1])
                    made_at = clock.now(session) - timedelta(seconds=age_s)
                    self._row(session, path, sealed, call_id, seconds, "conversation", made_at, note.phone)
            file.unlink()
        note_file.unlink(missing_ok=True)

    def _import(self, file: Path) -> bool:
        note_file = file.with_name(f"{file.name.removesuffix('.wav')}.txt")
        age_s = time.time() - file.stat().st_mtime
        if note_file.exists():
            note = read_note(note_file.read_text("utf-8", "replace"))
        else:
            call_id = file.name.split("_")[1] if file.name.count("_") == 2 else None
            note = Note(None, "nobody", "hi", call_id, whole=age_s > SHORTEST_S * 4)
        if not note.whole and age_s < WHOLE_AFTER_S:
            return False
        seconds = max(0, file.stat().st_size - WAV_HEAD) / WAV_BYTES_A_SECOND
        spoken = seconds >= SHORTEST_S
        with self._one:
            if spoken:
                self._callback(file, note, seconds, age_s)
            file.unlink()
        note_file.unlink(missing_ok=True)
        return spoken

    def _callback(self, file: Path, note: Note, seconds: float, age_s: float) -> None:
        path, sealed = self._seal(file)
        with self.database.begin() as session:
            now = clock.now(session)
            asked_at = now - timedelta(seconds=age_s)
            id_ = self._row(session, path, sealed, note.call_id, seconds, "message", asked_at)
            recordings.ask_callback(
                session,
                id_,
                phone=note.phone or recordings.phone_of(session, note.call_id),
                reason=note.reason,
                language=note.language,
                asked_at=asked_at,
                due_at=self.due_at(session, now),
            )

    def _seal(self, file: Path) -> tuple[str, Sealed]:
        with file.open("rb") as source:
            name = hashlib.sha256(file.name.encode() + hashlib.file_digest(source, "sha256").digest()).hexdigest()[:32]
            source.seek(0)
            folder = self.var_dir / "recordings" / name[:2]
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            target = folder / f"{name}.sealed"
            return str(target.relative_to(self.var_dir)), seal(source, target, self.master)

    def _row(
        self,
        session: Session,
        path: str,
        sealed: Sealed,
        call_id: str | None,
        seconds: float,
        purpose: str,
        made_at: datetime,
        phone: str | None = None,
    ) -> int:
        if (standing := recordings.rekey(session, path, sealed.wrapped_key)) is not None:
            return standing
        return recordings.add(
            session,
            recordings.NewRecording(
                path=path,
                wrapped_key=sealed.wrapped_key,
                purpose=purpose,
                size_bytes=sealed.size_bytes,
                duration_s=round(seconds, 2),
                made_at=made_at,
                retain_until=recordings.keep_until(session, purpose, made_at),
                call_id=call_id,
                phone=phone,
            ),
        )
