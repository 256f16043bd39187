"""A receiver with Flask (Werkzeug): one file a request, stored once for each Idempotency-Key."""

import hashlib
import json
import os
import re
import tempfile
from typing import Any

from flask import Flask, request
from werkzeug.datastructures import FileStorage

# [readme]
app = Flask(__name__)
store = os.environ['STORE']


@app.post('/upload')
def upload() -> Any:
    file = request.files.get(
        'file'
    )  # reads the whole request: sluice trusts no reply that comes earlier
    key = request.headers.get('Idempotency-Key', '')
    if file is None or not re.fullmatch('[0-9a-f-]{36}', key):
        return {'code': 1}, 400
    stored = os.path.join(store, key)
    if not os.path.exists(stored):  # otherwise the same key again, which gets the same reply
        keep(file, stored, key)
    return {'code': 0, 'sha256': digest(stored)}


def keep(file: FileStorage, stored: str, key: str) -> None:
    with tempfile.NamedTemporaryFile(dir=store, prefix='.part-', delete=False) as part:
        file.save(part)
        sync(part)
    entry = {'key': key, 'fields': request.form, 'name': file.filename}
    entry |= {'size': os.path.getsize(part.name), 'sha256': digest(part.name)}
    # First the ledger: a line that comes twice does no harm, a missing one would.
    with open(os.path.join(store, 'ledger'), 'a') as ledger:
        ledger.write(json.dumps(entry) + '\n')
        sync(ledger)
    os.rename(part.name, stored)
    os.fsync(folder)  # a power failure now takes nothing back


# [readme]
folder = os.open(store, os.O_RDONLY)


def sync(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())


def digest(path: str) -> str:
    with open(path, 'rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest()
