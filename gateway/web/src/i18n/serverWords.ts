// Sentences of the server in the reader's language. The server writes English; its own sentence is the key of the catalogue, with {{0}}, {{1}} ...
// in the places of its dates, figures and numbers. A sentence that the catalogue does not know is shown as the server wrote it.
import i18next from "i18next";
import { dateTime, number } from ".";
import { french } from "./serverFrench";

const FIGURES: Record<string, string> = { volume_mm3: "volume", Clear: "Clair", NIR: "proche infrarouge" };
// Dates, figures of a check, and numbers that are no part of a name.
const VALUE = /\d{4}-\d\d-\d\d \d\d:\d\d UTC|\b(?:F\d_\d+nm|Clear|NIR|volume_mm3)\b|(?<![\w.])[+-]?\d+(?:\.\d+)?/g;

function shown(value: string): string {
  if (value.includes("UTC")) return dateTime(value.replace(" UTC", "Z").replace(" ", "T"));
  if (/[A-Za-z]/.test(value)) return FIGURES[value] ?? value.replace("_", " ").replace("nm", " nm");
  return (value.startsWith("+") ? "+" : "") + number(Number(value), value.split(".")[1]?.length ?? 0);
}

function translate(sentence: string): string | undefined {
  const values: string[] = [];
  const key = sentence.replace(VALUE, (value) => `{{${values.push(value) - 1}}}`);
  return french[key]?.replace(/\{\{(\d+)\}\}/g, (_, place: string) => shown(values[Number(place)] ?? ""));
}

/** `sentence` in the reader's language, and the language it is in. */
export function serverWords(sentence: string): { text: string; lang: "fr" | "en" } {
  const asWritten = { text: sentence, lang: "en" } as const;
  if (i18next.language !== "fr") return asWritten;
  // A failed check tells its figures after a colon.
  const [what, figures] = sentence.split(" failed: ");
  const parts = figures === undefined ? [translate(sentence)] : [translate(`${what} failed`), ...figures.split(", ").map(translate)];
  if (parts.includes(undefined)) return asWritten;
  return { text: figures === undefined ? parts[0]! : `${parts[0]} : ${parts.slice(1).join(", ")}`, lang: "fr" };
}
