#include "support/files.hpp"

#include <openssl/evp.h>
#include <stdlib.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace support {

namespace fs = std::filesystem;

scratch::scratch() {
  auto name = (fs::temp_directory_path() / "sluice-test-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary directory");
  path_ = fs::canonical(name);
}

scratch::~scratch() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string content_of(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  std::ostringstream out;
  if (in.peek() != std::ifstream::traits_type::eof()) out << in.rdbuf();
  return out.str();
}

namespace {

void write(const fs::path& file, std::string_view bytes, std::ios::openmode how) {
  std::ofstream out{file, std::ios::binary | how};
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.flush();
  if (!out) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace

void write_file(const fs::path& file, std::string_view bytes) { write(file, bytes, std::ios::trunc); }
void append_to(const fs::path& file, std::string_view bytes) { write(file, bytes, std::ios::app); }

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("no SHA-256");
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    constexpr std::string_view digits = "0123456789abcdef";
    hex += digits[digest[i] >> 4];
    hex += digits[digest[i] & 15];
  }
  return hex;
}

listing files_below(const fs::path& root) {
  listing found;
  for (const auto& entry : fs::recursive_directory_iterator{root})
    if (entry.symlink_status().type() == fs::file_type::regular)
      found[entry.path().native().substr(root.native().size() + 1)] = sha256(content_of(entry.path()));
  return found;
}

spool::spool(fs::path root) : root_{std::move(root)} { fs::create_directories(root_); }

void spool::add(const std::string& name, std::string_view bytes) {
  const auto file = root_ / name;
  fs::create_directories(file.parent_path());
  write_file(file, bytes);
  originals_[name] = sha256(bytes);
}

void spool::recall(const std::string& name) {
  originals_.erase(name);
  if (fs::symlink_status(root_ / name).type() == fs::file_type::regular)
    originals_[name] = sha256(content_of(root_ / name));
}

void spool::add_many(std::size_t count, std::size_t size, const std::string& prefix) {
  for (std::size_t i = 1; i <= count; ++i) {
    std::array<char, 16> number{};
    std::snprintf(number.data(), number.size(), "%05zu", i);
    const auto name = prefix + "-" + number.data() + ".bin";
    auto bytes = name + "\n";
    bytes.resize(size, static_cast<char>('a' + i % 26));
    add(name, bytes);
  }
}

}  // namespace support
