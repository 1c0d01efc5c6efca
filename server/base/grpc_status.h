// The edge where errors take the form of gRPC.
#ifndef EGI_SERVER_BASE_GRPC_STATUS_H_
#define EGI_SERVER_BASE_GRPC_STATUS_H_

#include <string>

#include "absl/status/status.h"
#include "grpcpp/support/status.h"
#include "server/base/rich_status.h"

namespace egi {

// Code, message and, for errors, a serialised google.rpc.Status with every detail (trailer grpc-status-details-bin).
inline grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()),
                      ToRpcStatus(status).SerializeAsString());
}

}  // namespace egi

#endif  // EGI_SERVER_BASE_GRPC_STATUS_H_
