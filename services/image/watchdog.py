"""`watchdog.py [--health URL] COMMAND…` runs COMMAND and ends it when it hangs, so that Docker starts it again.

Docker restarts a container whose first process has ended, and never one that is only unhealthy. This is that first
process: it passes signals on, collects ended processes, and looks at COMMAND every few seconds. A look is bad when the
kernel ran none of the command's threads since the look before (it is frozen, or stuck in the kernel), or when URL is
given and does not answer 200. Looks are counted instead of seconds: a machine that slept has missed none.

The exit code is the command's own (128 and the signal's number for a signal), or 70 after the watchdog ended it.
"""

import argparse
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

PASSED_ON = {
    *(signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2),
    *(signal.SIGTTIN, signal.SIGTTOU, signal.SIGWINCH),
}
ENDING = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}
ANSWER_SECONDS = 4.0
LONGEST_ANSWER = 64 * 1024
ENDED_BY_WATCHDOG = 70
NOT_STARTED = 127


def arguments(argv: list[str]) -> argparse.Namespace:
    """The command line: how health is looked at, and the command that is watched."""
    parser = argparse.ArgumentParser(prog="watchdog.py", description=__doc__)
    parser.add_argument("--health", metavar="URL", help="http://HOST:PORT/PATH that answers 200 while all is well")
    parser.add_argument("--every", type=float, default=5.0, metavar="SECONDS", help="between two looks (5)")
    parser.add_argument("--bad", type=int, default=6, metavar="LOOKS", help="in a row that end the command (6)")
    parser.add_argument(
        "--start", type=int, default=36, metavar="LOOKS", help="the same before the first good look (36)"
    )
    parser.add_argument("--grace", type=float, default=15.0, metavar="SECONDS", help="from SIGTERM to SIGKILL (15)")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args(argv)
    if not options.command:
        parser.error("the command to run is missing")
    return options


def main(argv: list[str]) -> int:
    options = arguments(argv)
    # Before the child exists: none of its signals, nor its end, is missed.
    signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON | {signal.SIGCHLD})
    try:
        # In a group of its own, so that the end reaches its children as well.
        # It takes signals as usual, also where a shell in the background started the watchdog with SIGINT ignored.
        child = os.posix_spawnp(
            options.command[0], options.command, os.environ, setpgroup=0, setsigmask=[], setsigdef=PASSED_ON
        )
    except OSError as error:
        sys.stderr.write(f"{options.command[0]}: {error.strerror}\n")
        return NOT_STARTED
    return watch(child, options)


def watch(child: int, options: argparse.Namespace) -> int:
    """Until `child` has ended; returns the exit code."""
    bad, lived, ran, stopping = 0, False, -1, False
    due = time.monotonic() + options.every
    while True:
        signals, code = wait(child, max(0.0, due - time.monotonic()))
        if code is not None:
            return code
        stopping = stopping or bool(signals & ENDING)
        if time.monotonic() < due:
            continue
        due = time.monotonic() + options.every
        before, ran = ran, work_done(child)
        well = ran != before and (options.health is None or answers(options.health))
        bad, lived = (0, True) if well else (bad + 1, lived)
        # A person or an engine that stops the container has a deadline of its own.
        if not stopping and bad >= (options.bad if lived else options.start):
            why = "the kernel ran none of its threads" if ran == before else f"{options.health} did not answer 200"
            return end(child, options.grace, f"{why} at {bad} looks, one every {options.every:g} s")


def wait(child: int, seconds: float) -> tuple[set[int], int | None]:
    """For one signal, which is passed on, and `seconds` at most: which it was, and the exit code once `child` ended."""
    received = signal.sigtimedwait(PASSED_ON | {signal.SIGCHLD}, seconds)
    signals = {received.si_signo} & PASSED_ON if received is not None else set()
    for number in signals:
        os.kill(child, number)
    while True:
        # Every process that has ended: as a container's first process it inherits the orphans.
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            return signals, code if code >= 0 else 128 - code
        if pid == 0:
            return signals, None


def end(child: int, grace: float, why: str) -> int:
    """SIGTERM, which a frozen process takes once it goes on, and SIGKILL after the grace."""
    sys.stderr.write(json.dumps({"level": "critical", "event": "the watchdog ends the process", "why": why}) + "\n")
    os.killpg(child, signal.SIGTERM)
    os.killpg(child, signal.SIGCONT)
    deadline = time.monotonic() + grace
    while (left := deadline - time.monotonic()) > 0:
        if wait(child, left)[1] is not None:
            return ENDED_BY_WATCHDOG
    os.killpg(child, signal.SIGKILL)
    wait(child, grace)
    return ENDED_BY_WATCHDOG


def work_done(pid: int) -> int:
    """How often the kernel has run the threads of `pid`, and for how long; a number that only grows while it lives."""
    total = 0
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for line in (task / "status").read_text().splitlines():
                name, _, value = line.partition(":")
                if name in ("voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"):
                    total += int(value)
        return total + sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
    except OSError:
        # A thread that ended while it was looked at is a sign of life; a process that ended is waited for elsewhere.
        return -1 if total == 0 else total


def answers(url: str) -> bool:
    """Whether `url` answers 200 in time. By hand: an HTTP library would be half of this process's memory."""
    parts, deadline = urlsplit(url), time.monotonic() + ANSWER_SECONDS
    asked = f"GET {parts.path or '/'} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n"
    answer = b""
    try:
        with socket.create_connection((parts.hostname, parts.port or 80), ANSWER_SECONDS) as connection:
            connection.sendall(asked.encode())
            # To its end: a server that is still writing would log that the connection broke.
            while (left := deadline - time.monotonic()) > 0 and len(answer) < LONGEST_ANSWER:
                connection.settimeout(left)
                if not (part := connection.recv(4096)):
                    return answer.split(b" ")[1:2] == [b"200"]
                answer += part
    except OSError:
        pass
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
