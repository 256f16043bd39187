"""What is measured, section by section."""
import os
import statistics
import time

from . import process
from .figures import Run, Section
from .spool import IMAGES, SMALL, drop_page_cache, on_disk

ALL = ('sluice', 'serial', 'processes', 'threads', 'session', 'aiohttp', 'curl', 'go', 'wrk', 'h2load')


def images(bench):
    count = bench.options.files
    section = Section('images', f'{count:,} images of 16 to 48 kB', 'The usual spool: small pictures, 16 uploads at once.')
    spool = bench.spool('images', count, IMAGES)
    bench.simple(section, spool, ALL)
    return section


def small(bench):
    count = bench.options.files
    section = Section('small', f'{count:,} files of 1 to 3 kB', 'Bodies so small that the work for each request is all that counts.')
    bench.simple(section, bench.spool('small', count, SMALL), ALL)
    return section


def large(bench):
    size = (256 if bench.options.quick else 1024) << 20
    section = Section('large', f'one file of {size >> 20:,} MiB', 'A single body on a single connection.', unit='MiB')
    bench.simple(section, bench.spool('large', 1, (size,)), ('sluice', 'curl', 'go'))
    return section


def cold(bench):
    count = bench.options.files
    section = Section('cold', f'{count:,} images, page cache dropped',
                      'The files come from the disk. The programs themselves are read once before the clock starts.')
    spool = bench.spool('images', count, IMAGES)
    if not on_disk(spool.path):
        section.notes.append('not measured: the temporary folder is in memory (set TMPDIR to a folder on a disk)')
        return section
    turns, ways = [], set()
    for client in bench.here('sluice', 'curl', 'go', 'session'):
        row = section.row(client.name, client.label, client.kind)

        def turn(number, client=client, row=row):
            job = bench.job(spool, client)
            client.prepare(job)
            ways.add(drop_page_cache(spool))
            process.say(client.idle())
            bench.run(section, row, client, job, number, prepare=False)
        turns.append(turn)
    sluice = bench.clients['sluice']
    row = section.row('warm', 'sluice, files in the page cache', 'sluice')

    def warm(number):
        for name in spool.files():
            with open(name, 'rb') as file:
                file.read()
        bench.run(section, row, sluice, bench.job(spool, sluice), number)
    turns.append(warm)
    bench.rounds(turns)
    section.notes.append('page cache dropped by ' + ' and '.join(sorted(ways)))
    return section


def slow(bench):
    section = Section('slow', 'a receiver that takes 50 ms to reply', 'Only more uploads at once help here: 16 can be 320 files/s at best.')
    spool = bench.spool('images', bench.options.files, IMAGES)
    sluice, turns = bench.clients['sluice'], []
    wide = section.row('wide', 'sluice, 256', 'sluice')
    for client in bench.here('sluice', 'curl', 'go', 'aiohttp'):
        row = section.row(client.name, 'sluice, 16' if client is sluice else client.label, client.kind)
        turns.append(lambda number, client=client, row=row: bench.run(
            section, row, client, bench.job(spool, client, count=1600, slow=True), number))
    turns.append(lambda number: bench.run(section, wide, sluice, bench.job(spool, sluice, count=16000, slow=True, window=256), number))
    bench.rounds(turns)
    section.rows.sort(key=lambda row: row.name not in ('sluice', 'wide'))
    return section


def deleting(bench):
    count = bench.options.files
    section = Section('deleting', f'{count:,} images, kept or deleted', 'Each run has a fresh copy of the spool, written to the disk before the clock starts.')
    spool, sluice, turns, removals = bench.spool('images', count, IMAGES), bench.clients['sluice'], [], []
    for name, label, delete in (('sluice', 'sluice, kept', False), ('delete', 'sluice, deleted', True)):
        row = section.row(name, label, 'sluice' if name == 'sluice' else 'sluice')

        def turn(number, row=row, delete=delete):
            fresh = spool.copy(os.path.join(bench.room, 'copy'))
            try:
                done = bench.run(section, row, sluice, bench.job(fresh, sluice, delete=delete), number)
                left = sum(1 for _ in fresh.files())
                if done and left != (0 if delete else count):
                    row.fail(f'{left} files are left')
                    bench.failed.append(f'deleting: {row.label}: {left} files are left')
            finally:
                begin = time.monotonic()
                fresh.remove()
                if not delete:
                    removals.append(time.monotonic() - begin)
        turns.append(turn)
    bench.rounds(turns)
    # What the file system itself asks for the same files, without which the cost of deleting says nothing about sluice.
    section.notes.append(f'removing the kept copies with nothing else took {statistics.median(removals) / count * 1e6:,.0f} µs of wall time a file '
                         f'({min(removals) / count * 1e6:,.0f}-{max(removals) / count * 1e6:,.0f})')
    return section


