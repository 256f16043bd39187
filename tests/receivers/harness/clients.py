"""sluice and curl, as an operator runs them."""

import json
import os
import signal
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .files import Original
from .ledger import read_ledger
from .processes import Failure, run_tool

MOST_SECONDS = 90.0  # for one run of sluice


@dataclass
class Drained:
    exit_code: int
    output: str
    too_early: list[str]  # names that were gone before the ledger had the file


@dataclass
class Way:
    """How sluice is run."""

    verb: str = 'send'
    within: Sequence[str] = ()  # a command that runs another one
    environment: dict[str, str] = field(default_factory=dict)

    def is_done(self, run: Drained) -> bool:
        """A watch ends by a signal."""
        return run.exit_code == (0 if self.verb == 'send' else 128 + signal.SIGTERM)


def names_in(folder: Path) -> set[bytes]:
    return set(os.listdir(os.fsencode(folder)))


def drain(
    program: Path,
    folder: Path,
    url: str,
    ca: Path,
    store: Path,
    originals: list[Original],
    arguments: Iterable[str] = (),
    during: Callable[[], None] | None = None,
    how: Way = Way(),
) -> Drained:
    """Runs sluice. Meanwhile `during` is called in a loop, and each name that is gone must be in the ledger. A watch is told to
    end when the folder is empty."""
    argv = [*how.within, str(program / 'sluice'), how.verb, str(folder), url, '--cacert', str(ca)]
    argv += ['-F', 'mark=sluice', '-F', 'timestamp={now}', '-F', 'random={random}']
    argv += ['--on-success', 'delete', '--success-json', '/code=0', '--settle', '0', *arguments]
    argv += ['--success-json', '/sha256="{sha256}"']  # every receiver proves what it has
    environment = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith('SLUICE_') and not k.lower().endswith('_proxy')
    } | how.environment
    process = subprocess.Popen(
        ['setpriv', '--pdeathsig', 'KILL', *argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
    )
    too_early: set[str] = set()
    ended = threading.Event()
    failed: list[Failure] = []

    def watch() -> None:
        while not ended.wait(0.05):
            left = names_in(
                folder
            )  # first the folder: the ledger that is read later has more, never less
            stored = {entry.sha256 for entry in read_ledger(store)}
            gone = (o for o in originals if o.name not in left and o.sha256 not in stored)
            too_early.update(repr(o.name) for o in gone)
            if how.verb == 'watch' and not left:
                process.terminate()

    def disturb() -> None:
        try:
            while during and not ended.is_set():
                during()
        except Failure as failure:
            failed.append(failure)
            process.terminate()  # it would wait for the server that did not come back

    helpers = [threading.Thread(target=watch), threading.Thread(target=disturb)]
    for helper in helpers:
        helper.start()
    try:
        output = process.communicate(timeout=MOST_SECONDS)[0].decode(errors='replace')
    except subprocess.TimeoutExpired:
        process.kill()
        failed.append(Failure(f'sluice did not end within {MOST_SECONDS:.0f} s'))
        raise failed[0] from None
    finally:
        ended.set()
        for helper in helpers:
            helper.join()
    if failed:
        raise failed[0]
    return Drained(process.returncode, output, sorted(too_early))


def post_with_curl(folder: Path, url: str, ca: Path, originals: list[Original]) -> list[str]:
    """Posts each file once, so that the ledger says what the receiver makes of curl's names. The first file is posted again with
    the same key, which has to get the same reply."""
    wrong = []
    for original in originals:
        path = os.path.join(os.fsencode(folder), original.name)
        quoted = path.replace(b'\\', b'\\\\').replace(b'"', b'\\"')
        request: list[str | bytes] = ['curl', '--silent', '--show-error', '--cacert', str(ca)]
        request += ['-H', f'Idempotency-Key: {uuid.uuid4()}']
        request += '-F mark=curl -F timestamp=0 -F random=0'.split()
        request += ['-F', b'file=@"' + quoted + b'"', url]
        reply = run_tool(request)
        if original == originals[0]:
            again = run_tool(request)
            if again != reply or json.loads(reply) != {'code': 0, 'sha256': original.sha256}:
                wrong.append(
                    f'{original.label}: the reply to curl is {reply!r}, and {again!r} to the same key'
                )
    return wrong
