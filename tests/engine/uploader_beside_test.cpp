// A drain and single uploads share the window and its connections; neither waits for the other's end.
#include "uploader_fixture.hpp"

namespace sluice {
namespace {

using uploader_beside = with_endpoint;

// The drain's end was told only when the connection of its last file fell idle: an upload that came next on
// it held up everybody who waited for the drain.
TEST_F(uploader_beside, drain_ends_while_an_upload_goes_on) {
  auto c = cfg();
  c.window = window::fixed(1);
  uploader up{ioc_.get_executor(), c};
  files_.write("only");
  server_.hold();
  const auto drained = start_drain(up, source::directory(files_.path()));
  loop::run_until(ioc_, [&] { return server_.in_flight == 1; });
  const auto uploaded = start(up, data("beside"));
  server_.let_go();
  loop::run_until(ioc_, [&] { return server_.count() == 1 && server_.in_flight == 0; });
  server_.hold();
  loop::run_until(ioc_, [&] { return server_.in_flight == 1; });
  settle();
  EXPECT_TRUE(*drained);
  EXPECT_FALSE(*uploaded);
  server_.let_go();
  loop::run_until(ioc_, [&] { return uploaded->has_value(); });
  EXPECT_EQ((*uploaded)->result.fate, fate::accepted);
}

}  // namespace
}  // namespace sluice
