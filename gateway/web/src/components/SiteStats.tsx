import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { siteStats } from "../api/client";
import { number } from "../i18n";
import { Answer } from "./Answer";
import { Grade } from "./Grade";

const GRADES = ["A+", "A", "B", "C", "REJECT"] as const;

/** Livers, scores and grades of 30 days. */
export function SiteStats() {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ["siteStats"], queryFn: siteStats, refetchInterval: 30_000 });
  return (
    <section className="card" data-testid="sites">
      <h2>{t("sites.title")}</h2>
      <Answer query={query}>
        {(stats) =>
          stats.total_samples === 0 ? (
            <p className="quiet">{t("sites.none")}</p>
          ) : (
            <>
              <div className="scroll">
                <table>
                  <thead>
                    <tr>
                      {(["site", "samples", "score", "compliance"] as const).map((column) => (
                        <th key={column} scope="col">
                          {t(`sites.${column}`)}
                        </th>
                      ))}
                    </tr>
                  </thead>
                  <tbody>
                    {stats.sites.map((site) => (
                      <tr key={site.site_code} data-testid="site" data-site={site.site_code}>
                        <th scope="row">{site.site_code}</th>
                        <td>{number(site.total_samples)}</td>
                        <td>{number(site.avg_quality_score, 2)}</td>
                        <td>{number(site.compliance_rate_pct, 1, "%")}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              <h3 className="quiet">{t("sites.grades")}</h3>
              <ul className="grades">
                {GRADES.map((grade) => (
                  <li key={grade}>
                    <Grade grade={grade} /> {number((100 * (stats.grade_distribution[grade] ?? 0)) / stats.total_samples, 1, "%")}
                  </li>
                ))}
              </ul>
            </>
          )
        }
      </Answer>
    </section>
  );
}
