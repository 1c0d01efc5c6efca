#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "server/base/rich_status.h"
#include "server/storage/read/lot_figures.h"
#include "server/storage/read/postgres_readers.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"

namespace egi::storage::read {
namespace {

using feeding::v1::Gaveur;
using feeding::v1::GaveurAnalytics;
using feeding::v1::GaveurPerformance;
using feeding::v1::GaveurStats;
using feeding::v1::PerformanceLot;
using feeding::v1::SiteGaveur;

absl::Status NoGaveur(int32_t id) {
  return WithErrorInfo(absl::NotFoundError(absl::StrCat("gaveur ", id, " does not exist; the sites list theirs")), "GAVEUR_NOT_FOUND",
                       {{"gaveur_id", std::to_string(id)}});
}

// Whoever typed a name into `nom`, the pseudonym is what leaves the house.
constexpr char kPseudonym[] = "'Gaveur ' || g.id";

// Feeders p with the figures of all their lots and their places. The columns of GaveurPerformance first.
const std::string& Performances() {
  static const std::string kSql = absl::StrCat(
      "WITH l AS (", kLotFigures,
      "), s AS (SELECT l.gaveur_id, mode() WITHIN GROUP (ORDER BY l.site_code) AS site_code, count(*) AS lots, count(l.liver) AS finals, ", kWeightedItm,
      " AS itm, avg(l.sigma) AS sigma, ", kWeightedLoss,
      " AS loss, coalesce(sum(l.liver), 0) AS liver FROM l WHERE l.gaveur_id IS NOT NULL GROUP BY l.gaveur_id), "
      "f AS (SELECT g.id, ", kPseudonym,
      " AS nom, coalesce(s.site_code, g.site_code, '') AS site_code, coalesce(s.lots, 0) AS lots, coalesce(s.finals, 0) AS finals, s.itm, s.sigma, s.loss, "
      "coalesce(s.liver, 0) AS liver FROM gaveurs_euralis g LEFT JOIN s ON s.gaveur_id = g.id), "
      "p AS (SELECT f.*, rank() OVER site AS site_rank, count(itm) OVER (PARTITION BY site_code) AS site_ranked, rank() OVER (ORDER BY itm) AS all_rank, "
      "count(itm) OVER () AS all_ranked FROM f WINDOW site AS (PARTITION BY site_code ORDER BY itm)) ");
  return kSql;
}

constexpr char kPerformance[] = "SELECT p.id, p.nom, p.site_code, p.lots, p.itm, p.sigma, p.loss, p.liver";

// GaveurPerformance and GaveurAnalytics begin alike.
template <typename Message>
void SetPerformance(RowCursor& row, Message* message) {
  message->set_gaveur_id(row.Int());
  message->set_gaveur_nom(row.Text());
  message->set_site_code(row.Text());
  message->set_nb_lots_total(row.Int());
  row.Set(message, &Message::mutable_itm_moyen);
  row.Set(message, &Message::mutable_sigma_moyen);
  row.Set(message, &Message::mutable_mortalite_moyenne);
  message->set_production_totale_kg(row.Double());
}

constexpr char kGaveur[] =
    "SELECT g.id, g.site_code, g.actif, " EGI_US("g.created_at") ", count(l.id), count(*) FILTER (WHERE l.statut IN ('en_preparation', 'en_gavage')), "
    "count(*) FILTER (WHERE l.statut IN ('termine', 'abattu')), to_json(g.certifications) FROM gaveurs_euralis g "
    "LEFT JOIN lots_gavage l ON l.gaveur_id = g.id AND l.statut <> 'annule' WHERE g.id = $1::integer GROUP BY g.id";

Gaveur ToGaveur(RowCursor row) {
  Gaveur gaveur;
  gaveur.set_id(row.Int());
  gaveur.set_nom(absl::StrCat("Gaveur ", gaveur.id()));
  row.Set(&gaveur, &Gaveur::mutable_site_code);
  gaveur.set_actif(row.Bool());
  row.Set(&gaveur, &Gaveur::mutable_created_at);
  gaveur.set_nb_lots_total(row.Int());
  gaveur.set_nb_lots_actifs(row.Int());
  gaveur.set_nb_lots_termines(row.Int());
  google::protobuf::ListValue names;
  if (!google::protobuf::util::JsonStringToMessage(row.Text(), &names).ok()) throw pqxx::conversion_error("certifications are no list");
  for (const auto& name : names.values()) gaveur.add_certifications(name.string_value());
  return gaveur;
}

PerformanceLot ToLot(RowCursor row) {
  PerformanceLot lot;
  lot.set_id(row.Int());
  lot.set_code_lot(row.Text());
  row.Set(&lot, &PerformanceLot::mutable_debut_lot);
  row.Set(&lot, &PerformanceLot::mutable_duree_jours);
  row.Set(&lot, &PerformanceLot::mutable_itm);
  row.Set(&lot, &PerformanceLot::mutable_sigma);
  row.Set(&lot, &PerformanceLot::mutable_mortalite_pct);
  row.Set(&lot, &PerformanceLot::mutable_total_mais_kg);
  row.Set(&lot, &PerformanceLot::mutable_poids_foie_moyen_g);
  row.Set(&lot, &PerformanceLot::mutable_nb_canards);
  row.Set(&lot, &PerformanceLot::mutable_souche);
  row.Set(&lot, &PerformanceLot::mutable_production_kg);
  lot.set_statut(row.Text());
  return lot;
}

// Lots l of one feeder in a period, with what each gained: weights at both ends of a finished lot, the first from placement or the first weighing.
const std::string& Period() {
  static const std::string kSql = absl::StrCat(
      "WITH all_lots AS (", kLotFigures, "), l AS (SELECT a.*, coalesce(a.nb_canards_accroches, a.nb_canards_vivants) AS birds, ",
      "a.statut IN ('termine', 'abattu') AS ended, coalesce(a.nb_canards_meg - a.nb_canards_accroches, a.taux_mortalite * a.placed / 100) AS lost, ",
      "CASE WHEN a.statut IN ('termine', 'abattu') THEN a.poids_moyen_actuel - coalesce(a.poids_moyen_initial, (SELECT d.poids_moyen FROM doses_journalieres d ",
      "WHERE d.code_lot = a.code_lot AND d.poids_moyen IS NOT NULL ORDER BY d.time LIMIT 1)) END AS gain FROM all_lots a WHERE a.gaveur_id = $1::integer ",
      "AND ($2 = '' OR a.debut_lot >= nullif($2, '')::date) AND ($3 = '' OR a.debut_lot <= nullif($3, '')::date)) ");
  return kSql;
}

class PostgresGaveurReader final : public GaveurReader {
 public:
  explicit PostgresGaveurReader(Pool& pool) : pool_(pool) {}

