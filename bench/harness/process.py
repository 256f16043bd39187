"""Runs a client and measures it: wall time, CPU time, peak memory."""

import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

CORES = sorted(os.sched_getaffinity(0))
_alive: dict[int, subprocess.Popen[str]] = {}


@dataclass
class Outcome:
    wall: float
    cpu: float
    rss: float  # MiB
    code: int
    output: str

    def tail(self) -> str:
        return ' / '.join(self.output.strip().splitlines()[-3:])[-300:]


def pinned(core: int, argv: Sequence[str]) -> list[str]:
    """argv on one core, where there are two to choose from."""
    if len(CORES) < 2:
        return list(argv)
    return ['taskset', '-c', str(core), *argv]


def first_core() -> int:
    return CORES[0]


def last_core() -> int:
    return CORES[-1]


def start(
    argv: Sequence[str],
    output: IO[bytes] | int,
    cwd: str | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.Popen[str]:
    """A child with a process group of its own, so that all of it can be ended, and nothing else."""
    child = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=cwd,
        env=env,
        text=True,
        start_new_session=True,
    )
    _alive[child.pid] = child
    return child


def end(child: subprocess.Popen[str], sign: signal.Signals = signal.SIGTERM) -> None:
    if child.poll() is None:
        try:
            os.killpg(child.pid, sign)
            child.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        except ProcessLookupError:
            child.wait()
    _alive.pop(child.pid, None)


def end_all() -> None:
    for child in list(_alive.values()):
        end(child, signal.SIGKILL)


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _pauses(child: subprocess.Popen[str], meanwhile: Callable[[], None]) -> float:
    """Stops the child every second for what is to happen meanwhile, until it ends; how long it stood."""
    stood, ended = 0.0, os.pidfd_open(child.pid)
    try:
        while not select.select([ended], [], [], 1)[0]:
            os.killpg(child.pid, signal.SIGSTOP)
            begin = time.monotonic()
            try:
                meanwhile()
            finally:
                os.killpg(child.pid, signal.SIGCONT)
                stood += time.monotonic() - begin
    finally:
        os.close(ended)
    return stood


def measure(
    argv: Sequence[str],
    room: str,
    pin: bool,
    limit: float,
    meanwhile: Callable[[], None] | None = None,
) -> Outcome:
    """One run; `meanwhile` happens now and then while it is stopped, which its wall time leaves out.

    The peak memory comes from time(1): a child forked from here would inherit the peak of this
    interpreter.
    """
    peak, said = os.path.join(room, 'peak'), os.path.join(room, 'said')
    if pin:
        argv = pinned(first_core(), argv)
    with open(said, 'wb') as output:
        begin = time.monotonic()
        child = start(['/usr/bin/time', '-q', '-f', '%M', '-o', peak, *argv], output)
        killer = threading.Timer(limit, _kill_group, [child.pid])
        killer.start()
        try:
            stood = _pauses(child, meanwhile) if meanwhile else 0.0
            _, status, usage = os.wait4(child.pid, 0)
            wall = time.monotonic() - begin - stood
            child.returncode = os.waitstatus_to_exitcode(status)
        finally:
            killer.cancel()
        _alive.pop(child.pid, None)
    with open(said, errors='replace') as text:
        words = text.read()
    try:
        with open(peak) as text:
            rss = float(text.read().split()[-1]) / 1024
    except (OSError, IndexError, ValueError):
        rss = 0.0
    return Outcome(wall, usage.ru_utime + usage.ru_stime, rss, child.returncode, words)


def say(argv: Sequence[str], cwd: str | None = None, env: Mapping[str, str] | None = None) -> str:
    """What a command prints; raises with its words when it fails."""
    child = start(argv, subprocess.PIPE, cwd, env)
    output, _ = child.communicate()
    _alive.pop(child.pid, None)
    if child.returncode != 0:
        command, words = ' '.join(argv[:3]), output.strip()[-500:]
        raise RuntimeError(f'{command}: exit code {child.returncode}: {words}')
    return output
