#include "server/api/feeding/correction_service.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "server/api/convert.h"
#include "server/api/feeding/curve_answers.h"
#include "server/api/fields.h"

namespace egi::api {
namespace {

using feeding::v1::AnswerCorrectionRequest;
using feeding::v1::CorrectionStats;
using feeding::v1::DoseCorrection;
using feeding::v1::GetCorrectionStatsRequest;
using feeding::v1::ListCorrectionsRequest;
using feeding::v1::ListCorrectionsResponse;
using storage::read::CurveReader;
using storage::write::CurveStore;

// Of all lots of a feeder, newest first.
absl::StatusOr<std::vector<DoseCorrection>> CorrectionsOfFeeder(CurveReader& reader, int32_t gaveur_id) {
  const auto lots = reader.ListCourses(gaveur_id);
  if (!lots.ok()) return lots.status();
  std::vector<DoseCorrection> corrections;
  for (const curves::LotCourse& lot : *lots) {
    for (DoseCorrection& correction : CorrectionMessages(lot)) corrections.push_back(std::move(correction));
  }
  std::stable_sort(corrections.begin(), corrections.end(),
                   [](const DoseCorrection& a, const DoseCorrection& b) { return ToTime(a.time()) > ToTime(b.time()); });
  return corrections;
}

absl::Status ListCorrections(CurveReader& reader, const ListCorrectionsRequest& request, ListCorrectionsResponse* response) {
  Fields fields;
  fields.Check(request.gaveur_id() > 0, "gaveur_id", "must be > 0");
  const int limit = fields.Number("limit", request.limit(), 1, 500, 100);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  auto corrections = CorrectionsOfFeeder(reader, request.gaveur_id());
  if (!corrections.ok()) return corrections.status();
  for (DoseCorrection& correction : *corrections) {
    if (response->corrections_size() == limit) break;
    if (!request.pending_only() || correction.statut() == "en_attente") *response->add_corrections() = std::move(correction);
  }
  return absl::OkStatus();
}

absl::Status AnswerCorrection(CurveReader& reader, CurveStore& store, const AnswerCorrectionRequest& request, DoseCorrection* response) {
  Fields fields;
  fields.Check(request.id() > 0, "id", "must be > 0");
  fields.Check(request.has_acceptee(), "acceptee", "must be told: true or false");
  fields.Check(!request.has_dose_finale_g() ||
                   (std::isfinite(request.dose_finale_g().value()) && request.dose_finale_g().value() >= 0 && request.dose_finale_g().value() <= 1000),
               "dose_finale_g", "must be 0..1000 g per duck, or absent");
  fields.Check(request.acceptee().value() || !request.has_acceptee() || !request.has_dose_finale_g(), "dose_finale_g", "contradicts a refusal");
  fields.Text("by", request.by(), 0, 100);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  storage::write::CorrectionReply reply;
  reply.gavage_id = request.id();
  reply.accepted = request.acceptee().value();
  if (request.has_dose_finale_g()) reply.final_g = request.dose_finale_g().value();
  reply.by = request.by();
  if (absl::Status failed = store.Answer(reply); !failed.ok()) return failed;
  const auto lot = reader.FindCourseOfMeal(request.id());
  if (!lot.ok()) return lot.status();
  for (DoseCorrection& correction : CorrectionMessages(*lot)) {
    if (correction.id() == request.id()) *response = std::move(correction);
  }
  return absl::OkStatus();
}

absl::Status GetCorrectionStats(CurveReader& reader, const GetCorrectionStatsRequest& request, CorrectionStats* stats) {
  Fields fields;
  fields.Check(request.gaveur_id() > 0, "gaveur_id", "must be > 0");
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto corrections = CorrectionsOfFeeder(reader, request.gaveur_id());
  if (!corrections.ok()) return corrections.status();
  double gap_sum = 0, after_sum = 0;
  int gaps = 0, after = 0;
  stats->set_gaveur_id(request.gaveur_id());
  stats->set_total(static_cast<int32_t>(corrections->size()));
  for (const DoseCorrection& correction : *corrections) {
    if (correction.statut() == "en_attente") stats->set_en_attente(stats->en_attente() + 1);
    if (correction.statut() == "acceptee") stats->set_acceptees(stats->acceptees() + 1);
    if (correction.statut() == "refusee") stats->set_refusees(stats->refusees() + 1);
    if (correction.statut() == "expiree") stats->set_expirees(stats->expirees() + 1);
    if (correction.has_ecart_pct()) {
      gap_sum += std::abs(correction.ecart_pct().value());
      ++gaps;
    }
    if (correction.has_dose_finale_g() && correction.has_dose_donnee_g()) {
      after_sum += std::abs(correction.dose_donnee_g().value() - correction.dose_finale_g().value());
      ++after;
    }
  }
  const int answered = stats->acceptees() + stats->refusees();
  if (answered > 0) stats->mutable_taux_acceptation()->set_value(100.0 * stats->acceptees() / answered);
  if (gaps > 0) stats->mutable_ecart_moyen_pct()->set_value(gap_sum / gaps);
  if (after > 0) stats->mutable_ecart_apres_acceptation_g()->set_value(after_sum / after);
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* CorrectionService::ListCorrections(grpc::CallbackServerContext* context, const ListCorrectionsRequest* request,
                                                             ListCorrectionsResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListCorrections(reader_, *request, response); });
}

grpc::ServerUnaryReactor* CorrectionService::AnswerCorrection(grpc::CallbackServerContext* context, const AnswerCorrectionRequest* request,
                                                              DoseCorrection* response) {
  return calls_.Run(context, [=, this] { return api::AnswerCorrection(reader_, store_, *request, response); });
}

grpc::ServerUnaryReactor* CorrectionService::GetCorrectionStats(grpc::CallbackServerContext* context, const GetCorrectionStatsRequest* request,
                                                                CorrectionStats* response) {
  return calls_.Run(context, [=, this] { return api::GetCorrectionStats(reader_, *request, response); });
}

}  // namespace egi::api
