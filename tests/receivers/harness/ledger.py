"""What a receiver says it stored."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    key: str
    fields: dict[str, str]
    name: str  # bytes that are not UTF-8 are surrogates
    size: int
    sha256: str


def _plain(value: object) -> str:
    """Some frameworks give each field as a list, because a form may repeat it."""
    if isinstance(value, list):
        return _plain(value[0]) if len(value) == 1 else repr(value)
    return str(value)


def read_ledger(store: Path) -> list[Entry]:
    """All complete lines. A server that was killed may have left half a line, which says nothing."""
    path = store / 'ledger'
    if not path.exists():
        return []
    entries = []
    for line in path.read_bytes().split(b'\n'):
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if 'name_base64' in said:
            name = base64.b64decode(said['name_base64']).decode(errors='surrogateescape')
        else:
            name = said['name']
        fields = {k: _plain(v) for k, v in said['fields'].items()}
        entries.append(Entry(said['key'], fields, name, said['size'], said['sha256']))
    return entries
