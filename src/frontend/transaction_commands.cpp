#include "frontend/handlers.hpp"

namespace holdfast::frontend {

using kv::Reply;

Reply do_multi(LocalCall& call) {
  if (call.client.transaction.is_open()) return Reply::error("ERR MULTI calls can not be nested");
  call.client.transaction.open();
  return Reply::ok();
}

Reply do_discard(LocalCall& call) {
  if (!call.client.transaction.is_open()) return Reply::error("ERR DISCARD without MULTI");
  call.client.transaction = {};
  return Reply::ok();
}

Reply do_unwatch(LocalCall& call) {
  call.client.transaction.unwatch();
  return Reply::ok();
}

}  // namespace holdfast::frontend
