// One unary call of a command.
#ifndef EGI_CLIENTS_CLI_UNARY_H_
#define EGI_CLIENTS_CLI_UNARY_H_

#include <chrono>

#include "absl/status/statusor.h"
#include "clients/cpp/channel.h"
#include "grpcpp/client_context.h"

namespace egi::cli {

// Call(*stub, &Service::Stub::Method, request): the answer, or the error of the service; `patience` at most.
template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> Call(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request,
                              std::chrono::seconds patience = std::chrono::seconds(10)) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + patience);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) return client::FromGrpcStatus(status);
  return response;
}

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_UNARY_H_
