// The options of the way to the endpoint.
#include "rows.hpp"

namespace sluice::cli {
namespace {

using enum option_row::kind;

constexpr option_row network_table[] = {
    {.name = "spread",
     .what = flag,
     .group = "Network",
     .help = "The connections are shared over all addresses of the host.",
     .details =
         "Each new connection goes to the address that has the fewest. An address that failed is asked "
         "last for a minute.",
     .fallback = "off; each connection goes to the first address that answers",
     .who = verb_set::of_runs,
     .sets = "spread"},
    {.name = "proxy",
     .brief = "x",
     .what = value,
     .group = "Network",
     .value = "[SCHEME://][USER:PASSWORD@]HOST:PORT",
     .help = "sluice reaches the endpoint through this proxy.",
     .details =
         "SCHEME is `http` (also without one), `https`, `socks5` or `socks5h`. An `https://` endpoint is "
         "reached "
         "by a tunnel, with TLS from end to end; an `http://` one is asked for in absolute form. The proxy "
         "resolves the endpoint's name, but with `socks5`.\n\n"
         "Without the option sluice reads the environment as curl does: `https_proxy` or `HTTPS_PROXY` for "
         "an "
         "`https://` endpoint, `http_proxy` (in lower case only) for an `http://` one, then `all_proxy` or "
         "`ALL_PROXY`. An empty value means no proxy, whatever the environment says. "
         "[proxies.md](proxies.md) "
         "says more.",
     .fallback = "the environment's, or none",
     .who = verb_set::of_runs,
     .sets = "proxy.url"},
    {.name = "proxy-user",
     .what = value,
     .group = "Network",
     .value = "USER:PASSWORD",
     .help = "sluice gives the proxy this user and password, and nobody else.",
     .details =
         "`@FILE`, `@credential:NAME` and `@-` read them from the first line of a file, out of sight of "
         "other users. HTTP proxies get them as Basic.",
     .fallback = "those of `--proxy`",
     .who = verb_set::of_runs,
     .sets = "proxy.user"},
    {.name = "proxy-header",
     .what = list,
     .group = "Network",
     .value = "\"NAME: VALUE\"",
     .help = "sluice sends this header to an HTTP proxy alone.",
     .details = "`@FILE` reads headers from a file, as for `--header`.",
     .fallback = "none",
     .who = verb_set::of_runs,
     .sets = "proxy.headers"},
    {.name = "proxy-cacert",
     .what = value,
     .group = "Network",
     .value = "FILE",
     .help =
         "sluice trusts the PEM certificates in FILE, and no others, when it speaks TLS with an `https://` "
         "proxy.",
     .fallback = "the system's certificates",
     .who = verb_set::of_runs,
     .sets = "proxy.tls.ca_file"},
    {.name = "proxy-insecure",
     .what = flag,
     .group = "Network",
     .help = "sluice verifies neither the certificate nor the name of an `https://` proxy.",
     .details = "It says so once. The endpoint is verified all the same.",
     .fallback = "off",
     .who = verb_set::of_runs,
     .sets = "proxy.tls.insecure",
     .conflicts = {{{"proxy-cacert", "a certificate to trust is of no use where none is verified"}}}},
    {.name = "noproxy",
     .what = value,
     .group = "Network",
     .value = "LIST",
     .help = "sluice reaches the hosts in LIST without the proxy.",
     .details =
         "LIST has names (each stands for all below it, with or without a dot in front), addresses and "
         "networks such as `10.0.0.0/8`, with commas between them; `*` is every host.",
     .fallback = "`no_proxy` or `NO_PROXY` of the environment",
     .who = verb_set::of_runs,
     .sets = "proxy.no_proxy"},
    {.name = "resolve",
     .what = list,
     .group = "Network",
     .value = "HOST:PORT:ADDRESS[,ADDRESS]",
     .help = "sluice finds HOST at these addresses, whatever DNS says.",
     .details = "HOST and PORT are those of the URL, or of the proxy; `*` is any host. Another place is an "
                "error. IPv6 "
                "addresses may stand in brackets. Several addresses are tried as those of DNS are. Of "
                "several entries for "
                "a host the last counts, and one that names it counts before `*`.\n\n"
                "A server can be tried before its name leads there: the name in TLS and in `Host` stays the "
                "URL's. With "
                "this option `--header \"Host: NAME\"` is allowed, and changes `Host` alone.",
     .fallback = "DNS is asked",
     .who = verb_set::of_runs,
     .sets = "resolve"},
    {.name = "ipv4",
     .brief = "4",
     .what = flag,
     .group = "Network",
     .help = "sluice uses IPv4 alone: for the endpoint, and for the proxy.",
     .details = "An IPv6 address in the URL is an error.",
     .fallback = "both families",
     .who = verb_set::of_runs,
     .sets = "family",
     .conflicts = {{{"ipv6", "each leaves one family alone"}}}},
    {.name = "ipv6",
     .brief = "6",
     .what = flag,
     .group = "Network",
     .help = "sluice uses IPv6 alone: for the endpoint, and for the proxy.",
     .details = "An IPv4 address in the URL is an error.",
     .fallback = "both families",
     .who = verb_set::of_runs,
     .sets = "family"},
    {.name = "interface",
     .what = value,
     .group = "Network",
     .value = "ADDRESS|NAME",
     .help = "Connections come from this address of the machine, or leave by the interface of this name.",
     .details = "An address leaves its own family alone. sluice binds to an interface (SO_BINDTODEVICE); "
                "where the system "
                "does not allow that, connections come from the interface's address. Name servers are asked "
                "as always.",
     .fallback = "the system chooses",
     .who = verb_set::of_runs,
     .sets = "interface"},
    {.name = "unix-socket",
     .what = value,
     .group = "Network",
     .value = "PATH",
     .help = "sluice reaches the endpoint through this Unix socket, which a side-car listens at.",
     .details = "The URL says what is spoken there: HTTP, or TLS with the URL's name. A proxy of the "
                "environment is not "
                "asked. Where nobody listens yet, the endpoint cannot be reached: exit code 5, and `sluice "
                "watch` waits.",
     .fallback = "the network",
     .who = verb_set::of_runs,
     .sets = "unix_socket"},
};

}  // namespace

std::span<const option_row> network_rows() noexcept { return network_table; }

}  // namespace sluice::cli
