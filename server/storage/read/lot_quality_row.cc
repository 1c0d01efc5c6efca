#include "server/storage/read/lot_quality_row.h"

namespace egi::storage::read {
namespace {

using feeding::v1::LotQuality;
using google::protobuf::DoubleValue;

constexpr const char* kGrades[] = {"A+", "A", "B", "C", "REJECT"};

// A column times `factor`.
template <typename Message>
void SetScaled(RowCursor& row, double factor, Message* message, DoubleValue* (Message::*field)()) {
  const bool known = !row.IsNull();
  const double value = row.Double();
  if (known) (message->*field)()->set_value(value * factor);
}

// The five columns of grades. Of two equal counts the worse grade is told.
void SetGrades(RowCursor& row, LotQuality& lot) {
  auto* grades = lot.mutable_grades();
  int most = 0;
  for (const char* grade : kGrades) {
    const int count = row.Int();
    if (!lot.has_sqal_data()) continue;
    (*grades->mutable_repartition())[grade] = count;
    if (count == 0 || count < most) continue;
    most = count;
    grades->mutable_majoritaire()->set_value(grade);
  }
  if (!lot.has_sqal_data()) return;
  const int good = grades->repartition().at("A+") + grades->repartition().at("A");
  grades->mutable_pourcent_a_plus_a()->set_value(100.0 * good / lot.nb_echantillons());
}

}  // namespace

const char kLotQualitySql[] =
    "SELECT l.id, l.code_lot, count(s.time), avg(s.vl53l8ch_volume_mm3), min(s.vl53l8ch_volume_mm3), max(s.vl53l8ch_volume_mm3), "
    "stddev_samp(s.vl53l8ch_volume_mm3), avg(s.vl53l8ch_volume_mm3), avg(s.vl53l8ch_avg_height_mm), avg(s.vl53l8ch_surface_uniformity), "
    "avg(s.fusion_final_score), min(s.fusion_final_score), max(s.fusion_final_score), "
    "count(*) FILTER (WHERE s.fusion_final_grade = 'A+'), count(*) FILTER (WHERE s.fusion_final_grade = 'A'), "
    "count(*) FILTER (WHERE s.fusion_final_grade = 'B'), count(*) FILTER (WHERE s.fusion_final_grade = 'C'), "
    "count(*) FILTER (WHERE s.fusion_final_grade = 'REJECT'), avg(s.as7341_freshness_index), avg(s.as7341_fat_quality_index), "
    "avg(s.as7341_oxidation_index), count(*) FILTER (WHERE s.fusion_is_compliant), " EGI_US("min(s.time)") ", " EGI_US("max(s.time)")
    " FROM lots_gavage l LEFT JOIN sqal_samples s ON s.lot_id = l.id WHERE l.id = ANY($1::integer[]) OR l.code_lot = ANY($2::text[]) GROUP BY l.id";

LotQuality ToLotQuality(RowCursor row, double density_g_cm3) {
  using feeding::v1::LiverVolumes;
  using feeding::v1::LiverWeights;
  using feeding::v1::LotIndices;
  using feeding::v1::LotMeasureDates;
  using feeding::v1::LotScores;
  LotQuality lot;
  lot.set_lot_id(row.Int());
  lot.set_code_lot(row.Text());
  lot.set_nb_echantillons(row.Int());
  lot.set_has_sqal_data(lot.nb_echantillons() > 0);
  const double grams = density_g_cm3 / 1000;
  SetScaled(row, grams, lot.mutable_poids_foie(), &LiverWeights::mutable_moyen_g);
  SetScaled(row, grams, lot.mutable_poids_foie(), &LiverWeights::mutable_min_g);
  SetScaled(row, grams, lot.mutable_poids_foie(), &LiverWeights::mutable_max_g);
  SetScaled(row, grams, lot.mutable_poids_foie(), &LiverWeights::mutable_ecart_type_g);
  row.Set(lot.mutable_volume(), &LiverVolumes::mutable_moyen_mm3);
  row.Set(lot.mutable_volume(), &LiverVolumes::mutable_hauteur_moyenne_mm);
  row.Set(lot.mutable_volume(), &LiverVolumes::mutable_uniformite_surface);
  row.Set(lot.mutable_scores(), &LotScores::mutable_moyen);
  row.Set(lot.mutable_scores(), &LotScores::mutable_min);
  row.Set(lot.mutable_scores(), &LotScores::mutable_max);
  SetGrades(row, lot);
  row.Set(lot.mutable_indices_spectraux(), &LotIndices::mutable_fraicheur);
  row.Set(lot.mutable_indices_spectraux(), &LotIndices::mutable_qualite_gras);
  row.Set(lot.mutable_indices_spectraux(), &LotIndices::mutable_oxydation);
  const int compliant = row.Int();
  if (lot.has_sqal_data()) {
    lot.mutable_conformite()->mutable_nb_conformes()->set_value(compliant);
    lot.mutable_conformite()->mutable_pourcent_conformes()->set_value(100.0 * compliant / lot.nb_echantillons());
  }
  row.Set(lot.mutable_dates(), &LotMeasureDates::mutable_premiere_mesure);
  row.Set(lot.mutable_dates(), &LotMeasureDates::mutable_derniere_mesure);
  return lot;
}

}  // namespace egi::storage::read
