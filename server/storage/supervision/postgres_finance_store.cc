#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/base/rich_status.h"
#include "server/finance/price_book.h"
#include "server/storage/read/lot_figures.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"
#include "server/storage/supervision/finance_store.h"

namespace egi::storage {
namespace {

using finance::LotFacts;
using read::RowCursor;
using read::Run;
using supervision::v1::CreatePriceRequest;
using supervision::v1::Price;

constexpr char kColumns[] = R"sql(
  SELECT p.id, p.type_prix, coalesce(p.grade, ''), p.prix, to_char(p.valide_du, 'YYYY-MM-DD'), p.saisi_par, p.raison, )sql" EGI_US("p.saisi_le")
    R"sql( FROM finance_prix p)sql";

constexpr char kAdd[] = R"sql(
  INSERT INTO finance_prix (type_prix, grade, prix, valide_du, saisi_par, raison, request_id)
  VALUES ($1::text, nullif($2::text, ''), $3::float8, $4::date, $5::text, $6::text, nullif($7::text, ''))
  ON CONFLICT (request_id) DO NOTHING RETURNING id)sql";

constexpr char kSameWish[] = R"sql(
  SELECT id, (type_prix, coalesce(grade, ''), prix, valide_du) = ($2::text, $3::text, $4::float8, $5::date)
  FROM finance_prix WHERE request_id = $1::text)sql";

// $1 and $2 dates or empty, $3 site or empty.
constexpr char kLots[] = R"sql(
  SELECT l.id, l.code_lot, l.site_code, l.statut, coalesce(l.souche, l.genetique, ''), to_char(l.end_day, 'YYYY-MM-DD'), l.placed, l.nb_canards_accroches,
         l.conso, l.itm, coalesce(l.duree_gavage_reelle, l.end_day - l.debut_lot), a.distance_km
  FROM l JOIN lots_gavage t ON t.id = l.id LEFT JOIN planning_abattages_lots a ON a.lot_id = l.id
  CROSS JOIN LATERAL (SELECT coalesce(l.end_day, t.debut_lot + t.duree_gavage_prevue) AS day) d
  WHERE ($1 = '' OR d.day IS NULL OR d.day >= nullif($1, '')::date) AND ($2 = '' OR d.day IS NULL OR d.day <= nullif($2, '')::date) AND ($3 = '' OR l.site_code = $3)
  ORDER BY l.code_lot)sql";

constexpr char kGrades[] = R"sql(
  SELECT s.lot_id, s.fusion_final_grade, count(*) FROM sqal_samples s
  WHERE s.lot_id = ANY ($1::integer[]) AND s.fusion_final_grade IS NOT NULL GROUP BY 1, 2)sql";

Price ToPrice(RowCursor row) {
  Price price;
  price.set_id(row.Int());
  price.set_type_prix(row.Text());
  price.set_grade(row.Text());
  price.set_prix(row.Double());
  row.Set(&price, &Price::mutable_valide_du);
  price.set_saisi_par(row.Text());
  price.set_raison(row.Text());
  row.Set(&price, &Price::mutable_saisi_le);
  price.set_unite(finance::UnitOf(price.type_prix()));
  return price;
}

std::optional<int> MaybeInt(RowCursor& row) {
  if (!row.IsNull()) return row.Int();
  row.Skip();
  return std::nullopt;
}

std::optional<double> MaybeDouble(RowCursor& row) {
  if (!row.IsNull()) return row.Double();
  row.Skip();
  return std::nullopt;
}

LotFacts ToLot(RowCursor row) {
  LotFacts lot;
  lot.id = row.Int();
  lot.code = row.Text();
  lot.site = row.Text();
  lot.state = row.Text();
  lot.strain = row.Text();
  if (lot.strain.empty()) lot.strain = finance::kUnknownStrain;
  lot.end_day = row.Text();
  lot.placed = MaybeInt(row);
  lot.hung = MaybeInt(row);
  lot.corn_kg = MaybeDouble(row);
  lot.itm = MaybeDouble(row);
  lot.days = MaybeInt(row);
  lot.km = MaybeDouble(row);
  return lot;
}

