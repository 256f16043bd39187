#include "option_table.hpp"

#include <algorithm>
#include <iterator>

namespace sluice::cli {
namespace {

using enum option_spec::kind;
constexpr verb_set all{verb::send, verb::watch, verb::bench};
constexpr verb_set once{verb::send};
constexpr verb_set watch{verb::watch};
constexpr verb_set bench{verb::bench};

constexpr option_spec table[] = {
    {"form", "F", list, "Request", "NAME=VALUE",
     "text field, {templates} allowed; or NAME=@{}[;type=T][;filename=F], the file part (default file=@{})",
     all},
    {"header", "H", list, "Request", "K: V|@FILE", "request header, or a file with one a line", all},
    {"idempotency-header", "", value, "Request", "NAME",
     "header that carries the file's key (default Idempotency-Key; empty: none)", all},

    {"include", "", list, "Selection", "GLOB", "send only what matches"},
    {"exclude", "", list, "Selection", "GLOB", "leave out what matches; wins over --include"},
    {"min-age", "", value, "Selection", "TIME", "modified at least so long ago"},
    {"max-age", "", value, "Selection", "TIME", "modified at most so long ago"},
    {"min-size", "", value, "Selection", "BYTES", "at least so large"},
    {"max-size", "", value, "Selection", "BYTES", "at most so large"},
    {"files-from", "", value, "Selection", "FILE|-",
     "names, one a line, instead of walking; relative to SOURCE where one is given", once},
    {"files-from0", "", value, "Selection", "FILE|-", "the same, names ended by NUL", once},
    {"max-depth", "", value, "Selection", "N", "1: only files right in SOURCE"},
    {"max-files", "", value, "Selection", "N", "stop after so many", once},
    {"order-by", "", value, "Selection", "KEY[,desc]",
     "name, mtime or size (holds the listing in memory; default: as the directory gives them)"},
    {"dry-run", "n", flag, "Selection", "", "list what would be sent, send nothing", once},

    {"success-status", "", value, "Success", "LIST", "statuses that mean success (default 200,201,204)", all},
    {"success-json", "", list, "Success", "POINTER=VALUE",
     "and the reply's JSON must hold this, e.g. /code=0", all},

    {"on-success", "", value, "Disposal", "WHAT", "keep, delete or move=DIR a confirmed file (default keep)"},
    {"on-reject", "", value, "Disposal", "WHAT",
     "keep or move=DIR a file the server said no to (default keep)"},

    {"window", "w", value, "Speed", "N|auto",
     "uploads at once, each on a connection of its own (default auto: as many as make it faster)"},
    {"window-max", "", value, "Speed", "N", "most of them with --window auto (default 1000)"},
    {"limit-rate", "", value, "Speed", "BYTES", "a second, for all connections together"},
    {"rate", "", value, "Speed", "N[/s|/m|/h]", "requests begun, for all connections together"},
    {"max-duration", "", value, "Speed", "TIME", "start nothing new after this long"},
    {"max-errors", "", value, "Speed", "N", "stop after so many files were not accepted"},
    {"grace", "", value, "Speed", "TIME", "for what is in flight when told to stop (default 10s)"},

    {"retry", "", value, "Retry", "N", "attempts after the first (default 2)"},
    {"retry-max-time", "", value, "Retry", "TIME", "no retry begins so long after the first attempt"},
    {"retry-all-errors", "", flag, "Retry", "", "retry refusals too (never 401, 403, 407, 3xx)"},
    {"connect-timeout", "", value, "Retry", "TIME", "DNS, TCP and TLS together (default 10s)", all},
    {"max-time", "m", value, "Retry", "TIME", "one attempt as a whole (default: no limit)", all},
    {"speed-time", "", value, "Retry", "TIME",
     "give up an attempt when no byte moved for so long (default 30s)", all},

    {"insecure", "k", flag, "TLS", "", "verify neither the server's certificate nor its name", all},
    {"cacert", "", value, "TLS", "FILE", "PEM certificates to trust (default: the system's)", all},
    {"cert", "", value, "TLS", "FILE", "PEM client certificate chain", all},
    {"key", "", value, "TLS", "FILE", "PEM private key (default: in --cert)", all},
    {"pinnedpubkey", "", value, "TLS", "HASHES", "sha256//BASE64[;...] of the server's public key", all},
    {"tls-min", "", value, "TLS", "1.2|1.3", "least TLS version (default 1.2)", all},

    {"progress", "", value, "Output", "HOW", "auto, bar, line or none (default auto: a bar on a terminal)"},
    {"stats", "", value, "Output", "TIME", "interval of progress lines (default 10s; of watch 60s)"},
    {"joblog", "", value, "Output", "FILE|-", "append a JSON line per file"},
    {"resume", "", flag, "Output", "", "skip what the job log has as accepted", once},
    {"summary", "", value, "Output", "FILE|-", "write the run's summary as JSON"},
    {"trace-window", "", value, "Output", "FILE", "write each change of an automatic window as a JSON line"},
    {"verbose", "v", flag, "Output", "", "a line per file: time, path, status, reply"},
    {"quiet", "q", flag, "Output", "", "errors only", all},
    {"log-json", "", flag, "Output", "", "lines per file as JSON"},

    {"config", "K", value, "Configuration", "FILE", "JSON with comments, keys as these options", all},
    {"lock", "", value, "Configuration", "FILE", "lock this file instead of SOURCE"},

    {"rescan", "", value, "Watch", "TIME", "walk SOURCE anew at least so often (default 60s)", watch},
    {"token-command", "", value, "Watch", "CMD",
     "its output is request headers, one a line: asked at the start, on SIGHUP and when the server says 401",
     watch},
    {"control", "", value, "Watch", "PATH", "socket for `sluice ctl`", {verb::watch, verb::ctl}},
    {"status", "", value, "Watch", "ADDR:PORT", "HTTP page and metrics of this run, on a loopback address",
     watch},
    {"status-public", "", flag, "Watch", "", "--status may be seen from other machines", watch},

    {"size", "", value, "Load", "BYTES[-BYTES]",
     "bodies from memory: of one size, or of sizes drawn evenly from a range (default 32k)", bench},
    {"from", "", value, "Load", "DIR", "the files of DIR as bodies, in turn, again and again", bench},
    {"window", "w", value, "Load", "N|auto[,...]",
     "requests in flight; several are measured one after another (default 16)", bench},
    {"rate", "", value, "Load", "N[/s|/m|/h]",
     "requests begin at fixed times, whatever the replies do; latency counts from those times", bench},
    {"duration", "", value, "Load", "TIME", "measure each window for so long (default 10s)", bench},
    {"count", "", value, "Load", "N", "measure so many requests instead", bench},
    {"warm-up", "", value, "Load", "TIME", "before it is measured (default 1s)", bench},
    {"grace", "", value, "Load", "TIME", "for what is in flight at the end (default 10s)", bench},
    {"yes-i-may-load", "", value, "Load", "HOST", "needed for any host but this machine: the URL's host",
     bench},
    {"json", "", value, "Output", "FILE|-", "write all figures as JSON", bench},
    {"html", "", value, "Output", "FILE", "write a page with plots, which needs nothing from elsewhere",
     bench},

    {"json", "", flag, "Output", "", "status as JSON", {verb::ctl}},
};

}  // namespace

std::vector<option_spec> options_of(verb v) {
  std::vector<option_spec> options;
  std::ranges::copy_if(table, std::back_inserter(options),
                       [&](const option_spec& spec) { return spec.belongs_to(v); });
  return options;
}

const option_spec* find_option(std::string_view name, verb v) {
  const auto* it = std::ranges::find_if(
      table, [&](const option_spec& spec) { return spec.name == name && spec.belongs_to(v); });
  return it == std::end(table) ? nullptr : it;
}

bool is_option(std::string_view name) {
  return std::ranges::find(table, name, &option_spec::name) != std::end(table);
}

}  // namespace sluice::cli
