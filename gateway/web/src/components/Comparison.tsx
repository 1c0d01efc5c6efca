import { useTranslation } from "react-i18next";
import { number } from "../i18n";
import type { SensorUpdate } from "../live/messages";

/** What the device declared beside what the server measured again on the raw data; a mark when they disagree. */
export function Comparison({ fusion }: { fusion: SensorUpdate["fusion"] }) {
  const { t } = useTranslation();
  const { comparison, computed, declared_score } = fusion;
  if (!comparison) return null;
  if (!computed) {
    return (
      <p className="quiet" data-testid="comparison" data-comparison={comparison}>
        {t("comparison.unknown_profile")}
      </p>
    );
  }
  const disagrees = comparison === "disagrees";
  return (
    <p className={disagrees ? "comparison disagrees" : "comparison quiet"} data-testid="comparison" data-comparison={comparison} role={disagrees ? "status" : undefined}>
      {disagrees && <strong aria-hidden="true">⚠ </strong>}
      {t("comparison.declared")} <strong>{number(declared_score, 3)}</strong> · {t("comparison.computed")} <strong>{number(computed.fused_score, 3)}</strong>{" "}
      {t(`comparison.${comparison}`)}
    </p>
  );
}
