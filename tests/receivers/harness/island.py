"""A network that one cable leads out of, to an address on which nothing but a proxy listens."""

import os
import subprocess
import time
from pathlib import Path

from .processes import Child, Failure, free_port, run_tool


class Island:
    """A network namespace without a route, and a pair of virtual Ethernet devices into it. Needs root."""

    def __init__(self, room: Path):
        number = free_port()  # nobody else has it
        self.gateway = f'198.18.{number // 256}.{number % 256 // 4 * 4 + 1}'
        inside = self.gateway.rsplit('.', 1)[0] + f'.{number % 256 // 4 * 4 + 2}'
        self._holder = Child(['unshare', '--net', 'sleep', 'infinity'], room / 'island.log')
        self.device = f'sluice{number}'
        self._wait_for_namespace()
        self.enter = ['nsenter', f'--net=/proc/{self._holder.pid}/ns/net']
        peer = ['peer', 'name', 'out', 'netns', str(self._holder.pid)]
        run_tool(['ip', 'link', 'add', self.device, 'type', 'veth', *peer])
        run_tool(['ip', 'address', 'add', f'{self.gateway}/30', 'dev', self.device])
        run_tool(['ip', 'link', 'set', self.device, 'up'])
        run_tool([*self.enter, 'ip', 'address', 'add', f'{inside}/30', 'dev', 'out'])
        run_tool([*self.enter, 'ip', 'link', 'set', 'out', 'up'])

    def _wait_for_namespace(self) -> None:
        ours = os.readlink('/proc/self/ns/net')
        end = time.monotonic() + 10
        while time.monotonic() < end:
            if os.readlink(f'/proc/{self._holder.pid}/ns/net') != ours:
                return
            time.sleep(0.01)
        raise Failure('there is no network namespace after 10 s')

    def reaches(self, url: str, ca: Path) -> bool:
        """Whether curl gets an answer without a proxy."""
        argv = [*self.enter, 'curl', '--silent', '--noproxy', '*', '--max-time', '5']
        return not subprocess.run([*argv, '--cacert', str(ca), url], capture_output=True).returncode

    def stop(self) -> None:
        subprocess.run(['ip', 'link', 'delete', self.device], capture_output=True)
        self._holder.stop()
