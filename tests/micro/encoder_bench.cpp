// The bytes around each file: boundary, form, request head.
#include "core/http/multipart.hpp"
#include "core/http/request_head.hpp"
#include "support/form.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace {

namespace core = sluice::core;

const std::vector<support::field> fields{
    {"mark", "room-201"}, {"timestamp", "1735689600"}, {"random", "4503599627370496"}};
constexpr std::array<std::byte, 16> random_bytes{};

void boundary(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(core::make_boundary(random_bytes));
}
BENCHMARK(boundary);

void parameter(benchmark::State& state, const char* raw) {
  for (auto _ : state) benchmark::DoNotOptimize(support::escape_parameter(raw));
}
BENCHMARK_CAPTURE(parameter, plain, "img-0000001.jpg");
BENCHMARK_CAPTURE(parameter, quoted, "a \"quoted\"\r\nname.jpg");

void frame(benchmark::State& state) {
  const auto boundary = support::make_boundary(random_bytes);
  const support::file_head file{"file", "img-0000001.jpg", "image/jpeg"};
  for (auto _ : state) benchmark::DoNotOptimize(support::frame_multipart(boundary, fields, file));
}
BENCHMARK(frame);

void head(benchmark::State& state) {
  const auto endpoint = core::parse_url("https://upload.example.com/api/v1/upload?room=201");
  const core::request_head rendered{*endpoint, core::compile_headers({{"app_key", "0123456789"}}, {}),
                                    "Idempotency-Key"};
  const auto type = "multipart/form-data; boundary=" + support::make_boundary(random_bytes);
  const core::template_values values{.key = "0123456789abcdef0123456789abcdef"};
  std::string out;
  for (auto _ : state) {
    out.clear();
    rendered.append(
        out, {.method = "POST", .target = endpoint->target, .content_type = type, .content_length = 32'768},
        values);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(head);

}  // namespace
