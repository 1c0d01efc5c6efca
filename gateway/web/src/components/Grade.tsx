import type { Grade as GradeValue } from "../live/messages";

const CLASS: Record<GradeValue, string> = { "A+": "a-plus", A: "a", B: "b", C: "c", REJECT: "reject" };

/** A grade, by letter and colour. */
export function Grade({ grade, size = "small" }: { grade: GradeValue; size?: "small" | "large" }) {
  return <span className={`grade grade-${CLASS[grade] ?? "reject"} grade-${size}`}>{grade}</span>;
}
