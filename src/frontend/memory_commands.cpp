// MEMORY and MONITOR.

#include "frontend/handlers.hpp"
#include "frontend/text.hpp"

namespace holdfast::frontend {

using kv::Reply;

Reply do_memory_stats(LocalCall& call) {
  const replica::Status status = call.port.status();
  return Reply::map({Reply::bulk("total.allocated"), number_reply(call.port.used_memory()),
                     Reply::bulk("keys.count"), number_reply(status.keys),
                     Reply::bulk("dataset.bytes"), number_reply(status.state_bytes),
                     Reply::bulk("log.bytes"), number_reply(status.log_bytes),
                     Reply::bulk("pending.bytes"), number_reply(status.pending_bytes),
                     Reply::bulk("sessions.bytes"), number_reply(status.session_reply_bytes)});
}

Reply do_memory_doctor(LocalCall& call) {
  const std::uint64_t bound = call.port.statistics().tunables.maxmemory;
  const std::uint64_t used = call.port.used_memory();
  if (bound != 0 && used > bound) {
    return Reply::verbatim(
        "More is used than maxmemory allows: writes that could need more are refused with -OOM. "
        "Delete keys, or raise the bound by CONFIG SET maxmemory.\n");
  }
  if (bound == 0) {
    return Reply::verbatim(
        "There is no bound: CONFIG SET maxmemory <bytes>, or --maxmemory, has writes refused "
        "before "
        "the machine runs out of memory.\n");
  }
  return Reply::verbatim("All is well: " + std::to_string(used) + " of " + std::to_string(bound) +
                         " bytes are used.\n");
}

// What is freed goes back by itself.
Reply do_memory_purge(LocalCall&) {
  return Reply::ok();
}

Reply do_monitor(LocalCall& call) {
  if (!call.client.is_monitor) ++call.port.statistics().monitors;
  call.client.is_monitor = true;
  return Reply::ok();
}

}  // namespace holdfast::frontend
