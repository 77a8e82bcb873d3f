"""The picture of channels, queues and seats, from lists and events in every awkward order."""

from __future__ import annotations

from ivr.channels.ami_picture import Picture


def event(name: str, **fields: str) -> dict[str, str]:
    return {"Event": name, **fields}


def new(unique: str, linked: str = "") -> dict[str, str]:
    return event("Newchannel", Uniqueid=unique, Linkedid=linked or unique, Channel=f"PJSIP/{unique}")


def test_calls_of_one_second_are_two_calls() -> None:
    picture = Picture()
    picture.apply(new("1770000000.1"))
    picture.apply(new("1770000000.10"))
    picture.apply(event("Hangup", Uniqueid="1770000000.1"))
    assert set(picture.channels) == {"1770000000.10"}


def test_channel_that_ended_while_the_list_was_on_its_way_stays_ended() -> None:
    picture = Picture()
    picture.begin_rebuild()
    picture.apply(event("Hangup", Uniqueid="1.1"))
    picture.end_rebuild([event("CoreShowChannel", Uniqueid="1.1"), event("CoreShowChannel", Uniqueid="1.2")])
    assert set(picture.channels) == {"1.2"} and picture.unknown_since is None


def test_channel_that_began_while_the_list_was_on_its_way_is_kept() -> None:
    picture = Picture()
    picture.begin_rebuild()
    picture.apply(new("1.3"))
    picture.end_rebuild([])
    assert set(picture.channels) == {"1.3"}


def test_rebuild_forgets_what_was_believed() -> None:
    picture = Picture()
    picture.apply(new("1.1"))
    picture.apply(event("QueueCallerJoin", Queue="executives", Uniqueid="1.1"))
    picture.begin_rebuild()
    picture.end_rebuild([])
    assert (picture.channels, picture.waiting) == ({}, {})


def test_caller_waits_in_a_queue_until_he_leaves_or_hangs_up() -> None:
    picture = Picture()
    for unique in ("1.1", "1.2"):
        picture.apply(new(unique))
        picture.apply(event("QueueCallerJoin", Queue="executives", Uniqueid=unique))
    picture.apply(event("QueueCallerLeave", Queue="executives", Uniqueid="1.1"))
    assert picture.waiting["executives"] == ["1.2"]
    picture.apply(event("Hangup", Uniqueid="1.2"))
    assert picture.waiting["executives"] == []


def test_seat_is_paused_and_gone() -> None:
    picture = Picture()
    member = {"Queue": "executives", "Interface": "PJSIP/seat01"}
    picture.apply(event("QueueMember", Queue="executives", Location="PJSIP/seat01", Status="5"))
    picture.apply(event("QueueMemberPause", **member, Paused="1"))
    assert picture.seats["executives", "PJSIP/seat01"].paused
    picture.apply(event("QueueMemberRemoved", **member))
    assert picture.seats == {}


def test_first_moment_of_blindness_counts() -> None:
    picture = Picture(unknown_since=None)
    picture.blind(10.0)
    picture.blind(20.0)
    assert picture.unknown_since == 10.0


def test_strange_events_change_nothing() -> None:
    picture = Picture()
    for fields in ({}, event(""), event("Newchannel"), event("Hangup"), event("QueueMember"), event("Nonsense", x="y")):
        picture.apply(fields)
    assert picture.channels == {}