  absl::StatusOr<Gaveur> FindGaveur(int32_t id) override {
    auto found = ReadRows<Gaveur>(pool_, kGaveur, {std::to_string(id)}, ToGaveur);
    if (!found.ok()) return found.status();
    if (found->empty()) return NoGaveur(id);
    return std::move(found->front());
  }

  absl::StatusOr<std::vector<SiteGaveur>> ListSiteGaveurs(const std::string& site_code) override {
    static const std::string kSql = absl::StrCat(
        "SELECT g.id, ", kPseudonym, ", z.region, count(l.id), z.code, g.actif FROM sites_euralis z JOIN gaveurs_euralis g ON g.site_code = z.code ",
        "OR EXISTS (SELECT FROM lots_gavage o WHERE o.gaveur_id = g.id AND o.site_code = z.code AND o.statut <> 'annule') ",
        "LEFT JOIN lots_gavage l ON l.gaveur_id = g.id AND l.site_code = z.code AND l.statut <> 'annule' WHERE z.code = $1 GROUP BY g.id, z.id ORDER BY g.id");
    return ReadRows<SiteGaveur>(pool_, kSql, {site_code}, [](RowCursor row) {
      SiteGaveur gaveur;
      gaveur.set_id(row.Int());
      gaveur.set_nom(row.Text());
      gaveur.set_site_origine(row.Text());
      gaveur.set_nb_lots(row.Int());
      gaveur.set_site_code(row.Text());
      gaveur.set_actif(row.Bool());
      return gaveur;
    });
  }

  absl::StatusOr<std::vector<GaveurPerformance>> ListPerformances(const std::string& site_code) override {
    static const std::string kSql =
        absl::StrCat(Performances(), kPerformance, ", p.finals FROM p WHERE $1 = '' OR p.site_code = $1 ORDER BY p.itm NULLS LAST, p.id");
    return ReadRows<GaveurPerformance>(pool_, kSql, {site_code}, [](RowCursor row) {
      GaveurPerformance gaveur;
      SetPerformance(row, &gaveur);
      gaveur.set_nb_lots_finaux(row.Int());
      return gaveur;
    });
  }

