"""The script sluice replaces: a connection for each file.

usage: old_script.py URL FOLDER COUNT CA serial|processes|threads
"""

import multiprocessing
import multiprocessing.dummy
import sys

import requests
import urllib3

from fields import fields, headers, paths, url

urllib3.disable_warnings()


def upload(path: str) -> None:
    with open(path, 'rb') as file:
        reply = requests.post(
            url, files={'file': file}, data=fields(), headers=headers, verify=False
        )
    print(reply.text.strip())
    reply.raise_for_status()


if __name__ == '__main__':
    how = sys.argv[5]
    if how == 'serial':
        for each in paths():
            upload(each)
    else:
        pool = multiprocessing.Pool() if how == 'processes' else multiprocessing.dummy.Pool(8)
        pool.map(upload, paths())
        pool.close()
        pool.join()
