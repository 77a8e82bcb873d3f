"""Gets an Asterisk to run: the machine's own where it serves, else a private tree unpacked under the user's cache.

No root, no container, nothing installed: apt resolves the whole closure, libc included, against an empty status file
in a folder of ours, and the tree's own loader runs it. It never changes the machine's packages or its apt state.
"""

from __future__ import annotations

import fcntl
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ivr.asterisk.sources import Source, debian_mirror, machine

SUITE = "forky"  # stable carries no asterisk package; testing carries the 22 LTS
OLDEST = 20
WHOLE = ".whole"
KEYRINGS = ("/usr/share/keyrings/debian-archive-keyring.gpg", "/usr/share/keyrings/debian-archive-keyring.pgp")
Progress = Callable[[str], None]
Origin = tuple[Source, str]


class NoAsterisk(RuntimeError):
    """There is none and none can be fetched; the message says what is missing and what to do."""


@dataclass(frozen=True, slots=True)
class AsteriskTree:
    """`argv` starts the program (the loader's words included); `moddir` and `datadir` go into asterisk.conf."""

    argv: tuple[str, ...]
    moddir: Path
    datadir: Path
    version: str

    def command(self, conf: Path, *words: str) -> list[str]:
        """The argument list that runs it with our configuration and nobody else's."""
        return [*self.argv, "-C", str(conf), *words]


def ensure(
    progress: Progress, *, own: bool = True, cache: Path | None = None, origin: Callable[[], Origin] | None = None
) -> AsteriskTree:
    """The Asterisk to use, fetched on first need (about half a minute, 270 MB). Raises NoAsterisk.

    `own=False` skips the machine's own. Clones share one tree; those that come while it is made wait for it.
    `origin` tells where packages come from; without it, where this machine's own do.
    """
    if own and (found := of_machine()):
        return found
    cache = cache or Path.home() / ".cache" / "mitan"
    if found := _newest_whole(cache):
        return found
    cache.mkdir(parents=True, exist_ok=True)
    with _locked(cache / "asterisk.lock", progress):
        for left in cache.glob("making-*"):
            shutil.rmtree(left)
        return _newest_whole(cache) or _make(cache, progress, *(origin or machine_origin)())


def of_machine() -> AsteriskTree | None:
    """The machine's own Asterisk if it is recent enough and has its modules where modules are kept."""
    binary = shutil.which("asterisk") or shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin")
    version = _version((binary,)) if binary else None
    if not binary or not version or int(version.split(".")[0]) < OLDEST:
        return None
    roots = [*Path("/usr/lib").glob("*-linux-gnu"), *map(Path, ("/usr/lib", "/usr/lib64", "/usr/local/lib"))]
    moddir = next((r / "asterisk" / "modules" for r in roots if (r / "asterisk/modules/res_pjsip.so").is_file()), None)
    shares = map(Path, ("/usr/share/asterisk", "/var/lib/asterisk"))
    datadir = next((s for s in shares if (s / "documentation" / "core-en_US.xml").is_file()), None)
    return AsteriskTree((binary,), moddir, datadir, version) if moddir and datadir else None


def of_folder(root: Path) -> AsteriskTree:
    """An unpacked tree, run by its own loader. Raises NoAsterisk when something of it is missing or does not start."""
    try:
        loader = next(p for d in ("usr/lib64", "usr/lib") for p in (root / d).glob("**/ld-linux-*.so.*"))
        libraries = next((root / "usr/lib").glob("*-linux-gnu"))
    except StopIteration:
        raise NoAsterisk(f"{root} is not a whole Asterisk: remove it and start again") from None
    argv = (str(loader), "--library-path", str(libraries), str(root / "usr/sbin/asterisk"))
    version = _version(argv)
    if not version:
        raise NoAsterisk(f"the Asterisk in {root} does not start: {' '.join(argv)} -V")
    return AsteriskTree(argv, libraries / "asterisk/modules", root / "usr/share/asterisk", version)


def _version(argv: tuple[str, ...]) -> str | None:
    told = subprocess.run([*argv, "-V"], capture_output=True, text=True, timeout=30, check=False).stdout
    found = re.search(r"Asterisk (\d+\.\d+[\d.]*)", told)
    return found.group(1) if found else None


def _newest_whole(cache: Path) -> AsteriskTree | None:
    whole = [m.parent for m in cache.glob(f"asterisk-*/{WHOLE}")]
    order = sorted(whole, key=lambda p: [int(n) for n in re.findall(r"\d+", p.name)])
    return of_folder(order[-1]) if order else None


