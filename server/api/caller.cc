#include "server/api/caller.h"

namespace egi::api {

Caller CallerOf(const grpc::CallbackServerContext& context) {
  const auto of = [&](const char* key) {
    const auto found = context.client_metadata().find(key);
    return found == context.client_metadata().end() ? std::string() : std::string(found->second.data(), found->second.size());
  };
  const std::string transport = of("egi-transport");
  return {transport == "ws" || transport == "rest" ? transport : "grpc", of("idempotency-key")};
}

std::string WishOf(const std::string& request_id, const Caller& caller, const std::string& field, Fields& fields) {
  if (caller.idempotency_key.empty()) return request_id;
  fields.Check(request_id.empty() || request_id == caller.idempotency_key, field, "differs from the header Idempotency-Key; send one of them");
  return caller.idempotency_key;
}

void TellNew(bool is_new, grpc::CallbackServerContext* context) { context->AddInitialMetadata("egi-outcome", is_new ? "created" : "replayed"); }

}  // namespace egi::api
