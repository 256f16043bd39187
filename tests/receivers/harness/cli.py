"""The command line: chooses cases, runs a few at a time, prints one line for each."""

import argparse
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from .certificates import Certificates
from .boxes import box_cases
from .hostile_folder import receiver_cases
from .proxies import proxy_cases
from .put import put_cases
from .result import Bench, Result
from .processes import Failure, stop_all

TREE = Path(__file__).resolve().parent.parent


def _run_case(name: str, case: Callable[[Bench], Result], bench: Bench) -> Result:
    begin = time.monotonic()
    try:
        result = case(bench)
    except Failure as failure:
        result = Result(wrong=[str(failure)])
    except Exception:
        result = Result(wrong=[traceback.format_exc()])
    finally:
        bench.stop()
    result.name, result.seconds = name, time.monotonic() - begin
    if result.wrong:
        result.wrong += [child.last_lines() for child in bench.children()]
    return result


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog='tests/receivers/run', description='sluice against real receivers'
    )
    parser.add_argument('program', type=Path, help='the folder that has the program sluice')
    parser.add_argument(
        '--only', action='append', metavar='CASE', help='runs this case; may be repeated'
    )
    parser.add_argument('--jobs', type=int, default=3, help='cases at a time (3)')
    parser.add_argument(
        '--keep', action='store_true', help='keeps the temporary folder with logs and ledgers'
    )
    parser.add_argument('--list', action='store_true', help='lists the cases')
    chosen = parser.parse_args(arguments)

    cases = receiver_cases(TREE) | box_cases() | proxy_cases() | put_cases()
    if chosen.list:
        print('\n'.join(cases))
        return 0
    if unknown := set(chosen.only or []) - set(cases):
        parser.error(f'no case {", ".join(sorted(unknown))}; --list lists them')
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    room = Path(tempfile.mkdtemp(prefix='sluice-receivers-'))
    try:
        certificates = Certificates(room)
        return _run_all({n: cases[n] for n in chosen.only or cases}, chosen, room, certificates)
    finally:
        if chosen.keep:
            print(f'logs and ledgers are in {room}')
        else:
            shutil.rmtree(room, ignore_errors=True)


def _run_all(
    cases: dict[str, Callable[[Bench], Result]],
    chosen: argparse.Namespace,
    room: Path,
    certificates: Certificates,
) -> int:
    begin = time.monotonic()
    results = []
    with ThreadPoolExecutor(chosen.jobs) as pool:
        runs = []
        for name, case in cases.items():
            (room / name).mkdir()
            bench = Bench(chosen.program.resolve(), room / name, certificates, TREE)
            runs.append(pool.submit(_run_case, name, case, bench))
        try:
            for run in as_completed(runs):
                results.append(run.result())
                print(results[-1].line(), flush=True)
        except (
            BaseException
        ):  # somebody ends the driver: no case may begin, and those that run lose their servers
            pool.shutdown(wait=False, cancel_futures=True)
            stop_all()
            raise
    failed = [result.name for result in results if result.wrong]
    files, size = sum(r.files for r in results), sum(r.bytes for r in results)
    print(
        f'receivers: {len(results)} cases, {files:,} files, {size / 1e6:,.0f} MB, {time.monotonic() - begin:.0f} s; '
        + (f'{len(failed)} failed: {", ".join(failed)}' if failed else 'all as expected')
    )
    return 1 if failed else 0