@contextmanager
def _locked(path: Path, progress: Progress) -> Iterator[None]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("Asterisk is being fetched by another run; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(cache: Path, progress: Progress, mirror: Source, keyring: str) -> AsteriskTree:
    work = Path(tempfile.mkdtemp(prefix="making-", dir=cache))
    try:
        root = work / "tree"
        _unpack(_download(work, mirror, keyring, progress), root, progress)
        tree = of_folder(root)
        (root / WHOLE).write_text(tree.version + "\n")
        home = cache / f"asterisk-{tree.version}"
        root.rename(home)  # the mark and the name appear together: a tree half made is never taken for whole
    finally:
        shutil.rmtree(work, ignore_errors=True)
    progress(f"Asterisk {tree.version} is in {home}")
    return of_folder(home)


def machine_origin() -> Origin:
    """The mirror that this machine uses and the archive's keyring. Raises NoAsterisk for what is missing."""
    missing = [tool for tool in ("apt-get", "dpkg-deb") if not shutil.which(tool)]
    if missing:
        raise NoAsterisk(
            f"no Asterisk >= {OLDEST} here, and no {' or '.join(missing)} to fetch one: install Asterisk 22"
        )
    release = dict(re.findall(r'(?m)^(\w+)="?([^"\n]*)', Path("/etc/os-release").read_text()))
    mirror = debian_mirror(machine(), release.get("VERSION_CODENAME", ""))
    if not mirror:
        raise NoAsterisk(f"no Asterisk >= {OLDEST} here, and apt's sources name no Debian mirror: install Asterisk 22")
    keyring = next((k for k in (mirror.keyring, *KEYRINGS) if k and Path(k).is_file()), None)
    if not keyring:
        raise NoAsterisk(f"the Debian archive's keys are not here ({KEYRINGS[0]}): install debian-archive-keyring")
    return mirror, keyring


def _download(work: Path, mirror: Source, keyring: str, progress: Progress) -> list[Path]:
    for folder in ("lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True)
    (work / "status").touch()  # an empty status: apt resolves everything, as if nothing were installed
    (work / "sources.list").write_text(f"deb [signed-by={keyring}] {mirror.uri} {SUITE} main\n")
    # Given by `-c`, which is read last: the machine's proxy settings stay, its hooks (clean, index) do not run.
    (work / "apt.conf").write_text(
        "#clear APT::Update; #clear DPkg::Post-Invoke; #clear DPkg::Pre-Install-Pkgs; #clear DPkg::Pre-Invoke;\n"
        f'Dir::State "{work}"; Dir::State::Lists "{work}/lists"; Dir::State::status "{work}/status";\n'
        f'Dir::Cache "{work}/cache"; Dir::Cache::archives "{work}/cache/archives";\n'
        f'Dir::Etc::sourcelist "{work}/sources.list"; Dir::Etc::sourceparts "/dev/null";\n'
        f'Dir::Etc::preferences "/dev/null"; Dir::Etc::preferencesparts "/dev/null";\n'
        'APT::Install-Recommends "false"; Acquire::Languages "none"; Acquire::Retries "3"; APT::Sandbox::User "";\n'
        'Debug::NoLocking "true"; Binary::apt-get::APT::Keep-Downloaded-Packages "true";\n'
    )
    apt = ["apt-get", "-c", str(work / "apt.conf"), "-q", "-y"]
    progress(f"Asterisk: reading the package lists of {SUITE}")
    _run([*apt, "update"], "apt-get update", lambda _: None)
    done = 0

    def count(line: str) -> None:
        nonlocal done
        if need := re.search(r"Need to get (.+) of archives", line):
            progress(f"Asterisk: downloading {need.group(1)}")
        if re.match(r"Get:\d+ ", line):
            done += 1
            if done % 40 == 0:
                progress(f"Asterisk: {done} packages are here")

    _run([*apt, "install", "--download-only", "asterisk"], "apt-get install --download-only", count)
    return sorted((work / "cache/archives").glob("*.deb"))


def _unpack(packages: list[Path], root: Path, progress: Progress) -> None:
    root.mkdir()
    for n, package in enumerate(packages, 1):
        _run(["dpkg-deb", "-x", str(package), str(root)], f"unpacking {package.name}", lambda _: None)
        if n % 40 == 0 or n == len(packages):
            progress(f"Asterisk: {n} of {len(packages)} packages unpacked")


def _run(argv: list[str], what: str, hear: Callable[[str], None]) -> None:
    """Runs to the end, handing each line on; raises NoAsterisk with the last lines it said when it fails."""
    told: list[str] = []
    with subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        for line in process.stdout or ():
            told.append(line.rstrip())
            hear(line)
    if process.returncode:
        raise NoAsterisk(f"{what} failed:\n" + "\n".join(told[-8:]))
