#include "server/campaign/review.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/campaign/text.h"
#include "server/campaign/write.h"

namespace egi::campaign {
namespace {

constexpr double kSame = 1e-6;
// The loss is printed with nine decimals, ITM with two, and where the liver weight is printed in whole grams ITM is only as exact as that.
constexpr double kSameLoss = 1e-8, kSameItm = 0.02, kSameSigma = 5e-4;
// Doses of the campaigns known so far lie between 160 and 545 g (domain.md section 7.2); outside these bounds a typing error is likely.
constexpr double kLeastDose = 100, kMostDose = 560;
constexpr double kLossWorthALook = 0.15;

std::string Show(const std::optional<double>& value) { return value ? NumberText(*value) : ""; }

class LotReview {
 public:
  LotReview(const CampaignLot& lot, const Campaign& campaign, Review* review) : lot_(lot), campaign_(campaign), review_(*review) {}

  void Meals() {
    double cumulative = 0, previous = 0;
    bool after_gap = false, next_after_gap = false;
    for (int number = 1; number <= kMeals; ++number) {
      const CampaignMeal& meal = lot_.meals[number - 1];
      if (meal.target_g) ++review_.meals_with_target;
      if (!meal.given()) {
        if (number < lot_.last_meal()) {
          Note(RealColumn(number), number, "gap", Severity::kWarning, "meal skipped inside the series; kept as a gap, not as the end of the lot");
          after_gap = next_after_gap = true;
        }
        Compare(VariationColumn(number), number, meal.variation_g, std::nullopt, nullptr);
        Compare(CumulativeColumn(number), number, meal.cumulative_g, std::nullopt, nullptr);
        Compare(DeltaColumn(number), number, meal.delta_g, std::nullopt, nullptr);
        continue;
      }
      ++review_.meals;
      cumulative += meal.real_g;
      const std::optional<double> variation = meal.target_g ? std::optional(meal.real_g - *meal.target_g) : std::nullopt;
      if (number == 1 && meal.variation_g == 0.0 && variation && *variation != 0) {
        Note(VariationColumn(1), 1, "first_variation", Severity::kInfo, "the file always writes 0 here", "0", NumberText(*variation));
      } else {
        Compare(VariationColumn(number), number, meal.variation_g, variation, number > 1 ? &review_.equal_variation : nullptr);
      }
      CompareAfterGap(after_gap, CumulativeColumn(number), number, meal.cumulative_g, cumulative, &review_.equal_cumulative);
      CompareAfterGap(next_after_gap, DeltaColumn(number), number, meal.delta_g, number == 1 ? 0 : meal.real_g - previous,
                      number > 1 ? &review_.equal_delta : nullptr);
      next_after_gap = false;
      previous = meal.real_g;
      Doses(number, meal);
    }
  }

  void Columns() {
    const double corn_g = lot_.real_sum_g();
    CompareColumn("total_cornTarget", lot_.target_sum_g(), kSame);
    CompareColumn("total_cornReal", corn_g, kSame);
    CompareColumn("QteTotalTest", corn_g, kSame);
    CompareColumn("Conso_Gav_Z1", corn_g / 1000, kSame);
    if (!Cell("duree_gavage").empty()) CompareColumn("Duree_du_lot", lot_.duration_days, kSame);
    CompareColumn("dPctgPerteGav", static_cast<double>(lot_.placed - lot_.hung) / lot_.placed, kSameLoss);
    CompareText("Lot_GAV", lot_.code);
    CompareText("Code_lot", lot_.code);
    if (lot_.liver_g && !Cell("ITM").empty()) CompareColumn("ITM", 1000 * lot_.corn_kg / *lot_.liver_g, kSameItm);
    if (lot_.itm) CompareText("ITM_cut", ItmClass(*lot_.itm));
    if (campaign_.older_export) return;
    if (lot_.liver_g && lot_.liver_sd_g && lot_.sigma) CompareColumn("Sigma", *lot_.liver_sd_g / *lot_.liver_g, kSameSigma);
    CompareText("Sigma_cut", lot_.sigma ? "A" : "nan");
  }

