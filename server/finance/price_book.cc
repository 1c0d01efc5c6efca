#include "server/finance/price_book.h"

#include <algorithm>
#include <tuple>

namespace egi::finance {
namespace {

using supervision::v1::Price;

Price Make(const std::string& kind, double eur, const std::string& why, bool assumption) {
  Price price;
  price.set_type_prix(kind);
  price.set_prix(eur);
  price.set_unite(UnitOf(kind));
  price.set_raison(why);
  price.set_hypothese(assumption);
  return price;
}

auto Place(const Price& price) { return std::make_tuple(price.valide_du().value(), price.id()); }

}  // namespace

std::string UnitOf(const std::string& kind) {
  if (kind == kLiver || kind == kCorn) return "EUR/kg";
  if (kind == kLabour) return "EUR/canard/10 jours";
  if (kind == kBirdTransport || kind == kReadyBird) return "EUR/canard";
  return kind == kKmTransport ? "EUR/km" : "";
}

PriceBook::PriceBook(std::vector<Price> rows) {
  std::sort(rows.begin(), rows.end(), [](const Price& a, const Price& b) { return Place(a) < Place(b); });
  for (Price& row : rows) {
    std::vector<Price>& of_key = entered_[{row.type_prix(), row.grade()}];
    of_key.push_back(std::move(row));
  }
  for (const auto& [kind, eur] : {std::pair{kLiver, 45.0}, std::pair{kCorn, 0.25}, std::pair{kLabour, 2.5}, std::pair{kBirdTransport, 0.3}}) {
    standing_[kind] = Make(kind, eur, "Hypothèse de départ : aucun prix saisi pour cette date", true);
  }
}

const Price* PriceBook::On(const std::string& kind, const std::string& grade, const std::string& day) const {
  if (const auto changed = scenario_.find(kind); changed != scenario_.end()) return grade.empty() ? &changed->second : nullptr;
  if (const auto rows = entered_.find({kind, grade}); rows != entered_.end()) {
    const auto later = std::upper_bound(rows->second.begin(), rows->second.end(), day,
                                        [](const std::string& date, const Price& row) { return date < row.valide_du().value(); });
    if (later != rows->second.begin()) return &*std::prev(later);
  }
  const auto assumed = standing_.find(kind);
  return grade.empty() && assumed != standing_.end() ? &assumed->second : nullptr;
}

PriceBook PriceBook::With(const std::map<std::string, double>& scenario) const {
  PriceBook book = *this;
  for (const auto& [kind, eur] : scenario) book.scenario_[kind] = Make(kind, eur, "Scénario", false);
  return book;
}

}  // namespace egi::finance
