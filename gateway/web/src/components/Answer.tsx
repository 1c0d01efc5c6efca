// The three states of a REST answer: loading, error with code and retry, or the content.
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../api/client";

export function Answer<T>({ query, children }: { query: UseQueryResult<T>; children: (data: T) => ReactNode }) {
  const { t } = useTranslation();
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.isPending) return <p className="quiet">{t("loading")}</p>;
  const { error } = query;
  const code = error instanceof ApiError ? error.code : "";
  return (
    <p className="problem" role="alert">
      {t("error", { code, message: error?.message ?? "" })} <button onClick={() => void query.refetch()}>{t("retry")}</button>
    </p>
  );
}
