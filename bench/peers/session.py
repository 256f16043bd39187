"""requests.Session in each of 16 threads: connections are kept.

usage: session.py URL FOLDER COUNT CA
"""

import concurrent.futures
import threading

import requests

from fields import ca, fields, headers, paths, url

local = threading.local()


def upload(path: str) -> None:
    if not hasattr(local, 'session'):
        local.session = requests.Session()
        local.session.verify = ca
    with open(path, 'rb') as file:
        reply = local.session.post(url, files={'file': file}, data=fields(), headers=headers)
    reply.raise_for_status()


with concurrent.futures.ThreadPoolExecutor(16) as pool:
    for _ in pool.map(upload, paths()):
        pass
