#include "server/api/rejection_service.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/api/convert.h"
#include "server/api/fields.h"
#include "server/api/page_token.h"
#include "server/base/storable_text.h"

namespace egi::api {
namespace {

using ingest::v1::ListRejectionsRequest;
using ingest::v1::ListRejectionsResponse;
using ingest::v1::RecordRejectionsRequest;
using ingest::v1::RecordRejectionsResponse;
using ingest::v1::RejectedMessage;

constexpr int kMaxMessages = 1000;
constexpr size_t kMaxPayload = 64 * 1024;
constexpr size_t kMaxText = 2000;  // bytes of a reason or a description
constexpr int kMaxPage = 500;
constexpr int kDefaultPage = 50;

RejectedMessage CleanMessage(RejectedMessage message, absl::Time now) {
  if (!message.has_received_time()) ToTimestamp(now, message.mutable_received_time());
  message.set_producer_id(ToStorableText(message.producer_id(), 400));
  message.set_device_id(ToStorableText(message.device_id(), 400));
  message.set_sample_id(ToStorableText(message.sample_id(), 400));
  message.set_code_lot(ToStorableText(message.code_lot(), 400));
  for (auto& violation : *message.mutable_violations()) {
    violation.set_field(ToStorableText(violation.field(), kMaxText));
    violation.set_description(ToStorableText(violation.description(), kMaxText));
  }
  if (message.reason().empty() && message.violations_size() > 0) {
    message.set_reason(absl::StrCat(message.violations(0).field(), ": ", message.violations(0).description()));
  }
  message.set_reason(ToStorableText(message.reason(), kMaxText));
  if (message.payload().size() > kMaxPayload) message.mutable_payload()->resize(kMaxPayload);
  return message;
}

void CheckMessage(const std::string& path, const RejectedMessage& message, Fields& fields) {
  const std::string& transport = message.transport();
  fields.Check(transport == "grpc" || transport == "ws" || transport == "rest", path + ".transport", "must be grpc, ws or rest");
  fields.Check(message.kind() == "sample" || message.kind() == "meal", path + ".kind", "must be sample or meal");
  fields.Check(message.sequence() >= 0, path + ".sequence", "must not be negative");
  const bool identity = !message.producer_id().empty() || !message.device_id().empty() || !message.sample_id().empty() ||
                        !message.code_lot().empty();
  fields.Check(identity || message.violations_size() > 0, path, "has neither an identity nor violations: name at least one");
  if (message.has_received_time()) fields.Time(path + ".received_time", message.received_time());
}

absl::Status RecordRejections(storage::write::RejectionStore& store, absl::Time now, const RecordRejectionsRequest& request,
                              RecordRejectionsResponse* response) {
  Fields fields;
  fields.Check(request.rejections_size() <= kMaxMessages, "rejections",
               absl::StrCat("holds ", request.rejections_size(), " messages, at most ", kMaxMessages, " are taken"));
  for (int i = 0; i < request.rejections_size() && i < kMaxMessages; ++i) {
    CheckMessage(absl::StrCat("rejections[", i, "]"), request.rejections(i), fields);
  }
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  std::vector<RejectedMessage> messages;
  for (const RejectedMessage& message : request.rejections()) messages.push_back(CleanMessage(message, now));
  if (absl::Status status = store.Record(messages); !status.ok()) return status;
  response->set_recorded(request.rejections_size());
  return absl::OkStatus();
}

absl::Status ListRejections(storage::write::RejectionStore& store, const ListRejectionsRequest& request,
                            ListRejectionsResponse* response) {
  Fields fields;
  fields.OneOf("kind", request.kind(), {"sample", "meal"});
  fields.Check(request.page_size() >= 0, "page_size", "must not be negative");
  const auto place = ReadPageNumbers(request, request.page_token(), 1, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const int size = request.page_size() == 0 ? kDefaultPage : std::min(request.page_size(), kMaxPage);
  storage::write::RejectionQuery query;
  query.device_id = request.device_id();
  query.kind = request.kind();
  query.before_id = place.has_value() ? (*place)[0] : 0;
  query.limit = size + 1;  // one more tells whether the page is the last
  auto messages = store.List(query);
  if (!messages.ok()) return messages.status();
  if (static_cast<int>(messages->size()) > size) {
    messages->pop_back();
    response->set_next_page_token(MakePageToken(request, {absl::StrCat(messages->back().id())}));
  }
  MoveAll(*std::move(messages), response->mutable_rejections());
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* RejectionService::RecordRejections(grpc::CallbackServerContext* context,
                                                             const RecordRejectionsRequest* request,
                                                             RecordRejectionsResponse* response) {
  return calls_.Run(context, [=, this] { return api::RecordRejections(store_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* RejectionService::ListRejections(grpc::CallbackServerContext* context, const ListRejectionsRequest* request,
                                                           ListRejectionsResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListRejections(store_, *request, response); });
}

}  // namespace egi::api
