import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { kpis, overview } from "../api/client";
import { number } from "../i18n";
import { Answer } from "./Answer";

function Figure({ label, value }: { label: string; value: string }) {
  return (
    <div className="figure">
      <span className="quiet">{label}</span>
      <strong>{value}</strong>
    </div>
  );
}

export function Kpis() {
  const { t } = useTranslation();
  const feeding = useQuery({ queryKey: ["kpis"], queryFn: kpis, refetchInterval: 30_000 });
  const quality = useQuery({ queryKey: ["overview"], queryFn: overview, refetchInterval: 30_000 });
  return (
    <section className="figures" aria-label={t("kpi.label")}>
      <Answer query={feeding}>
        {(data) => (
          <>
            <Figure label={t("kpi.lots")} value={number(data.nb_lots_actifs)} />
            <Figure label={t("kpi.alerts")} value={number(data.nb_alertes_critiques)} />
          </>
        )}
      </Answer>
      <Answer query={quality}>
        {(data) => (
          <>
            <Figure label={t("kpi.samples")} value={number(data.stats_24h?.total_samples)} />
            <Figure label={t("kpi.score")} value={number(data.stats_24h?.avg_quality_score, 2)} />
            <Figure label={t("kpi.compliance")} value={number(data.stats_24h?.compliance_rate_pct, 1, "%")} />
            <Figure label={t("kpi.disagreements")} value={number(data.score_disagreements_24h)} />
          </>
        )}
      </Answer>
    </section>
  );
}
