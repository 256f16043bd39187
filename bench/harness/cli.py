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

from . import figures, machine, process, report, sections, targets
from .bench import Bench
from .clients import everybody
from .receiver import ECHO, Receiver

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HOW = (
    'The receiver is nginx with one worker, alone on the last core. It reads each body to its end and replies {"code":0}; TLS 1.3, ECDSA '
    'P-256, connections kept. What does not fit its 256 kB buffer it writes to memory (/dev/shm) where there is such a folder.',
    'Single-threaded clients have the first core; those with threads or processes may use all.',
    'In each round every client runs once, in turn, and the order moves on by one. Figures are medians of the rounds, with least and '
    'greatest; ratios are taken within a round, and then their median.',
    'A run counts only if the client ended well, all its replies were good, and the receiver counted at least as many requests as files.',
    'Rate is files (or MiB) by wall time of the whole process, its start included. CPU time is user and system; peak memory is that of the '
    'largest process. Slow clients get fewer files.',
    'wrk and h2load send one prepared body of the mean size again and again and read no files: they are a ceiling, not a rival.',
)


def options(arguments):
    parse = argparse.ArgumentParser(prog='./dev bench', description='sluice against other ways to upload a directory, on one receiver, in turn.')
    parse.add_argument('--quick', action='store_true', help='fewer files, rounds and sections: under two minutes')
    parse.add_argument('--rounds', type=int, help='default 5; quick: 2')
    parse.add_argument('--files', type=int, help='in images and small; default 20000; quick: 4000')
    parse.add_argument('--only', metavar='SECTION,..', help='of ' + ', '.join(sections.SECTIONS))
    parse.add_argument('--peers', metavar='A,B', help='of ' + ', '.join(sections.ALL[1:]))
    parse.add_argument('--out', default=os.path.join(ROOT, 'build/bench-report'), help='folder for report.html and report.json')
    parse.add_argument('--sluice', default=os.path.join(ROOT, 'build/bench/sluice'), help='the program to measure')
    parse.add_argument('--scale-files', type=int, default=1000000, help='in scale; default 1000000')
    made = parse.parse_args(arguments)
    made.rounds = made.rounds or (2 if made.quick else 5)
    made.files = made.files or (4000 if made.quick else 20000)
    wanted = made.only.split(',') if made.only else list(sections.QUICK if made.quick else sections.SECTIONS)
    for name in wanted:
        if name not in sections.SECTIONS:
            parse.error(f'no section {name!r}; there are {", ".join(sections.SECTIONS)}')
    made.sections = [name for name in sections.SECTIONS if name in wanted]
    made.peers = made.peers.split(',') if made.peers is not None else list(sections.ALL[1:])
    for name in made.peers:
        if name and name not in sections.ALL[1:]:
            parse.error(f'no peer {name!r}; there are {", ".join(sections.ALL[1:])}')
    if made.rounds < 1 or made.files < 1 or made.scale_files < 1001:
        parse.error('--rounds and --files begin at 1, --scale-files at 1001')
    made.sluice = os.path.abspath(made.sluice)
    if not os.access(made.sluice, os.X_OK):
        parse.error(f'no program {made.sluice} (./dev bench builds it)')
    return made


def stop(number, _):
    raise SystemExit(128 + number)


def needed():
    lacking = [name for name in ('nginx', 'openssl', 'taskset', '/usr/bin/time') if not shutil.which(name)]
    if not os.path.exists(ECHO):
        lacking.append(ECHO)
    if lacking:
        raise RuntimeError(f'not installed: {", ".join(lacking)} (./dev setup bench)')


class Room:
    """The temporary folder, and the receiver in it; both go at the end, however it comes."""

    def __enter__(self):
        needed()
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        self.path, self.receiver = tempfile.mkdtemp(prefix='sluice-bench-'), None
        try:
            self.receiver = Receiver(self.path)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, signal.SIG_IGN)
        process.end_all()
        if self.receiver:
            self.receiver.stop()
        shutil.rmtree(self.path, ignore_errors=True)


def run(chosen):
    begin, facts, programs = time.time(), machine.machine(), machine.versions(chosen.sluice)
    print('machine:  ' + ', '.join(f'{key} {value}' for key, value in facts.items()))
    print('versions: ' + '; '.join(programs.values()), flush=True)
    measured = []
    with Room() as room:
        if not room.receiver.in_memory:
            print('no /dev/shm: the receiver writes large bodies to the disk')
        clients = everybody(chosen.sluice, room.path, room.receiver.ca)
        for name in list(clients):
            if name != 'sluice' and name not in chosen.peers:
                del clients[name]
        for name in list(clients):
            lacks = clients[name].missing()
            if lacks:
                print(f'skipped: {clients[name].label}: {lacks} is not installed')
                del clients[name]
        bench = Bench(chosen, room.path, room.receiver, clients)
        for i, name in enumerate(chosen.sections):
            bench.forget({spool for later in chosen.sections[i:] for spool in sections.SPOOLS[later]})
            measured.append(sections.SECTIONS[name](bench))
            figures.print_table(measured[-1])
    judged = targets.judge(measured)
    if judged:
        print('targets')
        for target in judged:
            print('  ' + target.line())
    result = {
        'command': './dev bench ' + shlex.join(sys.argv[1:]), 'began': time.strftime('%Y-%m-%d %H:%M:%S %Z', time.localtime(begin)),
        'took_s': round(time.time() - begin, 1), 'rounds': chosen.rounds, 'machine': facts, 'versions': programs, 'how': HOW,
        'targets': [target.as_json() for target in judged], 'failed': bench.failed,
        'sections': [section.as_json() for section in measured]}
    os.makedirs(chosen.out, exist_ok=True)
    with open(os.path.join(chosen.out, 'report.json'), 'w') as text:
        json.dump(result, text, indent=1)
        text.write('\n')
    with open(os.path.join(chosen.out, 'report.html'), 'w') as text:
        text.write(report.page(result, measured, judged))
    for line in bench.failed:
        print('FAILED ' + line)
    print(f'\n{os.path.join(chosen.out, "report.html")} ({result["took_s"]:.0f} s)')
    return 1 if bench.failed else 0


def forget_surroundings():
    """Proxies, other trust stores and sluice's own settings would change what is measured."""
    for name in list(os.environ):
        if name.lower().endswith('_proxy') or name.startswith('SLUICE_') or name in (
                'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'OPENSSL_CONF'):
            del os.environ[name]


def main(arguments):
    forget_surroundings()
    try:
        return run(options(arguments))
    except (RuntimeError, OSError) as problem:
        print(f'bench: {problem}', file=sys.stderr)
        return 1
