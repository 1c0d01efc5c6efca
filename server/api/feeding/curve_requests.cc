#include "server/api/feeding/curve_requests.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "server/api/lot_checks.h"
#include "server/curves/reference.h"

namespace egi::api {
namespace {

using feeding::v1::CurveDay;

constexpr int kMaxDays = 27;
constexpr double kMorningShare = 0.45;  // domain.md section 7.4

bool Between(double value, double min, double max) { return std::isfinite(value) && value >= min && value <= max; }

double Tenth(double value) { return std::round(value * 10) / 10; }

void ReadDoses(const std::string& field, const CurveDay& day, Fields& fields, std::vector<double>& doses_g) {
  const bool both = day.has_dose_matin() && day.has_dose_soir();
  if (both == day.has_dose_g() || day.has_dose_matin() != day.has_dose_soir()) {
    fields.Add(field, "must have dose_matin and dose_soir, or dose_g alone");
    return;
  }
  const double morning = both ? day.dose_matin().value() : Tenth(day.dose_g().value() * kMorningShare);
  const double evening = both ? day.dose_soir().value() : Tenth(day.dose_g().value() - morning);
  fields.Check(Between(morning, 0, 1000) && Between(evening, 0, 1000), field, "must have doses of 0..1000 g per meal");
  doses_g.push_back(morning);
  doses_g.push_back(evening);
}

// From the weights after the evening meals to those after all meals.
std::vector<double> WithMornings(const std::vector<double>& evenings) {
  std::vector<double> weights;
  for (size_t day = 0; day < evenings.size(); ++day) {
    const double step = day > 0 ? evenings[day] - evenings[day - 1] : evenings.size() > 1 ? evenings[1] - evenings[0] : 0;
    weights.push_back(std::clamp(Tenth(evenings[day] - step / 2), 500.0, 12'000.0));
    weights.push_back(evenings[day]);
  }
  return weights;
}

}  // namespace

storage::read::LotKey LotOfValue(const std::string& field, const google::protobuf::Value& value, Fields& fields) {
  if (value.kind_case() != google::protobuf::Value::kNumberValue) return fields.Lot(field, value.string_value());
  const double number = value.number_value();
  if (!Between(number, 1, 2e9) || number != std::floor(number)) {
    fields.Add(field, "must be the integer id or the code of a lot");
    return {};
  }
  return {static_cast<int32_t>(number), ""};
}

WrittenCurve ReadCurveDays(const std::string& field, const google::protobuf::RepeatedPtrField<CurveDay>& days, Fields& fields) {
  WrittenCurve curve;
  std::vector<double> evenings;
  fields.Check(days.size() <= kMaxDays, field, absl::StrCat("has ", days.size(), " days, must have at most ", kMaxDays));
  for (int i = 0; i < days.size(); ++i) {
    const std::string name = absl::StrCat(field, "[", i, "]");
    fields.Check(days[i].jour() == i, name + ".jour", absl::StrCat("is ", days[i].jour(), ", must be ", i, ": days count from 0 without gaps"));
    ReadDoses(name, days[i], fields, curve.doses_g);
    if (!days[i].has_poids()) continue;
    fields.Check(Between(days[i].poids().value(), 500, 12'000), name + ".poids", "must be 500..12000 g");
    evenings.push_back(days[i].poids().value());
  }
  fields.Check(evenings.empty() || static_cast<int>(evenings.size()) == days.size(), field, "must have poids on all days or on none");
  if (static_cast<int>(evenings.size()) == days.size()) curve.weights_g = WithMornings(evenings);
  return curve;
}

storage::write::CurveProposal ReadNewCurve(const feeding::v1::CreateCurveRequest& request, Fields& fields, storage::read::LotKey* lot) {
  storage::write::CurveProposal proposal;
  *lot = LotOfValue("lot_id", request.lot_id(), fields);
  fields.Check(!request.courbe_theorique().empty(), "courbe_theorique", "is empty, must have 1..27 days");
  WrittenCurve curve = ReadCurveDays("courbe_theorique", request.courbe_theorique(), fields);
  fields.Text("pysr_equation", request.pysr_equation(), 0, 1000);
  fields.Check(!request.has_pysr_r2_score() || (std::isfinite(request.pysr_r2_score().value()) && request.pysr_r2_score().value() <= 1), "pysr_r2_score",
               "must be at most 1, or absent");
  fields.Check(!request.has_pysr_complexity() || request.pysr_complexity().value() > 0, "pysr_complexity", "must be > 0, or absent");
  fields.Check(request.duree_gavage_jours() == 0 || request.duree_gavage_jours() == request.courbe_theorique_size(), "duree_gavage_jours",
               absl::StrCat("contradicts the ", request.courbe_theorique_size(), " days given"));
  fields.Text("by", request.by(), 1, 100);
  proposal.source = "manuelle";
  proposal.method = request.pysr_equation().empty() ? "Doses saisies" : "Doses saisies, d'après la formule indiquée";
  proposal.doses_g = std::move(curve.doses_g);
  proposal.weights_g = std::move(curve.weights_g);
  proposal.equation = request.pysr_equation();
  if (request.has_pysr_r2_score()) proposal.r2_score = request.pysr_r2_score().value();
  proposal.complexity = request.pysr_complexity().value();
  proposal.by = request.by();
  return proposal;
}

storage::write::CurveDecision ReadDecision(const feeding::v1::DecideCurveRequest& request, Fields& fields) {
  storage::write::CurveDecision decision;
  fields.Check(request.courbe_id() > 0, "courbe_id", "must be > 0");
  fields.Check(!request.statut().empty(), "statut", "is empty, must be one of VALIDEE, MODIFIEE, REJETEE");
  fields.OneOf("statut", request.statut(), {"VALIDEE", "MODIFIEE", "REJETEE"});
  fields.Text("superviseur_nom", request.superviseur_nom(), 1, 100);
  fields.Text("commentaire", request.commentaire(), 0, 500);
  const bool modified = !request.courbe_modifiee().empty();
  fields.Check(!modified || request.statut() != "REJETEE", "courbe_modifiee", "contradicts statut REJETEE");
  fields.Check(modified || request.statut() != "MODIFIEE", "courbe_modifiee", "is empty, must have the doses of every day");
  decision.curve_id = request.courbe_id();
  decision.decision = request.statut() == "REJETEE" ? curves::Decision::kReject : modified ? curves::Decision::kModify : curves::Decision::kAccept;
  decision.doses_g = ReadCurveDays("courbe_modifiee", request.courbe_modifiee(), fields).doses_g;
  decision.by = request.superviseur_nom();
  decision.comment = request.commentaire();
  return decision;
}

storage::write::DayEntry ReadRealDose(const feeding::v1::EnterRealDoseRequest& request, Fields& fields) {
  storage::write::DayEntry entry;
  fields.Check(request.gaveur_id() >= 0, "gaveur_id", "must be > 0, or 0 for the lot's");
  fields.SiteCode("site_code", request.site_code());
  fields.Check(IsDate(request.date_gavage()), "date_gavage", "must be a date YYYY-MM-DD");
  fields.Check(request.jour_gavage() >= 0 && request.jour_gavage() <= kMaxDays, "jour_gavage", "must be 0..27");
  fields.Check(request.has_dose_reelle_g() && Between(request.dose_reelle_g().value(), 0, 2000), "dose_reelle_g", "must be given, 0..2000 g per duck and day");
  fields.Text("commentaire_gaveur", request.commentaire_gaveur(), 0, 500);
  entry.gaveur_id = request.gaveur_id();
  entry.site = request.site_code();
  entry.date = request.date_gavage();
  entry.day = request.jour_gavage();
  entry.dose_g = request.dose_reelle_g().value();
  entry.comment = request.commentaire_gaveur();
  return entry;
}

curves::DraftWish ReadWish(const feeding::v1::GeneratePysrCurveRequest& request, Fields& fields) {
  curves::DraftWish wish;
  fields.Check(request.age_moyen() >= 0 && request.age_moyen() <= 400, "age_moyen", "must be 1..400 days");
  fields.Check(!request.has_poids_foie_cible() || Between(request.poids_foie_cible().value(), 100, 1000), "poids_foie_cible", "must be 100..1000 g, or absent");
  fields.Check(!request.has_food_intake_goal() || Between(request.food_intake_goal().value(), 1000, 20'000), "food_intake_goal",
               "must be 1000..20000 g per duck, or absent");
  wish.days = fields.Number("duree_gavage", request.duree_gavage(), 9, 14, 0);
  fields.Check(request.race().empty() || curves::ReferenceNamed(request.race()).has_value(), "race",
               "must be Mulard, Barbarie, Pékin, Mixte or a strain (CF80*, PKL*, PKLC), or empty");
  wish.strain = request.race();
  if (request.has_food_intake_goal()) wish.corn_goal_g = request.food_intake_goal().value();
  if (request.has_poids_foie_cible()) wish.liver_goal_g = request.poids_foie_cible().value();
  return wish;
}

}  // namespace egi::api
