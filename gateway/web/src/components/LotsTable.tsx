import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { type Lot, runningLots } from "../api/client";
import { dateTime, number } from "../i18n";
import type { MealData } from "../live/messages";
import { useLive } from "../live/store";
import { Answer } from "./Answer";

const SHOWN = 30;

/** Colour class of a mortality in percent: < 3 good, 3 to 5 watch, from 5 bad (domain.md section 8). */
export function mortalityClass(percent: number | null | undefined): string {
  if (percent === null || percent === undefined) return "";
  return percent < 3 ? "good" : percent < 5 ? "watch" : "bad";
}

/** Lots in the order of their newest meal, the newest first; lots without a meal last. */
export function byNewestMeal(lots: Lot[], meals: Record<string, MealData>): Lot[] {
  const at = (lot: Lot) => Date.parse(meals[lot.code_lot]?.timestamp ?? lot.dernier_repas ?? "") || 0;
  return [...lots].sort((a, b) => at(b) - at(a) || a.code_lot.localeCompare(b.code_lot));
}

function Row({ lot, meal }: { lot: Lot; meal: MealData | undefined }) {
  const { t } = useTranslation();
  const weight = meal?.poids_moyen ?? lot.poids_moyen_actuel;
  const mortality = meal?.taux_mortalite ?? lot.taux_mortalite;
  return (
    <tr data-testid="lot" data-lot={lot.code_lot}>
      <th scope="row">{lot.code_lot}</th>
      <td data-label={t("lots.site")}>{lot.site_code}</td>
      <td data-label={t("lots.breed")}>{lot.genetique ?? t("unknown")}</td>
      <td data-label={t("lots.day")}>J{meal?.jour ?? lot.jour_actuel}</td>
      <td data-label={t("lots.weight")}>{number(weight, 0, "g")}</td>
      <td data-label={t("lots.mortality")} className={mortalityClass(mortality)}>{number(mortality, 1, "%")}</td>
      <td data-label={t("lots.meal")}>
        {meal ? `${t(meal.moment === "matin" ? "lots.matin" : "lots.soir")}, ${number(meal.dose_reelle, 0, "g")} – ` : ""}
        {dateTime(meal?.timestamp ?? lot.dernier_repas)}
      </td>
    </tr>
  );
}

export function LotsTable() {
  const { t } = useTranslation();
  const lots = useQuery({ queryKey: ["lots"], queryFn: runningLots, refetchInterval: 30_000 });
  const meals = useLive((state) => state.meals);
  return (
    <section className="card lots">
      <h2>{t("lots.title")}</h2>
      <Answer query={lots}>
        {(rows) =>
          rows.length === 0 ? (
            <p className="quiet">{t("lots.none")}</p>
          ) : (
            <div className="scroll">
              <table>
                <thead>
                  <tr>
                    {(["code", "site", "breed", "day", "weight", "mortality", "meal"] as const).map((column) => (
                      <th key={column} scope="col">
                        {t(`lots.${column}`)}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {byNewestMeal(rows, meals).slice(0, SHOWN).map((lot) => (
                    <Row key={lot.code_lot} lot={lot} meal={meals[lot.code_lot]} />
                  ))}
                </tbody>
              </table>
              {rows.length > SHOWN && <p className="quiet">{t("lots.more", { count: rows.length - SHOWN })}</p>}
            </div>
          )
        }
      </Answer>
    </section>
  );
}
