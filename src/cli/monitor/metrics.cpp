#include "metrics.hpp"

#include <sluice/version.hpp>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace sluice::cli {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;

void raise_to(Counter& c, double total) { c.Increment(std::max(0.0, total - c.Value())); }
void raise_to(Counter& c, std::uint64_t total) { raise_to(c, static_cast<double>(total)); }
void set(Gauge& g, std::size_t value) { g.Set(static_cast<double>(value)); }

/// A histogram of the library, and how much of a phase it has been told.
struct told_phase {
  Histogram& histogram;
  phase_times told{};

  void tell(const phase_times& all) {
    std::vector<double> more(all.counts.size());
    for (std::size_t i = 0; i < more.size(); ++i)
      more[i] = static_cast<double>(all.counts[i] - told.counts[i]);
    histogram.ObserveMultiple(more, all.sum - told.sum);
    told = all;
  }
};

/// A gauge without a sample while its value is not known.
class late_gauge {
 public:
  explicit late_gauge(prometheus::Family<Gauge>& family) : family_{family} {}
  void set(const std::optional<double>& value) {
    if (!value && gauge_ != nullptr) family_.Remove(std::exchange(gauge_, nullptr));
    if (!value) return;
    if (gauge_ == nullptr) gauge_ = &family_.Add({});
    gauge_->Set(*value);
  }

 private:
  prometheus::Family<Gauge>& family_;
  Gauge* gauge_ = nullptr;
};

std::string word(std::string_view text) { return std::string{text}; }

/// Makes the families of one registry.
struct family_maker {
  prometheus::Registry registry;

  Counter& counter(const char* name, const char* help, const prometheus::Labels& labels = {}) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add(labels);
  }
  Gauge& gauge(const char* name, const char* help, const prometheus::Labels& labels = {}) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(labels);
  }
  late_gauge gauge_once_known(const char* name, const char* help) {
    return late_gauge{prometheus::BuildGauge().Name(name).Help(help).Register(registry)};
  }
  /// One counter for each of the words an enumeration has.
  template <std::size_t N, class Word>
  std::vector<Counter*> counters(const char* name, const char* help, const char* label, Word word_of) {
    std::vector<Counter*> out;
    out.reserve(N);
    for (std::size_t i = 0; i < N; ++i) out.push_back(&counter(name, help, {{label, word(word_of(i))}}));
    return out;
  }
  /// The same of gauges.
  template <std::size_t N, class Word>
  std::vector<Gauge*> gauges(const char* name, const char* help, const char* label, Word word_of) {
    std::vector<Gauge*> out;
    out.reserve(N);
    for (std::size_t i = 0; i < N; ++i) out.push_back(&gauge(name, help, {{label, word(word_of(i))}}));
    return out;
  }
  std::vector<told_phase> histograms() {
    auto& family = prometheus::BuildHistogram()
                       .Name("sluice_attempt_duration_seconds")
                       .Help("Time of attempts by phase; one that did not happen is not counted")
                       .Register(registry);
    const Histogram::BucketBoundaries bounds(phase_times::bounds.begin(), phase_times::bounds.end());
    std::vector<told_phase> out;
    out.reserve(phase_names.size());
    for (const auto name : phase_names) out.push_back({family.Add({{"phase", word(name)}}, bounds)});
    return out;
  }
};

/// The counters of what became of files and attempts.
struct run_totals {
  family_maker& make;

  std::vector<Counter*> files =
      make.counters<all_fates.size()>("sluice_files_total", "Files that sluice is done with, by fate", "fate",
                                      [](std::size_t i) { return to_string(all_fates[i]); });
  Counter& bytes = make.counter("sluice_bytes_total", "Bytes of files the server confirmed");
  Counter& sent_bytes = make.counter("sluice_sent_bytes_total", "Bytes of requests, as the kernel took them");
  std::vector<Counter*> attempts =
      make.counters<4>("sluice_attempts_total", "Attempts that came to use the network, by verdict",
                       "verdict", [](std::size_t i) { return to_string(static_cast<verdict>(i)); });
  Counter& retries = make.counter("sluice_retries_total", "Of the attempts, those after a file's first");
  Counter& unknown =
      make.counter("sluice_unknown_outcomes_total",
                   "Attempts whose whole request may have left without a reply: a file may be there twice");
  Counter& refusals = make.counter(
      "sluice_refusals_total", "Attempts the endpoint refused as ours: TLS identity, 401/403/407, redirects");
  Counter& connections = make.counter("sluice_connections_total", "TCP connections opened");
  Counter& log_lines_dropped = make.counter("sluice_log_lines_dropped_total",
                                            "Job-log lines that a full disk or a slow reader did not take");
  Counter& folders_deleted =
      make.counter("sluice_folders_deleted_total", "Emptied folders that were removed");
  std::vector<Counter*> window_changes =
      make.counters<8>("sluice_window_changes_total", "Changes of an automatic window, by reason", "reason",
                       [](std::size_t i) { return to_string(static_cast<window_reason>(i)); });
  std::vector<told_phase> phases = make.histograms();