  void Doubts() {
    if (lot_.loss && *lot_.loss > kLossWorthALook) {
      Note("dPctgPerteGav", 0, "high_loss", Severity::kWarning, absl::StrCat("loss of ", NumberText(std::round(*lot_.loss * 1000) / 10), " % of the birds"),
           Show(lot_.loss));
    }
    if (lot_.collected < lot_.hung) {
      Note("Nombre_enleve", 0, "inconsistent_count", Severity::kWarning,
           absl::StrCat("only ", lot_.collected, " of ", lot_.placed, " birds collected, but ", lot_.hung, " hung"), absl::StrCat(lot_.collected));
    }
    if (lot_.last_meal() == 0) Note("", 0, "no_meal", Severity::kWarning, "no meal at all");
  }

 private:
  const std::string& Cell(const std::string& column) const {
    static const auto* none = new std::string;
    const auto found = lot_.cells.find(column);
    return found == lot_.cells.end() ? *none : found->second;
  }

  void Doses(int number, const CampaignMeal& meal) {
    const std::string given = NumberText(meal.real_g);
    if (meal.real_g < kLeastDose || meal.real_g > kMostDose) {
      Note(RealColumn(number), number, "unusual_dose", Severity::kWarning,
           absl::StrCat("dose of ", given, " g", meal.target_g ? absl::StrCat(" (prescribed ", NumberText(*meal.target_g), " g)") : ""), given);
    } else if (meal.target_g && (*meal.target_g < kLeastDose || *meal.target_g > kMostDose)) {
      Note(TargetColumn(number), number, "unusual_target", Severity::kWarning,
           absl::StrCat("prescribed dose of ", NumberText(*meal.target_g), " g (given ", given, " g)"), NumberText(*meal.target_g));
    }
    if (!meal.target_g) Note(TargetColumn(number), number, "missing_target", Severity::kWarning, absl::StrCat("dose of ", given, " g without a prescribed one"));
  }

  void Note(const std::string& column, int meal, const char* kind, Severity severity, std::string text, std::string in_file = "",
            std::string expected = "") {
    review_.anomalies.push_back({lot_.row, lot_.code, column, meal, kind, severity, std::move(in_file), std::move(expected), std::move(text)});
  }

  void Differs(const std::string& column, int meal, const std::string& in_file, const std::string& recomputed) {
    Note(column, meal, "difference", Severity::kWarning,
         recomputed.empty() ? "has a value where the formula gives none" : "is not what the other columns give", in_file, recomputed);
  }

  void Compare(const std::string& column, int meal, const std::optional<double>& in_file, const std::optional<double>& recomputed, int* equal) {
    if (!Has(column)) return;  // a column the file does not have is not compared
    const bool same = in_file.has_value() == recomputed.has_value() && (!in_file || std::abs(*in_file - *recomputed) < kSame);
    if (!same) {
      Differs(column, meal, Show(in_file), Show(recomputed));
    } else if (equal != nullptr) {
      ++*equal;
    }
  }

  void CompareAfterGap(bool after_gap, const std::string& column, int meal, const std::optional<double>& in_file, double recomputed, int* equal) {
    if (after_gap && !in_file && Has(column)) {
      Note(column, meal, "empty_after_gap", Severity::kInfo, "the file leaves the cell empty after a skipped meal", "", NumberText(recomputed));
    } else {
      Compare(column, meal, in_file, recomputed, equal);
    }
  }

  // The file has the column; its cell may be empty.
  bool Has(const std::string& column) const { return campaign_.names.count(column) > 0; }

  void CompareColumn(const std::string& column, double recomputed, double same) {
    if (!Has(column)) return;
    const std::optional<double> in_file = ParseNumber(Cell(column));
    if (in_file && std::abs(*in_file - recomputed) < same) {
      ++review_.equal_lot_columns;
    } else {
      Differs(column, 0, Cell(column), NumberText(recomputed));
    }
  }

  void CompareText(const std::string& column, const std::string& recomputed) {
    if (!Has(column)) return;
    if (Cell(column) == recomputed) {
      ++review_.equal_lot_columns;
    } else {
      Differs(column, 0, Cell(column).substr(0, Cell(column).size() > 40 ? 0 : std::string::npos), recomputed);
    }
  }

