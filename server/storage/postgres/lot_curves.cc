#include "server/storage/postgres/lot_curves.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace egi::storage {
namespace {

constexpr char kCurves[] = R"(
SELECT l.code_lot, array_to_string(coalesce(c.doses_modifiees_g, c.doses_g), ' '), array_to_string(c.poids_g, ' '), a.agreed
FROM lots_gavage l
LEFT JOIN courbes_theoriques c ON c.id = l.courbe_id
LEFT JOIN LATERAL (SELECT string_agg(slot_cible || ' ' || dose_finale_g, ' ') AS agreed FROM corrections_dose WHERE lot_id = l.id AND acceptee) a ON true
WHERE l.code_lot = ANY ($1::text[]) AND (c.id IS NOT NULL OR a.agreed IS NOT NULL))";

std::vector<double> Numbers(absl::string_view text) {
  std::vector<double> numbers;
  for (absl::string_view part : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (double value = 0; absl::SimpleAtod(part, &value)) numbers.push_back(value);
  }
  return numbers;
}

}  // namespace

absl::Status ReadCurves(Connection* connection, const std::vector<std::string>& codes, LotMap* lots) {
  for (const std::string& code : codes) lots->at(code).curve = {};
  if (codes.empty()) return absl::OkStatus();
  auto rows = connection->Query(kCurves, {TextArray(codes)});
  if (!rows.ok()) return rows.status();
  for (int i = 0; i < rows->size(); ++i) {
    LotCurve& curve = lots->at(std::string(rows->text(i, 0))).curve;
    curve.doses_g = Numbers(rows->text(i, 1));
    curve.weights_g = Numbers(rows->text(i, 2));
    const std::vector<double> agreed = Numbers(rows->text(i, 3));
    for (size_t pair = 0; pair + 1 < agreed.size(); pair += 2) curve.agreed_g[static_cast<int32_t>(agreed[pair])] = agreed[pair + 1];
  }
  return absl::OkStatus();
}

}  // namespace egi::storage
