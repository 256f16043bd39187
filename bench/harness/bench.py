"""Runs clients in interleaved rounds against the receiver, and believes none of them."""
import os

from . import process
from .clients import Job
from .figures import Run
from .spool import Spool


class Bench:
    def __init__(self, options, room, receiver, clients):
        self.options, self.room, self.receiver, self.clients = options, room, receiver, clients
        self.failed = []
        self._spools = {}

    def spool(self, name, count, sizes, **how):
        key = (name, count)
        if key not in self._spools:
            self._spools[key] = Spool(os.path.join(self.room, f'spool-{name}-{count}'), count, sizes, **how)
        return self._spools[key]

    def forget(self, keep=()):
        """Removes the spools no later section wants."""
        for key in [key for key in self._spools if key[0] not in keep]:
            self._spools.pop(key).remove()

    def job(self, spool, client, count=None, slow=False, **more):
        count = min(count or spool.count, spool.count)
        if client.most:
            count = min(count, client.most // 4 if self.options.quick else client.most)
        return Job(spool, self.receiver.base + ('/slow' if slow else '/upload'), count,
                   seconds=2 if self.options.quick else 5, **more)

    def run(self, section, row, client, job, number, prepare=True):
        """One verified run into the row; False when it failed."""
        if row.error:
            return False
        if prepare:
            client.prepare(job)
        before = self.receiver.requests()
        outcome = process.measure(client.argv(job), self.room, pin=client.pin,
                                  limit=3600 if job.count > 100000 else 600)
        after = self.receiver.requests()
        try:
            files, seconds = client.done(outcome, job)
            if after - before - 1 < files:
                raise RuntimeError(f'the receiver counted {after - before - 1} requests for {files} files')
        except (RuntimeError, OSError, KeyError, ValueError) as problem:
            row.fail(str(problem))
            self.failed.append(f'{section.name}: {row.label}: {problem}')
            print(f'FAILED {self.failed[-1]}', flush=True)
            return False
        work = files if section.unit == 'file' else files * job.spool.mean / (1 << 20)
        row.runs.append(Run(number, work, seconds, outcome.wall, outcome.cpu, outcome.rss, files))
        return True

    def here(self, *names):
        """The clients of these names that are wanted and installed."""
        return [self.clients[name] for name in names if name in self.clients]

    def rounds(self, turns):
        """Calls every turn in each round; the order moves on by one, so that no client always follows the same one's cache."""
        for number in range(1, self.options.rounds + 1):
            shift = (number - 1) % len(turns)
            for turn in turns[shift:] + turns[:shift]:
                turn(number)

    def simple(self, section, spool, names, **how):
        """Every client on one spool."""
        turns = []
        for client in self.here(*names):
            row = section.row(client.name, client.label, client.kind)
            turns.append(lambda number, client=client, row=row: self.run(section, row, client, self.job(spool, client, **how), number))
        self.rounds(turns)
