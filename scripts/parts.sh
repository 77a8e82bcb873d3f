# Sourced by test: runs the parts, remembers what each counted, and sums them up.

RESULTS=$(mktemp -d)
trap 'rm -rf "$RESULTS"' EXIT
broken=0

# Files whose tests take seconds each; `fast` leaves them out.
SECONDS_EACH=(
    test_core_walks.py test_cli_commands.py test_fastagi_booking.py test_fastagi_strangers.py test_booking_races.py
    test_callflows_walks.py test_callflows_calls.py test_callflows_desk.py test_run_trial.py test_run_supervise.py
    test_flow_walked.py test_web_sign_in.py test_web_routes.py test_web_phone.py test_web_pages.py
    test_outbox_sending.py test_booking_visits.py test_booking_messages.py test_worker_leading.py
    test_audio_prompts.py
)

minutes() { printf '%d:%02d min' $(($1 / 60)) $(($1 % 60)); }

# check NAME COMMAND...: a tool that only says yes or no.
check() {
    local name=$1 from=$SECONDS
    shift
    say "--- $name"
    if "$VENV/bin/$1" "${@:2}"; then
        say "$name: clean, $(minutes $((SECONDS - from)))"
    else
        broken=$((broken + 1))
        say "$name: not clean, $(minutes $((SECONDS - from)))"
    fi
}

# part NAME PYTEST-OPTIONS...: some of the tests. To have found none is no failure of theirs.
part() {
    local name=$1 from=$SECONDS code=0
    shift
    say "--- $name"
    "$VENV/bin/python" -m pytest -q --junitxml "$RESULTS/$name.xml" "$@" || code=$?
    case $code in
    0 | 1 | 5) ;;
    *) broken=$((broken + 1)) ;;
    esac
    say "$name: $(minutes $((SECONDS - from)))"
}

# What tests need beside Python. Installed where we may; else named, and the tests that need it say that they skip.
need_programs() {
    local missing=() package
    command -v sipp >/dev/null || missing+=(sip-tester)
    command -v chromium >/dev/null || missing+=(chromium)
    [ ${#missing[@]} -eq 0 ] && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        for package in "${missing[@]}"; do
            say "installing $package"
            { apt-get install -y -q --no-install-recommends "$package" ||
                { apt-get update -q && apt-get install -y -q --no-install-recommends "$package"; }; } >"$RESULTS/apt.log" 2>&1 ||
                { tail -n 3 "$RESULTS/apt.log" >&2; say "could not install $package: its tests will be skipped"; }
        done
    else
        say "not here, so their tests will be skipped: ${missing[*]} (as root: apt install ${missing[*]})"
    fi
}

# The usual closing line, over all parts.
close() {
    "$VENV/bin/python" - "$RESULTS" "$broken" <<'PYTHON'
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

passed = failed = skipped = 0
for file in sorted(Path(sys.argv[1]).glob("*.xml")):
    for suite in xml.parse(file).getroot().iter("testsuite"):
        tests, bad, left = (int(suite.get(n, 0)) for n in ("tests", "failures", "skipped"))
        bad += int(suite.get("errors", 0))
        passed, failed, skipped = passed + tests - bad - left, failed + bad, skipped + left
failed += int(sys.argv[2])
if skipped:
    print(f"skipped, for the reasons above: {skipped}")
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed or not passed else 0)
PYTHON
}