def window(bench):
    section = Section('window', 'uploads at once (-w)', 'sluice on the images.')
    spool, sluice, turns = bench.spool('images', bench.options.files, IMAGES), bench.clients['sluice'], []
    for size in (1, 4, 16, 64, 256, 1000):
        row = section.row(f'w{size}', f'sluice -w {size}', 'sluice')
        turns.append(lambda number, row=row, size=size: bench.run(
            section, row, sluice, bench.job(spool, sluice, window=size), number))
    bench.rounds(turns)
    return section


def memory(bench):
    section = Section('memory', 'peak memory of sluice', 'By uploads at once and size of body.', charts=('rss',))
    count, sluice, turns = min(4000, bench.options.files), bench.clients['sluice'], []
    for label, spool in (('1 kB', bench.spool('kilobyte', count, (1000,))), ('32 kB', bench.spool('memory', count, (32000,)))):
        for size in (1, 16, 64, 256):
            row = section.row(f'{label} w{size}', f'-w {size}, {label}', 'sluice')
            turns.append(lambda number, row=row, spool=spool, size=size: bench.run(
                section, row, sluice, bench.job(spool, sluice, window=size), number))
    body = (256 if bench.options.quick else 1024) << 20
    huge = bench.spool('large', 1, (body,))
    row = section.row('large', f'one file of {body >> 20:,} MiB', 'sluice')
    turns.append(lambda number: bench.run(section, row, sluice, bench.job(huge, sluice), number))
    bench.rounds(turns)
    return section


def scale(bench):
    """Cost of a file among 1,000 and among many; what every run pays once is measured and taken off both."""
    many, few, window = bench.options.scale_files, 1000, 16
    section = Section('scale', f'1,000 files against {many:,}', 'Files of 1 kB in folders of 1,000. The cost of a start, with a handshake for '
                      f'each of {window} connections, is measured with {window} files and taken off.', charts=('cpu_each', 'wall_each'))
    sluice, scratch = bench.clients['sluice'], Section('scale', '', '')
    one, start, thousand = (bench.spool(f'scale{n}', n, (1000,)) for n in (1, window, few))
    million = bench.spool('scale-many', many, (1000,), folders=True)
    rows = {n: section.row(f'n{n}', f'{n:,} files', 'sluice') for n in (few, many)}
    starts, singles = [], []
    repeats = 5 if bench.options.quick else 20

    def measured(spool, times, name):
        row = scratch.row(name)
        row.runs.clear()
        for i in range(times):
            if not bench.run(scratch, row, sluice, bench.job(spool, sluice), i):
                return None
        return (statistics.median(run.cpu for run in row.runs), statistics.median(run.seconds for run in row.runs),
                max(run.rss for run in row.runs))
    measured(million, 1, 'warm')  # inodes and pages come into memory
    for number in range(1, bench.options.rounds + 1):
        single, fixed = measured(one, repeats, 'one'), measured(start, repeats, 'start')
        order = ((few, thousand, repeats), (many, million, 1))
        for n, spool, times in order if number % 2 else order[::-1]:
            got = measured(spool, times, str(n))
            if not (single and fixed and got):
                rows[n].fail('a run failed')
                continue
            rows[n].runs.append(Run(number, n - window, got[1] - fixed[1], got[1], got[0] - fixed[0], got[2], n))
        if fixed and single:
            starts.append(fixed)
            singles.append(single)
    if starts:
        section.notes.append('a start costs {:.1f} ms CPU and {:.1f} ms wall with {} files, {:.1f} ms CPU and {:.1f} ms wall with one'.format(
            statistics.median(s[0] for s in starts) * 1e3, statistics.median(s[1] for s in starts) * 1e3, window,
            statistics.median(s[0] for s in singles) * 1e3, statistics.median(s[1] for s in singles) * 1e3))
    return section


SECTIONS = {made.__name__: made for made in (images, small, large, cold, slow, deleting, window, memory, scale)}
QUICK = ('images', 'small', 'large', 'cold', 'deleting')
# Which spools a section uses, so that the others can be removed before it.
SPOOLS = {'images': ('images',), 'small': ('small',), 'large': ('large',), 'cold': ('images',), 'slow': ('images',),
          'deleting': ('images',), 'window': ('images',), 'memory': ('large',), 'scale': ()}
