// The replying side of a session: the ledger's line comes first, then the reply that the script asks for.
#pragma once

#include "sink/channel.hpp"
#include "sink/conduct.hpp"
#include "sink/receiver.hpp"
#include "sink/service.hpp"

#include <string>
#include <string_view>

namespace sink {

class responder {
 public:
  /// All must outlive the responder.
  responder(service& s, channel& to, conduct& c, receiver& from);

  task<void> send_continue();

  // Each of these ends a request. False: the connection cannot go on.
  task<bool> answer();
  /// The reply comes first; then the rest of the request is received, if the rule has it so.
  task<bool> answer_early();
  /// Refuses a wrong request.
  task<bool> refuse(int status, const char* reason);
  /// A request that was lost on its way gets no reply.
  task<bool> give_up();
  /// The script cuts the request, and the connection ends as the rule has it.
  task<bool> cut_off();

 private:
  void record(bool complete, int decided, int sent, std::string_view reply, std::string_view reason);
  task<bool> play_reply(bool close);
  task<void> flood();
  task<bool> send(std::string_view bytes);
  void append_digests(bool close);
  task<void> end(ending how);
  bool asked_to_close() const;
  int sent_status() const;
  int decided_status() const;

  service& service_;
  channel& channel_;
  conduct& conduct_;
  receiver& receiver_;
  std::string out_;
  bool falsifies_ = false;  ///< the digests of the request under way will be wrong
};

}  // namespace sink
