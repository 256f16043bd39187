"""The command line, and the course of a whole run."""

import argparse
import json
import os
import shlex
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

from . import figures, machine, process, report, sections, targets
from .bench import Bench, Extent
from .clients import Client, everybody
from .receiver import ECHO, Receiver

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PEERS = sections.ALL[1:]


@dataclass(frozen=True)
class Options:
    extent: Extent
    sections: list[str]
    peers: list[str]
    out: str
    sluice: str


def options(arguments: Sequence[str]) -> Options:
    parse = argparse.ArgumentParser(
        prog='./dev bench',
        description='sluice against other ways to upload a directory, on one receiver, in turn.',
    )
    add, known, peers = parse.add_argument, ', '.join(sections.SECTIONS), ', '.join(PEERS)
    out = os.path.join(ROOT, 'build/bench-report')
    program = os.path.join(ROOT, 'build/bench/sluice')
    less = 'fewer files, rounds and sections: under two minutes'
    add('--quick', action='store_true', help=less)
    add('--rounds', type=int, help='default 5; quick: 2')
    add('--files', type=int, help='in images and small; default 20000; quick: 4000')
    add('--only', metavar='SECTION,..', help='of ' + known)
    add('--peers', metavar='A,B', help='of ' + peers)
    add('--out', default=out, help='folder for report.html and report.json')
    add('--sluice', default=program, help='the program to measure')
    add('--scale-files', type=int, default=1000000, help='in scale; default 1000000')
    given = parse.parse_args(arguments)

    quick: bool = given.quick
    extent = Extent(
        rounds=given.rounds or (2 if quick else 5),
        files=given.files or (4000 if quick else 20000),
        scale_files=given.scale_files,
        quick=quick,
    )
    wanted: Sequence[str] = sections.QUICK if quick else tuple(sections.SECTIONS)
    if given.only:
        wanted = given.only.split(',')
    for name in wanted:
        if name not in sections.SECTIONS:
            parse.error(f'no section {name!r}; there are {known}')
    chosen: list[str] = list(PEERS) if given.peers is None else given.peers.split(',')
    for name in chosen:
        if name and name not in PEERS:
            parse.error(f'no peer {name!r}; there are {peers}')
    if extent.rounds < 1 or extent.files < 1 or extent.scale_files < 100000:
        parse.error('--rounds and --files begin at 1, --scale-files at 100000')
    sluice = os.path.abspath(given.sluice)
    if not os.access(sluice, os.X_OK):
        parse.error(f'no program {sluice} (./dev bench builds it)')
    ordered = [name for name in sections.SECTIONS if name in wanted]
    return Options(extent, ordered, chosen, given.out, sluice)


def stop(number: int, _: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def needed() -> None:
    programs = ('nginx', 'openssl', 'taskset', 'strace', 'gcc', '/usr/bin/time')
    lacking = [name for name in programs if not shutil.which(name)]
    if not os.path.exists(ECHO):
        lacking.append(ECHO)
    if lacking:
        raise RuntimeError(f'not installed: {", ".join(lacking)} (./dev setup bench)')


@dataclass(frozen=True)
class Room:
    path: str
    receiver: Receiver


@contextmanager
def open_room() -> Iterator[Room]:
    """The temporary folder, and the receiver in it; both go at the end, however it comes."""
    needed()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    path = tempfile.mkdtemp(prefix='sluice-bench-')
    receiver = None
    try:
        receiver = Receiver(path)
        yield Room(path, receiver)
    finally:
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, signal.SIG_IGN)
        process.end_all()
        if receiver:
            receiver.stop()
        shutil.rmtree(path, ignore_errors=True)


def rivals(chosen: Options, room: Room) -> dict[str, Client]:
    """sluice and the peers that are wanted and installed."""
    found = {}
    for name, client in everybody(chosen.sluice, room.path, room.receiver.ca).items():
        if name != 'sluice' and name not in chosen.peers:
            continue
        lacks = client.missing()
        if lacks:
            print(f'skipped: {client.label}: {lacks} is not installed')
        else:
            found[name] = client
    return found


def run(chosen: Options) -> int:
    begin, facts, programs = time.time(), machine.machine(), machine.versions(chosen.sluice)
    print('machine:  ' + ', '.join(f'{key} {value}' for key, value in facts.items()))
    print('versions: ' + '; '.join(programs.values()), flush=True)
    measured = []
    with open_room() as room:
        if not room.receiver.in_memory:
            print('no /dev/shm: the receiver writes large bodies to the disk')
        bench = Bench(chosen.extent, room.path, room.receiver, rivals(chosen, room))
        for i, name in enumerate(chosen.sections):
            later = chosen.sections[i:]
            bench.forget({spool for name in later for spool in sections.SPOOLS[name]})
            measured.append(sections.SECTIONS[name](bench))
            figures.print_table(measured[-1])
    judged = targets.judge(measured)
    if judged:
        print('targets')
        for target in judged:
            print('  ' + target.line())
    result = report.Result(
        command='./dev bench ' + shlex.join(sys.argv[1:]),
        began=time.strftime('%Y-%m-%d %H:%M:%S %Z', time.localtime(begin)),
        took_s=round(time.time() - begin, 1),
        rounds=chosen.extent.rounds,
        machine=facts,
        versions=programs,
        targets=judged,
        failed=bench.failed,
        sections=measured,
    )
    page = os.path.join(chosen.out, 'report.html')
    os.makedirs(chosen.out, exist_ok=True)
    with open(os.path.join(chosen.out, 'report.json'), 'w') as text:
        json.dump(result.as_json(), text, indent=1)
        text.write('\n')
    with open(page, 'w') as text:
        text.write(report.page(result))
    for line in bench.failed:
        print('FAILED ' + line)
    print(f'\n{page} ({result.took_s:.0f} s)')
    return 1 if bench.failed else 0


DISTURBING = (
    'REQUESTS_CA_BUNDLE',
    'CURL_CA_BUNDLE',
    'SSL_CERT_FILE',
    'SSL_CERT_DIR',
    'OPENSSL_CONF',
)


def forget_surroundings() -> None:
    """Proxies, other trust stores and sluice's own settings would change what is measured."""
    for name in list(os.environ):
        proxy = name.lower().endswith('_proxy')
        if proxy or name.startswith('SLUICE_') or name in DISTURBING:
            del os.environ[name]


def main(arguments: Sequence[str]) -> int:
    forget_surroundings()
    try:
        return run(options(arguments))
    except (RuntimeError, OSError) as problem:
        print(f'bench: {problem}', file=sys.stderr)
        return 1
