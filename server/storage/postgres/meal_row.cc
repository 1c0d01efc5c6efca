#include "server/storage/postgres/meal_row.h"

#include <optional>

#include "server/base/proto_time.h"

namespace egi::storage {
namespace {

using feeding::v1::Meal;
using feeding::v1::RecordedMeal;

#define EGI_MAYBE(message, field) ((message).has_##field() ? std::optional<double>((message).field()) : std::nullopt)

}  // namespace

const char kCopyMeals[] =
    "COPY doses_journalieres (time, received_at, batch_id, ordinal, lot_id, code_lot, gaveur_id, site_code, genetique, jour, moment, "
    "repas, dose_theorique, dose_reelle, poids_moyen, nb_vivants, taux_mortalite, temperature, humidite, correction, pret_abattage, sent_at, nb_morts) "
    "FROM STDIN BINARY";

absl::Status WriteMealRow(const RecordedMeal& recorded, int64_t batch_id, int32_t ordinal, int32_t correction, CopyWriter* copy) {
  if (absl::Status status = copy->StartRow(23); !status.ok()) return status;
  const Meal& meal = recorded.meal();
  copy->Time(ToTime(meal.timestamp()));
  copy->Time(ToTime(recorded.received_time()));
  copy->Int8(batch_id);
  copy->Int4(ordinal);
  copy->Int4(recorded.lot_id());
  copy->Text(meal.code_lot());
  copy->Int4OrNull(meal.gaveur_id());
  copy->Text(meal.site());
  copy->TextOrNull(meal.genetique());
  copy->Int4(meal.jour());
  copy->Text(meal.moment());
  copy->Int4OrNull(meal.repas());
  copy->MaybeFloat8(EGI_MAYBE(meal, dose_theorique));
  copy->Float8(meal.dose_reelle());
  copy->MaybeFloat8(EGI_MAYBE(meal, poids_moyen));
  meal.has_nb_canards_vivants() ? copy->Int4(meal.nb_canards_vivants()) : copy->Null();
  copy->MaybeFloat8(EGI_MAYBE(meal, taux_mortalite));
  copy->MaybeFloat8(EGI_MAYBE(meal, temperature_stabule));
  copy->MaybeFloat8(EGI_MAYBE(meal, humidite_stabule));
  copy->Int4(correction);
  copy->Bool(meal.pret_abattage());
  meal.has_sent_at() ? copy->Time(ToTime(meal.sent_at())) : copy->Null();
  meal.has_nb_morts() ? copy->Int4(meal.nb_morts()) : copy->Null();
  return absl::OkStatus();
}

const char kMealColumns[] =
    "d.code_lot, d.gaveur_id, d.site_code, d.genetique, d.jour, d.moment, d.repas, g.id, d.lot_id, "
    "(extract(epoch FROM d.time) * 1000000)::bigint, (extract(epoch FROM d.received_at) * 1000000)::bigint, "
    "d.dose_theorique, d.dose_reelle, d.poids_moyen, d.nb_vivants, d.taux_mortalite, d.temperature, d.humidite, "
    "d.pret_abattage, d.correction > 0, (extract(epoch FROM d.sent_at) * 1000000)::bigint, d.nb_morts";

const char kReplacedMealColumns[] =
    "d.code_lot, d.gaveur_id, d.site_code, d.genetique, d.jour, d.moment, d.repas, g.id, d.lot_id, "
    "(extract(epoch FROM c.old_time) * 1000000)::bigint, (extract(epoch FROM c.old_received_at) * 1000000)::bigint, "
    "c.old_dose_theorique, c.old_dose_reelle, c.old_poids_moyen, c.old_nb_vivants, c.old_taux_mortalite, c.old_temperature, "
    "c.old_humidite, c.old_pret_abattage, c.correction > 1, (extract(epoch FROM c.old_sent_at) * 1000000)::bigint, c.old_nb_morts";

RecordedMeal ReadMealRow(const Rows& rows, int row, int first_column) {
  RecordedMeal recorded;
  Meal* meal = recorded.mutable_meal();
  int column = first_column;
  meal->set_code_lot(std::string(rows.text(row, column++)));
  meal->set_gaveur_id(static_cast<int32_t>(rows.integer(row, column++)));
  meal->set_site(std::string(rows.text(row, column++)));
  meal->set_genetique(std::string(rows.text(row, column++)));
  meal->set_jour(static_cast<int32_t>(rows.integer(row, column++)));
  meal->set_moment(std::string(rows.text(row, column++)));
  meal->set_repas(static_cast<int32_t>(rows.integer(row, column++)));
  recorded.set_gavage_id(static_cast<int32_t>(rows.integer(row, column++)));
  recorded.set_lot_id(static_cast<int32_t>(rows.integer(row, column++)));
  ToTimestamp(absl::FromUnixMicros(rows.integer(row, column++)), meal->mutable_timestamp());
  ToTimestamp(absl::FromUnixMicros(rows.integer(row, column++)), recorded.mutable_received_time());
  if (!rows.is_null(row, column)) meal->set_dose_theorique(rows.real(row, column));
  meal->set_dose_reelle(rows.real(row, ++column));
  if (!rows.is_null(row, ++column)) meal->set_poids_moyen(rows.real(row, column));
  if (!rows.is_null(row, ++column)) meal->set_nb_canards_vivants(static_cast<int32_t>(rows.integer(row, column)));
  if (!rows.is_null(row, ++column)) meal->set_taux_mortalite(rows.real(row, column));
  if (!rows.is_null(row, ++column)) meal->set_temperature_stabule(rows.real(row, column));
  if (!rows.is_null(row, ++column)) meal->set_humidite_stabule(rows.real(row, column));
  meal->set_pret_abattage(rows.boolean(row, ++column));
  recorded.set_corrected(rows.boolean(row, ++column));
  if (!rows.is_null(row, ++column)) ToTimestamp(absl::FromUnixMicros(rows.integer(row, column)), meal->mutable_sent_at());
  if (!rows.is_null(row, ++column)) meal->set_nb_morts(static_cast<int32_t>(rows.integer(row, column)));
  return recorded;
}

}  // namespace egi::storage
