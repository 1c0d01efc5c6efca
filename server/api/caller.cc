#include "server/api/caller.h"

namespace egi::api {

Caller CallerOf(const grpc::CallbackServerContext& context) {
  const auto of = [&](const char* key) {
    const auto found = context.client_metadata().find(key);
    return found == context.client_metadata().end() ? std::string() : std::string(found->second.data(), found->second.size());
  };
  // A header of a REST call may become a second value; it does not hide what the gateway says.
  std::string transport = "grpc";
  const auto [first, end] = context.client_metadata().equal_range("egi-transport");
  for (auto value = first; value != end; ++value) {
    if (value->second == "rest" || value->second == "ws") transport = std::string(value->second.data(), value->second.size());
  }
  return {transport, of("idempotency-key")};
}

std::string WishOf(const std::string& request_id, const Caller& caller, const std::string& field, Fields& fields) {
  if (caller.idempotency_key.empty()) return request_id;
  fields.Check(request_id.empty() || request_id == caller.idempotency_key, field, "differs from the header Idempotency-Key; send one of them");
  return caller.idempotency_key;
}

void TellNew(bool is_new, grpc::CallbackServerContext* context) { context->AddInitialMetadata("egi-outcome", is_new ? "created" : "replayed"); }

}  // namespace egi::api
