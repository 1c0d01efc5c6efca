#include "clients/cpp/channel.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "server/base/rich_status.h"

namespace egi::client {

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& server) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  // As often as a server allows by default; it also bounds how long unacknowledged TCP data may stand (20 s).
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 300'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(64 << 20);
  return grpc::CreateCustomChannel(server, grpc::InsecureChannelCredentials(), arguments);
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  google::rpc::Status details;
  if (details.ParseFromString(status.error_details()) && details.code() == static_cast<int>(status.error_code())) {
    return FromRpcStatus(details);
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

std::string DescribeDetails(const absl::Status& status) {
  std::string text;
  if (const auto payload = status.GetPayload("type.googleapis.com/google.rpc.BadRequest")) {
    google::rpc::BadRequest bad;
    if (bad.ParseFromString(std::string(*payload))) {
      for (const auto& violation : bad.field_violations()) {
        const std::string line = absl::StrCat(violation.field(), ": ", violation.description());
        if (!absl::StrContains(status.message(), line)) absl::StrAppend(&text, "  ", line, "\n");
      }
    }
  }
  if (const auto payload = status.GetPayload("type.googleapis.com/google.rpc.RetryInfo")) {
    google::rpc::RetryInfo retry;
    if (retry.ParseFromString(std::string(*payload))) absl::StrAppend(&text, "  try again in ", retry.retry_delay().seconds() + 1, " s\n");
  }
  return text;
}

}  // namespace egi::client
