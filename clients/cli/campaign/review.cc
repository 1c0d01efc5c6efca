#include "clients/cli/campaign/review.h"

#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "clients/cli/campaign/text.h"

namespace egi::campaign {
namespace {

constexpr double kSame = 1e-6;
// The loss is printed with nine decimals.
constexpr double kSameLoss = 1e-8;
// Doses of the campaigns known so far lie between 160 and 545 g (domain.md section 7.2); outside these bounds a typing error is likely.
constexpr double kLeastDose = 100, kMostDose = 560;
constexpr double kLossWorthALook = 0.15;

std::string Show(const std::optional<double>& value) { return value ? absl::StrCat(*value) : ""; }

// Class of domain.md section 4.
std::string ItmClass(double itm) { return itm <= 12.5 ? "A" : itm <= 14 ? "B" : itm <= 15.5 ? "C" : itm <= 17 ? "D" : "E"; }

class LotReview {
 public:
  LotReview(const CampaignLot& lot, Review* review) : lot_(lot), review_(*review) {}

  void Meals() {
    double cumulative = 0, previous = 0;
    bool after_gap = false, next_after_gap = false;
    for (int number = 1; number <= kMeals; ++number) {
      const CampaignMeal& meal = lot_.meals[number - 1];
      const std::string delta_column = number == 1 ? "delta_feed1" : absl::StrCat("delta_feed_", number);
      if (meal.target_g) ++review_.meals_with_target;
      if (!meal.given()) {
        if (number < lot_.last_meal()) {
          review_.gaps.push_back({lot_.code, number});
          after_gap = next_after_gap = true;
        }
        Compare(absl::StrCat("corn_variation_", number), meal.variation_g, std::nullopt, nullptr);
        Compare(absl::StrCat("cumulCorn_", number), meal.cumulative_g, std::nullopt, nullptr);
        Compare(delta_column, meal.delta_g, std::nullopt, nullptr);
        continue;
      }
      ++review_.meals;
      cumulative += meal.real_g;
      const std::optional<double> variation = meal.target_g ? std::optional(meal.real_g - *meal.target_g) : std::nullopt;
      if (number == 1 && meal.variation_g == 0.0 && variation && *variation != 0) {
        ++review_.first_variation_forced_to_zero;
      } else {
        Compare(absl::StrCat("corn_variation_", number), meal.variation_g, variation, number > 1 ? &review_.equal_variation : nullptr);
      }
      CompareAfterGap(after_gap, absl::StrCat("cumulCorn_", number), meal.cumulative_g, cumulative, &review_.equal_cumulative);
      CompareAfterGap(next_after_gap, delta_column, meal.delta_g, number == 1 ? 0 : meal.real_g - previous,
                      number > 1 ? &review_.equal_delta : nullptr);
      next_after_gap = false;
      previous = meal.real_g;
      Doses(number, meal);
    }
    total_real_ = cumulative;
  }

  void Columns() {
    double target = 0;
    for (const CampaignMeal& meal : lot_.meals) target += meal.target_g.value_or(0);
    CompareColumn("total_cornTarget", target, kSame);
    CompareColumn("total_cornReal", total_real_, kSame);
    CompareColumn("QteTotalTest", total_real_, kSame);
    CompareColumn("Conso_Gav_Z1", total_real_ / 1000, kSame);
    CompareColumn("Duree_du_lot", lot_.duration_days, kSame);
    CompareColumn("dPctgPerteGav", static_cast<double>(lot_.placed - lot_.hung) / lot_.placed, kSameLoss);
    CompareText("Lot_GAV", lot_.code);
    CompareText("Code_lot", lot_.code);
    if (lot_.itm) CompareText("ITM_cut", ItmClass(*lot_.itm));
    CompareText("Sigma_cut", lot_.sigma ? "A" : "nan");
  }

