// Which price holds on a day. Pure.
#ifndef EGI_SERVER_FINANCE_PRICE_BOOK_H_
#define EGI_SERVER_FINANCE_PRICE_BOOK_H_

#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "egi/supervision/v1/finance.pb.h"

namespace egi::finance {

// Kinds of prices and what their numbers count.
inline constexpr char kLiver[] = "foie";                        // EUR/kg, of all livers or of those of a grade
inline constexpr char kCorn[] = "mais";                         // EUR/kg
inline constexpr char kLabour[] = "gavage";                     // EUR a duck and 10 days
inline constexpr char kBirdTransport[] = "transport_canard";    // EUR a duck
inline constexpr char kKmTransport[] = "transport_km";          // EUR/km
inline constexpr char kReadyBird[] = "canard_pag";              // EUR a bird ready for gavage
inline constexpr std::array<const char*, 6> kKinds = {kLiver, kCorn, kLabour, kBirdTransport, kKmTransport, kReadyBird};

// Best first.
inline constexpr std::array<const char*, 5> kGrades = {"A+", "A", "B", "C", "REJECT"};

// Unit of a kind, as it is shown; empty for an unknown kind.
std::string UnitOf(const std::string& kind);

// Thread-safe once made.
class PriceBook {
 public:
  // Rows in any order, with `valide_du`; where none holds yet the assumptions do (analytics.md section 7): 45 EUR/kg of liver, 0.25 EUR/kg of corn, 2.5 EUR a duck and
  // 10 days, 0.3 EUR a duck carried. The way and the birds themselves have none.
  explicit PriceBook(std::vector<supervision::v1::Price> rows);

  // The price of `kind` that holds on `day` (ISO date) for livers of `grade`, or for all (empty). Null when there is none: a grade has no price unless one was entered.
  // Valid as long as the book.
  const supervision::v1::Price* On(const std::string& kind, const std::string& grade, const std::string& day) const;

  // This book with the prices of a scenario, by kind, on every day; one of liver stands for all grades.
  PriceBook With(const std::map<std::string, double>& scenario) const;

 private:
  using Key = std::pair<std::string, std::string>;  // kind, grade

  std::map<Key, std::vector<supervision::v1::Price>> entered_;  // by valide_du, then id
  std::map<std::string, supervision::v1::Price> standing_;      // assumptions
  std::map<std::string, supervision::v1::Price> scenario_;
};

}  // namespace egi::finance

#endif  // EGI_SERVER_FINANCE_PRICE_BOOK_H_
