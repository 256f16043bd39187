"""What is measured, section by section."""

import os
import statistics
import time
from collections.abc import Callable
from functools import partial

from . import process
from .bench import Bench, Turn
from .clients import Client
from .costs import costs
from .figures import Row, Section
from .receiver import WORKER_SECONDS, WORKERS
from .scale import scale
from .spool import IMAGES, SMALL, Spool, drop_page_cache, on_disk

ALL = (
    'sluice',
    'serial',
    'processes',
    'threads',
    'session',
    'aiohttp',
    'curl',
    'go',
    'floor',
    'wrk',
    'h2load',
)


def _images(bench: Bench) -> Spool:
    return bench.spool('images', bench.extent.files, IMAGES)


def _large(bench: Bench) -> Spool:
    return bench.spool('large', 1, ((256 if bench.extent.quick else 1024) << 20,))


def images(bench: Bench) -> Section:
    section = Section(
        'images',
        f'{bench.extent.files:,} images of 16 to 48 kB',
        'The usual spool: small pictures, 16 uploads at once.',
    )
    bench.simple(section, _images(bench), ALL)
    return section


def small(bench: Bench) -> Section:
    count = bench.extent.files
    section = Section(
        'small',
        f'{count:,} files of 1 to 3 kB',
        'Bodies so small that the work for each request is all that counts.',
    )
    bench.simple(section, bench.spool('small', count, SMALL), ALL)
    return section


def large(bench: Bench) -> Section:
    spool = _large(bench)
    section = Section(
        'large',
        f'one file of {spool.mean >> 20:,} MiB',
        'A single body on a single connection.',
        unit='MiB',
    )
    bench.simple(section, spool, ('sluice', 'curl', 'go'))
    return section


def cold(bench: Bench) -> Section:
    section = Section(
        'cold',
        f'{bench.extent.files:,} images, page cache dropped',
        'The files come from the disk. '
        'The programs themselves are read once before the clock starts.',
    )
    spool, sluice, ways = _images(bench), bench.clients['sluice'], set()
    if not on_disk(spool.path):
        section.notes.append(
            'not measured: the temporary folder is in memory (set TMPDIR to a folder on a disk)'
        )
        return section

    def from_disk(client: Client, row: Row, number: int) -> None:
        job = bench.job(spool, client)
        client.prepare(job)
        ways.add(drop_page_cache(spool))
        idle = client.idle()
        if idle:
            process.say(idle)
        bench.run(section, row, client, job, number, prepare=False)

    def from_memory(row: Row, number: int) -> None:
        for name in spool.files():
            with open(name, 'rb') as file:
                file.read()
        bench.run(section, row, sluice, bench.job(spool, sluice), number)

    turns: list[Turn] = []
    for client in bench.here(('sluice', 'curl', 'go', 'session')):
        row = section.row(client.name, client.label, client.kind)
        turns.append(partial(from_disk, client, row))
    warm = section.row('warm', 'sluice, files in the page cache', 'sluice')
    turns.append(partial(from_memory, warm))
    bench.rounds(turns)
    section.notes.append('page cache dropped by ' + ' and '.join(sorted(ways)))
    return section


def slow(bench: Bench) -> Section:
    section = Section(
        'slow',
        'a receiver that takes 50 ms to reply',
        'Only more uploads at once help here: 16 can be 320 files/s at best.',
    )
    spool, sluice = _images(bench), bench.clients['sluice']
    wide = section.row('wide', 'sluice, 256', 'sluice')
    auto = section.row('auto', 'sluice, auto', 'sluice')
    turns = []
    for client in bench.here(('sluice', 'curl', 'go', 'aiohttp')):
        label = 'sluice, 16' if client is sluice else client.label
        row = section.row(client.name, label, client.kind)
        job = bench.job(spool, client, count=1600, location='/slow')
        turns.append(partial(bench.run, section, row, client, job))
    for row, window in ((wide, 256), (auto, 0)):
        job = bench.job(spool, sluice, count=16000, location='/slow', window=window)
        turns.append(partial(bench.run, section, row, sluice, job))
    bench.rounds(turns)
    section.rows.sort(key=lambda row: row.name not in ('sluice', 'wide', 'auto'))
    return section


