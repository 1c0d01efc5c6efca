#include "server/storage/read/curve_row.h"

#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/curves/draft.h"
#include "server/curves/reference.h"
#include "server/storage/read/lot_course.h"

namespace egi::storage::read {
namespace {

using feeding::v1::CurvePoint;
using feeding::v1::TheoreticalCurve;

constexpr double kWeightBand = 0.05;  // domain.md section 9: from 5 % on the weight is told

double Tenth(double value) { return std::round(value * 10) / 10; }

}  // namespace

const char kCurve[] = R"sql(
  SELECT c.id, c.lot_id, l.code_lot, coalesce(l.gaveur_id, c.gaveur_id), coalesce(l.site_code, g.site_code), c.pysr_equation, c.pysr_r2_score,
         c.pysr_complexity, c.duree_gavage_jours, c.statut, c.superviseur_nom, )sql" EGI_US("c.date_validation") R"sql(, c.commentaire_superviseur,
         )sql" EGI_US("c.created_at") ", " EGI_US("c.updated_at") R"sql(, c.source, c.methode, c.cree_par, coalesce(l.courbe_id = c.id, false),
         array_to_string(c.doses_g, ' '), array_to_string(c.doses_modifiees_g, ' '), array_to_string(c.poids_g, ' ')
  FROM courbes_theoriques c LEFT JOIN lots_gavage l ON l.id = c.lot_id LEFT JOIN gaveurs_euralis g ON g.id = c.gaveur_id )sql";

TheoreticalCurve ToCurve(RowCursor row) {
  TheoreticalCurve curve;
  curve.set_id(row.Int());
  curve.set_courbe_id(curve.id());
  row.Set(&curve, &TheoreticalCurve::mutable_lot_id);
  row.Set(&curve, &TheoreticalCurve::mutable_code_lot);
  row.Set(&curve, &TheoreticalCurve::mutable_gaveur_id);
  if (curve.has_gaveur_id()) curve.mutable_gaveur_nom()->set_value(absl::StrCat("Gaveur ", curve.gaveur_id().value()));
  row.Set(&curve, &TheoreticalCurve::mutable_site_code);
  row.Set(&curve, &TheoreticalCurve::mutable_pysr_equation);
  row.Set(&curve, &TheoreticalCurve::mutable_pysr_r2_score);
  row.Set(&curve, &TheoreticalCurve::mutable_pysr_complexity);
  curve.set_duree_gavage_jours(row.Int());
  curve.set_statut(row.Text());
  row.Set(&curve, &TheoreticalCurve::mutable_superviseur_nom);
  row.Set(&curve, &TheoreticalCurve::mutable_date_validation);
  row.Set(&curve, &TheoreticalCurve::mutable_commentaire_superviseur);
  row.Set(&curve, &TheoreticalCurve::mutable_created_at);
  row.Set(&curve, &TheoreticalCurve::mutable_updated_at);
  curve.set_source(row.Text());
  curve.set_methode(row.Text());
  row.Set(&curve, &TheoreticalCurve::mutable_cree_par);
  curve.set_en_vigueur(row.Bool());
  const std::vector<double> proposed = NumbersOf(row.Text()), modified = NumbersOf(row.Text()), weights = NumbersOf(row.Text());
  const std::vector<double>& doses = modified.empty() ? proposed : modified;
  *curve.mutable_courbe() = PointsOf(doses, weights);
  if (!modified.empty()) *curve.mutable_courbe_proposee() = PointsOf(proposed, weights);
  curve.set_total_mais_g(Tenth(curves::Sum(doses)));
  for (const std::string& warning : curves::WarningsOf(doses, modified.empty() ? curve.source() : "manuelle")) curve.add_avertissements(warning);
  return curve;
}

google::protobuf::RepeatedPtrField<CurvePoint> PointsOf(const std::vector<double>& doses_g, const std::vector<double>& weights_g) {
  google::protobuf::RepeatedPtrField<CurvePoint> points;
  for (size_t day = 0; 2 * day + 1 < doses_g.size(); ++day) {
    CurvePoint& point = *points.Add();
    point.set_jour(static_cast<int32_t>(day));
    point.set_dose_matin(doses_g[2 * day]);
    point.set_dose_soir(doses_g[2 * day + 1]);
    point.set_dose_g(Tenth(point.dose_matin() + point.dose_soir()));
    if (2 * day + 1 >= weights_g.size()) continue;
    const double weight = weights_g[2 * day + 1];
    point.mutable_poids()->set_value(weight);
    point.mutable_lower()->set_value(Tenth(weight * (1 - kWeightBand)));
    point.mutable_upper()->set_value(Tenth(weight * (1 + kWeightBand)));
  }
  return points;
}

}  // namespace egi::storage::read
