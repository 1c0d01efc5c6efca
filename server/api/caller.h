// What the metadata of a call says of its way and of its wish, and what its answer says besides the message.
#ifndef EGI_SERVER_API_CALLER_H_
#define EGI_SERVER_API_CALLER_H_

#include <string>

#include "grpcpp/grpcpp.h"
#include "server/api/fields.h"

namespace egi::api {

// What a call brings along.
struct Caller {
  std::string transport;        // rest, ws or grpc
  std::string idempotency_key;  // header Idempotency-Key of a REST call; empty = none
};
Caller CallerOf(const grpc::CallbackServerContext& context);

// The request_id that holds: that of the message, or the key of the header. Notes a violation of `field` when both are given and differ.
std::string WishOf(const std::string& request_id, const Caller& caller, const std::string& field, Fields& fields);

// Tells the gateway whether the resource of the answer is new (201) or that of an earlier call (200). Before the call is finished.
void TellNew(bool is_new, grpc::CallbackServerContext* context);

}  // namespace egi::api

#endif  // EGI_SERVER_API_CALLER_H_
