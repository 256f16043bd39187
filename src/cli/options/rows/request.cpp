// The options that make a request.
#include "rows.hpp"

namespace sluice::cli {
namespace {

using enum option_row::kind;

constexpr option_row request_table[] = {
    {.name = "request",
     .brief = "X",
     .what = value,
     .group = "Request",
     .value = "POST|PUT|PATCH",
     .help = "sluice sends each file with this method.",
     .fallback = "`POST`",
     .who = verb_set::of_runs,
     .sets = "method"},
    {.name = "body",
     .what = value,
     .group = "Request",
     .value = "form|raw",
     .help = "The body of each request is a form with the file in it, or the file's bytes and nothing else.",
     .details = "A raw body has a `Content-Type` that is guessed from the file's extension. `-H "
                "'Content-Type: T'` or `-F 'file=@{};type=T'` sets another one. "
                "[templates.md](templates.md#raw-bodies-and-urls) has examples.",
     .fallback = "`form`",
     .who = verb_set::of_runs,
     .sets = "body"},
    {.name = "form",
     .brief = "F",
     .what = list,
     .group = "Request",
     .value = "NAME=VALUE",
     .help = "sluice adds the text field NAME with the value VALUE to each form; with the value `@{}` NAME "
             "is the file part.",
     .details =
         "Fields are sent in the order in which they are given. VALUE may hold [templates](templates.md). "
         "The option may be given several times.\n\n`NAME=@{}[;type=T][;filename=F]` stands for the file "
         "part of the form, which is always the last part. `type=T` sets its media type, and `filename=F` "
         "sets its filename, in which [templates](templates.md) are allowed. Each request carries one file.",
     .fallback = "no text fields; for the file part `file=@{}`; the type is guessed from the extension, and "
                 "the filename is `{name}`",
     .who = verb_set::of_runs,
     .sets = "form file.name file.filename file.type"},
    {.name = "form-escape",
     .what = flag,
     .group = "Request",
     .help = "sluice writes a quotation mark in a name of the form as `\\\"`, and a backslash as `\\\\`.",
     .details = "Without it a quotation mark is `%22` and a backslash is itself, as browsers do it. "
                "[receivers.md](receivers.md) says which servers want what.",
     .fallback = "off",
     .who = verb_set::of_runs,
     .sets = "form_escape"},
    {.name = "header",
     .brief = "H",
     .what = list,
     .group = "Request",
     .value = "'K: V'|@FILE",
     .help = "sluice sends the header K with the value V with each request.",
     .details = "The option may be given several times. V may hold [templates](templates.md); braces that "
                "are no template stay as they are. sluice refuses the headers that it writes itself, "
                "such as `Host`, `Content-Length`, `Content-Type` (unless the body is raw) and "
                "`Transfer-Encoding`; with `--resolve` it takes `Host`.\n\n`-H @FILE` "
                "reads headers from FILE, one a line; empty lines and lines that begin with `#` are left "
                "out. `-H @-` reads them from standard input. `-H @credential:NAME` reads them from the file "
                "NAME in `$CREDENTIALS_DIRECTORY`, as systemd's `LoadCredential=` provides it. A file keeps "
                "secrets out of the process list. sluice warns once when everybody may read it.",
     .fallback = "none",
     .who = verb_set::of_runs,
     .sets = "headers"},
    {.name = "user",
     .brief = "u",
     .what = value,
     .group = "Request",
     .value = "NAME[:PASSWORD]",
     .help = "sluice sends NAME and PASSWORD with each request, as `Authorization: Basic`.",
     .details =
         "The first colon ends NAME. Without a colon the password is empty: sluice never asks for one. "
         "`@FILE`, "
         "`@credential:NAME` and `@-` read both from the first line of a file, out of sight of other users. "
         "[credentials.md](credentials.md) says more.",
     .fallback = "none",
     .who = verb_set::of_runs,
     .sets = "user"},
    {.name = "oauth2-bearer",
     .what = value,
     .group = "Request",
     .value = "TOKEN",
     .help = "sluice sends TOKEN with each request, as `Authorization: Bearer`.",
     .details =
         "`@FILE`, `@credential:NAME` and `@-` read it from the first line of a file, as for `--user`.",
     .fallback = "none",
     .who = verb_set::of_runs,
     .sets = "bearer"},
    {.name = "idempotency-header",
     .what = value,
     .group = "Request",
     .value = "NAME",
     .help = "The header NAME carries the file's key in each request.",
     .details = "The key is a UUID made from path, inode, size and modification time, so a file has the same "
                "key in each attempt and after a crash. An empty NAME sends no such header.",
     .fallback = "`Idempotency-Key`",
     .who = verb_set::of_runs,
     .sets = "idempotency_header"},
    {.name = "token-command",
     .what = value,
     .group = "Request",
     .value = "CMD",
     .help = "sluice runs CMD with `/bin/sh -c` and sends the request headers that it prints.",
     .details =
         "CMD prints one header a line. It is run at the start, when the server answers 401, before the end "
         "of a "
         "token whose life it told in a line `# expires-in: SECONDS`, and by a watch on SIGHUP. "
         "[credentials.md](credentials.md#tokens-that-run-out) has its limits, and an example for OAuth 2.",
     .fallback = "none",
     .who = verb_set::of_runs},
};

}  // namespace

std::span<const option_row> request_rows() noexcept { return request_table; }

}  // namespace sluice::cli
