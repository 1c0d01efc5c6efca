// What a lot costs and brings in (analytics.md section 7). Pure.
#ifndef EGI_SERVER_FINANCE_ACCOUNT_H_
#define EGI_SERVER_FINANCE_ACCOUNT_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "egi/supervision/v1/finance.pb.h"
#include "server/finance/price_book.h"

namespace egi::finance {

// Strain of lots that tell none.
inline constexpr char kUnknownStrain[] = "inconnue";

// What is known of a lot; everything absent is unknown.
struct LotFacts {
  int id = 0;
  std::string code, site, state;
  std::string strain;                 // kUnknownStrain when it is not told
  std::string end_day;                // day the gavage ended, ISO date; empty = not yet, or unknown
  std::optional<int> placed, hung;    // birds
  std::optional<double> corn_kg;      // a duck
  std::optional<double> itm;          // final, kg/kg
  std::optional<int> days;            // of gavage
  std::optional<double> km;           // to the slaughterhouse
  std::map<std::string, int> grades;  // samples of the lot by grade
};

// Why a lot does not count: pas_d_itm_final, canards_inconnus, mais_inconnu, dates_inconnues; empty when it does.
std::string WhyLeftOut(const LotFacts& lot);
// The same in French, with what to do.
std::string ExplainLeftOut(const std::string& why);

// Prices that were used: kind, grade, id (0 = assumption) -> price and number of lots.
struct Uses {
  std::map<std::pair<std::pair<std::string, std::string>, int>, std::pair<supervision::v1::Price, int>> prices;
  std::set<std::string> grades_without_price;  // of lots some of whose grades have one
  int lots_without_km = 0;                     // while a km has a price
};

// The lot alone, without its ratios. Requires WhyLeftOut(lot) to be empty; `uses` may be null.
//
// liver kg = hung x corn a duck / ITM; corn = placed x corn a duck; labour = placed x fee x days / 10; transport = hung x price (+ km x price where both are known); birds = placed
// x price once there is one. Revenue = liver kg x price, where every grade among the samples has a price by the shares of the grades.
// Losses are the birds placed and not hung, with the corn (as if they had eaten all of it), labour and purchase that the costs count for them: a part of the costs.
supervision::v1::Amounts AccountOf(const LotFacts& lot, const PriceBook& book, Uses* uses);

// Adds sums; ratios are left alone.
void Add(const supervision::v1::Amounts& lot, supervision::v1::Amounts& sums);

// Margin and ratios of finished sums.
void SetRatios(supervision::v1::Amounts& sums);

// How the costs split, in a fixed order.
std::vector<supervision::v1::CostShare> SplitOf(const supervision::v1::Amounts& sums);

}  // namespace egi::finance

#endif  // EGI_SERVER_FINANCE_ACCOUNT_H_
