"""A receiver with Django: one file a request, stored once for each Idempotency-Key."""

import hashlib
import json
import os
import re
import tempfile
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

store = os.environ['STORE']
folder = os.open(store, os.O_RDONLY)


# [readme]
def upload(request: HttpRequest) -> HttpResponse:
    file = request.FILES.get(
        'file'
    )  # reads the whole request: sluice trusts no reply that comes earlier
    key = request.headers.get('Idempotency-Key', '')
    if file is None or not re.fullmatch('[0-9a-f-]{36}', key):
        return JsonResponse({'code': 1}, status=400)
    stored = os.path.join(store, key)
    if not os.path.exists(stored):  # otherwise the same key again, which gets the same reply
        keep(file, stored, key, request.POST.dict())
    return JsonResponse({'code': 0, 'sha256': digest(stored)})


def keep(file: UploadedFile, stored: str, key: str, fields: dict[str, str]) -> None:
    with tempfile.NamedTemporaryFile(dir=store, prefix='.part-', delete=False) as part:
        for chunk in file.chunks():
            part.write(chunk)
        sync(part)
    entry = {'key': key, 'fields': fields, 'name': file.name, 'size': file.size}
    entry['sha256'] = digest(part.name)
    # First the ledger: a line that comes twice does no harm, a missing one would.
    with open(os.path.join(store, 'ledger'), 'a') as ledger:
        ledger.write(json.dumps(entry) + '\n')
        sync(ledger)
    os.rename(part.name, stored)
    os.fsync(folder)  # a power failure now takes nothing back


# [readme]


def sync(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())


def digest(path: str) -> str:
    with open(path, 'rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest()


# A project of one file; csrf_exempt is not needed, because this one has no CsrfViewMiddleware.
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=['127.0.0.1'], SECRET_KEY='not used')
urlpatterns = [path('upload', upload)]
application = get_wsgi_application()
