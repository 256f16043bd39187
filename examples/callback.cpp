// Uploads one file and calls back. usage: example_callback URL CA_FILE FILE
#include <sluice/sluice.hpp>

#include <boost/asio/io_context.hpp>
#include <iostream>

namespace asio = boost::asio;

int main(int argc, char** argv) {
  if (argc != 4) return std::cerr << "usage: example_callback URL CA_FILE FILE\n", 2;
  bool accepted = false;
  // [readme]
  sluice::config cfg;
  cfg.url = argv[1];  // https://host/upload
  cfg.tls.ca_file = argv[2];
  cfg.form.push_back({"mark", "room-201"});

  asio::io_context ioc{1};
  sluice::uploader up{ioc.get_executor(), cfg};  // throws std::invalid_argument for what cannot work
  up.async_upload(argv[3], [&](boost::system::error_code ec, const sluice::upload_result& r) {
    accepted = !ec && r.fate == sluice::fate::accepted;  // a refusal is a fate, not an error
    std::cout << argv[3] << ": " << to_string(r.fate) << ", status " << r.status << '\n';
  });
  ioc.run();
  // [readme]
  return accepted ? 0 : 1;
}
