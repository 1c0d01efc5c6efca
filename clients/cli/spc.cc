#include "clients/cli/spc.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "clients/cpp/client.h"

namespace egi::cli {
namespace {

using egi::quality::v1::GetChartResponse;
using egi::quality::v1::SpcCapability;
using egi::quality::v1::SpcIndex;
using egi::quality::v1::SpcPanel;

constexpr absl::Duration kTimeout = absl::Seconds(30);
constexpr int kRows = 13;  // of a panel
constexpr int kColumns = 90;
constexpr int kListed = 20;  // violations in the text

// From the lowest to the highest figure or limit.
struct Scale {
  double low = 0, high = 0;
  int Row(double value) const { return high > low ? std::lround((high - value) / (high - low) * (kRows - 1)) : kRows / 2; }
};

Scale ScaleOf(const SpcPanel& panel) {
  Scale scale{panel.centre_line(), panel.centre_line()};
  for (const auto& value : panel.values()) {
    scale.low = std::min({scale.low, value.lower_limit(), value.has_value() ? value.value().value() : scale.low});
    scale.high = std::max({scale.high, value.upper_limit(), value.has_value() ? value.value().value() : scale.high});
  }
  return scale;
}

std::string PanelText(const SpcPanel& panel, const std::set<int>& marked, int columns) {
  const Scale scale = ScaleOf(panel);
  const int points = panel.values_size();
  const int width = std::min(columns, std::max(points, 1));
  std::vector<std::string> rows(kRows, std::string(width, ' '));
  for (int column = 0; column < width && points > 0; ++column) {
    const int first = static_cast<int64_t>(column) * points / width;
    const int end = std::max<int>(first + 1, static_cast<int64_t>(column + 1) * points / width);
    const auto& limits = panel.values(first);
    rows[scale.Row(panel.centre_line())][column] = '-';
    rows[scale.Row(limits.lower_limit())][column] = '=';
    rows[scale.Row(limits.upper_limit())][column] = '=';
    int farthest = -1;
    bool hit = false;
    for (int i = first; i < end; ++i) {
      if (!panel.values(i).has_value()) continue;
      const double distance = std::abs(panel.values(i).value().value() - panel.centre_line());
      const bool better = farthest < 0 || distance > std::abs(panel.values(farthest).value().value() - panel.centre_line());
      const bool violates = marked.count(i) > 0;
      if (hit ? violates && better : violates || better) farthest = i;
      hit = hit || violates;
    }
    if (farthest >= 0) rows[scale.Row(panel.values(farthest).value().value())][column] = hit ? 'X' : 'o';
  }
  std::string text = absl::StrCat(panel.statistic(), "\n");
  for (int row = 0; row < kRows; ++row) {
    const double at = scale.high - (scale.high - scale.low) * row / (kRows - 1);
    absl::StrAppend(&text, absl::StrFormat("%12.5g |%s\n", at, rows[row]));
  }
  return text;
}

std::string IndexText(const char* name, const SpcIndex& index) {
  return absl::StrFormat("%s %.2f (%.2f to %.2f)", name, index.value(), index.low(), index.high());
}

std::string CapabilityText(const SpcCapability& capability) {
  if (capability.verdict() == "unknown") return absl::StrCat("unknown: ", capability.message());
  std::string text = absl::StrFormat("%s%s, n = %d", capability.verdict(), capability.indicative() ? " (indicative)" : "", capability.sample_count());
  if (capability.has_cp()) absl::StrAppend(&text, ", ", IndexText("Cp", capability.cp()));
  absl::StrAppend(&text, ", ", IndexText("Cpk", capability.cpk()));
  if (capability.has_pp()) absl::StrAppend(&text, ", ", IndexText("Pp", capability.pp()));
  return absl::StrCat(text, ", ", IndexText("Ppk", capability.ppk()));
}

}  // namespace

std::string ChartText(const GetChartResponse& chart, int columns) {
  std::string text;
  for (const SpcPanel& panel : chart.panels()) {
    std::set<int> marked;
    for (const auto& violation : chart.violations()) {
      if (violation.statistic() == panel.statistic()) marked.insert(violation.index());
    }
    absl::StrAppend(&text, PanelText(panel, marked, columns));
  }
  return text;
}

int RunSpcChart(const Session& session, const egi::quality::v1::GetChartRequest& request) {
  client::Client client(session.server, kTimeout);
  const auto chart = client.GetSpcChart(request);
  if (!chart.ok()) return Fail(session, "spc chart", chart.status());
  if (session.json) {
    session.out << ToJsonLine(*chart) << "\n";
    return kOk;
  }
  session.out << absl::StrFormat("%s of %s, %d points, mean %.6g, sigma %.6g %s\n", chart->kind(), chart->characteristic(), chart->points_size(),
                                 chart->mean(), chart->sigma(), chart->unit());
  session.out << ChartText(*chart, kColumns);
  for (int i = 0; i < std::min(kListed, chart->violations_size()); ++i) {
    const auto& violation = chart->violations(i);
    const auto& point = chart->points(violation.index());
    session.out << absl::StrFormat("X %s  %s (%s), %s: %s\n",
                                   absl::FormatTime("%Y-%m-%d %H:%M:%S", absl::FromUnixSeconds(point.time().seconds()), absl::UTCTimeZone()),
                                   point.sample_id(), point.label(), violation.rule(), violation.description());
  }
  if (chart->violations_size() > kListed) session.out << "  and " << chart->violations_size() - kListed << " more; --json lists all\n";
  if (chart->violations_size() == 0) session.out << "no violation\n";
  session.out << "capability: " << CapabilityText(chart->capability()) << "\n";
  for (const std::string& warning : chart->warnings()) session.out << "note: " << warning << "\n";
  for (const std::string& warning : chart->capability().warnings()) session.out << "note: " << warning << "\n";
  return kOk;
}

int RunSpcCapability(const Session& session, const egi::quality::v1::GetCapabilityRequest& request) {
  client::Client client(session.server, kTimeout);
  const auto answer = client.GetSpcCapability(request);
  if (!answer.ok()) return Fail(session, "spc capability", answer.status());
  if (session.json) {
    session.out << ToJsonLine(*answer) << "\n";
    return kOk;
  }
  for (const auto& group : answer->groups()) session.out << absl::StrFormat("%-16s %s\n", group.group(), CapabilityText(group.capability()));
  if (answer->groups().empty()) session.out << "no sample with " << answer->characteristic() << " in the period\n";
  return kOk;
}

}  // namespace egi::cli