  void Doubts() {
    if (lot_.loss && *lot_.loss > kLossWorthALook) Warn(0, absl::StrCat("loss of ", std::round(*lot_.loss * 1000) / 10, " % of the birds"));
    if (lot_.collected < lot_.hung) {
      Warn(0, absl::StrCat("only ", lot_.collected, " of ", lot_.placed, " birds collected, but ", lot_.hung, " hung"));
    }
    if (lot_.last_meal() == 0) Warn(0, "no meal at all");
  }

 private:
  void Doses(int number, const CampaignMeal& meal) {
    if (meal.real_g < kLeastDose || meal.real_g > kMostDose) {
      Warn(number, absl::StrCat("dose of ", meal.real_g, " g", meal.target_g ? absl::StrCat(" (prescribed ", *meal.target_g, " g)") : ""));
    } else if (meal.target_g && (*meal.target_g < kLeastDose || *meal.target_g > kMostDose)) {
      Warn(number, absl::StrCat("prescribed dose of ", *meal.target_g, " g (given ", meal.real_g, " g)"));
    }
    if (!meal.target_g) Warn(number, absl::StrCat("dose of ", meal.real_g, " g without a prescribed one"));
  }

  void Warn(int meal, const std::string& text) { review_.warnings.push_back({lot_.code, meal, text}); }

  void Compare(const std::string& column, const std::optional<double>& in_file, const std::optional<double>& recomputed, int* equal) {
    const bool same = in_file.has_value() == recomputed.has_value() && (!in_file || std::abs(*in_file - *recomputed) < kSame);
    if (!same) {
      review_.differences.push_back({lot_.code, column, Show(in_file), Show(recomputed)});
    } else if (equal != nullptr) {
      ++*equal;
    }
  }

  void CompareAfterGap(bool after_gap, const std::string& column, const std::optional<double>& in_file, double recomputed, int* equal) {
    if (after_gap && !in_file) {
      review_.empty_after_gap.push_back({lot_.code, column, "", absl::StrCat(recomputed)});
    } else {
      Compare(column, in_file, recomputed, equal);
    }
  }

  // A column the file does not have is not compared.
  void CompareColumn(const std::string& column, double recomputed, double same) {
    const auto cell = lot_.cells.find(column);
    if (cell == lot_.cells.end()) return;
    const std::optional<double> in_file = ParseNumber(cell->second);
    if (in_file && std::abs(*in_file - recomputed) < same) {
      ++review_.equal_lot_columns;
    } else {
      review_.differences.push_back({lot_.code, column, cell->second, absl::StrCat(recomputed)});
    }
  }

  void CompareText(const std::string& column, const std::string& recomputed) {
    const auto cell = lot_.cells.find(column);
    if (cell == lot_.cells.end()) return;
    if (cell->second == recomputed) {
      ++review_.equal_lot_columns;
    } else {
      review_.differences.push_back({lot_.code, column, cell->second, recomputed});
    }
  }

  const CampaignLot& lot_;
  Review& review_;
  double total_real_ = 0;
};

}  // namespace

Review ReviewCampaign(const Campaign& campaign) {
  Review review;
  std::set<std::string> feeders, sites;
  int with_itm = 0;
  for (const CampaignLot& lot : campaign.lots) {
    LotReview lot_review(lot, &review);
    lot_review.Meals();
    lot_review.Columns();
    lot_review.Doubts();
    feeders.insert(lot.cells.at("Gaveur"));
    sites.insert(lot.code.substr(0, 2));
    ++review.lots;
    review.placed += lot.placed;
    review.hung += lot.hung;
    if (lot.itm) {
      ++with_itm;
      review.mean_itm += *lot.itm;
      review.liver_kg += lot.hung * lot.corn_kg / *lot.itm;
    }
    if (lot.sigma) {
      ++review.measured_sigma;
      review.mean_sigma += *lot.sigma;
    }
  }
  review.feeders = static_cast<int>(feeders.size());
  review.sites = static_cast<int>(sites.size());
  if (with_itm > 0) review.mean_itm /= with_itm;
  if (review.measured_sigma > 0) review.mean_sigma /= review.measured_sigma;
  return review;
}

}  // namespace egi::campaign
