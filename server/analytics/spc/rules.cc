#include "server/analytics/spc/rules.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace egi::spc {
namespace {

// How a pattern is recognised.
enum class Pattern {
  kBeyond,       // `needed` of `window` points beyond `zone` sigma on the same side; the last is one of them
  kBeyondBoth,   // `needed` in a row beyond `zone` sigma on either side
  kWithin,       // `needed` in a row within `zone` sigma
  kTrend,        // `needed` in a row, each above the one before, or each below
  kAlternating,  // `needed` in a row, up and down in turn
};

struct Definition {
  Rule rule;
  const char* name;
  const char* description;
  Pattern pattern;
  int needed;
  int window;
  double zone;
};

constexpr std::array<Definition, 12> kDefinitions = {{
    {Rule::kWesternElectric1, "western_electric_1", "1 point beyond 3 sigma.", Pattern::kBeyond, 1, 1, 3},
    {Rule::kWesternElectric2, "western_electric_2", "2 of 3 points beyond 2 sigma on the same side.", Pattern::kBeyond, 2, 3, 2},
    {Rule::kWesternElectric3, "western_electric_3", "4 of 5 points beyond 1 sigma on the same side.", Pattern::kBeyond, 4, 5, 1},
    {Rule::kWesternElectric4, "western_electric_4", "8 points in a row on the same side of the centre line.", Pattern::kBeyond, 8, 8, 0},
    {Rule::kNelson1, "nelson_1", "1 point beyond 3 sigma.", Pattern::kBeyond, 1, 1, 3},
    {Rule::kNelson2, "nelson_2", "9 points in a row on the same side of the centre line.", Pattern::kBeyond, 9, 9, 0},
    {Rule::kNelson3, "nelson_3", "6 points in a row all rising or all falling.", Pattern::kTrend, 6, 6, 0},
    {Rule::kNelson4, "nelson_4", "14 points in a row alternating up and down.", Pattern::kAlternating, 14, 14, 0},
    {Rule::kNelson5, "nelson_5", "2 of 3 points beyond 2 sigma on the same side.", Pattern::kBeyond, 2, 3, 2},
    {Rule::kNelson6, "nelson_6", "4 of 5 points beyond 1 sigma on the same side.", Pattern::kBeyond, 4, 5, 1},
    {Rule::kNelson7, "nelson_7", "15 points in a row within 1 sigma of the centre line.", Pattern::kWithin, 15, 15, 1},
    {Rule::kNelson8, "nelson_8", "8 points in a row beyond 1 sigma on either side.", Pattern::kBeyondBoth, 8, 8, 1},
}};

const Definition& DefinitionOf(Rule rule) { return kDefinitions[static_cast<size_t>(rule)]; }

// Values in standard deviations from the centre.
using Scores = std::vector<double>;

std::vector<int> LastPlaces(int index, int count) {
  std::vector<int> places;
  for (int i = index - count + 1; i <= index; ++i) places.push_back(i);
  return places;
}

// The points of the window that lie beyond the zone on the side of the last one; empty when they are too few.
std::vector<int> Beyond(const Definition& rule, const Scores& scores, int index) {
  const double side = scores[index] > 0 ? 1 : -1;
  std::vector<int> places;
  for (int i = std::max(0, index - rule.window + 1); i <= index; ++i) {
    if (side * scores[i] > rule.zone) places.push_back(i);
  }
  const bool complete = !places.empty() && places.back() == index && static_cast<int>(places.size()) >= rule.needed;
  return complete ? places : std::vector<int>();
}

// `length` counts the points of the run that ends at each place.
template <typename Continues>
std::vector<int> RunLengths(size_t size, Continues continues) {
  std::vector<int> lengths(size, 0);
  for (size_t i = 0; i < size; ++i) lengths[i] = continues(i, i > 0 ? lengths[i - 1] : 0);
  return lengths;
}

int Sign(double value) { return (value > 0) - (value < 0); }

std::vector<int> RunLengths(const Definition& rule, const Scores& scores) {
  const auto step = [&](size_t i) { return Sign(scores[i] - scores[i - 1]); };
  return RunLengths(scores.size(), [&](size_t i, int before) {
    switch (rule.pattern) {
      case Pattern::kBeyondBoth: return std::abs(scores[i]) > rule.zone ? before + 1 : 0;
      case Pattern::kWithin: return std::abs(scores[i]) < rule.zone ? before + 1 : 0;
      case Pattern::kTrend:
        if (i == 0 || step(i) == 0) return 1;
        return before > 1 && step(i) == step(i - 1) ? before + 1 : 2;
      case Pattern::kAlternating:
        if (i == 0 || step(i) == 0) return 1;
        return before > 1 && step(i) == -step(i - 1) ? before + 1 : 2;
      case Pattern::kBeyond: break;
    }
    return 0;
  });
}

}  // namespace

std::string RuleName(Rule rule) { return DefinitionOf(rule).name; }

std::string RuleDescription(Rule rule) { return DefinitionOf(rule).description; }

absl::StatusOr<std::vector<Rule>> ParseRules(const std::string& text) {
  std::set<Rule> chosen;
  for (absl::string_view part : absl::StrSplit(text, ',')) {
    const std::string word(absl::StripAsciiWhitespace(part));
    bool known = word == "none";
    for (const Definition& definition : kDefinitions) {
      const std::string name = definition.name;
      if (name != word && name.substr(0, name.rfind('_')) != word) continue;
      chosen.insert(definition.rule);
      known = true;
    }
    if (known) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "unknown rule '", word, "'; one of none, western_electric, nelson, or a list of ",
        absl::StrJoin(kDefinitions, ", ", [](std::string* out, const Definition& definition) { out->append(definition.name); })));
  }
  return std::vector<Rule>(chosen.begin(), chosen.end());
}

std::vector<Violation> FindViolations(const std::vector<double>& values, double centre, double sigma, const std::vector<Rule>& rules) {
  Scores scores;
  for (double value : values) scores.push_back((value - centre) / sigma);
  std::vector<Violation> violations;
  for (Rule name : rules) {
    const Definition& rule = DefinitionOf(name);
    const std::vector<int> lengths = RunLengths(rule, scores);
    for (int i = 0; i < static_cast<int>(scores.size()); ++i) {
      std::vector<int> points;
      if (rule.pattern == Pattern::kBeyond) {
        points = Beyond(rule, scores, i);
      } else if (lengths[i] >= rule.needed) {
        points = LastPlaces(i, rule.needed);
      }
      if (!points.empty()) violations.push_back({name, i, std::move(points)});
    }
  }
  return violations;
}

}  // namespace egi::spc
