#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/storage/read/lot_figures.h"
#include "server/storage/read/postgres_readers.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"

namespace egi::storage::read {
namespace {

// The columns of SiteStats behind code and name, of lots l.
const std::string& Figures() {
  static const std::string kSql = absl::StrCat(
      " count(l.id), count(DISTINCT l.gaveur_id), avg(l.itm), avg(l.pctg_perte_gavage) * 100, coalesce(sum(l.liver), 0), ", kWeightedItm, ", ",
      kWeightedLoss,
      ", coalesce(sum(l.placed), 0), coalesce(sum(l.nb_canards_accroches), 0), coalesce(sum(l.placed * l.conso), 0), avg(l.sigma), count(l.sigma), "
      "count(l.liver), count(*) FILTER (WHERE l.statut IN ('en_preparation', 'en_gavage'))");
  return kSql;
}

feeding::v1::SiteStats ToStats(RowCursor row) {
  using Stats = feeding::v1::SiteStats;
  Stats stats;
  stats.set_site_code(row.Text());
  stats.set_site_nom(row.Text());
  stats.set_nb_lots(row.Int());
  stats.set_nb_gaveurs(row.Int());
  row.Set(&stats, &Stats::mutable_itm_moyen);
  row.Set(&stats, &Stats::mutable_mortalite_moyenne);
  stats.set_production_foie_kg(row.Double());
  row.Set(&stats, &Stats::mutable_itm_pondere);
  row.Set(&stats, &Stats::mutable_perte_ponderee);
  stats.set_nb_canards_meg(row.Int());
  stats.set_nb_canards_accroches(row.Int());
  stats.set_total_mais_kg(row.Double());
  row.Set(&stats, &Stats::mutable_sigma_moyen);
  stats.set_nb_lots_sigma(row.Int());
  stats.set_nb_lots_finaux(row.Int());
  stats.set_nb_lots_actifs(row.Int());
  return stats;
}

class PostgresSiteReader final : public SiteReader {
 public:
  explicit PostgresSiteReader(Pool& pool) : pool_(pool) {}

  absl::StatusOr<std::vector<feeding::v1::Site>> ListSites() override {
    static const std::string kSql =
        "SELECT s.id, s.code, s.nom, s.region, s.capacite_gavage_max, "
        "count(DISTINCT l.gaveur_id) FILTER (WHERE l.statut IN ('en_preparation', 'en_gavage')), count(DISTINCT l.gaveur_id) "
        "FROM sites_euralis s LEFT JOIN lots_gavage l ON l.site_code = s.code AND l.statut <> 'annule' GROUP BY s.id ORDER BY s.code";
    return ReadRows<feeding::v1::Site>(pool_, kSql, {}, [](RowCursor row) {
      feeding::v1::Site site;
      site.set_id(row.Int());
      site.set_code(row.Text());
      site.set_nom(row.Text());
      site.set_region(row.Text());
      site.set_capacite_gavage_max(row.Int());
      site.set_nb_gaveurs_actifs(row.Int());
      site.set_nb_gaveurs(row.Int());
      return site;
    });
  }

  absl::StatusOr<std::vector<feeding::v1::SiteStats>> ListSiteStats(const std::string& month) override {
    static const std::string kSql =
        absl::StrCat("WITH l AS (", kLotFigures, ") SELECT s.code, s.nom,", Figures(),
                     " FROM sites_euralis s LEFT JOIN l ON l.site_code = s.code"
                     " AND ($1 = '' OR to_char(l.end_day, 'YYYY-MM') = $1) GROUP BY s.code, s.nom ORDER BY s.code");
    return ReadRows<feeding::v1::SiteStats>(pool_, kSql, {month}, ToStats);
  }

  absl::StatusOr<feeding::v1::SiteStats> ReadTotal(const std::string& month) override {
    static const std::string kSql = absl::StrCat("WITH l AS (", kLotFigures, ") SELECT '', '',", Figures(),
                                                 " FROM l WHERE $1 = '' OR to_char(l.end_day, 'YYYY-MM') = $1");
    return ReadRow<feeding::v1::SiteStats>(pool_, kSql, {month}, ToStats);
  }

