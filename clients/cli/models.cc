#include "clients/cli/models.h"

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "clients/cpp/client.h"

namespace egi::cli {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(10);

}  // namespace

int RunListModels(const Session& session) {
  client::Client client(session.server, kTimeout);
  const auto models = client.ListModels({});
  if (!models.ok()) return Fail(session, "models list", models.status());
  for (const auto& model : models->models()) {
    if (session.json) {
      session.out << ToJsonLine(model) << "\n";
      continue;
    }
    session.out << absl::StrFormat("%s %4d  %-20s %-10s %-4s accuracy %.3f, F1 %.3f  %.12s\n", model.is_active() ? "*" : " ", model.model_id(),
                                   model.model_name(), model.version(), model.model_type(), model.accuracy().value(), model.f1_score().value(),
                                   model.sha256());
  }
  if (!session.json) session.err << "* = in use. Trained on the digital twin, not on real livers.\n";
  return kOk;
}

int RunActivateModel(const Session& session, const ActivateModelOptions& options) {
  client::Client client(session.server, kTimeout);
  egi::quality::v1::ActivateModelRequest request;
  request.set_model_id(options.model_id);
  request.set_activated_by(options.by);
  const auto model = client.ActivateModel(request);
  if (!model.ok()) return Fail(session, "models activate", model.status());
  if (session.json) {
    session.out << ToJsonLine(*model) << "\n";
  } else {
    session.out << absl::StrFormat("%s %s is in use, activated by %s\n", model->model_name(), model->version(), model->activated_by().value());
  }
  return kOk;
}

int RunPredict(const Session& session, const PredictOptions& options) {
  client::Client client(session.server, kTimeout);
  egi::quality::v1::PredictSampleRequest request;
  request.set_sample_id(options.sample_id);
  request.set_device_id(options.device_id);
  const auto prediction = client.PredictSample(request);
  if (!prediction.ok()) return Fail(session, "models predict", prediction.status());
  if (session.json) {
    session.out << ToJsonLine(*prediction) << "\n";
    return kOk;
  }
  session.out << absl::StrFormat("official  %s (%.3f), by the rules\n", prediction->rule_grade(), prediction->rule_score());
  session.out << absl::StrFormat("model     %s (%.0f %%), %s %s\n", prediction->predicted_grade(), 100 * prediction->confidence(),
                                 prediction->grade_model().model_name(), prediction->grade_model().version());
  for (const char* grade : {"A+", "A", "B", "C", "REJECT"}) {
    const auto share = prediction->probabilities().find(grade);
    session.out << absl::StrFormat("  %-6s  %.3f\n", grade, share == prediction->probabilities().end() ? 0 : share->second);
  }
  for (const auto& map : prediction->defects()) {
    session.out << absl::StrFormat("  %-22s %s\n", map.type(), map.zones_size() == 0 ? "-" : "zones " + absl::StrJoin(map.zones(), " "));
  }
  return kOk;
}

}  // namespace egi::cli
