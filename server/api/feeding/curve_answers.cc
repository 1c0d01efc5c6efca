#include "server/api/feeding/curve_answers.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/api/convert.h"

namespace egi::api {
namespace {

using curves::CourseMeal;
using curves::LotCourse;
using feeding::v1::Conformity;
using feeding::v1::CurveDashboard;
using feeding::v1::DoseCorrection;
using feeding::v1::PredictedDay;
using feeding::v1::PredictiveCurve;
using feeding::v1::RealDay;

double Tenth(double value) { return std::round(value * 10) / 10; }
double Hundredth(double value) { return std::round(value * 100) / 100; }

std::optional<double> At(const std::vector<double>& values, int place) {
  return place >= 0 && place < static_cast<int>(values.size()) ? std::optional(values[place]) : std::nullopt;
}

void SetGap(std::optional<double> prescribed, RealDay* day) {
  if (!prescribed.has_value()) return;
  day->mutable_dose_theorique_g()->set_value(Tenth(*prescribed));
  day->mutable_ecart_g()->set_value(Tenth(day->dose_g() - *prescribed));
  if (*prescribed > 0) day->mutable_ecart_pct()->set_value(Hundredth((day->dose_g() - *prescribed) / *prescribed * 100));
}

// The meals of a day; `first` and `last`: places of the first and the newest meal of the lot.
void FillFromMeals(const LotCourse& lot, int first, int last, RealDay* day) {
  double given = 0;
  std::optional<double> prescribed = 0;
  for (int place = 2 * day->jour(); place <= 2 * day->jour() + 1; ++place) {
    const auto found = lot.meals.find(place);
    if (found == lot.meals.end()) {
      if (place > first && place < last) day->set_repas_manquant(true);
      continue;
    }
    const CourseMeal& meal = found->second;
    (place % 2 == 0 ? day->mutable_dose_matin() : day->mutable_dose_soir())->set_value(meal.given_g);
    given += meal.given_g;
    const std::optional<double> dose = meal.prescribed_g.has_value() ? meal.prescribed_g : At(lot.curve_g, place);
    prescribed = prescribed.has_value() && dose.has_value() ? std::optional(*prescribed + *dose) : std::nullopt;
    day->mutable_date_gavage()->set_value(meal.date);
    if (!meal.weight_g.has_value()) continue;
    day->mutable_poids_moyen()->set_value(*meal.weight_g);
    day->clear_poids_theorique();
    if (const auto weight = At(lot.curve_weights_g, place); weight.has_value()) day->mutable_poids_theorique()->set_value(*weight);
  }
  day->set_source("repas");
  day->set_dose_g(Tenth(given));
  if (day->has_dose_matin() || day->has_dose_soir()) SetGap(prescribed, day);
}

void FillFromEntry(const LotCourse& lot, const curves::CourseDay& entry, RealDay* day) {
  day->set_source("saisie");
  day->mutable_date_gavage()->set_value(entry.date);
  day->set_dose_g(entry.dose_g);
  const auto morning = At(lot.curve_g, 2 * day->jour()), evening = At(lot.curve_g, 2 * day->jour() + 1);
  if (morning.has_value() && evening.has_value()) SetGap(*morning + *evening, day);
}

std::string MessageOf(const LotCourse& lot, const curves::Prediction& prediction) {
  if (!lot.active()) return absl::StrCat("Le lot est ", lot.statut, " : rien n'est à prévoir");
  if (!prediction.gap_g.has_value()) return "Aucun repas donné : le plan est prévu tel quel";
  return absl::StrFormat("Écart moyen de %+.1f g sur les derniers repas, mélange de %.0f %% de plan et %.0f %% d'observé, retour au plan en fin de lot",
                         *prediction.gap_g, prediction.plan_share * 100, (1 - prediction.plan_share) * 100);
}

DoseCorrection ToMessage(const LotCourse& lot, const curves::LotCorrection& correction) {
  DoseCorrection message;
  const CourseMeal& meal = lot.meals.at(correction.place);
  const auto moment = [](int place) { return place % 2 == 0 ? "matin" : "soir"; };
  message.set_id(correction.gavage_id);
  message.set_lot_id(lot.id);
  message.set_code_lot(lot.code);
  if (lot.gaveur_id > 0) message.mutable_gaveur_id()->set_value(lot.gaveur_id);
  message.set_site_code(lot.site);
  message.set_jour(correction.place / 2);
  message.set_moment(moment(correction.place));
  if (meal.prescribed_g.has_value()) message.mutable_dose_theorique_g()->set_value(*meal.prescribed_g);
  message.set_dose_reelle_g(meal.given_g);
  if (correction.proposal.gap_pct.has_value()) message.mutable_ecart_pct()->set_value(Hundredth(*correction.proposal.gap_pct));
  if (correction.proposal.weight_gap_pct.has_value()) message.mutable_ecart_poids_pct()->set_value(Hundredth(*correction.proposal.weight_gap_pct));
  message.set_jour_cible(correction.target / 2);
  message.set_moment_cible(moment(correction.target));
  message.set_dose_prevue_g(correction.planned_g);
  message.set_ajustement_g(Tenth(correction.proposal.change_g));
  message.set_dose_proposee_g(correction.proposal.dose_g);
  message.set_confiance(curves::kCorrectionConfidence);
  message.set_raison(correction.proposal.reason);
  message.set_statut(curves::Name(correction.state));
  if (const auto answer = lot.answers.find(correction.gavage_id); answer != lot.answers.end()) {
    if (answer->second.final_g.has_value()) message.mutable_dose_finale_g()->set_value(*answer->second.final_g);
    message.mutable_repondu_par()->set_value(answer->second.by);
    ToTimestamp(answer->second.time, message.mutable_repondu_le());
  }
  if (correction.given_g.has_value()) message.mutable_dose_donnee_g()->set_value(*correction.given_g);
  ToTimestamp(meal.time, message.mutable_time());
  return message;
}

}  // namespace

std::vector<RealDay> RealDaysOf(const LotCourse& lot) {
  std::vector<RealDay> days;
  if (lot.meals.empty() && lot.entered.empty()) return days;
  const int first = lot.meals.empty() ? 0 : lot.meals.begin()->first, last = lot.meals.empty() ? -1 : lot.meals.rbegin()->first;
  const int first_entered = lot.entered.empty() ? 99 : lot.entered.begin()->first, last_entered = lot.entered.empty() ? -1 : lot.entered.rbegin()->first;
  const int begin = lot.meals.empty() ? first_entered : std::min(first / 2, first_entered);
  for (int day = begin; day <= std::max(last / 2, last_entered); ++day) {
    const bool fed = lot.meals.contains(2 * day) || lot.meals.contains(2 * day + 1);
    const auto entry = lot.entered.find(day);
    if (!fed && entry == lot.entered.end() && !(2 * day > first && 2 * day < last)) continue;
    RealDay& real = days.emplace_back();
    real.set_jour(day);
    real.set_jour_gavage(day);
    real.set_lot_id(lot.id);
    real.set_code_lot(lot.code);
    fed || entry == lot.entered.end() ? FillFromMeals(lot, first, last, &real) : FillFromEntry(lot, entry->second, &real);
    real.set_dose_reelle_g(real.dose_g());
    if (entry != lot.entered.end() && !entry->second.comment.empty()) real.mutable_commentaire_gaveur()->set_value(entry->second.comment);
  }
  return days;
}

PredictiveCurve PredictiveOf(const LotCourse& lot) {
  const curves::Prediction prediction = curves::PredictCourse(lot);
  PredictiveCurve curve;
  curve.set_lot_id(lot.id);
  curve.set_code_lot(lot.code);
  curve.set_jour_actuel(lot.meals.empty() ? -1 : lot.meals.rbegin()->first / 2);
  curve.set_source(lot.curve_g.empty() ? "souche" : "courbe_en_vigueur");
  if (prediction.gap_g.has_value()) curve.mutable_ecart_observe_g()->set_value(Tenth(*prediction.gap_g));
  curve.set_poids_du_plan(prediction.plan_share);
  double total = 0;
  for (const auto& [place, meal] : lot.meals) total += meal.given_g;
  for (size_t i = 0; i < prediction.doses_g.size(); ++i) {
    const int place = prediction.first + static_cast<int>(i);
    if (curve.courbe().empty() || curve.courbe().rbegin()->jour() != place / 2) curve.add_courbe()->set_jour(place / 2);
    PredictedDay& day = *curve.mutable_courbe()->rbegin();
    (place % 2 == 0 ? day.mutable_dose_matin() : day.mutable_dose_soir())->set_value(prediction.doses_g[i]);
    day.set_dose_g(Tenth(day.dose_g() + prediction.doses_g[i]));
    total += prediction.doses_g[i];
  }
  for (PredictedDay& day : *curve.mutable_courbe()) {
    day.set_lower(Tenth(day.dose_g() * curves::kLowerShare));
    day.set_upper(Tenth(day.dose_g() * curves::kUpperShare));
  }
  curve.set_total_prevu_g(Tenth(total));
  curve.set_message(MessageOf(lot, prediction));
  return curve;
}

Conformity ConformityMessage(const LotCourse& lot) {
  const curves::ConformityFigures figures = curves::ConformityOf(lot);
  Conformity message;
  message.set_nb_repas(figures.meals);
  message.set_nb_jours(figures.days);
  if (figures.mean_gap_pct.has_value()) message.mutable_ecart_moyen_pct()->set_value(Hundredth(*figures.mean_gap_pct));
  if (figures.max_gap_pct.has_value()) message.mutable_ecart_max_pct()->set_value(Hundredth(*figures.max_gap_pct));
  if (figures.mean_gap_g.has_value()) message.mutable_ecart_moyen_g()->set_value(Tenth(*figures.mean_gap_g));
  message.set_jours_hors_tolerance(figures.days_out_of_tolerance);
  if (figures.conforming_pct.has_value()) message.mutable_taux_conformite()->set_value(Hundredth(*figures.conforming_pct));
  message.set_total_reel_g(Tenth(figures.total_given_g));
  message.set_total_theorique_g(Tenth(figures.total_prescribed_g));
  message.set_nb_alertes(lot.open_alerts);
  if (const auto gap = curves::WeightGapPct(lot); gap.has_value()) message.mutable_ecart_poids_pct()->set_value(Hundredth(*gap));
  return message;
}

std::vector<DoseCorrection> CorrectionMessages(const LotCourse& lot) {
  std::vector<DoseCorrection> messages;
  for (const curves::LotCorrection& correction : curves::CorrectionsOf(lot)) messages.push_back(ToMessage(lot, correction));
  std::reverse(messages.begin(), messages.end());
  return messages;
}

CurveDashboard DashboardOf(const LotCourse& lot, const std::optional<feeding::v1::TheoreticalCurve>& theoretical) {
  CurveDashboard dashboard;
  dashboard.set_lot_id(lot.id);
  dashboard.set_code_lot(lot.code);
  if (theoretical.has_value()) {
    feeding::v1::DashboardCurve& curve = *dashboard.mutable_courbe_theorique();
    curve.set_id(theoretical->id());
    if (theoretical->has_pysr_equation()) *curve.mutable_equation() = theoretical->pysr_equation();
    *curve.mutable_courbe() = theoretical->courbe();
    curve.set_statut(theoretical->statut());
    if (theoretical->has_superviseur_nom()) *curve.mutable_superviseur() = theoretical->superviseur_nom();
    curve.set_en_vigueur(theoretical->en_vigueur());
  }
  MoveAll(RealDaysOf(lot), dashboard.mutable_courbe_reelle());
  MoveAll(CorrectionMessages(lot), dashboard.mutable_corrections_ia());
  *dashboard.mutable_statistiques() = ConformityMessage(lot);
  *dashboard.mutable_courbe_predictive() = PredictiveOf(lot).courbe();
  return dashboard;
}

}  // namespace egi::api
