import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { setLanguage } from "../i18n";
import { useLive } from "../live/store";

function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

function Connection() {
  const { t } = useTranslation();
  const link = useLive((state) => state.link);
  const lastMessageAt = useLive((state) => state.lastMessageAt);
  const now = useNow(1_000);
  const age = lastMessageAt === null ? null : Math.max(0, Math.round((now - lastMessageAt) / 1_000));
  const ageText = age === null ? t("age.none") : age < 120 ? t("age.seconds", { count: age }) : t("age.minutes", { count: Math.round(age / 60) });
  return (
    <p className={`connection connection-${link.state}`} data-testid="connection" data-state={link.state} role="status">
      <span className="dot" aria-hidden="true" />
      <strong>{t(`link.${link.state}`, { attempt: link.attempt })}</strong>
      <span className="quiet" data-testid="age">
        {ageText}
      </span>
    </p>
  );
}

export function Header() {
  const { t, i18n } = useTranslation();
  return (
    <header>
      <div>
        <h1>
          <span className="brand">EGI</span> {t("title")}
        </h1>
        <p className="quiet">{t("subtitle")}</p>
      </div>
      <Connection />
      <div className="languages">
        {(["fr", "en"] as const).map((language) => (
          <button key={language} aria-pressed={i18n.language === language} onClick={() => setLanguage(language)}>
            {language.toUpperCase()}
          </button>
        ))}
      </div>
    </header>
  );
}
