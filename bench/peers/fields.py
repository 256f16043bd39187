"""What the Python peers share: the files and the fields of the form."""

import os
import random
import sys
import time

url, folder, count, ca = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
headers = {'app_key': 'bench', 'access_token': 'bench'}


def paths() -> list[str]:
    found: list[str] = []
    for root, _, names in os.walk(folder):
        for name in names:
            found.append(os.path.join(root, name))
            if len(found) == count:
                return found
    return found


def fields() -> dict[str, str]:
    now, lot = str(int(time.time())), str(random.randint(0, 10**9))
    return {'mark': 'room-201', 'timestamp': now, 'random': lot}
