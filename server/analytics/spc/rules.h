// Rules that find patterns no stable process makes: Western Electric (Statistical Quality Control Handbook, 1956) and Nelson
// (The Shewhart control chart: tests for special causes, Journal of Quality Technology 16, 1984). Pure functions.
#ifndef EGI_SERVER_ANALYTICS_SPC_RULES_H_
#define EGI_SERVER_ANALYTICS_SPC_RULES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace egi::spc {

enum class Rule {
  kWesternElectric1,  // 1 point beyond 3 sigma
  kWesternElectric2,  // 2 of 3 beyond 2 sigma, on the same side
  kWesternElectric3,  // 4 of 5 beyond 1 sigma, on the same side
  kWesternElectric4,  // 8 in a row on the same side of the centre
  kNelson1,           // 1 point beyond 3 sigma
  kNelson2,           // 9 in a row on the same side of the centre
  kNelson3,           // 6 in a row all rising or all falling
  kNelson4,           // 14 in a row alternating up and down
  kNelson5,           // 2 of 3 beyond 2 sigma, on the same side
  kNelson6,           // 4 of 5 beyond 1 sigma, on the same side
  kNelson7,           // 15 in a row within 1 sigma
  kNelson8,           // 8 in a row beyond 1 sigma, on either side
};

// The point that completed a pattern, and the points that make it.
struct Violation {
  Rule rule;
  int index = 0;            // place of the last point, from 0
  std::vector<int> points;  // ascending; the last is `index`
};

// western_electric_1 .. nelson_8.
std::string RuleName(Rule rule);

// One sentence.
std::string RuleDescription(Rule rule);

// `none`, `western_electric`, `nelson` or a comma separated list of names of rules, spaces allowed; each rule once, in the order of the
// enum. Errors: INVALID_ARGUMENT naming the first unknown word and what is known.
absl::StatusOr<std::vector<Rule>> ParseRules(const std::string& text);

// Every point at which a pattern is complete, by rule, then by place. A pattern that goes on is reported at each of its points. `sigma` > 0
// is the standard deviation of a plotted value.
std::vector<Violation> FindViolations(const std::vector<double>& values, double centre, double sigma, const std::vector<Rule>& rules);

}  // namespace egi::spc

#endif  // EGI_SERVER_ANALYTICS_SPC_RULES_H_
