"""The cases without a box in between: each receiver gets the hostile folder, once from curl and once from sluice.

What a receiver loses for its name is sent again under a name that sluice makes, and has to arrive.
"""

from collections.abc import Callable
from pathlib import Path

from .clients import drain, names_in, post_with_curl
from .files import make_hostile
from .judge import judge_delivery, judge_names
from .receiver import Known
from .result import Bench, Result


def receiver_cases(tree: Path) -> dict[str, Callable[[Bench], Result]]:
    def make_case(name: str) -> Callable[[Bench], Result]:
        return lambda bench: drain_into(name, bench)

    return {
        path.parent.name: make_case(path.parent.name)
        for path in sorted(tree.glob('*/receiver.toml'))
    }


def drain_into(name: str, bench: Bench) -> Result:
    receiver = bench.start_receiver(name)
    folder = bench.room / 'folder'
    originals = make_hostile(folder)
    ca = bench.certificates.ca
    wrong = post_with_curl(folder, receiver.url, ca, originals)
    # Without the pattern sluice takes .hidden.jpg for an unfinished file.
    drained = drain(
        bench.program,
        folder,
        receiver.url,
        ca,
        receiver.store,
        originals,
        ['-w', '4', '--include', '*'],
    )

    wrong += judge_delivery(originals, receiver.store, folder, [drained])
    wrong += judge_names(originals, receiver.store, folder, receiver.known)
    lost = [
        original
        for original in originals
        if receiver.known.get(original.label, Known('', '')).becomes is None
    ]
    if drained.exit_code != (1 if lost else 0):
        wrong.append(f'sluice ended with {drained.exit_code}')
    if lost:  # a name of sluice's own arrives everywhere
        own_name = ['-F', 'file=@{};filename={key}.{ext}', '--include', '*']
        again = drain(bench.program, folder, receiver.url, ca, receiver.store, lost, own_name)
        wrong += judge_delivery(originals, receiver.store, folder, [again])
        if again.exit_code != 0 or names_in(folder):
            wrong.append(
                f'with a name of its own sluice ended with {again.exit_code}: {again.output}'
            )
    if wrong:
        wrong.append(drained.output)
    told = f'{receiver.versions}; {len(lost)} lost as known, {len(receiver.known) - len(lost)} renamed as known'
    return Result(len(originals), sum(o.size for o in originals), told, wrong)
