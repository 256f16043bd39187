#include "core/window/window_signal.hpp"

#include <sluice/error.hpp>

#include <gtest/gtest.h>
#include <boost/system/errc.hpp>

namespace sluice::core {
namespace {

using kind = window_sample::kind;

struct row {
  const char* name;
  judgement v;
  int status;
  kind expected;
};
class window_signal_of : public testing::TestWithParam<row> {};

TEST_P(window_signal_of, is) {
  EXPECT_EQ(window_signal(GetParam().v, GetParam().status), GetParam().expected);
}

judgement because(verdict v, blame b, boost::system::error_code e) { return {v, b, e, "", {}}; }

INSTANTIATE_TEST_SUITE_P(
    all, window_signal_of,
    testing::Values(
        row{"success", because(verdict::accepted, blame::nobody, {}), 200, kind::answered},
        row{"refused_file", because(verdict::rejected, blame::file, errc::refused_status), 413,
            kind::answered},
        row{"busy_503", because(verdict::transient, blame::busy, errc::busy_status), 503, kind::overload},
        row{"busy_429", because(verdict::transient, blame::busy, errc::busy_status), 429, kind::overload},
        row{"error_500", because(verdict::transient, blame::busy, errc::busy_status), 500, kind::other},
        row{"lost", because(verdict::unknown, blame::busy, errc::connection_lost), 0, kind::overload},
        row{"stalled", because(verdict::transient, blame::busy, errc::stalled), 0, kind::overload},
        row{"unreachable", because(verdict::transient, blame::unreachable, errc::connect_timeout), 0,
            kind::overload},
        row{"refuses_us", because(verdict::rejected, blame::refuses_us, errc::auth_refused), 401,
            kind::other},
        row{"identity", because(verdict::transient, blame::identity, errc::tls_identity), 0, kind::other},
        row{"stopped_by_us", because(verdict::unknown, blame::busy, errc::stopped), 0, kind::other},
        row{"cancelled",
            because(verdict::unknown, blame::busy,
                    boost::system::errc::make_error_code(boost::system::errc::operation_canceled)),
            0, kind::other}),
    [](const auto& i) { return std::string{i.param.name}; });

}  // namespace
}  // namespace sluice::core
