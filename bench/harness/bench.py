"""Runs clients in interleaved rounds against the receiver, and believes none of them."""

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

from . import process
from .clients import Client, Job
from .figures import Row, Run, Section
from .receiver import Receiver
from .spool import Spool, make_spool

Turn = Callable[[int], object]  # called with the number of the round


@dataclass(frozen=True)
class Extent:
    """How much is measured."""

    rounds: int
    files: int
    scale_files: int = 1000000
    quick: bool = False


class Bench:
    def __init__(
        self, extent: Extent, room: str, receiver: Receiver, clients: dict[str, Client]
    ) -> None:
        self.extent, self.room, self.receiver, self.clients = extent, room, receiver, clients
        self.failed: list[str] = []
        self._spools: dict[tuple[str, int], Spool] = {}

    def spool(self, name: str, count: int, sizes: Sequence[int], folders: bool = False) -> Spool:
        key = (name, count)
        if key not in self._spools:
            path = os.path.join(self.room, f'spool-{name}-{count}')
            self._spools[key] = make_spool(path, count, sizes, folders)
        return self._spools[key]

    def forget(self, keep: Collection[str]) -> None:
        """Removes the spools no later section wants."""
        for key in [key for key in self._spools if key[0] not in keep]:
            self._spools.pop(key).remove()

    def job(
        self,
        spool: Spool,
        client: Client,
        count: int | None = None,
        location: str = '/upload',
        window: int = 16,
        delete: bool = False,
    ) -> Job:
        count = min(count or spool.count, spool.count)
        if client.most:
            count = min(count, client.most // 4 if self.extent.quick else client.most)
        url = self.receiver.base + location
        return Job(spool, url, count, window, 2 if self.extent.quick else 5, delete)

    def run(
        self,
        section: Section,
        row: Row,
        client: Client,
        job: Job,
        number: int,
        prepare: bool = True,
        meanwhile: Callable[[], None] | None = None,
    ) -> bool:
        """One verified run into the row; False when it failed. For `meanwhile` see process.measure()."""
        if row.error:
            return False
        if prepare:
            client.prepare(job)
        before = self.receiver.requests()
        limit = 3600 if job.count > 100000 else 600
        outcome = process.measure(client.argv(job), client.room, client.pin, limit, meanwhile)
        counted = self.receiver.requests() - before - 1
        try:
            files, seconds = client.done(outcome, job)
            if counted < files:
                raise RuntimeError(f'the receiver counted {counted} requests for {files} files')
        except (RuntimeError, OSError, KeyError, ValueError) as problem:
            self.fail(section, row, str(problem))
            print(f'FAILED {self.failed[-1]}', flush=True)
            return False
        work = files if section.unit == 'file' else files * job.spool.mean / (1 << 20)
        row.runs.append(Run(number, work, seconds, outcome.wall, outcome.cpu, outcome.rss, files))
        return True

    def fail(self, section: Section, row: Row, message: str) -> None:
        row.fail(message)
        self.failed.append(f'{section.name}: {row.label}: {message}')

    def here(self, names: Sequence[str]) -> list[Client]:
        """The clients of these names that are wanted and installed."""
        return [self.clients[name] for name in names if name in self.clients]

    def rounds(self, turns: Sequence[Turn]) -> None:
        """Calls every turn in each round.

        The order moves on by one, so that no client always follows the same one's cache.
        """
        for number in range(1, self.extent.rounds + 1):
            shift = (number - 1) % len(turns)
            for turn in (*turns[shift:], *turns[:shift]):
                turn(number)

    def simple(self, section: Section, spool: Spool, names: Sequence[str]) -> None:
        """Every client on one spool."""
        turns = []
        for client in self.here(names):
            row = section.row(client.name, client.label, client.kind)
            turns.append(partial(self.run, section, row, client, self.job(spool, client)))
        self.rounds(turns)
