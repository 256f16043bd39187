#include "support/oracle.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace support {
namespace {

using json = nlohmann::json;
using keys = std::set<std::string>;

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

bool committed(const sink::received& r) { return r.verdict == "accepted"; }

/// The server says another digest than that of the bytes.
bool falsified(const sink::received& r) { return r.line.value("falsified", false); }

/// The server committed, and its whole reply said so after it had read the whole request.
bool confirmed(const sink::received& r) {
  return committed(r) && r.line.at("reply") == "whole" && !falsified(r);
}

std::uint64_t sum(const std::vector<json>& summaries, const char* count) {
  std::uint64_t all = 0;
  for (const auto& s : summaries) all += s.at(count).get<std::uint64_t>();
  return all;
}

std::map<std::string, std::size_t> tally(const listing& files) {
  std::map<std::string, std::size_t> count;
  for (const auto& [name, digest] : files) ++count[digest];
  return count;
}

/// Equal contents are told apart by their keys only, so files are followed by digest.
void check_losses(const evidence& e, findings& f) {
  std::map<std::string, keys> taken, told;
  for (const auto& r : e.ledger) {
    if (committed(r)) taken[r.sha256].insert(r.key);
    if (confirmed(r)) told[r.sha256].insert(r.key);
  }
  const auto kept = tally(e.spool), aside = tally(e.set_aside), moved = tally(e.moved);
  std::map<std::string, std::vector<std::string>> needed;
  for (const auto& [name, digest] : e.originals) needed[digest].push_back(name);
  const auto count_in = [](const auto& counts, const std::string& digest) {
    const auto at = counts.find(digest);
    return at == counts.end() ? std::size_t{0} : at->second;
  };
  for (const auto& [digest, names] : needed) {
    const auto held = count_in(kept, digest) + count_in(aside, digest);
    const auto gone = names.size() > held ? names.size() - held : 0;
    const auto where = names.front() + " (" + digest.substr(0, 12) + ")";
    if (gone > std::max(count_in(moved, digest), taken[digest].size()))
      f.lost.push_back(where + ": " + std::to_string(gone) + " gone, " +
                       std::to_string(taken[digest].size()) + " with a server");
    else if (gone > told[digest].size())
      f.unconfirmed.push_back(where + ": " + std::to_string(gone) + " taken away, " +
                              std::to_string(told[digest].size()) + " confirmed");
  }
}

void check_duplicates(const evidence& e, findings& f) {
  std::map<std::string, std::uint64_t> times;
  for (const auto& r : e.ledger)
    if (committed(r)) ++times[r.key];
  std::string which;
  for (const auto& [key, n] : times) {
    f.duplicates += n - 1;
    if (n > 1) which += " " + key + " x" + std::to_string(n);
  }
  const auto explained = sum(e.summaries, "unknown_outcomes") + sum(e.summaries, "undeletable") +
                         sum(e.summaries, "log_lines_dropped") + e.in_flight_at_kills +
                         static_cast<std::uint64_t>(std::ranges::count_if(e.ledger, falsified));
  if (f.duplicates > explained)
    f.repeated.push_back(std::to_string(f.duplicates) + " duplicates, " + std::to_string(explained) +
                         " explained:" + which);
}

void check_keys(const evidence& e, findings& f) {
  std::map<std::pair<std::string, std::string>, std::size_t> files;
  for (const auto& [path, digest] : e.originals) ++files[{base_name(path), digest}];
  std::map<std::pair<std::string, std::string>, keys> keys_of;
  std::map<std::string, std::set<std::string>> contents_of;
  for (const auto& r : e.ledger) {
    if (r.sha256.empty()) continue;  // not received whole
    keys_of[{r.name, r.sha256}].insert(r.key);
    contents_of[r.key].insert(r.sha256);
    if (r.key.empty()) f.wrong_keys.push_back(r.name + ": no key");
  }
  for (const auto& [file, used] : keys_of)
    if (used.size() > std::max<std::size_t>(files[file], 1) && !e.touched.contains(file.first))
      f.wrong_keys.push_back(file.first + ": " + std::to_string(used.size()) + " keys for one content");
  for (const auto& [key, contents] : contents_of)
    if (contents.size() > 1)
      f.wrong_keys.push_back(key + ": one key for " + std::to_string(contents.size()) + " contents");
}

constexpr std::array fates{"accepted", "rejected", "deferred", "changed", "vanished", "skipped"};

void check_counts(const evidence& e, findings& f) {
  for (const auto& s : e.summaries) {
    std::uint64_t all = 0;
    for (const auto* fate : fates) all += s.at(fate).get<std::uint64_t>();
    if (all != s.at("seen")) f.miscounted.push_back("seen is not the sum of the fates: " + s.dump());
    if (s.at("deleted").get<std::uint64_t>() + s.at("undeletable").get<std::uint64_t>() > s.at("accepted"))
      f.miscounted.push_back("more taken away than accepted: " + s.dump());
  }
  if (e.in_flight_at_kills > 0) return;  // a killed run told nothing of itself
  keys told, taken;
  std::uint64_t complete = 0;
  for (const auto& r : e.ledger) {
    if (committed(r)) taken.insert(r.key);
    if (confirmed(r)) told.insert(r.key);
    if (r.line.at("complete") == true) ++complete;
  }
  const auto accepted = sum(e.summaries, "accepted");
  // A later run may send again what an earlier run could not remove or note.
  const auto again =
      e.summaries.size() > 1 ? sum(e.summaries, "undeletable") + sum(e.summaries, "log_lines_dropped") : 0;
  if (accepted > told.size() + again)
    f.miscounted.push_back(std::to_string(accepted) + " said to be accepted, the ledger confirmed " +
                           std::to_string(told.size()));
  const auto doubted = sum(e.summaries, "unknown_outcomes") + sum(e.summaries, "changed") +
                       sum(e.summaries, "rejected") +
                       static_cast<std::uint64_t>(std::ranges::count_if(e.ledger, falsified));
  if (taken.size() > accepted + doubted)
    f.miscounted.push_back("the ledger has " + std::to_string(taken.size()) + " accepted, sluice knows of " +
                           std::to_string(accepted) + " and doubts " + std::to_string(doubted));
  if (complete > sum(e.summaries, "attempts"))
    f.miscounted.push_back("the ledger has " + std::to_string(complete) + " whole requests, sluice counted " +
                           std::to_string(sum(e.summaries, "attempts")) + " attempts");
}

void check_job_log(const evidence& e, findings& f) {
  if (e.job_log.empty()) return;
  keys told;
  for (const auto& r : e.ledger)
    if (confirmed(r)) told.insert(r.key);
  std::map<std::string, json> last;  // a failed removal is told by a second line
  for (const auto& line : e.job_log) {
    last[line.value("path_b64", line.at("path").get<std::string>())] = line;
    if (line.at("fate") == "accepted" && !told.contains(line.at("key")))
      f.miscounted.push_back("the job log has as accepted what no server confirmed: " + line.dump());
  }
  if (e.summaries.size() != 1 || e.in_flight_at_kills > 0 || e.summaries.front().at("log_lines_dropped") != 0)
    return;
  const auto is = [](const json& line, const std::string& fate) {  // a summary counts them so
    const auto word = line.at("fate").get<std::string>();
    return word == fate || (word == "missing" && fate == "vanished") ||
           (word == "corrupted" && fate == "deferred");
  };
  for (const auto* fate : {"rejected", "deferred", "changed", "vanished"}) {
    const auto lines = e.followed
                           ? std::ranges::count_if(e.job_log, [&](const auto& l) { return is(l, fate); })
                           : std::ranges::count_if(last, [&](const auto& l) { return is(l.second, fate); });
    if (e.summaries.front().at(fate) != lines)
      f.miscounted.push_back(std::string(fate) + ": " + std::to_string(lines) + " in the job log, " +
                             e.summaries.front().at(fate).dump() + " in the summary");
  }
  for (const auto& [path, line] : last)
    if (line.at("disposal") == "deleted" && e.spool.contains(path))
      f.miscounted.push_back(path + ": deleted, says the job log, and there it is");
}

}  // namespace

bool findings::clean() const {
  return lost.empty() && unconfirmed.empty() && repeated.empty() && wrong_keys.empty() && miscounted.empty();
}

std::string findings::text() const {
  std::string all;
  const auto add = [&](const char* what, const std::vector<std::string>& list) {
    for (const auto& line : list) all += std::string(what) + ": " + line + "\n";
  };
  add("LOST", lost), add("UNCONFIRMED", unconfirmed), add("REPEATED", repeated);
  add("WRONG KEY", wrong_keys), add("MISCOUNTED", miscounted);
  return all;
}

findings judge(const evidence& e) {
  findings f;
  check_losses(e, f);
  check_duplicates(e, f);
  check_keys(e, f);
  check_counts(e, f);
  check_job_log(e, f);
  return f;
}

std::vector<json> read_job_log(const std::filesystem::path& file) {
  std::vector<json> lines;
  auto text = content_of(file);
  text.resize(text.rfind('\n') + 1);
  for (const auto& line : lines_of(text))
    if (auto parsed = json::parse(line, nullptr, false); !parsed.is_discarded())
      lines.push_back(std::move(parsed));
  return lines;
}

}  // namespace support
