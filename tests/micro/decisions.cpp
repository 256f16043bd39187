// What the decisions on each file's way cost.
#include "core/field_template.hpp"
#include "core/idempotency_key.hpp"
#include "core/multipart.hpp"
#include "core/verdict.hpp"

#include <sluice/result.hpp>

#include <benchmark/benchmark.h>

namespace {

using namespace sluice;

void multipart_frame(benchmark::State& state) {
  const std::array<std::byte, 16> random{};
  const std::vector<core::field> fields{
      {"mark", "room-201"}, {"timestamp", "1795433038"}, {"random", "7528405230356543"}};
  for (auto _ : state) {
    const auto boundary = core::make_boundary(random);
    benchmark::DoNotOptimize(
        core::frame_multipart(boundary, fields, {"file", "img000017.jpg", "image/jpeg"}));
  }
}
BENCHMARK(multipart_frame);

void field_template(benchmark::State& state) {
  const auto t = core::field_template::parse("{host}-{now_ms}-{random}-{stem}");
  const core::template_values values{
      "a/img000017.jpg", 31415, 0, {}, "b59e2d5c-f9ca-55b9-b368-32d24c33df9d", 17, "cam"};
  for (auto _ : state) benchmark::DoNotOptimize((*t).render(values));
}
BENCHMARK(field_template);

void idempotency_key(benchmark::State& state) {
  core::file_identity file{1, 2, 31415, 4, 5};
  for (auto _ : state) {
    ++file.inode;
    benchmark::DoNotOptimize(core::idempotency_key("a/img000017.jpg", file));
  }
}
BENCHMARK(idempotency_key);

void judge_accepted(benchmark::State& state) {
  core::success_rules rules{{200}, {}};
  rules.json.push_back(*core::json_rule::parse("/code=0"));
  core::attempt_outcome outcome;
  outcome.request = core::sent::whole;
  outcome.reply = core::reply{200, true, R"({"code":0,"size":31415})", "", ""};
  for (auto _ : state) benchmark::DoNotOptimize(core::judge(outcome, rules, false, {}));
}
BENCHMARK(judge_accepted);

void job_log_line(benchmark::State& state) {
  file_record r;
  r.path = "a/img000017.jpg", r.key = "b59e2d5c-f9ca-55b9-b368-32d24c33df9d", r.fate = fate::accepted,
  r.disposal = "deleted";
  r.response = R"({"code":0,"size":31415})";
  for (auto _ : state) benchmark::DoNotOptimize(to_json(r));
}
BENCHMARK(job_log_line);

}  // namespace
