#include "server/api/quality/sample_service.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/api/convert.h"
#include "server/api/fields.h"
#include "server/api/page_token.h"

namespace egi::api {
namespace {

using quality::v1::ListSamplesRequest;
using quality::v1::ListSamplesResponse;
using storage::read::SampleReader;

// Parts of a page token: the period (which defaults to the time of the first page), then the place in it.
constexpr size_t kTokenParts = 5;

storage::read::SampleQuery ParseList(const ListSamplesRequest& request, absl::Time now, Fields& fields) {
  storage::read::SampleQuery query;
  const int hours = fields.Number("hours", request.hours(), 1, 8760, 24);
  const TimeRange period = PeriodOf(request, now, absl::Hours(hours), fields);
  query.start = period.start;
  query.end = period.end;
  query.limit = fields.Number("limit", request.limit(), 1, 1000, 100);
  fields.OneOf("fields", request.fields(), {"summary", "full"});
  query.matrices = request.fields() == "full";
  fields.Text("device_id", request.device_id(), 0, 100);
  query.device_id = request.device_id();
  if (!request.lot().empty()) query.lot = fields.Lot("lot", request.lot());
  if (const auto place = ReadPageNumbers(request, request.page_token(), kTokenParts, fields)) {
    query.start = absl::FromUnixMicros((*place)[0]);
    query.end = absl::FromUnixMicros((*place)[1]);
    query.after = {absl::FromUnixMicros((*place)[2]), (*place)[3], static_cast<int32_t>((*place)[4])};
  }
  return query;
}

absl::Status ListSamples(SampleReader& reader, absl::Time now, const ListSamplesRequest& request, ListSamplesResponse* response) {
  Fields fields;
  const storage::read::SampleQuery query = ParseList(request, now, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  auto page = reader.ListSamples(query);
  if (!page.ok()) return page.status();
  MoveAll(std::move(page->samples), response->mutable_samples());
  response->set_count(response->samples_size());
  ToTimestamp(query.start, response->mutable_period()->mutable_start());
  ToTimestamp(query.end, response->mutable_period()->mutable_end());
  if (page->last.has_value()) {
    response->set_next_page_token(MakePageToken(
        request, {absl::StrCat(absl::ToUnixMicros(query.start)), absl::StrCat(absl::ToUnixMicros(query.end)),
                            absl::StrCat(absl::ToUnixMicros(page->last->time)), absl::StrCat(page->last->batch_id),
                            absl::StrCat(page->last->ordinal)}));
  }
  return absl::OkStatus();
}

absl::Status GetSample(SampleReader& reader, const quality::v1::GetSampleRequest& request, quality::v1::SampleRecord* response) {
  Fields fields;
  fields.Text("sample_id", request.sample_id(), 1, 100);
  fields.Text("device_id", request.device_id(), 0, 100);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  return Answer(reader.FindSample(request.sample_id(), request.device_id()), response);
}

}  // namespace

grpc::ServerUnaryReactor* SampleService::GetLatestSample(grpc::CallbackServerContext* context,
                                                         const quality::v1::GetLatestSampleRequest* request,
                                                         quality::v1::SampleRecord* response) {
  return calls_.Run(context, [=, this] { return Answer(samples_.FindLatest(request->device_id()), response); });
}

grpc::ServerUnaryReactor* SampleService::ListSamples(grpc::CallbackServerContext* context, const ListSamplesRequest* request,
                                                     ListSamplesResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListSamples(samples_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* SampleService::GetSample(grpc::CallbackServerContext* context,
                                                   const quality::v1::GetSampleRequest* request,
                                                   quality::v1::SampleRecord* response) {
  return calls_.Run(context, [=, this] { return api::GetSample(samples_, *request, response); });
}

}  // namespace egi::api
