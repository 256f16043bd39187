// The judge of every fault test: from what a scenario left behind, was a file lost, removed unconfirmed, sent
// twice without a reason, sent with another key, or counted wrongly?
#pragma once

#include "support/files.hpp"
#include "support/sink.hpp"

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace support {

/// The traces that one or more runs over the same files have left.
struct evidence {
  listing originals;    ///< each file as the test wrote it last; without those the test took away
  listing spool;        ///< afterwards
  listing moved{};      ///< files in the target of --on-success move
  listing set_aside{};  ///< files in the target of --on-reject move
  std::vector<sink::received> ledger{};     ///< lines of every sink, in any order
  std::vector<nlohmann::json> summaries{};  ///< the summary of each run that lived to write it
  std::vector<nlohmann::json> job_log{};    ///< the lines of all runs; empty: none was kept
  std::uint64_t in_flight_at_kills = 0;  ///< how many files the runs that were killed may have had in flight
  bool followed = false;                 ///< a watch: each try of a file is a record, and counts
  std::set<std::string> touched{};       ///< base names the test gave a new identity without new content
};

struct findings {
  std::vector<std::string> lost;         ///< neither kept as it was nor taken by a server
  std::vector<std::string> unconfirmed;  ///< taken away before a server had confirmed it in a whole reply
  std::vector<std::string>
      repeated;  ///< more duplicates than unknown outcomes, failed removals and kills explain
  std::vector<std::string> wrong_keys;  ///< one file with two keys, one key for two contents, or none
  std::vector<std::string> miscounted;  ///< summary, job log and ledger are not one story
  std::uint64_t duplicates = 0;         ///< files a server committed again

  bool clean() const;
  std::string text() const;  ///< a line a finding
};

findings judge(const evidence& e);

/// The lines of a job log. A torn last line is left out.
std::vector<nlohmann::json> read_job_log(const std::filesystem::path& file);

}  // namespace support
