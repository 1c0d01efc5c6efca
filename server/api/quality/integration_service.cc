#include "server/api/quality/integration_service.h"

#include <optional>
#include <vector>

#include "server/analytics/correlation/correlation.h"
#include "server/api/convert.h"
#include "server/api/fields.h"

namespace egi::api {
namespace {

using quality::v1::GetCorrelationRequest;
using quality::v1::GetCorrelationResponse;

void SetCoefficient(const analytics::Correlation& correlation, quality::v1::Coefficient* coefficient) {
  coefficient->set_value(correlation.value);
  coefficient->set_p_value(correlation.p_value);
  if (!correlation.interval_95.has_value()) return;
  coefficient->mutable_lower_95()->set_value(correlation.interval_95->lower);
  coefficient->mutable_upper_95()->set_value(correlation.interval_95->upper);
}

absl::Status GetCorrelation(storage::read::IntegrationReader& reader, const GetCorrelationRequest& request,
                            GetCorrelationResponse* response) {
  Fields fields;
  fields.SiteCode("site_code", request.site_code());
  const int min_samples = fields.Number("min_samples", request.min_samples(), 1, 10'000, 10);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  auto pairs = reader.ListPairs(request.site_code(), min_samples);
  if (!pairs.ok()) return pairs.status();
  std::vector<double> itm, score;
  for (const auto& pair : *pairs) {
    itm.push_back(pair.itm());
    score.push_back(pair.avg_quality_score());
  }
  if (const auto pearson = analytics::Pearson(itm, score)) SetCoefficient(*pearson, response->mutable_pearson());
  if (const auto spearman = analytics::Spearman(itm, score)) SetCoefficient(*spearman, response->mutable_spearman());
  MoveAll(*std::move(pairs), response->mutable_lots());
  response->set_count(response->lots_size());
  return absl::OkStatus();
}

absl::Status ListLotAggregates(storage::read::IntegrationReader& reader, const quality::v1::ListLotAggregatesRequest& request,
                               quality::v1::ListLotAggregatesResponse* response) {
  Fields fields;
  fields.SiteCode("site_code", request.site_code());
  const int limit = fields.Number("limit", request.limit(), 1, 1000, 500);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  return Answer(reader.ListAggregates(request.site_code(), limit), response);
}

}  // namespace

grpc::ServerUnaryReactor* IntegrationService::ListLotAggregates(grpc::CallbackServerContext* context,
                                                                const quality::v1::ListLotAggregatesRequest* request,
                                                                quality::v1::ListLotAggregatesResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListLotAggregates(pairs_, *request, response); });
}

grpc::ServerUnaryReactor* IntegrationService::GetCorrelation(grpc::CallbackServerContext* context, const GetCorrelationRequest* request,
                                                             GetCorrelationResponse* response) {
  return calls_.Run(context, [=, this] { return api::GetCorrelation(pairs_, *request, response); });
}

}  // namespace egi::api
