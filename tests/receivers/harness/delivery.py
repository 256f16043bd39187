"""A folder and what an operator does with it: sluice send, again until it ends with 0."""

import json
import time
from collections.abc import Callable
from typing import Protocol

from .box import Box
from .clients import Drained, Way, drain, names_in
from .files import make_many
from .judge import judge_delivery
from .ledger import read_ledger
from .result import Bench, Result

MOST_RUNS = 5


class Killable(Protocol):
    """A server that can be killed and started again on the same port."""

    def kill(self) -> None:
        ...

    def start(self) -> None:
        ...


class Delivery:
    def __init__(self, bench: Bench, small: int = 400, large: int = 4):
        self.bench = bench
        self.receiver = bench.start_receiver('go')
        self.folder = bench.room / 'folder'
        self.originals = make_many(self.folder, small, large)
        self.drained: list[Drained] = []
        self.totals: dict[str, int] = {}
        self.wrong: list[str] = []
        self.how = Way()

    def start_box(self, kind: str) -> Box:
        box = Box(kind, self.bench.tree, self.bench.room, self.bench.certificates, self.receiver)
        self.bench.servers.append(box)
        box.start()
        return box

    def run(self, url: str, *arguments: str, during: Callable[[], None] | None = None) -> Drained:
        summary = self.bench.room / 'summary'
        summary.unlink(missing_ok=True)
        run = drain(
            self.bench.program,
            self.folder,
            url,
            self.bench.certificates.ca,
            self.receiver.store,
            self.originals,
            ['--summary', str(summary), *arguments],
            during,
            self.how,
        )
        self.drained.append(run)
        if summary.exists():
            for key, value in json.loads(summary.read_text()).items():
                if isinstance(value, int):
                    self.totals[key] = self.totals.get(key, 0) + value
        return run

    def run_until_all_is_sent(
        self, url: str, *arguments: str, during: Callable[[], None] | None = None
    ) -> None:
        for _ in range(MOST_RUNS):
            if self.how.is_done(self.run(url, *arguments, during=during)):
                break
        else:
            self.wrong.append(f'sluice did not end well in {MOST_RUNS} runs')
        self.expect_left(set())

    def run_under_kills(
        self, url: str, *arguments: str, server: Killable, least: int, most: int
    ) -> int:
        """Sends all while `server` is killed and started again at least and at most so often; returns how often."""
        kills = 0

        def kill_and_start() -> None:
            nonlocal kills
            time.sleep(0.7)
            if kills == most:
                return
            server.kill()
            time.sleep(0.3)
            server.start()
            kills += 1

        self.run_until_all_is_sent(
            url, *'-w 8 --retry 20 --rate 80/s'.split(), *arguments, during=kill_and_start
        )
        self.expect(kills >= least, f'only {kills} kills happened')
        self.expect(self.totals.get('retries', 0) > 0, 'sluice noticed no kill')
        return kills

    def expect_left(self, expected: set[bytes]) -> None:
        left = names_in(self.folder)
        if left != expected:
            self.wrong.append(
                f'{len(left)} files are in the folder, and {len(expected)} should be: {sorted(left ^ expected)[:5]}'
            )

    def expect(self, holds: bool, complaint: str) -> None:
        if not holds:
            self.wrong.append(complaint)

    def expect_closed_connections(self, window: int) -> None:
        opened = self.totals.get('connections', 0)
        self.expect(
            opened > window * len(self.drained), f'only {opened} connections: the box closed none'
        )

    def result(self, told: str) -> Result:
        self.wrong += judge_delivery(self.originals, self.receiver.store, self.folder, self.drained)
        if self.wrong:
            self.wrong += [run.output for run in self.drained]
        entries = [entry.sha256 for entry in read_ledger(self.receiver.store)]
        repeated = len(entries) - len(set(entries))
        told = (
            f'{told}; {len(self.drained)} runs, {self.totals.get("retries", 0)} retries, '
            f'{self.totals.get("unknown_outcomes", 0)} unknown outcomes, '
            f'{self.totals.get("connections", 0)} connections, {repeated} stored again by the same key'
        )
        size = sum(original.size for original in self.originals)
        return Result(len(self.originals), size, told, self.wrong)