  absl::StatusOr<GaveurAnalytics> ReadAnalytics(int32_t id) override {
    static const std::string kSql = absl::StrCat(
        Performances(), kPerformance, ", (SELECT ", kWeightedItm, " FROM l WHERE l.site_code = p.site_code), (SELECT ", kWeightedItm,
        " FROM l), CASE WHEN p.itm IS NOT NULL THEN p.site_rank END, p.site_ranked, CASE WHEN p.itm IS NOT NULL THEN p.all_rank END, p.all_ranked "
        "FROM p WHERE p.id = $1::integer");
    static const std::string kEvolution =
        absl::StrCat("WITH l AS (", kLotFigures, ") SELECT to_char(l.end_day, 'YYYY-MM-DD'), ", kWeightedItm,
                     " FROM l WHERE l.gaveur_id = $1::integer AND l.liver IS NOT NULL AND l.end_day IS NOT NULL GROUP BY l.end_day "
                     "ORDER BY l.end_day DESC LIMIT 7");
    GaveurAnalytics analytics;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) -> absl::Status {
      analytics.Clear();
      const pqxx::result found = Run(transaction, kSql, {std::to_string(id)});
      if (found.empty()) return NoGaveur(id);
      RowCursor row(found[0]);
      SetPerformance(row, &analytics);
      row.Set(&analytics, &GaveurAnalytics::mutable_itm_site_moyen);
      row.Set(&analytics, &GaveurAnalytics::mutable_itm_euralis_moyen);
      row.Set(&analytics, &GaveurAnalytics::mutable_rang_site);
      analytics.set_total_gaveurs_site(row.Int());
      row.Set(&analytics, &GaveurAnalytics::mutable_rang_euralis);
      analytics.set_total_gaveurs_euralis(row.Int());
      for (const pqxx::row& point : Run(transaction, kEvolution, {std::to_string(id)})) {
        RowCursor cursor(point);
        auto* day = analytics.add_evolution_itm_7j();
        day->set_date(cursor.Text());
        day->set_itm(cursor.Double());
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    auto* days = analytics.mutable_evolution_itm_7j();
    std::reverse(days->begin(), days->end());
    return analytics;
  }

  absl::StatusOr<std::vector<PerformanceLot>> ListLots(int32_t id, int limit) override {
    static const std::string kSql = absl::StrCat(
        "WITH l AS (", kLotFigures, ") SELECT l.id, l.code_lot, to_char(l.debut_lot, 'YYYY-MM-DD'), l.duree_gavage_reelle, l.itm, l.sigma, ", kLotLoss,
        ", l.placed * l.conso, l.liver_g, l.placed, coalesce(l.souche, l.genetique), l.liver, l.statut FROM l WHERE l.gaveur_id = $1::integer "
        "ORDER BY coalesce(l.debut_lot, l.created_at::date) DESC, l.id DESC LIMIT $2::integer");
    auto lots = ReadRows<PerformanceLot>(pool_, kSql, {std::to_string(id), std::to_string(limit)}, ToLot);
    if (!lots.ok() || !lots->empty()) return lots;
    if (auto gaveur = FindGaveur(id); !gaveur.ok()) return gaveur.status();
    return lots;
  }

  absl::StatusOr<GaveurStats> ReadStats(int32_t id, const std::optional<absl::CivilDay>& from, const std::optional<absl::CivilDay>& to) override {
    static const std::string kSql = absl::StrCat(
        Period(), "SELECT coalesce(nullif($2, ''), to_char(min(debut_lot), 'YYYY-MM-DD')), "
        "coalesce(nullif($3, ''), to_char(greatest(max(end_day), max(debut_lot)), 'YYYY-MM-DD')), coalesce(sum(placed), 0), "
        "coalesce(sum(birds) FILTER (WHERE ended), 0), "
        "sum(poids_moyen_actuel * birds) FILTER (WHERE ended) / nullif(sum(birds) FILTER (WHERE ended AND poids_moyen_actuel IS NOT NULL), 0), "
        "100.0::float8 * sum(lost) / nullif(sum(placed) FILTER (WHERE lost IS NOT NULL), 0), "
        "sum(conso * 1000 * birds) FILTER (WHERE gain IS NOT NULL) / nullif(greatest(sum(gain * birds) FILTER (WHERE conso IS NOT NULL), 0), 0), "
        "count(*), ", kWeightedItm, " FROM l");
    auto gaveur = FindGaveur(id);
    if (!gaveur.ok()) return gaveur.status();
    const auto text = [](const std::optional<absl::CivilDay>& day) { return day.has_value() ? absl::FormatCivilTime(*day) : std::string(); };
    return ReadRow<GaveurStats>(pool_, kSql, {std::to_string(id), text(from), text(to)}, [id](RowCursor row) {
      GaveurStats stats;
      stats.set_gaveur_id(id);
      row.Set(&stats, &GaveurStats::mutable_periode_debut);
      row.Set(&stats, &GaveurStats::mutable_periode_fin);
      stats.set_nombre_canards_total(row.Int());
      stats.set_nombre_canards_termines(row.Int());
      row.Set(&stats, &GaveurStats::mutable_poids_moyen_final);
      row.Set(&stats, &GaveurStats::mutable_taux_mortalite);
      row.Set(&stats, &GaveurStats::mutable_indice_consommation);
      stats.set_nb_lots(row.Int());
      row.Set(&stats, &GaveurStats::mutable_itm_moyen);
      return stats;
    });
  }

 private:
  Pool& pool_;
};

}  // namespace

std::unique_ptr<GaveurReader> NewPostgresGaveurReader(Pool& pool) { return std::make_unique<PostgresGaveurReader>(pool); }

}  // namespace egi::storage::read