  void count(const telemetry_totals& t) {
    for (std::size_t i = 0; i < files.size(); ++i) raise_to(*files[i], t.files.only(all_fates[i]));
    for (std::size_t i = 0; i < attempts.size(); ++i) raise_to(*attempts[i], t.attempts[i]);
    for (std::size_t i = 0; i < window_changes.size(); ++i) raise_to(*window_changes[i], t.window_changes[i]);
    for (std::size_t i = 0; i < phases.size(); ++i) phases[i].tell(t.phases[i]);
    raise_to(bytes, t.bytes), raise_to(sent_bytes, t.sent_bytes), raise_to(connections, t.connections);
    raise_to(retries, t.retries), raise_to(refusals, t.refusals);
    raise_to(unknown, t.attempts_with(verdict::unknown)), raise_to(log_lines_dropped, t.log_lines_dropped);
    raise_to(folders_deleted, t.folders_deleted);
  }
};

/// The figures of the moment.
struct run_gauges {
  family_maker& make;

  Gauge& in_flight = make.gauge("sluice_in_flight", "Uploads in flight");
  Gauge& window = make.gauge("sluice_window", "Uploads that may be in flight at once");
  late_gauge backlog = make.gauge_once_known("sluice_backlog_files", "Files of the source that wait");
  Gauge& backing_off = make.gauge("sluice_backing_off_files", "Files that wait for their next attempt");
  late_gauge oldest = make.gauge_once_known("sluice_oldest_waiting_seconds",
                                            "Age of the oldest file that waits; 0: none does");
  std::vector<Gauge*> states = make.gauges<all_endpoint_states.size()>(
      "sluice_endpoint_state", "1: the uploader is in this state", "state",
      [](std::size_t i) { return to_string(all_endpoint_states[i]); });
  Gauge& state_age = make.gauge("sluice_endpoint_state_seconds", "Age of the state that is 1");
  Gauge& paused = make.gauge("sluice_paused", "1: paused by its operator");
  Gauge& pause = make.gauge("sluice_pause_seconds", "All wait so long: Retry-After");
  Gauge& up = make.gauge("sluice_endpoint_up", "0: the state is refused, unreachable or no replies");
  Gauge& rescans = make.gauge("sluice_only_rescans",
                              "1: the kernel tells nothing of some directories; files wait for a walk");

  void show(const telemetry& shown) {
    const auto& p = shown.last();
    set(in_flight, p.in_flight), set(window, p.window), set(backing_off, p.backing_off);
    const auto files = shown.backlog();
    backlog.set(files ? std::optional{static_cast<double>(*files)} : std::nullopt);
    oldest.set(shown.oldest_seconds());
    const auto state = shown.state();
    for (std::size_t i = 0; i < states.size(); ++i) set(*states[i], state == all_endpoint_states[i]);
    state_age.Set(shown.state_seconds());
    set(paused, state == endpoint_state::paused), set(rescans, p.only_rescans);
    pause.Set(static_cast<double>(p.pause.count()) / 1e3);
    set(up, is_endpoint_up(state));
  }
};

/// The figures of the process.
struct process_families {
  family_maker& make;

  Counter& cpu = make.counter("process_cpu_seconds_total", "User and system CPU time");
  Gauge& resident = make.gauge("process_resident_memory_bytes", "Resident memory");
  Gauge& virtual_memory = make.gauge("process_virtual_memory_bytes", "Virtual memory");
  Gauge& open_files = make.gauge("process_open_fds", "Open file descriptors");
  Gauge& most_files = make.gauge("process_max_fds", "Most file descriptors the process may open");
  Gauge& started = make.gauge("process_start_time_seconds", "Start of the process, seconds since 1970");

  void show(const process_figures& f) {
    raise_to(cpu, f.cpu_seconds);
    resident.Set(f.resident_bytes.value_or(0)), virtual_memory.Set(f.virtual_bytes.value_or(0));
    open_files.Set(f.open_files.value_or(0)), most_files.Set(f.most_files.value_or(0));
    started.Set(f.started.value_or(0));
  }
};

}  // namespace

struct metrics::families {
  families() {
    make.gauge("sluice_build_info", "1; the label is the version", {{"version", word(version)}}).Set(1);
  }

  family_maker make;
  run_totals totals{make};
  run_gauges gauges{make};
  process_families process{make};
};

metrics::metrics() : all_{std::make_unique<families>()} {}
metrics::~metrics() = default;

std::string metrics::text(const telemetry& shown, const process_figures& process) {
  all_->totals.count(shown.totals());
  all_->gauges.show(shown);
  all_->process.show(process);
  return prometheus::TextSerializer{}.Serialize(all_->make.registry.Collect());
}

}  // namespace sluice::cli
