// The text fields of each file.
#include "core/http/field_template.hpp"

#include <benchmark/benchmark.h>

#include <chrono>

namespace {

namespace core = sluice::core;

void render(benchmark::State& state, const char* text) {
  const auto form = core::field_template::parse(text);
  if (!form.has_value()) return state.SkipWithError("not a template");
  core::template_values values;
  values.path = "camera-1/2025-01-01/img-0000001.jpg";
  values.size = 32'768;
  values.mtime_ns = 1'735'689'600'000'000'000;
  values.now = core::wall_time{std::chrono::seconds{1'735'689'600}};
  values.key = "0123456789abcdef0123456789abcdef";
  values.host = "gate";
  for (auto _ : state) {
    ++values.seq;
    benchmark::DoNotOptimize(form->render(values));
  }
}
BENCHMARK_CAPTURE(render, literal, "room-201");
BENCHMARK_CAPTURE(render, now, "{now}");
BENCHMARK_CAPTURE(render, random, "{random}");
BENCHMARK_CAPTURE(render, uuid, "{uuid}");
BENCHMARK_CAPTURE(render, path_parts, "{stem}-{seq}.{ext}");
BENCHMARK_CAPTURE(render, everything, "{host}/{path}?{size}&{mtime}&{now_ms}&{key}&{seq}");

void parse(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(core::field_template::parse("{host}/{path}?{size}&{mtime}"));
}
BENCHMARK(parse);

}  // namespace