def deleting(bench: Bench) -> Section:
    """On the disk, and in memory: there the difference is sluice's own work."""
    count = bench.extent.files
    section = Section(
        'deleting',
        f'{count:,} images, kept or deleted',
        'Each run has a fresh copy of the spool, written to the disk before the clock starts.',
    )
    spool, sluice = _images(bench), bench.clients['sluice']
    removals: dict[str, list[float]] = {}

    def turn(row: Row, path: str, delete: bool, number: int) -> None:
        fresh = spool.copy(path)
        try:
            job = bench.job(fresh, sluice, delete=delete)
            done = bench.run(section, row, sluice, job, number)
            left = sum(1 for _ in fresh.files())
            if done and left != (0 if delete else count):
                bench.fail(section, row, f'{left} files are left')
        finally:
            begin = time.monotonic()
            fresh.remove()
            if not delete:
                removals.setdefault(path, []).append(time.monotonic() - begin)

    disk = os.path.join(bench.room, 'copy')
    kept = section.row('sluice', 'sluice, kept', 'sluice')
    deleted = section.row('delete', 'sluice, deleted', 'sluice')
    turns = [partial(turn, kept, disk, False), partial(turn, deleted, disk, True)]
    if bench.receiver.in_memory and on_disk(bench.room):
        memory = os.path.join(bench.receiver.bodies, 'copy')
        for name, label, delete in (('memory', 'kept', False), ('memory-delete', 'deleted', True)):
            row = section.row(name, f'sluice, {label}, in memory', 'sluice')
            turns.append(partial(turn, row, memory, delete))
    bench.rounds(turns)
    # What the file system itself asks for the same files, without which the cost of deleting says
    # nothing about sluice.
    for path, seconds in removals.items():
        where = 'the disk' if path == disk else 'memory'
        middle, least, most = (
            f'{each / count * 1e6:,.0f}'
            for each in (statistics.median(seconds), min(seconds), max(seconds))
        )
        section.notes.append(
            f'removing the kept copies from {where} with nothing else took {middle} µs of wall time'
            f' a file ({least}-{most})'
        )
    return section


def window(bench: Bench) -> Section:
    section = Section('window', 'uploads at once (-w)', 'sluice on the images.')
    spool, sluice, turns = _images(bench), bench.clients['sluice'], []
    for size in (0, 1, 4, 16, 64, 256, 1000):
        label = str(size or 'auto')
        row = section.row(f'images {label}', f'images, -w {label}', 'sluice')
        job = bench.job(spool, sluice, window=size)
        turns.append(partial(bench.run, section, row, sluice, job))
    bench.rounds(turns)
    return section


def auto(bench: Bench) -> Section:
    """Where the client is the limit, where time is, and where the receiver's workers are."""
    section = Section(
        'auto',
        'the automatic window against fixed ones',
        'Files of 1 to 3 kB, sent to a receiver that replies at once, to one that takes 50 ms, and '
        f'to one with {WORKERS} workers that take {WORKER_SECONDS * 1000:.0f} ms each.',
        charts=('rate', 'cpu_each'),
    )
    sluice, turns, count = bench.clients['sluice'], [], bench.extent.files
    spool = bench.spool('auto', 5 * count, SMALL)
    bench.receiver.start_workers()
    for case, label, location, files, windows in (
        ('loopback', 'at once', '/upload', 5 * count, (16, 64, 256)),
        ('time', '50 ms', '/slow', 5 * count, (256, 1000)),
        ('workers', f'{WORKERS} workers', '/workers', count // 5, (8, 16, 64)),
    ):
        for size in (0, *windows):
            name = str(size or 'auto')
            row = section.row(f'{case} {name}', f'{label}, -w {name}', 'sluice')
            job = bench.job(spool, sluice, count=files, location=location, window=size)
            turns.append(partial(bench.run, section, row, sluice, job))
    bench.rounds(turns)
    return section


def memory(bench: Bench) -> Section:
    section = Section(
        'memory', 'peak memory of sluice', 'By uploads at once and size of body.', charts=('rss',)
    )
    count, sluice, turns = min(4000, bench.extent.files), bench.clients['sluice'], []
    kilobyte = bench.spool('kilobyte', count, (1000,))
    more = bench.spool('memory', count, (32000,))
    for label, spool in (('1 kB', kilobyte), ('32 kB', more)):
        for size in (1, 16, 64, 256):
            row = section.row(f'{label} w{size}', f'-w {size}, {label}', 'sluice')
            job = bench.job(spool, sluice, window=size)
            turns.append(partial(bench.run, section, row, sluice, job))
    huge = _large(bench)
    row = section.row('large', f'one file of {huge.mean >> 20:,} MiB', 'sluice')
    turns.append(partial(bench.run, section, row, sluice, bench.job(huge, sluice)))
    bench.rounds(turns)
    return section


SECTIONS: dict[str, Callable[[Bench], Section]] = {
    'images': images,
    'small': small,
    'large': large,
    'cold': cold,
    'slow': slow,
    'deleting': deleting,
    'window': window,
    'auto': auto,
    'memory': memory,
    'costs': costs,
    'scale': scale,
}
QUICK = ('images', 'small', 'large', 'cold', 'deleting', 'costs')
# Which spools a section uses, so that the others can be removed before it.
SPOOLS: dict[str, tuple[str, ...]] = {
    'images': ('images',),
    'small': ('small',),
    'large': ('large',),
    'cold': ('images',),
    'slow': ('images',),
    'deleting': ('images',),
    'window': ('images',),
    'auto': ('auto',),
    'memory': ('large',),
    'costs': ('small-costs',),
    'scale': (),
}
