#include "server/storage/postgres/day_rows.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "server/storage/postgres/day_play.h"

namespace egi::storage {
namespace {

constexpr char kLoadDays[] = "SELECT code_lot, jour FROM gavage_jours WHERE code_lot = ANY ($1::text[])";

// $17 also when what is told stands already. Deaths that are not told stay.
constexpr char kWriteDay[] = R"(
INSERT INTO gavage_jours AS g (lot_id, jour, code_lot, date_gavage, nb_canards_peses, poids_echantillon, temperature_stabule, humidite_stabule,
  suit_courbe_theorique, raison_ecart, remarques, mortalite_jour, cause_mortalite, problemes_sante, saisi_par, raison)
VALUES ($1::integer, $2::integer, $3, $4::date, $5::integer, $6::float8[], $7::float8, $8::float8, $9::boolean, $10, $11, $12::integer, $13, $14, $15, $16)
ON CONFLICT (lot_id, jour) DO UPDATE SET nb_canards_peses = excluded.nb_canards_peses, poids_echantillon = excluded.poids_echantillon,
  temperature_stabule = excluded.temperature_stabule, humidite_stabule = excluded.humidite_stabule,
  suit_courbe_theorique = excluded.suit_courbe_theorique, raison_ecart = excluded.raison_ecart, remarques = excluded.remarques,
  mortalite_jour = coalesce(excluded.mortalite_jour, g.mortalite_jour), cause_mortalite = excluded.cause_mortalite, problemes_sante = excluded.problemes_sante,
  saisi_par = excluded.saisi_par, raison = excluded.raison
WHERE $17::boolean OR (g.nb_canards_peses, g.poids_echantillon, g.temperature_stabule, g.humidite_stabule, g.suit_courbe_theorique, g.raison_ecart, g.remarques,
    g.mortalite_jour, g.cause_mortalite, g.problemes_sante)
  IS DISTINCT FROM (excluded.nb_canards_peses, excluded.poids_echantillon, excluded.temperature_stabule, excluded.humidite_stabule,
    excluded.suit_courbe_theorique, excluded.raison_ecart, excluded.remarques, coalesce(excluded.mortalite_jour, g.mortalite_jour), excluded.cause_mortalite,
    excluded.problemes_sante)
RETURNING g.jour)";

constexpr char kLoadRequests[] = "SELECT request_id, encode(body_hash, 'hex'), answer FROM gavage_requests WHERE request_id = ANY ($1::text[])";

constexpr char kWriteRequests[] = R"(
INSERT INTO gavage_requests (request_id, body_hash, answer)
SELECT id, decode(hash, 'hex'), decode(answer, 'hex') FROM unnest($1::text[], $2::text[], $3::text[]) AS r (id, hash, answer) ORDER BY id)";

Param Figure(bool present, double value) { return present ? Param(absl::StrFormat("%.17g", value)) : Param(); }

}  // namespace

absl::Status LoadDays(Connection* connection, const std::vector<std::string>& codes, LotMap* lots) {
  if (codes.empty()) return absl::OkStatus();
  auto rows = connection->Query(kLoadDays, {TextArray(codes)});
  if (!rows.ok()) return rows.status();
  for (int i = 0; i < rows->size(); ++i) {
    const auto lot = lots->find(std::string(rows->text(i, 0)));
    if (lot != lots->end()) lot->second.days.insert(static_cast<int32_t>(rows->integer(i, 1)));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> WriteDay(Connection* connection, const LotLedger& lot, const persist::MealWrite& write, bool meals_changed) {
  const feeding::v1::DayEntry& entry = write.day->entry;
  const auto number = [](std::string* out, double value) { absl::StrAppendFormat(out, "%.17g", value); };
  auto written = connection->Query(
      kWriteDay,
      {absl::StrCat(lot.id), absl::StrCat(write.meal.jour()), lot.code_lot, write.day->date, absl::StrCat(entry.nb_canards_peses()),
       absl::StrCat("{", absl::StrJoin(entry.poids_echantillon(), ",", number), "}"), Figure(entry.has_temperature_stabule(), entry.temperature_stabule()),
       Figure(entry.has_humidite_stabule(), entry.humidite_stabule()),
       std::string(!entry.has_suit_courbe_theorique() || entry.suit_courbe_theorique() ? "t" : "f"), entry.raison_ecart(), entry.remarques(),
       entry.has_mortalite_jour() ? Param(absl::StrCat(entry.mortalite_jour())) : Param(), entry.cause_mortalite(), entry.problemes_sante(), ByOf(write),
       ReasonOf(write), std::string(meals_changed ? "t" : "f")});
  if (!written.ok()) return written.status();
  return written->size() > 0;
}

RejectedRow RejectedMeal(const persist::MealWrite& write, const google::rpc::Status& why) {
  RejectedRow row;
  row.received = write.received;
  row.transport = write.producer.transport;
  row.kind = "meal";
  row.producer_id = write.producer.id;
  row.code_lot = write.meal.code_lot();
  row.sequence = write.sequence;
  row.status = why;
  feeding::v1::Meal impersonal = write.meal;
  impersonal.clear_gaveur_nom();
  impersonal.clear_saisi_par();
  impersonal.SerializeToString(&row.payload);
  return row;
}

absl::StatusOr<std::map<std::string, DoneRequest>> LoadRequests(Connection* connection, const std::vector<std::string>& ids) {
  std::map<std::string, DoneRequest> known;
  if (ids.empty()) return known;
  auto rows = connection->Query(kLoadRequests, {TextArray(ids)});
  if (!rows.ok()) return rows.status();
  for (int i = 0; i < rows->size(); ++i) {
    auto outcome = UnpackOutcome(rows->bytes(i, 2));
    if (!outcome.ok()) return outcome.status();
    known[std::string(rows->text(i, 0))] = {std::string(rows->text(i, 1)), *std::move(outcome)};
  }
  return known;
}

absl::Status WriteRequests(Connection* connection, const std::map<std::string, DoneRequest>& requests) {
  if (requests.empty()) return absl::OkStatus();
  std::vector<std::string> ids, hashes, answers;
  for (const auto& [id, request] : requests) {
    ids.push_back(id);
    hashes.push_back(request.body_hash);
    answers.push_back(absl::BytesToHexString(PackOutcome(request.outcome)));
  }
  return connection->Query(kWriteRequests, {TextArray(ids), TextArray(hashes), TextArray(answers)}).status();
}

}  // namespace egi::storage
