#include "server/curves/course.h"

#include <algorithm>

#include "server/curves/reference.h"

namespace egi::curves {
namespace {

int NewestPlace(const LotCourse& lot) { return lot.meals.empty() ? -1 : lot.meals.rbegin()->first; }

std::optional<double> CurveWeight(const LotCourse& lot, int place) {
  if (place < 0 || place >= static_cast<int>(lot.curve_weights_g.size())) return std::nullopt;
  return lot.curve_weights_g[place];
}

// What was planned for the meal after the one at `place`; without a curve in force the prescription of that meal itself, else of this one.
std::optional<double> PlannedAfter(const LotCourse& lot, int place) {
  const int next = place + 1;
  if (!lot.curve_g.empty()) return next < static_cast<int>(lot.curve_g.size()) ? std::optional(lot.curve_g[next]) : std::nullopt;
  if (lot.days > 0 && next >= 2 * lot.days) return std::nullopt;
  if (const auto meal = lot.meals.find(next); meal != lot.meals.end() && meal->second.prescribed_g.has_value()) return meal->second.prescribed_g;
  return lot.meals.at(place).prescribed_g;
}

CorrectionState StateOf(const LotCourse& lot, int place, const CorrectionAnswer* answer) {
  if (answer != nullptr) return answer->accepted ? CorrectionState::kAccepted : CorrectionState::kRefused;
  return lot.active() && place == NewestPlace(lot) ? CorrectionState::kPending : CorrectionState::kExpired;
}

}  // namespace

int DaysOf(const LotCourse& lot) {
  if (!lot.curve_g.empty()) return static_cast<int>(lot.curve_g.size()) / 2;
  return std::max(lot.days > 0 ? lot.days : kUsualDays, NewestPlace(lot) / 2 + 1);
}

std::vector<double> PlanOf(const LotCourse& lot) {
  std::vector<double> plan = lot.curve_g.empty() ? DosesOf(ReferenceOf(lot.souche, lot.breed), 2 * DaysOf(lot)) : lot.curve_g;
  for (const auto& [gavage_id, answer] : lot.answers) {
    if (answer.final_g.has_value() && answer.target < static_cast<int>(plan.size())) plan[answer.target] = *answer.final_g;
  }
  return plan;
}

Prediction PredictCourse(const LotCourse& lot) {
  PredictionInput input{PlanOf(lot), {}, lot.breed == "Mulard"};
  for (const auto& [place, meal] : lot.meals) input.given_g[place] = meal.given_g;
  Prediction prediction = Predict(input);
  if (!lot.active()) prediction.doses_g.clear();
  return prediction;
}

ConformityFigures ConformityOf(const LotCourse& lot) {
  std::vector<GivenMeal> meals;
  for (const auto& [place, meal] : lot.meals) meals.push_back({place, meal.prescribed_g, meal.given_g});
  return ConformityOf(meals);
}

std::optional<double> WeightGapPct(const LotCourse& lot) {
  for (auto at = lot.meals.rbegin(); at != lot.meals.rend(); ++at) {
    if (!at->second.weight_g.has_value()) continue;
    const auto expected = CurveWeight(lot, at->first);
    if (!expected.has_value()) return std::nullopt;
    return (*at->second.weight_g - *expected) / *expected * 100;
  }
  return std::nullopt;
}

const char* Name(CorrectionState state) {
  switch (state) {
    case CorrectionState::kPending:
      return "en_attente";
    case CorrectionState::kAccepted:
      return "acceptee";
    case CorrectionState::kRefused:
      return "refusee";
    case CorrectionState::kExpired:
      return "expiree";
  }
  return "";
}

std::vector<LotCorrection> CorrectionsOf(const LotCourse& lot) {
  std::vector<LotCorrection> corrections;
  for (const auto& [place, meal] : lot.meals) {
    const auto found = lot.answers.find(meal.gavage_id);
    const CorrectionAnswer* answer = found == lot.answers.end() ? nullptr : &found->second;
    const std::optional<double> planned = answer != nullptr ? answer->planned_g : PlannedAfter(lot, place);
    if (!planned.has_value()) continue;
    const std::optional<double> curve_weight = CurveWeight(lot, place);
    auto proposal = ProposeCorrection({meal.prescribed_g, meal.given_g, meal.weight_g, curve_weight, *planned});
    if (!proposal.has_value() && answer == nullptr) continue;
    LotCorrection correction;
    correction.gavage_id = meal.gavage_id;
    correction.place = place;
    correction.target = place + 1;
    correction.planned_g = *planned;
    if (proposal.has_value()) correction.proposal = *std::move(proposal);
    if (answer != nullptr) {
      correction.target = answer->target;
      correction.proposal.dose_g = answer->proposed_g;
      correction.proposal.change_g = answer->proposed_g - answer->planned_g;
      correction.proposal.reason = answer->reason;
    }
    correction.state = StateOf(lot, place, answer);
    if (const auto given = lot.meals.find(correction.target); given != lot.meals.end()) correction.given_g = given->second.given_g;
    corrections.push_back(std::move(correction));
  }
  return corrections;
}

}  // namespace egi::curves
