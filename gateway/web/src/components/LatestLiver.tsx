import { useTranslation } from "react-i18next";
import { dateTime, number } from "../i18n";
import type { SensorUpdate } from "../live/messages";
import { useLive } from "../live/store";
import { Comparison } from "./Comparison";
import { Grade } from "./Grade";

function Bar({ label, value }: { label: string; value: number | null | undefined }) {
  return (
    <div className="bar">
      <span>{label}</span>
      <meter min={0} max={1} value={value ?? 0} aria-label={label} />
      <strong>{number(value, 2)}</strong>
    </div>
  );
}

function Liver({ liver }: { liver: SensorUpdate }) {
  const { t } = useTranslation();
  const { vl53l8ch, as7341, fusion } = liver;
  const volume = vl53l8ch.analysis.volume_mm3;
  return (
    <div data-testid="latest-liver" data-sample={liver.sample_id}>
      <div className="verdict">
        <Grade grade={fusion.final_grade} size="large" />
        <div>
          <strong className="score" data-testid="score">
            {number(fusion.final_score, 3)}
          </strong>
          <span className="quiet"> {t("liver.score")}</span>
          <p>{t(fusion.is_compliant ? "liver.compliant" : "liver.notCompliant")}</p>
        </div>
      </div>
      <p className="quiet">
        {liver.device_id} · {liver.site_code || t("unknown")} · {liver.code_lot || t("liver.noLot")} · {dateTime(liver.timestamp)}
      </p>
      <Comparison fusion={fusion} />
      <Bar label={t("liver.tof")} value={vl53l8ch.analysis.quality_score} />
      <Bar label={t("liver.spectral")} value={as7341.analysis.quality_score} />
      <Bar label={t("liver.uniformity")} value={vl53l8ch.analysis.surface_uniformity} />
      <Bar label={t("liver.freshness")} value={as7341.analysis.freshness_index} />
      <Bar label={t("liver.fat")} value={as7341.analysis.fat_quality_index} />
      <Bar label={t("liver.oxidation")} value={as7341.analysis.oxidation_index} />
      <p>
        {t("liver.volume")} <strong>{number(volume === null || volume === undefined ? null : volume / 1000, 0, "cm³")}</strong>
      </p>
    </div>
  );
}

/** Grades of the last livers in the order they were measured. */
function RecentGrades() {
  const { t } = useTranslation();
  const recent = useLive((state) => state.recent);
  if (recent.length === 0) return null;
  return (
    <figure className="recent">
      <figcaption className="quiet">{t("liver.recent", { count: recent.length })}</figcaption>
      <ol>
        {recent.map((liver) => (
          <li key={`${liver.device_id}/${liver.sample_id}`} title={`${liver.device_id} · ${dateTime(liver.timestamp)} · ${number(liver.fusion.final_score, 3)}`}>
            <Grade grade={liver.fusion.final_grade} />
          </li>
        ))}
      </ol>
    </figure>
  );
}

export function LatestLiver() {
  const { t } = useTranslation();
  const latest = useLive((state) => state.latest);
  return (
    <section className="card liver">
      <h2>{t("liver.title")}</h2>
      {latest ? <Liver liver={latest} /> : <p className="quiet">{t("liver.none")}</p>}
      <RecentGrades />
    </section>
  );
}