void ReadGrades(pqxx::transaction_base& transaction, std::vector<LotFacts>& lots) {
  std::map<int, LotFacts*> by_id;
  std::string ids = "{";
  for (LotFacts& lot : lots) {
    if (!finance::WhyLeftOut(lot).empty()) continue;
    by_id[lot.id] = &lot;
    absl::StrAppend(&ids, ids.size() > 1 ? "," : "", lot.id);
  }
  for (const pqxx::row& row : Run(transaction, kGrades, {ids + "}"})) {
    by_id.at(row[0].as<int>())->grades[row[1].c_str()] = row[2].as<int>();
  }
}

class PostgresFinanceStore final : public FinanceStore {
 public:
  explicit PostgresFinanceStore(Pool& pool) : pool_(pool) {}

  absl::StatusOr<std::vector<Price>> ListPrices() override {
    return read::ReadRows<Price>(pool_, absl::StrCat(kColumns, " ORDER BY p.id"), {}, ToPrice);
  }

  absl::StatusOr<std::vector<Price>> ListHistory(const std::string& kind, int64_t before, int limit) override {
    return read::ReadRows<Price>(
        pool_, absl::StrCat(kColumns, " WHERE ($1 = '' OR p.type_prix = $1) AND ($2::bigint = 0 OR p.id < $2::bigint) ORDER BY p.id DESC LIMIT $3::integer"),
        {kind, std::to_string(before), std::to_string(limit)}, ToPrice);
  }

  absl::StatusOr<EnteredPrice> AddPrice(const CreatePriceRequest& request) override {
    EnteredPrice entered;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      const std::string eur = absl::StrFormat("%.17g", request.prix().value());
      pqxx::result id = Run(transaction, kAdd,
                            {request.type_prix(), request.grade(), eur, request.valide_du(), request.saisi_par(), request.raison(), request.request_id()});
      entered.is_new = !id.empty();
      if (id.empty()) {
        id = Run(transaction, kSameWish, {request.request_id(), request.type_prix(), request.grade(), eur, request.valide_du()});
        if (id.empty() || !id[0][1].as<bool>()) {
          return WithErrorInfo(absl::AlreadyExistsError(absl::StrCat("request_id ", request.request_id(),
                                                                     " entered another price; choose another request_id")),
                               "REQUEST_ID_REUSED", {{"request_id", request.request_id()}});
        }
      }
      entered.price = ToPrice(RowCursor(Run(transaction, absl::StrCat(kColumns, " WHERE p.id = $1::integer"), {id[0][0].c_str()})[0]));
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return entered;
  }

  absl::StatusOr<FinanceFacts> Read(const std::string& from, const std::string& to, const std::string& site) override {
    FinanceFacts facts;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) -> absl::Status {
      facts = {};
      for (const pqxx::row& row : Run(transaction, absl::StrCat(kColumns, " ORDER BY p.id"), {})) facts.prices.push_back(ToPrice(RowCursor(row)));
      for (const pqxx::row& row : Run(transaction, absl::StrCat("WITH l AS (", read::kLotFigures, ")", kLots), {from, to, site})) {
        facts.lots.push_back(ToLot(RowCursor(row)));
      }
      const bool graded = std::any_of(facts.prices.begin(), facts.prices.end(), [](const Price& price) { return !price.grade().empty(); });
      if (graded) ReadGrades(transaction, facts.lots);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return facts;
  }

 private:
  Pool& pool_;
};

}  // namespace

std::unique_ptr<FinanceStore> NewPostgresFinanceStore(Pool& pool) { return std::make_unique<PostgresFinanceStore>(pool); }

}  // namespace egi::storage
