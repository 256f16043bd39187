// One connection: request after request, each as the script has it.
#pragma once

#include "sink/channel.hpp"
#include "sink/conduct.hpp"
#include "sink/receiver.hpp"
#include "sink/responder.hpp"
#include "sink/service.hpp"

#include <cstdint>

namespace sink {

class session {
 public:
  /// `id` counts connections from 1. The service must outlive it.
  session(service& s, std::uint64_t id, tcp_socket socket);

  /// Runs until the connection has ended.
  task<void> run();
  /// Ends run() soon; a request under way is recorded as incomplete.
  void abort() { channel_.abort(); }

 private:
  task<bool> enter();
  task<bool> await_request();
  task<bool> take_head();
  task<bool> exchange();

  service& service_;
  const std::uint64_t id_;
  channel channel_;
  conduct conduct_;
  receiver receiver_;
  responder responder_;
};

}  // namespace sink
