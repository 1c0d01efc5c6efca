// Text of the page (French by default, English on request) and numbers in the reader's format.
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { en } from "./en";
import { fr } from "./fr";

const LANGUAGE_KEY = "egi.language";

void i18next.use(initReactI18next).init({
  resources: { fr: { translation: fr }, en: { translation: en } },
  lng: localStorage.getItem(LANGUAGE_KEY) ?? "fr",
  fallbackLng: "fr",
  interpolation: { escapeValue: false },
});

document.documentElement.lang = i18next.language;

export function setLanguage(language: "fr" | "en"): void {
  localStorage.setItem(LANGUAGE_KEY, language);
  document.documentElement.lang = language;
  void i18next.changeLanguage(language);
}

const locale = () => (i18next.language === "en" ? "en-GB" : "fr-FR");

/** `value` with `digits` decimals and its unit, or a dash when there is no value. */
export function number(value: number | null | undefined, digits = 0, unit = ""): string {
  if (value === null || value === undefined || Number.isNaN(value)) return i18next.t("unknown");
  const text = new Intl.NumberFormat(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
  return unit ? `${text}\u00a0${unit}` : text;
}

const DATE_TIME = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;

/** Day and time without year, seconds and zone: for the axis of a chart. */
export function shortTime(value: string | null | undefined): string {
  if (!value) return "";
  return new Intl.DateTimeFormat(locale(), { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" }).format(new Date(value));
}

/** Date and time of the reader's zone, with the zone's name. */
export function dateTime(value: string | null | undefined): string {
  if (!value) return i18next.t("unknown");
  return new Intl.DateTimeFormat(locale(), { ...DATE_TIME, timeZoneName: "short" }).format(new Date(value));
}
