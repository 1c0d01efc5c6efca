#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/storage/read/conditions.h"
#include "server/storage/read/curve_row.h"
#include "server/storage/read/lot_course.h"
#include "server/storage/read/lot_figures.h"
#include "server/storage/read/postgres_readers.h"

namespace egi::storage::read {
namespace {

using curves::FeederHistory;
using curves::LotCourse;
using feeding::v1::CurveChange;
using feeding::v1::TheoreticalCurve;

constexpr char kChanges[] = R"sql(
  SELECT )sql" EGI_US("changed_at") R"sql(, changed_by, statut_avant, statut, commentaire, array_to_string(doses_avant_g, ' '),
         array_to_string(doses_g, ' ')
  FROM courbes_theoriques_history WHERE courbe_id = $1::integer ORDER BY id DESC)sql";

// The figures of GET .../performance: one feeder has one ITM.
const std::string& HistorySql() {
  static const std::string kSql = absl::StrCat("WITH l AS (", kLotFigures, " AND l.gaveur_id = $1::integer) SELECT count(l.itm), ", kWeightedItm, ", ", kWeightedLoss,
                                               " FROM gaveurs_euralis g LEFT JOIN l ON l.gaveur_id = g.id WHERE g.id = $1::integer GROUP BY g.id");
  return kSql;
}

// The next lots of a feeder before a lot, newest first.
constexpr char kCoursePage[] =
    "WHERE l.gaveur_id = $1::integer AND l.statut <> 'annule' AND l.id < $2::integer ORDER BY l.id DESC LIMIT 200";

CurveChange ToChange(RowCursor row) {
  CurveChange change;
  row.Set(&change, &CurveChange::mutable_changed_at);
  change.set_changed_by(row.Text());
  row.Set(&change, &CurveChange::mutable_statut_avant);
  change.set_statut(row.Text());
  row.Set(&change, &CurveChange::mutable_commentaire);
  for (const double dose : NumbersOf(row.Text())) change.add_doses_avant_g(dose);
  for (const double dose : NumbersOf(row.Text())) change.add_doses_g(dose);
  return change;
}

FeederHistory ToHistory(RowCursor row) {
  FeederHistory history;
  history.lots = row.Int();
  if (!row.IsNull()) {
    history.itm = row.Double();
  } else {
    row.Skip();
  }
  if (!row.IsNull()) history.loss_pct = row.Double();
  return history;
}

absl::Status CurveNotFound(int32_t id) { return absl::NotFoundError(absl::StrCat("no curve ", id, " is known")); }
absl::Status FeederNotFound(int32_t id) { return absl::NotFoundError(absl::StrCat("no feeder ", id, " is known")); }

class PostgresCurveReader final : public CurveReader {
 public:
  explicit PostgresCurveReader(Pool& pool) : pool_(pool) {}

  absl::StatusOr<TheoreticalCurve> FindCurve(int32_t id) override {
    auto curves = ReadRows<TheoreticalCurve>(pool_, absl::StrCat(kCurve, "WHERE c.id = $1::integer"), {std::to_string(id)}, ToCurve);
    if (!curves.ok()) return curves.status();
    if (curves->empty()) return CurveNotFound(id);
    return std::move(curves->front());
  }

  absl::StatusOr<TheoreticalCurve> FindLotCurve(const LotKey& key) override {
    TheoreticalCurve curve;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) -> absl::Status {
      const pqxx::result lot = Run(transaction, absl::StrCat("SELECT l.id, l.code_lot FROM lots_gavage l WHERE ", LotIs(key), " = $1"), {LotValue(key)});
      if (lot.empty()) return LotNotFound(key);
      const pqxx::result rows =
          Run(transaction, absl::StrCat(kCurve, "WHERE c.lot_id = $1::integer ORDER BY coalesce(l.courbe_id = c.id, false) DESC, c.statut = 'REJETEE', c.id DESC LIMIT 1"),
              {lot[0][0].c_str()});
      if (rows.empty()) {
        return absl::NotFoundError(absl::StrCat("lot ", lot[0][1].c_str(), " has no theoretical curve yet; propose one with POST /api/lots/", lot[0][1].c_str(),
                                                "/courbes/generer-theorique"));
      }
      curve = ToCurve(RowCursor(rows[0]));
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return curve;
  }

