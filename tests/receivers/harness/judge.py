"""Compares what was sent with what a receiver stored. Shares nothing with sluice: only files, ledgers and hashes."""

import os
import time
from collections import defaultdict
from pathlib import Path

from .clients import Drained, names_in
from .files import Original, sha256_of, wire_name
from .ledger import Entry, read_ledger
from .receiver import Known


def _by_sha(entries: list[Entry], mark: str) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.fields.get('mark') == mark:
            found[entry.sha256].append(entry)
    return found


def _check_entry(entry: Entry, original: Original, store: Path) -> list[str]:
    wrong = []
    if entry.size != original.size:
        wrong.append(
            f'{original.label}: {entry.size} bytes in the ledger instead of {original.size}'
        )
    held = store / entry.key
    if not held.is_file():
        wrong.append(f'{original.label}: the ledger has it, and the store has no file {entry.key}')
    elif sha256_of(held) != original.sha256:
        wrong.append(f'{original.label}: the stored file has other bytes')
    timestamp, number = entry.fields.get('timestamp', ''), entry.fields.get('random', '')
    if not timestamp.isdecimal() or abs(int(timestamp) - time.time()) > 600:
        wrong.append(f'{original.label}: the field timestamp is {timestamp!r}')
    if not number.isdecimal() or int(number) >= 1 << 53:
        wrong.append(f'{original.label}: the field random is {number!r}')
    if extra := set(entry.fields) - {'mark', 'timestamp', 'random'}:
        wrong.append(f'{original.label}: fields that nobody sent: {extra}')
    return wrong


def judge_delivery(
    originals: list[Original], store: Path, folder: Path, drained: list[Drained]
) -> list[str]:
    """No file is lost, none is stored under two keys, and each that is gone was stored before."""
    wrong = [f'gone before it was stored: {name}' for run in drained for name in run.too_early]
    entries = read_ledger(store)
    stored, left = _by_sha(entries, 'sluice'), names_in(folder)
    known = {original.sha256 for original in originals}
    wrong += [
        f'the ledger has a file that nobody sent: {e}' for e in entries if e.sha256 not in known
    ]
    for original in originals:
        found = stored.get(original.sha256, [])
        if original.name in left:
            if sha256_of(folder / os.fsdecode(original.name)) != original.sha256:
                wrong.append(f'{original.label}: the file that stayed has other bytes')
        elif not found:
            wrong.append(f'LOST: {original.name!r} is neither in the folder nor in the ledger')
        if len({entry.key for entry in found}) > 1:
            wrong.append(
                f'{original.label}: stored under several keys: {sorted(e.key for e in found)}'
            )
        for entry in found:
            wrong += _check_entry(entry, original, store)
    return wrong


def judge_names(
    originals: list[Original], store: Path, folder: Path, known: dict[str, Known]
) -> list[str]:
    """The receiver got each file once, by the name that curl's request gave it, but for what is known of it."""
    wrong = []
    entries = read_ledger(store)
    by_sluice, by_curl = _by_sha(entries, 'sluice'), _by_sha(entries, 'curl')
    left = names_in(folder)
    labels = {original.label for original in originals}
    wrong += [
        f'known of {label}, which is no file of this check'
        for label in known
        if label not in labels
    ]
    for original in originals:
        label, got, expected = original.label, by_sluice[original.sha256], by_curl[original.sha256]
        if label in known and known[label].becomes is None:
            if got or expected:
                wrong.append(
                    f'{label}: this receiver loses it no longer; take it out of receiver.toml'
                )
            if original.name not in left:
                wrong.append(f'{label}: the receiver lost it, and sluice removed it')
            continue
        if len(got) != 1 or len(expected) != 1:
            wrong.append(
                f'{label}: stored {len(got)} times from sluice, and {len(expected)} times from curl'
            )
            continue
        if original.name in left:
            wrong.append(f'{label}: stored, and still in the folder')
        if got[0].name != expected[0].name:
            wrong.append(
                f'{label}: the name is {got[0].name!r}, and {expected[0].name!r} from curl'
            )
        name = known[label].becomes if label in known else wire_name(original.name)
        if got[0].name != name:
            wrong.append(f'{label}: the name is {got[0].name!r} instead of {name!r}')
    return wrong
