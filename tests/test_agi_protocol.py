"""What Asterisk may send and what may be sent to it: tables with a word per row."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.channels import agi

HEADER = (
    b"agi_network: yes\nagi_network_script: trunk\nagi_request: agi://x/trunk\nagi_channel: PJSIP/trunk-1\n"
    b"agi_uniqueid: 1770000000.1\nagi_callerid: +915000000001\nagi_calleridname: unknown\nagi_arg_1: resumed\n"
    b"agi_arg_2: CONTINUE\n\n"
)


def test_header_gives_values_and_arguments() -> None:
    header = agi.parse_header(HEADER)
    assert header["callerid"] == "+915000000001"
    assert header["network_script"] == "trunk"
    assert header.args == ("resumed", "CONTINUE")
    assert header["not there"] == ""


@pytest.mark.parametrize(
    ("word", "block"),
    [
        ("web browser", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("nothing", b"\n"),
        ("random bytes", bytes(range(256)) + b"\n\n"),
        ("no channel", b"agi_uniqueid: 1.1\n\n"),
        ("no unique id", b"agi_channel: PJSIP/1\n\n"),
        ("foreign line", HEADER[:-1] + b"Action: Originate\n\n"),
    ],
)
def test_header_of_a_stranger_is_his_fault(word: str, block: bytes) -> None:
    with pytest.raises(agi.BadReply):
        agi.parse_header(block)


def test_repeated_header_line_cannot_overrule_the_first() -> None:
    assert agi.parse_header(HEADER[:-1] + b"agi_callerid: 5000099999\n\n")["callerid"] == "+915000000001"


def test_hindi_name_and_broken_bytes_survive_the_header() -> None:
    block = HEADER.replace(b"calleridname: unknown", 'calleridname: मितान "राम"\x0b'.encode() + b"\xff")
    assert agi.parse_header(block)["calleridname"] == 'मितान "राम"\ufffd'


@pytest.mark.parametrize(
    ("word", "value", "written"),
    [
        ("plain", "abc", '"abc"'),
        ("quotes", 'a"b', '"a\\"b"'),
        ("backslash", "a\\b", '"a\\\\b"'),
        ("line ends", "a\r\nHANGUP\n\0b", '"aHANGUPb"'),
        ("unicode line separators", "a\u2028\u2029\u0085b", '"ab"'),
        ("empty", "", '""'),
        ("Hindi", "मितान", '"मितान"'),
    ],
)
def test_quote(word: str, value: str, written: str) -> None:
    assert agi.quote(value) == written


@given(st.lists(st.text(max_size=50), max_size=5))
def test_no_value_becomes_a_second_line_or_argument(values: list[str]) -> None:
    line = agi.command("VERBOSE", *values)
    assert line.count(b"\n") == 1 and line.endswith(b"\n") and b"\r" not in line and b"\0" not in line
    assert len(shlex.split(line.decode().rstrip("\n"))) == 1 + len(values)


def test_command_longer_than_asterisk_reads_is_refused() -> None:
    with pytest.raises(ValueError, match="2000"):
        agi.command("VERBOSE", "x" * 2000)


@pytest.mark.parametrize("name", ["set variable", "HANGUP\nEXEC", "", "EXEC System;"])
def test_command_name_is_plain_capitals(name: str) -> None:
    with pytest.raises(ValueError, match="not a command"):
        agi.command(name)


def test_application_joins_its_arguments() -> None:
    assert agi.application("Read", "KEYS", "a&b", "1", "e", "1", "8") == b'EXEC "Read" "KEYS,a&b,1,e,1,8"\n'


@pytest.mark.parametrize("argument", ["a,b", "${SHELL(id)}", 'a"b', "a\\b", "a;b"])
def test_application_argument_that_would_be_split_is_refused(argument: str) -> None:
    with pytest.raises(ValueError, match="split"):
        agi.application("Read", argument)


@pytest.mark.parametrize(
    ("word", "line", "answer"),
    [
        ("plain", "200 result=0\n", agi.Answer("0")),
        ("a digit", "200 result=49 (dtmf) endpos=16000", agi.Answer("49", "dtmf")),
        ("a word without brackets", "200 result=0 Gosub complete", agi.Answer("0")),
        ("value", "200 result=1 (OK|12)\r\n", agi.Answer("1", "OK|12")),
        ("empty value", "200 result=1 ()", agi.Answer("1", "")),
        ("brackets inside", "200 result=1 (a (b) c)", agi.Answer("1", "a (b) c")),
        ("nothing", "200 result= (timeout)", agi.Answer("", "timeout")),
    ],
)
def test_reply(word: str, line: str, answer: agi.Answer) -> None:
    assert agi.parse_reply(line) == answer


@pytest.mark.parametrize(
    ("word", "line", "fault"),
    [
        ("hang-up line", "HANGUP\n", agi.CallerGone),
        ("result -1", "200 result=-1", agi.CallerGone),
        ("result -1 with its reason", "200 result=-1 (hangup) endpos=800", agi.CallerGone),
        ("dead channel", "511 Command Not Permitted on a dead channel or intercept routine", agi.CallerGone),
        ("unknown command", "510 Invalid or unknown command", agi.BadReply),
        ("usage", "520 End of proper usage.", agi.BadReply),
        ("empty", "", agi.BadReply),
        ("noise", "\x00\xff\x01", agi.BadReply),
        ("code only", "200", agi.BadReply),
        ("half a code", "20 result=0", agi.BadReply),
    ],
)
def test_reply_names_the_guilty(word: str, line: str, fault: type[Exception]) -> None:
    with pytest.raises(fault):
        agi.parse_reply(line)
