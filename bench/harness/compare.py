"""Revision A against B: A B B A in each round, so that a drift of the machine touches both alike."""
import argparse
import os
import statistics
import subprocess
import sys

from . import process
from .bench import Bench
from .cli import ROOT, Room, forget_surroundings
from .clients import Sluice
from .figures import Section, number
from .spool import IMAGES, SMALL


def options(arguments):
    parse = argparse.ArgumentParser(prog='./dev bench compare', description='two revisions of sluice, in turn; . is the working tree')
    parse.add_argument('revisions', nargs=2, metavar='REV')
    parse.add_argument('--files', type=int, default=20000)
    parse.add_argument('--rounds', type=int, default=10, help='each has two pairs; default 10')
    parse.add_argument('--small', action='store_true', help='files of 1 to 3 kB instead of images')
    chosen = parse.parse_args(arguments)
    chosen.quick = False
    if chosen.files < 1 or chosen.rounds < 1:
        parse.error('--files and --rounds begin at 1')
    return chosen


def build(revision, room, trees):
    """The program of a revision, built in a worktree of its own."""
    if revision == '.':
        program = os.path.join(ROOT, 'build/bench/sluice')
        if not os.access(program, os.X_OK):
            raise RuntimeError(f'no program {program} (./dev bench builds it)')
        return program
    commit = process.say(['git', '-C', ROOT, 'rev-parse', '--verify', '--quiet', revision + '^{commit}']).strip()
    tree = os.path.join(room, 'tree-' + commit)
    if tree not in trees:
        print(f'building {revision} ({commit[:10]})', flush=True)
        trees.append(tree)
        process.say(['git', '-C', ROOT, 'worktree', 'add', '--detach', '--quiet', tree, commit])
        process.say(['cmake', '--preset', 'release'], cwd=tree)
        process.say(['cmake', '--build', '--preset', 'release', '--target', 'sluice_program', '--parallel', str(os.cpu_count())], cwd=tree)
    return os.path.join(tree, 'build/release/sluice')


def quartiles(values):
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method='inclusive')
    return low, high


def measure(chosen, room, programs):
    bench = Bench(chosen, room.path, room.receiver, {})
    clients = [Sluice(program, room.path, room.receiver.ca) for program in programs]
    spool = bench.spool('compare', chosen.files, SMALL if chosen.small else IMAGES)
    section = Section('compare', '', '')
    rows = [section.row(name) for name in 'AB']

    def once(which, row=None):
        row = row or rows[which]
        if not bench.run(section, row, clients[which], bench.job(spool, clients[which]), 0):
            raise RuntimeError(row.error)
        return row.runs[-1]
    for which in (0, 1):
        once(which, Section('warm', '', '').row('warm'))
    print(f'A: {chosen.revisions[0]}   B: {chosen.revisions[1]}   {chosen.files:,} {"small files" if chosen.small else "images"}')
    print('pair   A files/s   B files/s     B/A   A CPU µs   B CPU µs     B/A', flush=True)
    rates, costs = [], []
    for i in range(2 * chosen.rounds):
        if i % 2 == 0:
            a, b = once(0), once(1)
        else:
            b, a = once(1), once(0)
        rates.append(b.rate / a.rate)
        costs.append(b.cpu_each / a.cpu_each)
        print(f'{i + 1:<4}  {a.rate:10,.0f}  {b.rate:10,.0f}  {rates[-1]:6.3f}  {a.cpu_each:9.1f}  {b.cpu_each:9.1f}  {costs[-1]:6.3f}', flush=True)
    for what, values, better in (('rate', rates, 'more'), ('CPU per file', costs, 'less')):
        low, high = quartiles(values)
        print(f'{what}, B/A ({better} is better): median {statistics.median(values):.3f}, quartiles {low:.3f}-{high:.3f}, '
              f'min-max {min(values):.3f}-{max(values):.3f}')
    print(f'peak MiB: A {number(max(r.rss for r in rows[0].runs))}, B {number(max(r.rss for r in rows[1].runs))}')


def main(arguments):
    forget_surroundings()
    chosen, trees = options(arguments), []
    try:
        with Room() as room:
            try:
                measure(chosen, room, [build(revision, room.path, trees) for revision in chosen.revisions])
            finally:
                for tree in trees:
                    subprocess.run(['git', '-C', ROOT, 'worktree', 'remove', '--force', tree], stdin=subprocess.DEVNULL, check=False)
    except (RuntimeError, OSError) as problem:
        print(f'compare: {problem}', file=sys.stderr)
        return 1
    return 0