  absl::StatusOr<feeding::v1::GetKpisResponse> ReadKpis() override {
    static const std::string kSql =
        absl::StrCat("WITH l AS (", kLotFigures,
        ") SELECT coalesce(sum(l.liver), 0), count(*) FILTER (WHERE l.statut IN ('en_preparation', 'en_gavage')),"
        " count(*) FILTER (WHERE l.statut IN ('termine', 'abattu')),"
        " count(DISTINCT l.gaveur_id) FILTER (WHERE l.statut IN ('en_preparation', 'en_gavage')), avg(l.itm),"
        " avg(l.pctg_perte_gavage) * 100,"
        " (SELECT count(*) FROM alertes_euralis WHERE NOT acquittee AND closed_at IS NULL AND severite = 'critique')"
        " + (SELECT count(*) FROM sqal_alerts WHERE NOT is_acknowledged AND closed_at IS NULL AND severity = 'critical'),"
        " coalesce(sum(l.placed), 0), ", kWeightedItm, ", ", kWeightedLoss,
        ", count(DISTINCT l.gaveur_id), avg(l.sigma), coalesce(sum(l.nb_canards_accroches), 0), coalesce(sum(l.placed * l.conso), 0) FROM l");
    using Kpis = feeding::v1::GetKpisResponse;
    return ReadRow<Kpis>(pool_, kSql, {}, [](RowCursor row) {
      Kpis kpis;
      kpis.set_production_totale_kg(row.Double());
      kpis.set_nb_lots_actifs(row.Int());
      kpis.set_nb_lots_termines(row.Int());
      kpis.set_nb_gaveurs_actifs(row.Int());
      row.Set(&kpis, &Kpis::mutable_itm_moyen_global);
      row.Set(&kpis, &Kpis::mutable_mortalite_moyenne_globale);
      kpis.set_nb_alertes_critiques(row.Int());
      kpis.set_nb_canards_meg(row.Int());
      row.Set(&kpis, &Kpis::mutable_itm_pondere);
      row.Set(&kpis, &Kpis::mutable_perte_ponderee);
      kpis.set_nb_gaveurs(row.Int());
      row.Set(&kpis, &Kpis::mutable_sigma_moyen);
      kpis.set_nb_canards_accroches(row.Int());
      kpis.set_total_mais_kg(row.Double());
      return kpis;
    });
  }

  absl::StatusOr<std::vector<feeding::v1::ProductionPoint>> ListProduction(int days) override {
    static const std::string kSql =
        absl::StrCat("WITH l AS (", kLotFigures,
        "), e AS (SELECT site_code, end_day, liver FROM l WHERE liver IS NOT NULL AND end_day IS NOT NULL)"
        " SELECT site_code, to_char(end_day, 'YYYY-MM-DD'), count(*), sum(liver) FROM e"
        " WHERE end_day > (SELECT max(end_day) FROM e) - $1::integer GROUP BY site_code, end_day ORDER BY end_day, site_code");
    return ReadRows<feeding::v1::ProductionPoint>(pool_, kSql, {std::to_string(days)}, [](RowCursor row) {
      feeding::v1::ProductionPoint point;
      point.set_site_code(row.Text());
      point.set_date(row.Text());
      point.set_nb_lots(row.Int());
      point.set_production_kg(row.Double());
      return point;
    });
  }

  absl::StatusOr<std::vector<feeding::v1::SiteItm>> ListItm() override {
    static const std::string kSql =
        absl::StrCat("WITH l AS (", kLotFigures, ") SELECT l.site_code, avg(l.itm), min(l.itm), max(l.itm), coalesce(stddev_samp(l.itm), 0), "
        "percentile_cont(0.25) WITHIN GROUP (ORDER BY l.itm), percentile_cont(0.5) WITHIN GROUP (ORDER BY l.itm), "
        "percentile_cont(0.75) WITHIN GROUP (ORDER BY l.itm), count(*), ", kWeightedItm,
        ", count(*) FILTER (WHERE l.itm <= 12.5), count(*) FILTER (WHERE l.itm > 12.5 AND l.itm <= 14), "
        "count(*) FILTER (WHERE l.itm > 14 AND l.itm <= 15.5), count(*) FILTER (WHERE l.itm > 15.5 AND l.itm <= 17), "
        "count(*) FILTER (WHERE l.itm > 17) FROM l WHERE l.itm IS NOT NULL GROUP BY l.site_code ORDER BY l.site_code");
    return ReadRows<feeding::v1::SiteItm>(pool_, kSql, {}, [](RowCursor row) {
      feeding::v1::SiteItm site;
      site.set_site_code(row.Text());
      site.set_itm_moyen(row.Double());
      site.set_itm_min(row.Double());
      site.set_itm_max(row.Double());
      site.set_itm_stddev(row.Double());
      site.set_q1(row.Double());
      site.set_median(row.Double());
      site.set_q3(row.Double());
      site.set_nb_lots(row.Int());
      row.Set(&site, &feeding::v1::SiteItm::mutable_itm_pondere);
      for (const char* name : {"A", "B", "C", "D", "E"}) (*site.mutable_classes())[name] = row.Int();
      return site;
    });
  }

  absl::StatusOr<Counts> Count() override {
    static const std::string kSql = "SELECT (SELECT count(*) FROM sites_euralis), (SELECT count(*) FROM lots_gavage)";
    return ReadRow<Counts>(pool_, kSql, {}, [](RowCursor row) {
      Counts counts;
      counts.sites = row.Int();
      counts.lots = row.Int();
      return counts;
    });
  }

 private:
  Pool& pool_;
};

}  // namespace

std::unique_ptr<SiteReader> NewPostgresSiteReader(Pool& pool) { return std::make_unique<PostgresSiteReader>(pool); }

}  // namespace egi::storage::read
