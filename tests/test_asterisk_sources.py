"""The machine's Debian mirror is read from either of apt's formats; nothing else is taken for it."""

from pathlib import Path

import pytest

from ivr.asterisk.sources import Source, deb822, debian_mirror, machine, one_line

DEB822 = """\
# a comment
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
 contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: http://tool.example/packages
Suites: nodistro
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
"""


def test_deb822_with_comments_folded_lines_and_inline_keys() -> None:
    found = list(deb822(DEB822))
    assert found[0] == Source(
        "http://mirror.example/debian",
        ("bookworm", "bookworm-updates"),
        ("main", "contrib"),
        "/usr/share/keyrings/debian-archive-keyring.gpg",
    )
    assert [s.uri for s in found] == [
        "http://mirror.example/debian",
        "http://mirror.example/debian-security",
        "http://tool.example/packages",
    ]
    assert found[2].keyring == ""


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (
            "deb http://m.example/debian trixie main contrib",
            Source("http://m.example/debian", ("trixie",), ("main", "contrib")),
        ),
        (
            "deb [arch=amd64 signed-by=/k.gpg] http://m.example/debian sid main # why",
            Source("http://m.example/debian", ("sid",), ("main",), "/k.gpg"),
        ),
        (
            "  deb\tmirror+file:/etc/apt/mirrors.txt trixie main",
            Source("mirror+file:/etc/apt/mirrors.txt", ("trixie",), ("main",)),
        ),
        ("deb-src http://m.example/debian trixie main", None),
        ("# deb http://m.example/debian trixie main", None),
        ("", None),
    ],
    ids=["plain", "options and a comment", "tabs and a mirror list", "sources", "commented out", "empty"],
)
def test_one_line_format(line: str, found: Source | None) -> None:
    assert list(one_line(line)) == ([found] if found else [])


def test_the_release_of_this_machine_goes_before_a_rolling_suite_and_never_security_or_a_cd() -> None:
    own = Source("http://own.example/debian", ("bookworm",), ("main",))
    rolling = Source("http://sid.example/debian", ("sid",), ("main",))
    cd = Source("cdrom:[Debian]/", ("bookworm",), ("main",))
    security = Source("http://own.example/debian-security", ("bookworm-security",), ("main",))
    tool = Source("http://tool.example/", ("bookworm",), ("stable",))
    assert debian_mirror([cd, tool, security, rolling, own], "bookworm") == own
    assert debian_mirror([cd, tool, security, rolling], "bookworm") == rolling
    assert debian_mirror([cd, tool, security], "bookworm") is None


def test_a_machine_is_read_in_apts_order(tmp_path: Path) -> None:
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (tmp_path / "sources.list").write_text("deb http://first.example/debian trixie main\n")
    (parts / "b.sources").write_text(DEB822)
    (parts / "a.list").write_text("deb http://second.example/debian trixie main\n")
    (parts / "c.list.off").write_text("deb http://off.example/debian trixie main\n")
    assert [s.uri.split("/")[2] for s in machine(tmp_path)] == [
        "first.example",
        "second.example",
        "mirror.example",
        "mirror.example",
        "tool.example",
    ]
    assert list(machine(tmp_path / "nothing")) == []
