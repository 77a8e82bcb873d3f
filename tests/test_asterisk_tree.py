"""The private tree is made by whatever `apt-get` and `dpkg-deb` are on the path: here two scripts of ours."""

import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ivr.asterisk.sources import Source
from ivr.asterisk.tree import AsteriskTree, NoAsterisk, ensure, of_folder

APT = """#!/bin/sh
echo "$@" >> {log}
conf=""; last=""
for word in "$@"; do [ "$last" = "-c" ] && conf=$word; last=$word; done
archives=$(sed -n 's/.*Dir::Cache::archives "\\([^"]*\\)".*/\\1/p' "$conf")
case "$*" in
*update*) cat "$(dirname "$conf")/sources.list" >> {log}; [ -s "$(dirname "$conf")/status" ] && exit 9; exit 0 ;;
*) [ -n "$MITAN_TEST_APT_FAILS" ] && {{ echo "E: no such thing"; exit 100; }}
   sleep 0.2; touch "$archives/asterisk.deb" "$archives/libc6.deb"; echo "Get:1 x"; exit 0 ;;
esac
"""
DPKG = """#!/bin/sh
mkdir -p "$3/usr/lib64" "$3/usr/lib/x86_64-linux-gnu/asterisk/modules" "$3/usr/sbin" "$3/usr/share/asterisk"
printf '#!/bin/sh\\necho "Asterisk 22.7.0+dfsg"\\n' > "$3/usr/lib64/ld-linux-x86-64.so.2"
chmod +x "$3/usr/lib64/ld-linux-x86-64.so.2"
"""


def fetched(cache: Path, told: Callable[[str], None] = lambda line: None) -> AsteriskTree:
    origin = (Source("http://m.example/debian", (), ()), "/k.gpg")
    return ensure(told, own=False, cache=cache, origin=lambda: origin)


@pytest.fixture
def apt_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tools = tmp_path / "bin"
    tools.mkdir()
    log = tmp_path / "apt.log"
    for name, text in (("apt-get", APT.format(log=log)), ("dpkg-deb", DPKG)):
        (tools / name).write_text(text)
        (tools / name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    return log


def test_a_tree_is_made_once_and_found_again(apt_log: Path, tmp_path: Path) -> None:
    told: list[str] = []
    made = fetched(tmp_path / "cache", told.append)
    assert made.version == "22.7.0"
    assert made.moddir == tmp_path / "cache/asterisk-22.7.0/usr/lib/x86_64-linux-gnu/asterisk/modules"
    assert made.command(Path("/x/asterisk.conf"), "-f")[-3:] == ["-C", "/x/asterisk.conf", "-f"]
    assert "deb [signed-by=/k.gpg] http://m.example/debian forky main" in apt_log.read_text()
    assert any("packages" in line for line in told)
    before = apt_log.read_text()
    assert fetched(tmp_path / "cache", told.append) == made
    assert apt_log.read_text() == before


def test_clones_that_come_at_once_share_one_tree(apt_log: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(fetched, tmp_path / "cache") for _ in range(4)]
        assert len({job.result() for job in jobs}) == 1
    assert apt_log.read_text().count("update") == 1
    assert sorted(p.name for p in (tmp_path / "cache").iterdir()) == ["asterisk-22.7.0", "asterisk.lock"]


def test_a_failure_is_told_in_apts_own_words_and_leaves_nothing(
    apt_log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MITAN_TEST_APT_FAILS", "1")
    with pytest.raises(NoAsterisk, match="E: no such thing"):
        fetched(tmp_path / "cache")
    assert [p.name for p in (tmp_path / "cache").iterdir()] == ["asterisk.lock"]


def test_what_a_killed_run_left_half_made_is_neither_used_nor_kept(apt_log: Path, tmp_path: Path) -> None:
    half = tmp_path / "cache" / "making-x" / "tree"
    half.mkdir(parents=True)
    unmarked = tmp_path / "cache" / "asterisk-99.0.0"
    unmarked.mkdir()
    assert fetched(tmp_path / "cache").version == "22.7.0"
    assert not half.exists()


def test_without_apt_it_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoAsterisk, match="no apt-get or dpkg-deb to fetch one: install Asterisk 22"):
        ensure(lambda _: None, own=False, cache=tmp_path / "cache")


def test_a_spoilt_tree_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoAsterisk, match="is not a whole Asterisk"):
        of_folder(tmp_path)
