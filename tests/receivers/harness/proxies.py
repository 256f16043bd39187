"""The cases through forward proxies. curl does the same job through the same proxy, and both get the same outcome."""

import json
import os
import subprocess
from collections.abc import Callable

from .clients import Drained, Way
from .delivery import Delivery
from .island import Island
from .processes import free_port
from .proxy import KINDS, PASSWORD, Proxy
from .result import Bench, Result


def _start_proxy(bench: Bench, kind: str) -> Proxy:
    proxy = Proxy(kind, bench.tree, bench.certificates)
    bench.servers.append(proxy)
    proxy.start()
    return proxy


def _curl_succeeds(delivery: Delivery, proxy: Proxy, login: bool) -> bool:
    """A request of curl through the proxy that the receiver answers, whatever it answers."""
    argv = ['curl', '--silent', '--cacert', str(delivery.bench.certificates.ca)]
    argv += [*proxy.options_of_curl(login), delivery.receiver.url]
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith('_proxy')}
    return subprocess.run(argv, env=environment, capture_output=True, timeout=60).returncode == 0


def _expect_no_secret(delivery: Delivery, run: Drained) -> None:
    told = run.output + (delivery.bench.room / 'summary').read_text()
    delivery.expect(PASSWORD not in told, "the proxy's password is in the output")


def delete_case(kind: str) -> Callable[[Bench], Result]:
    def case(bench: Bench) -> Result:
        delivery = Delivery(bench)
        proxy = _start_proxy(bench, kind)
        delivery.expect(_curl_succeeds(delivery, proxy, True), 'curl gets no answer')
        run = delivery.run(delivery.receiver.url, '-v', '-w', '16', *proxy.options_of_sluice())
        delivery.expect(run.exit_code == 0, f'sluice ended with {run.exit_code}')
        delivery.expect_left(set())
        _expect_no_secret(delivery, run)
        used = json.loads((bench.room / 'summary').read_text())['proxy']
        delivery.expect(used == {'url': proxy.url(False), 'from': '--proxy'}, f'it says {used}')
        delivery.expect(f'through {proxy.url(False)}' in run.output, 'no line tells the proxy')
        delivery.expect(
            delivery.totals['connections'] < 32,
            f'{delivery.totals["connections"]} connections: the tunnels are not kept',
        )
        return delivery.result(kind)

    return case


def _expect_refusal(
    delivery: Delivery, proxy: Proxy, url: str, *options: str, code: int, words: str
) -> Result:
    """Nothing is sent, and one line says whose refusal it is."""
    run = delivery.run(url, '--retry', '0', *options)
    delivery.expect(run.exit_code == code, f'sluice ended with {run.exit_code}')
    delivery.expect(words in run.output, f'sluice does not say "{words}"')
    delivery.expect_left({original.name for original in delivery.originals})
    _expect_no_secret(delivery, run)
    return delivery.result(f'{proxy.kind}; exit code {run.exit_code}')


def _refusal_case(kind: str, listens: bool, code: int, words: str) -> Callable[[Bench], Result]:
    """curl is refused in the same way."""

    def case(bench: Bench) -> Result:
        delivery = Delivery(bench, small=40, large=1)
        proxy = _start_proxy(bench, kind)
        if not listens:
            proxy.kill()
        delivery.expect(not _curl_succeeds(delivery, proxy, not listens), 'curl succeeds')
        options = proxy.options_of_sluice(not listens)
        url = delivery.receiver.url
        return _expect_refusal(delivery, proxy, url, *options, code=code, words=words)

    return case


def login_case(kind: str) -> Callable[[Bench], Result]:
    return _refusal_case(kind, True, 7, 'the proxy refuses our credentials')


def refused_port_case(kind: str) -> Callable[[Bench], Result]:
    return _refusal_case(kind, False, 5, 'the proxy cannot be reached')


def away_case(kind: str) -> Callable[[Bench], Result]:
    """The proxy works, and nobody listens at the endpoint."""

    def case(bench: Bench) -> Result:
        delivery = Delivery(bench, small=40, large=1)
        proxy = _start_proxy(bench, kind)
        nowhere = f'https://127.0.0.1:{free_port()}/upload'
        options = proxy.options_of_sluice()
        words = 'the proxy cannot reach the endpoint'
        return _expect_refusal(delivery, proxy, nowhere, *options, code=5, words=words)

    return case


def killed_case(kind: str) -> Callable[[Bench], Result]:
    def case(bench: Bench) -> Result:
        delivery = Delivery(bench)
        proxy = _start_proxy(bench, kind)
        options = proxy.options_of_sluice()
        kills = delivery.run_under_kills(
            delivery.receiver.url, *options, server=proxy, least=2, most=5
        )
        return delivery.result(f'{kind}; {kills} times SIGKILL')

    return case


def only_way_case(verb: str) -> Callable[[Bench], Result]:
    """No route but to squid, HTTPS_PROXY in the environment, and squid is killed and started again."""

    def case(bench: Bench) -> Result:
        island = Island(bench.room)
        try:
            delivery = Delivery(bench)
            url, ca = delivery.receiver.url, bench.certificates.ca
            delivery.expect(not island.reaches(url, ca), 'the receiver is reached without a proxy')
            proxy = Proxy('squid', bench.tree, bench.certificates, island.gateway)
            bench.servers.append(proxy)
            proxy.start()
            delivery.how = Way(verb, island.enter, {'HTTPS_PROXY': proxy.url()})
            kills = delivery.run_under_kills(url, '-v', server=proxy, least=2, most=4)
            told = f'through {proxy.url(False)} (HTTPS_PROXY)'
            delivery.expect(told in delivery.drained[0].output, 'no line tells the proxy')
            _expect_no_secret(delivery, delivery.drained[0])
            return delivery.result(f'{verb}; {kills} times SIGKILL')
        finally:
            island.stop()

    return case


def proxy_cases() -> dict[str, Callable[[Bench], Result]]:
    cases: dict[str, Callable[[Bench], Result]] = {}
    for kind in KINDS:
        cases |= {
            f'proxy-{kind}-delete': delete_case(kind),
            f'proxy-{kind}-407': login_case(kind),
            f'proxy-{kind}-refused': refused_port_case(kind),
            f'proxy-{kind}-away': away_case(kind),
            f'proxy-{kind}-killed': killed_case(kind),
        }
    cases |= {f'proxy-only-way-{verb}': only_way_case(verb) for verb in ('send', 'watch')}
    return cases
