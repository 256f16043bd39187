"""Runs a client and measures it: wall time, CPU time, peak memory."""
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass

CORES = sorted(os.sched_getaffinity(0))
_alive = {}


@dataclass
class Outcome:
    wall: float
    cpu: float
    rss: float  # MiB
    code: int
    output: str

    def tail(self):
        return ' / '.join(self.output.strip().splitlines()[-3:])[-300:]


def pinned(core, argv):
    """argv on one core, where there are two to choose from."""
    if len(CORES) < 2:
        return list(argv)
    return ['taskset', '-c', str(core), *argv]


def first_core():
    return CORES[0]


def last_core():
    return CORES[-1]


def start(argv, **options):
    """A child with a process group of its own, so that all of it can be ended, and nothing else."""
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, start_new_session=True, **options)
    _alive[child.pid] = child
    return child


def end(child, sign=signal.SIGTERM):
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


def end_all():
    for child in list(_alive.values()):
        end(child, signal.SIGKILL)


def _kill_group(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def measure(argv, room, pin=True, limit=900):
    """One run. The peak memory comes from time(1): a child forked from here would inherit the peak of this interpreter."""
    peak, said = os.path.join(room, 'peak'), os.path.join(room, 'said')
    if pin:
        argv = pinned(first_core(), argv)
    with open(said, 'wb') as output:
        begin = time.monotonic()
        child = start(['/usr/bin/time', '-q', '-f', '%M', '-o', peak, *argv], stdout=output, stderr=subprocess.STDOUT)
        killer = threading.Timer(limit, _kill_group, [child.pid])
        killer.start()
        try:
            _, status, usage = os.wait4(child.pid, 0)
            wall = time.monotonic() - begin
            child.returncode = os.waitstatus_to_exitcode(status)
        finally:
            killer.cancel()
        _alive.pop(child.pid, None)
    with open(said, errors='replace') as text:
        output = text.read()
    try:
        with open(peak) as text:
            rss = float(text.read().split()[-1]) / 1024
    except (OSError, IndexError, ValueError):
        rss = 0.0
    return Outcome(wall, usage.ru_utime + usage.ru_stime, rss, child.returncode, output)


def say(argv, **options):
    """What a command prints; raises with its words when it fails."""
    child = start(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    output, _ = child.communicate()
    _alive.pop(child.pid, None)
    if child.returncode != 0:
        raise RuntimeError(f'{" ".join(argv[:3])}: exit code {child.returncode}: {output.strip()[-500:]}')
    return output