  absl::StatusOr<std::optional<TheoreticalCurve>> FindFeederCurve(int32_t gaveur_id, bool accepted_only) override {
    auto curves = ReadRows<TheoreticalCurve>(
        pool_, absl::StrCat(kCurve, "WHERE c.gaveur_id = $1::integer AND c.lot_id IS NULL AND ",
                            accepted_only ? "c.statut IN ('VALIDEE', 'MODIFIEE')" : "c.statut <> 'REJETEE'", " ORDER BY c.id DESC LIMIT 1"),
        {std::to_string(gaveur_id)}, ToCurve);
    if (!curves.ok()) return curves.status();
    if (curves->empty()) return std::optional<TheoreticalCurve>();
    return std::optional<TheoreticalCurve>(std::move(curves->front()));
  }

  absl::StatusOr<std::vector<TheoreticalCurve>> ListCurves(const CurveQuery& query) override {
    Conditions where;
    if (!query.statut.empty()) where.Add("c.statut = $", query.statut);
    if (!query.site_code.empty()) where.Add("coalesce(l.site_code, g.site_code) = $", query.site_code);
    if (query.gaveur_id > 0) where.Add("coalesce(l.gaveur_id, c.gaveur_id) = $::integer", std::to_string(query.gaveur_id));
    if (query.in_force) where.Add("l.courbe_id = c.id");
    if (query.before_id > 0) where.Add("c.id < $::integer", std::to_string(query.before_id));
    const std::string limit = where.Bind(query.limit);
    return ReadRows<TheoreticalCurve>(pool_, absl::StrCat(kCurve, where.Sql(), " ORDER BY c.id DESC LIMIT ", limit, "::integer"), where.params(), ToCurve);
  }

  absl::StatusOr<std::vector<CurveChange>> ListChanges(int32_t id) override {
    auto changes = ReadRows<CurveChange>(pool_, kChanges, {std::to_string(id)}, ToChange);
    if (changes.ok() && changes->empty()) return CurveNotFound(id);
    return changes;
  }

  absl::StatusOr<LotCourse> FindCourse(const LotKey& key) override {
    return OneCourse(absl::StrCat("WHERE ", LotIs(key), " = $1"), LotValue(key), LotNotFound(key));
  }

  absl::StatusOr<LotCourse> FindCourseOfMeal(int32_t gavage_id) override {
    return OneCourse("WHERE l.id = (SELECT lot_id FROM gavage_meals WHERE id = $1::integer)", std::to_string(gavage_id),
                     absl::NotFoundError(absl::StrCat("no correction ", gavage_id, " is known")));
  }

  absl::StatusOr<std::vector<LotCourse>> ListCourses(int32_t gaveur_id) override {
    std::vector<LotCourse> courses;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) -> absl::Status {
      const std::string id = std::to_string(gaveur_id);
      if (Run(transaction, "SELECT FROM gaveurs_euralis WHERE id = $1::integer", {id}).empty()) return FeederNotFound(gaveur_id);
      courses.clear();
      std::string before = "2147483647";
      while (true) {
        auto page = ReadCourses(transaction, kCoursePage, {id, before});
        if (page.empty()) return absl::OkStatus();
        before = std::to_string(page.back().id);
        std::move(page.begin(), page.end(), std::back_inserter(courses));
      }
    });
    if (!status.ok()) return status;
    return courses;
  }

  absl::StatusOr<FeederHistory> FindHistory(int32_t gaveur_id) override {
    auto histories = ReadRows<FeederHistory>(pool_, HistorySql(), {std::to_string(gaveur_id)}, ToHistory);
    if (!histories.ok()) return histories.status();
    if (histories->empty()) return FeederNotFound(gaveur_id);
    return histories->front();
  }

 private:
  absl::StatusOr<LotCourse> OneCourse(const std::string& where, const std::string& param, const absl::Status& not_found) {
    std::vector<LotCourse> courses;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) {
      courses = ReadCourses(transaction, where, {param});
      return courses.empty() ? not_found : absl::OkStatus();
    });
    if (!status.ok()) return status;
    return std::move(courses.front());
  }

  Pool& pool_;
};

}  // namespace

std::unique_ptr<CurveReader> NewPostgresCurveReader(Pool& pool) { return std::make_unique<PostgresCurveReader>(pool); }

}  // namespace egi::storage::read
