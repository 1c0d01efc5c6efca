// One unary call of a command.
#ifndef EGI_CLIENTS_CLI_UNARY_H_
#define EGI_CLIENTS_CLI_UNARY_H_

#include <chrono>
#include <string>

#include "absl/status/statusor.h"
#include "clients/cpp/channel.h"
#include "grpcpp/client_context.h"

namespace egi::cli {

// Call(*stub, &Service::Stub::Method, request): the answer, or the error of the service; `patience` at most. With an access token unless it is empty.
template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> Call(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request,
                              std::chrono::seconds patience = std::chrono::seconds(10), const std::string& token = "") {
  grpc::ClientContext context;
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  context.set_deadline(std::chrono::system_clock::now() + patience);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) return client::FromGrpcStatus(status);
  return response;
}

// The same with an access token unless it is empty.
template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> CallAs(const std::string& token, Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                const Request& request) {
  return Call(stub, method, request, std::chrono::seconds(10), token);
}

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_UNARY_H_