  const CampaignLot& lot_;
  const Campaign& campaign_;
  Review& review_;
};

void Add(const CampaignLot& lot, Figures& figures) {
  ++figures.lots;
  figures.placed += lot.placed;
  figures.hung += lot.hung;
  figures.corn_kg += lot.placed * lot.corn_kg;
  if (!lot.itm) return;
  figures.liver_kg += lot.hung * lot.corn_kg / *lot.itm;
  figures.hung_corn_kg += lot.hung * lot.corn_kg;
}

// Columns that say the same in every row: one of them would do.
void SameMeaning(const Campaign& campaign, Review& review) {
  if (campaign.lots.empty()) return;
  const std::vector<std::vector<std::string>> groups = {
      {"CodeLot", "Lot_GAV", "Code_lot"}, {"duree_gavage", "Duree_du_lot"}, {"total_cornReal", "QteTotalTest"}};
  for (const std::vector<std::string>& group : groups) {
    const std::string& first = group.front();
    std::vector<std::string> others;
    for (size_t i = 1; i < group.size(); ++i) {
      if (campaign.names.count(first) == 0 || campaign.names.count(group[i]) == 0) continue;
      const bool same = std::all_of(campaign.lots.begin(), campaign.lots.end(), [&](const CampaignLot& lot) {
        const auto a = lot.cells.find(first), b = lot.cells.find(group[i]);
        const bool empty_a = a == lot.cells.end(), empty_b = b == lot.cells.end();
        return empty_a == empty_b && (empty_a || a->second == b->second);
      });
      if (same) others.push_back(group[i]);
    }
    for (const std::string& other : others) {
      review.anomalies.push_back({1, "", other, 0, "same_meaning", Severity::kInfo, "", "", absl::StrCat("says the same as ", first, " in every row")});
    }
  }
}

}  // namespace

std::string SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return "info";
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      break;
  }
  return "warning";
}

int Review::Count(const std::string& kind) const {
  return static_cast<int>(std::count_if(anomalies.begin(), anomalies.end(), [&](const Anomaly& anomaly) { return anomaly.kind == kind; }));
}

Review ReviewCampaign(const Campaign& campaign) {
  Review review;
  std::set<std::string> feeders;
  SameMeaning(campaign, review);
  if (campaign.older_export) {
    review.anomalies.push_back({1, "", "Sigma", 0, "other_definition", Severity::kInfo, "", "",
                                "Sigma of this older export follows another definition and is not imported; it is taken from the liver weights where they are there"});
  }
  for (const std::string& column : campaign.unknown) {
    review.anomalies.push_back({1, "", column.substr(0, column.size() > 100 ? 0 : std::string::npos), 0, "unknown_column", Severity::kInfo, "", "",
                                "no layout has this column; its cells are not read and not stored"});
  }
  for (const BadCell& bad : campaign.bad) review.anomalies.push_back({bad.row, bad.lot, bad.column, 0, bad.kind, Severity::kError, bad.cell, "", bad.text});
  for (const CampaignLot& lot : campaign.lots) {
    LotReview lot_review(lot, campaign, &review);
    lot_review.Meals();
    lot_review.Columns();
    lot_review.Doubts();
    feeders.insert(lot.cells.at("Gaveur"));
    Add(lot, review.all);
    Add(lot, review.sites[lot.code.substr(0, 2)]);
    if (lot.itm) {
      ++review.lots_with_itm;
      review.mean_itm += *lot.itm;
    }
    if (lot.sigma) {
      ++review.measured_sigma;
      review.mean_sigma += *lot.sigma;
    }
  }
  std::stable_sort(review.anomalies.begin(), review.anomalies.end(), [](const Anomaly& a, const Anomaly& b) { return a.row < b.row; });
  review.feeders = static_cast<int>(feeders.size());
  if (review.lots_with_itm > 0) review.mean_itm /= review.lots_with_itm;
  if (review.measured_sigma > 0) review.mean_sigma /= review.measured_sigma;
  return review;
}

}  // namespace egi::campaign
