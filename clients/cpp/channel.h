// The gRPC channel all clients use.
#ifndef EGI_CLIENTS_CPP_CHANNEL_H_
#define EGI_CLIENTS_CPP_CHANNEL_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "grpcpp/channel.h"
#include "grpcpp/support/status.h"

namespace egi::client {

// An unencrypted channel to HOST:PORT with its own connection, quick reconnection (the back-off is the caller's) and detection of a dead
// peer.
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& server);

// The status with its google.rpc details as payloads.
absl::Status FromGrpcStatus(const grpc::Status& status);

// One line for each bad field the message does not already name, and the advice of the details; for people. May be empty.
std::string DescribeDetails(const absl::Status& status);

}  // namespace egi::client

#endif  // EGI_CLIENTS_CPP_CHANNEL_H_
