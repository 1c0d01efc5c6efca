-- Days of feeding as they are entered, who entered and corrected meals, and the wishes that were carried out.
-- +goose Up

ALTER TABLE lots_gavage ADD COLUMN dernier_flux text CHECK (length(dernier_flux) BETWEEN 1 AND 100);
COMMENT ON COLUMN lots_gavage.dernier_flux IS
  'Producer of the newest meal; null when it came by a single call. The clock of a simulated lot is the newest meal of its producer.';

ALTER TABLE gavage_meals ADD COLUMN recorded_by text NOT NULL DEFAULT '' CHECK (length(recorded_by) <= 100);
COMMENT ON COLUMN gavage_meals.recorded_by IS 'Who entered the first value: a person, a producer, or grpc, rest, ws; empty when it was not kept.';

ALTER TABLE gavage_meal_corrections ADD COLUMN reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 500);
COMMENT ON COLUMN gavage_meal_corrections.corrected_by IS 'Who entered the value that replaced this one, as gavage_meals.recorded_by.';
COMMENT ON COLUMN gavage_meal_corrections.reason IS 'Why, as told.';

CREATE TABLE gavage_jours (
  lot_id integer NOT NULL REFERENCES lots_gavage (id),
  jour integer NOT NULL CHECK (jour BETWEEN 0 AND 27),
  code_lot varchar(20) NOT NULL,
  date_gavage date NOT NULL,
  nb_canards_peses integer NOT NULL CHECK (nb_canards_peses BETWEEN 1 AND 5000),
  poids_echantillon double precision[] NOT NULL
    CHECK (cardinality(poids_echantillon) BETWEEN 1 AND 1000 AND 500 <= ALL (poids_echantillon) AND 12000 >= ALL (poids_echantillon)),
  temperature_stabule double precision CHECK (temperature_stabule BETWEEN -20 AND 50),
  humidite_stabule double precision CHECK (humidite_stabule BETWEEN 0 AND 100),
  suit_courbe_theorique boolean NOT NULL DEFAULT true,
  raison_ecart text NOT NULL DEFAULT '' CHECK (length(raison_ecart) <= 500),
  remarques text NOT NULL DEFAULT '' CHECK (length(remarques) <= 2000),
  mortalite_jour integer NOT NULL DEFAULT 0 CHECK (mortalite_jour BETWEEN 0 AND 5000),
  cause_mortalite text NOT NULL DEFAULT '' CHECK (length(cause_mortalite) <= 500),
  problemes_sante text NOT NULL DEFAULT '' CHECK (length(problemes_sante) <= 2000),
  saisi_par text NOT NULL CHECK (length(saisi_par) BETWEEN 1 AND 100),
  raison text NOT NULL DEFAULT '' CHECK (length(raison) <= 500),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (lot_id, jour)
);
COMMENT ON TABLE gavage_jours IS
  'Days as a gaveur entered them, beside the meals they brought (doses_journalieres). A day whose meals came one by one has no row.';
COMMENT ON COLUMN gavage_jours.date_gavage IS 'Day in the zone of the site.';
COMMENT ON COLUMN gavage_jours.poids_echantillon IS 'Weights of single birds, g.';
COMMENT ON COLUMN gavage_jours.mortalite_jour IS 'Birds that died this day.';
COMMENT ON COLUMN gavage_jours.temperature_stabule IS 'Building temperature, degrees Celsius.';
COMMENT ON COLUMN gavage_jours.humidite_stabule IS 'Building humidity, percent.';
COMMENT ON COLUMN gavage_jours.saisi_par IS 'Who entered the day as it stands.';
COMMENT ON COLUMN gavage_jours.raison IS 'Why it was corrected last, as told.';

CREATE TABLE gavage_jours_history (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  lot_id integer NOT NULL,
  jour integer NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  changed_by text NOT NULL,
  reason text NOT NULL DEFAULT '',
  before jsonb NOT NULL,
  after jsonb NOT NULL
);
CREATE INDEX gavage_jours_history_day_idx ON gavage_jours_history (lot_id, jour, id);
COMMENT ON TABLE gavage_jours_history IS 'A day before and after each correction of it.';

CREATE TABLE gavage_requests (
  request_id text PRIMARY KEY CHECK (length(request_id) BETWEEN 1 AND 100),
  body_hash bytea NOT NULL CHECK (octet_length(body_hash) = 32),
  answer bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX gavage_requests_created_idx ON gavage_requests (created_at);
COMMENT ON TABLE gavage_requests IS 'Wishes with a request_id (Idempotency-Key) that were carried out, kept 7 days: repeating one answers the same.';
COMMENT ON COLUMN gavage_requests.body_hash IS 'SHA-256 of the content.';
COMMENT ON COLUMN gavage_requests.answer IS 'egi.feeding.v1.RecordDayResponse, serialised.';
