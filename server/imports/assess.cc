#include "server/imports/assess.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/base/site_zone.h"
#include "server/campaign/convert.h"
#include "server/campaign/review.h"
#include "server/validate/validate.h"

namespace egi::imports {
namespace {

using campaign::Anomaly;
using campaign::Campaign;
using campaign::Review;
using feeding::v1::ImportAnomaly;
using feeding::v1::ImportReport;

ImportAnomaly ToProto(const Anomaly& anomaly) {
  ImportAnomaly proto;
  proto.set_row(anomaly.row);
  proto.set_code_lot(anomaly.lot);
  proto.set_column(anomaly.column);
  proto.set_repas(anomaly.meal);
  proto.set_kind(anomaly.kind);
  proto.set_severity(campaign::SeverityName(anomaly.severity));
  proto.set_in_file(anomaly.in_file);
  proto.set_expected(anomaly.expected);
  proto.set_message(anomaly.text);
  return proto;
}

ImportReport ToReport(const Campaign& campaign, const Review& review) {
  ImportReport report;
  report.set_encoding(campaign.encoding);
  report.set_separator(std::string(1, campaign.separator));
  report.set_columns(campaign.columns);
  report.set_layout(campaign.layout);
  report.set_lots(review.all.lots);
  report.set_gaveurs(review.feeders);
  report.set_sites(static_cast<int>(review.sites.size()));
  report.set_meals(review.meals);
  report.set_meals_with_target(review.meals_with_target);
  report.set_gaps(review.Count("gap"));
  report.set_nb_meg(review.all.placed);
  report.set_quantite_accrochee(review.all.hung);
  report.set_liver_kg(review.all.liver_kg);
  if (review.lots_with_itm > 0) report.mutable_mean_itm()->set_value(review.mean_itm);
  if (review.measured_sigma > 0) report.mutable_mean_sigma()->set_value(review.mean_sigma);
  report.set_sigma_measured(review.measured_sigma);
  report.set_equal_corn_variation(review.equal_variation);
  report.set_equal_cumul_corn(review.equal_cumulative);
  report.set_equal_delta_feed(review.equal_delta);
  report.set_equal_others(review.equal_lot_columns);
  report.set_differences(review.Count("difference"));
  report.set_first_variation_forced_to_zero(review.Count("first_variation"));
  report.set_empty_after_gap(review.Count("empty_after_gap"));
  for (const auto& [code, figures] : review.sites) {
    auto* site = report.add_site_figures();
    site->set_site_code(code);
    site->set_lots(figures.lots);
    site->set_nb_meg(figures.placed);
    site->set_quantite_accrochee(figures.hung);
    site->set_corn_kg(figures.corn_kg);
    site->set_liver_kg(figures.liver_kg);
    if (figures.liver_kg > 0) site->mutable_itm_weighted()->set_value(figures.hung_corn_kg / figures.liver_kg);
    site->set_loss_weighted(static_cast<double>(figures.placed - figures.hung) / figures.placed);
  }
  return report;
}

// The meals of the row; `why` names the first that is not allowed.
bool MealsOf(const campaign::CampaignLot& lot, absl::Time now, std::vector<feeding::v1::Meal>* meals, ImportAnomaly* why) {
  campaign::AppendMeals(lot, SiteZone(), meals);
  for (feeding::v1::Meal& meal : *meals) {
    validate::NormaliseMeal(&meal);
    const auto violations = validate::ValidateMeal(meal, now);
    if (violations.empty()) continue;
    *why = Conflict(lot, meal.repas(), absl::StrCat("meal ", meal.repas(), " is not allowed: ", violations[0].field, " ", violations[0].description));
    why->set_kind("bad_cell");
    why->set_column(violations[0].field == "timestamp" ? "Debut_du_lot" : campaign::RealColumn(meal.repas()));
    return false;
  }
  return true;
}

int Rank(const ImportAnomaly& anomaly) { return anomaly.severity() == "error" ? 0 : anomaly.severity() == "warning" ? 1 : 2; }

// The gravest are kept.
void SortAndBound(std::vector<ImportAnomaly>* anomalies) {
  const auto by_row = [](const ImportAnomaly& a, const ImportAnomaly& b) { return a.row() < b.row(); };
  std::stable_sort(anomalies->begin(), anomalies->end(), by_row);
  if (anomalies->size() <= kMostAnomalies) return;
  std::stable_sort(anomalies->begin(), anomalies->end(), [](const ImportAnomaly& a, const ImportAnomaly& b) { return Rank(a) < Rank(b); });
  anomalies->resize(kMostAnomalies);
  std::stable_sort(anomalies->begin(), anomalies->end(), by_row);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> Assessment::Lots() const {
  std::vector<std::pair<std::string, std::string>> lots;
  for (const AcceptedRow& row : rows) lots.emplace_back(row.lot.code, row.lot.cells.at("Gaveur"));
  return lots;
}

int Assessment::refused_until(int row) const {
  const auto accepted = std::count_if(rows.begin(), rows.end(), [row](const AcceptedRow& each) { return each.lot.row <= row; });
  return std::max(0, std::min(row - 1, rows_total) - static_cast<int>(accepted));
}

ImportAnomaly Conflict(const campaign::CampaignLot& lot, int meal, const std::string& reason) {
  ImportAnomaly anomaly;
  anomaly.set_row(lot.row);
  anomaly.set_code_lot(lot.code);
  anomaly.set_repas(meal);
  anomaly.set_kind("conflict");
  anomaly.set_severity("error");
  anomaly.set_message(reason);
  return anomaly;
}

absl::StatusOr<Assessment> Assess(const std::string& bytes, absl::Time now) {
  auto campaign = campaign::ReadCampaign(bytes);
  if (!campaign.ok()) return campaign.status();
  Assessment assessment;
  assessment.rows_total = campaign->rows;
  assessment.names = campaign->names;
  assessment.header = campaign->header;
  assessment.meals_refused = campaign->bad_meals;
  std::vector<campaign::CampaignLot> good;  // moved, never copied: a row has 174 cells
  for (campaign::CampaignLot& lot : campaign->lots) {
    std::vector<feeding::v1::Meal> meals;
    ImportAnomaly why;
    if (MealsOf(lot, now, &meals, &why)) {
      good.push_back(std::move(lot));
      assessment.rows.emplace_back().meals = std::move(meals);
    } else {
      assessment.meals_refused += lot.meals_given();
      assessment.anomalies.push_back(std::move(why));
    }
  }
  campaign->lots = std::move(good);
  const Review review = campaign::ReviewCampaign(*campaign);
  for (size_t i = 0; i < campaign->lots.size(); ++i) assessment.rows[i].lot = std::move(campaign->lots[i]);
  assessment.report = ToReport(*campaign, review);
  for (const Anomaly& anomaly : review.anomalies) assessment.anomalies.push_back(ToProto(anomaly));
  SortAndBound(&assessment.anomalies);
  return assessment;
}

void TakeOut(const std::map<std::string, std::string>& reasons, int done_row, Assessment* assessment) {
  std::vector<AcceptedRow> left;
  for (AcceptedRow& row : assessment->rows) {
    const auto reason = reasons.find(row.lot.code);
    if (reason == reasons.end() || row.lot.row <= done_row) {
      left.push_back(std::move(row));
    } else {
      assessment->meals_refused += static_cast<int>(row.meals.size());
      assessment->anomalies.push_back(Conflict(row.lot, 0, reason->second));
    }
  }
  assessment->rows = std::move(left);
  SortAndBound(&assessment->anomalies);
}

}  // namespace egi::imports
