#include "server/storage/read/lot_course.h"

#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"

namespace egi::storage::read {
namespace {

using curves::CorrectionAnswer;
using curves::CourseDay;
using curves::CourseMeal;
using curves::LotCourse;

constexpr char kLots[] = R"sql(
  SELECT l.id, l.code_lot, l.site_code, l.statut, l.souche, l.genetique, l.gaveur_id, coalesce(l.duree_gavage_prevue, l.duree_gavage_reelle),
         l.objectif_quantite_mais, l.poids_moyen_initial, l.objectif_poids_final, l.courbe_id,
         array_to_string(coalesce(c.doses_modifiees_g, c.doses_g), ' '), array_to_string(c.poids_g, ' '),
         EXISTS (SELECT FROM courbes_theoriques w WHERE w.lot_id = l.id AND w.statut = 'EN_ATTENTE'),
         (SELECT count(*) FROM alert_open o WHERE o.origin = 'EURALIS' AND o.object_key = 'lot:' || l.code_lot)
  FROM lots_gavage l LEFT JOIN courbes_theoriques c ON c.id = l.courbe_id )sql";

constexpr char kMeals[] = R"sql(
  SELECT m.lot_id, 2 * d.jour + CASE d.moment WHEN 'soir' THEN 1 ELSE 0 END, m.id, )sql" EGI_US("d.time") R"sql(,
         to_char(d.time AT TIME ZONE s.time_zone, 'YYYY-MM-DD'), d.dose_reelle, d.dose_theorique, d.poids_moyen
  FROM gavage_meals m
  JOIN doses_journalieres d ON d.code_lot = m.code_lot AND d.time = m.time AND d.jour = m.jour AND d.moment = m.moment
  JOIN sites_euralis s ON s.code = d.site_code
  WHERE m.code_lot = ANY ($1::text[]) AND m.jour >= 0)sql";

constexpr char kDays[] = R"sql(
  SELECT DISTINCT ON (lot_id, jour) lot_id, jour, to_char(date_gavage, 'YYYY-MM-DD'), dose_reelle_g, commentaire_gaveur
  FROM courbe_reelle_jours WHERE lot_id = ANY ($1::integer[]) ORDER BY lot_id, jour, correction DESC)sql";

constexpr char kAnswers[] = R"sql(
  SELECT lot_id, gavage_id, slot_cible, dose_prevue_g, dose_proposee_g, raison, acceptee, repondu_par, )sql" EGI_US("repondu_le") R"sql(, dose_finale_g
  FROM corrections_dose WHERE lot_id = ANY ($1::integer[]))sql";

std::optional<double> Maybe(RowCursor& row) {
  if (!row.IsNull()) return row.Double();
  row.Skip();
  return std::nullopt;
}

LotCourse ToCourse(RowCursor row) {
  LotCourse lot;
  lot.id = row.Int();
  lot.code = row.Text();
  lot.site = row.Text();
  lot.statut = row.Text();
  lot.souche = row.Text();
  lot.breed = row.Text();
  lot.gaveur_id = row.Int();
  lot.days = row.Int();
  lot.corn_goal_g = Maybe(row);
  lot.initial_weight_g = Maybe(row);
  lot.weight_goal_g = Maybe(row);
  lot.curve_id = row.Int();
  lot.curve_g = NumbersOf(row.Text());
  lot.curve_weights_g = NumbersOf(row.Text());
  lot.curve_waits = row.Bool();
  lot.open_alerts = row.Int();
  return lot;
}

void AddMeal(RowCursor row, const std::map<int32_t, LotCourse*>& lots) {
  LotCourse& lot = *lots.at(row.Int());
  CourseMeal& meal = lot.meals[row.Int()];
  meal.gavage_id = row.Int();
  meal.time = row.Time();
  meal.date = row.Text();
  meal.given_g = row.Double();
  meal.prescribed_g = Maybe(row);
  meal.weight_g = Maybe(row);
}

void AddDay(RowCursor row, const std::map<int32_t, LotCourse*>& lots) {
  LotCourse& lot = *lots.at(row.Int());
  CourseDay& day = lot.entered[row.Int()];
  day.date = row.Text();
  day.dose_g = row.Double();
  day.comment = row.Text();
}

void AddAnswer(RowCursor row, const std::map<int32_t, LotCourse*>& lots) {
  LotCourse& lot = *lots.at(row.Int());
  CorrectionAnswer& answer = lot.answers[row.Int()];
  answer.target = row.Int();
  answer.planned_g = row.Double();
  answer.proposed_g = row.Double();
  answer.reason = row.Text();
  answer.accepted = row.Bool();
  answer.by = row.Text();
  answer.time = row.Time();
  answer.final_g = Maybe(row);
}

}  // namespace

std::vector<double> NumbersOf(const std::string& text) {
  std::vector<double> numbers;
  for (const absl::string_view part : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (double number = 0; absl::SimpleAtod(part, &number)) numbers.push_back(number);
  }
  return numbers;
}

std::string ArrayOf(const std::vector<double>& numbers) {
  return absl::StrCat("{", absl::StrJoin(numbers, ",", [](std::string* out, double number) { absl::StrAppendFormat(out, "%.17g", number); }), "}");
}

std::vector<LotCourse> ReadCourses(pqxx::transaction_base& transaction, const std::string& where, const std::vector<std::string>& params) {
  std::vector<LotCourse> courses;
  for (const pqxx::row& row : Run(transaction, absl::StrCat(kLots, where), params)) courses.push_back(ToCourse(RowCursor(row)));
  if (courses.empty()) return courses;
  std::map<int32_t, LotCourse*> by_id;
  std::vector<std::string> codes, ids;
  for (LotCourse& lot : courses) {
    by_id[lot.id] = &lot;
    codes.push_back(lot.code);
    ids.push_back(absl::StrCat(lot.id));
  }
  const std::string code_array = absl::StrCat("{", absl::StrJoin(codes, ","), "}"), id_array = absl::StrCat("{", absl::StrJoin(ids, ","), "}");
  for (const pqxx::row& row : Run(transaction, kMeals, {code_array})) AddMeal(RowCursor(row), by_id);
  for (const pqxx::row& row : Run(transaction, kDays, {id_array})) AddDay(RowCursor(row), by_id);
  for (const pqxx::row& row : Run(transaction, kAnswers, {id_array})) AddAnswer(RowCursor(row), by_id);
  return courses;
}

}  // namespace egi::storage::read
