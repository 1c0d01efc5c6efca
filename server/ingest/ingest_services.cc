#include "server/ingest/ingest_services.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "server/base/grpc_status.h"
#include "server/ingest/decode.h"

namespace egi::ingest {
namespace {

const char* NameOf(persist::Fate fate) {
  switch (fate) {
    case persist::Fate::kSaved: return "saved";
    case persist::Fate::kDuplicate: return "duplicate";
    case persist::Fate::kCorrected: return "corrected";
    case persist::Fate::kRejected: return "rejected";
  }
  return "";
}

// The one item of a unary call, or why there is none.
absl::Status StatusOf(const persist::GroupOutcome& outcome) {
  if (!outcome.status.ok()) return outcome.status;
  if (outcome.items.size() != 1) return absl::InternalError("the committer gave no answer for the item");
  if (outcome.items[0].fate == persist::Fate::kRejected) return FromRpcStatus(outcome.items[0].rejection);
  return absl::OkStatus();
}

persist::Producer UnaryProducer(const grpc::CallbackServerContext& context) {
  persist::Producer producer;
  producer.transport = TransportOf(context);
  return producer;
}

// Runs a unary call: admission, then `submit(done)`, then on success `fill(item)` and the answer.
template <typename Submit, typename Fill>
grpc::ServerUnaryReactor* RunUnary(grpc::CallbackServerContext* context, StreamHost* host, int64_t bytes, Submit submit, Fill fill) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (bytes > static_cast<int64_t>(kMaxItemBytes)) {
    reactor->Finish(ToGrpcStatus(InvalidFields({{"item", "is larger than 1 MiB"}})));
    return reactor;
  }
  if (const absl::Status status = host->AdmitUnary(bytes); !status.ok()) {
    reactor->Finish(ToGrpcStatus(status));
    return reactor;
  }
  const StreamEnvironment& env = host->environment();
  const absl::Time received = env.clock->Now();
  submit(received, [reactor, bytes, received, fill, &env](persist::GroupOutcome outcome) {
    env.gate->Release(bytes);
    const absl::Status status = StatusOf(outcome);
    const bool committed = outcome.status.ok() && outcome.items.size() == 1;
    env.metrics->CountItems(env.lane->kind(), committed ? NameOf(outcome.items[0].fate) : "lost", 1);
    if (committed) env.metrics->ObserveAckLatency(env.lane->kind(), absl::ToDoubleSeconds(env.clock->Now() - received));
    if (status.ok()) fill(outcome.items[0]);
    reactor->Finish(ToGrpcStatus(status));
  });
  return reactor;
}

}  // namespace

grpc::ServerUnaryReactor* SampleIngestService::SubmitSample(grpc::CallbackServerContext* context,
                                                            const quality::v1::SubmitSampleRequest* request,
                                                            quality::v1::SubmitSampleResponse* response) {
  const auto submit = [&](absl::Time received, persist::Done done) {
    lane_->SubmitOne(UnaryProducer(*context), request->sample(), received, std::move(done));
  };
  const auto fill = [response, id = request->sample().sample_id()](const persist::ItemOutcome& item) {
    response->set_sample_id(id);
    response->set_status(NameOf(item.fate));
    response->set_fusion_score(item.fusion_score);
    response->set_fusion_grade(item.fusion_grade);
  };
  return RunUnary(context, host_, static_cast<int64_t>(request->ByteSizeLong()), submit, fill);
}

grpc::ServerUnaryReactor* MealIngestService::SubmitMeal(grpc::CallbackServerContext* context,
                                                        const feeding::v1::SubmitMealRequest* request,
                                                        feeding::v1::SubmitMealResponse* response) {
  feeding::v1::Meal meal = request->meal();
  if (const std::string key = IdempotencyKeyOf(*context); !key.empty()) {
    if (!meal.request_id().empty() && meal.request_id() != key) {
      grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
      reactor->Finish(ToGrpcStatus(InvalidFields({{"meal.request_id", "differs from the header Idempotency-Key; send one of them"}})));
      return reactor;
    }
    meal.set_request_id(key);
  }
  const auto submit = [&](absl::Time received, persist::Done done) {
    lane_->SubmitOne(UnaryProducer(*context), meal, received, std::move(done));
  };
  const auto fill = [response](const persist::ItemOutcome& item) {
    response->set_replayed(item.replayed);
    response->set_gavage_id(item.gavage_id);
    response->set_status(NameOf(item.fate));
    if (item.dose_gap_pct.has_value()) response->mutable_ecart_courbe_theorique()->set_value(*item.dose_gap_pct);
    response->set_alerte_generee(item.alerts_opened > 0);
    for (const auto& recommendation : item.recommendations) *response->add_recommandations() = recommendation;
  };
  return RunUnary(context, host_, static_cast<int64_t>(request->ByteSizeLong()), submit, fill);
}

}  // namespace egi::ingest
