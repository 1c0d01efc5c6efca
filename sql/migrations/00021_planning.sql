-- The plan of slaughter: slots at slaughterhouses, the lots in them, and who changed what.
-- +goose Up

CREATE TABLE planning_abattages (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  site_code varchar(2) NOT NULL REFERENCES sites_euralis (code),
  abattoir text NOT NULL CHECK (length(abattoir) BETWEEN 1 AND 100),
  date date NOT NULL,
  heure_debut time NOT NULL,
  heure_fin time NOT NULL,
  capacite_max integer NOT NULL CHECK (capacite_max BETWEEN 1 AND 100000),
  nb_lots integer NOT NULL DEFAULT 0,
  nb_canards integer NOT NULL DEFAULT 0,
  lots_ids integer[] NOT NULL DEFAULT '{}',
  statut text NOT NULL DEFAULT 'planifie' CHECK (statut IN ('planifie', 'confirme', 'realise', 'annule')),
  raison_annulation text CHECK (length(raison_annulation) BETWEEN 1 AND 500),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT planning_abattages_hours CHECK (heure_fin > heure_debut),
  CONSTRAINT planning_abattages_capacity CHECK (nb_canards BETWEEN 0 AND capacite_max),
  CONSTRAINT planning_abattages_lots CHECK (nb_lots = cardinality(lots_ids)),
  CONSTRAINT planning_abattages_empty CHECK (CASE statut WHEN 'annule' THEN nb_lots = 0 WHEN 'planifie' THEN true ELSE nb_lots > 0 END),
  CONSTRAINT planning_abattages_reason CHECK ((statut = 'annule') = (raison_annulation IS NOT NULL))
);
CREATE INDEX planning_abattages_date_idx ON planning_abattages (date, site_code);
COMMENT ON TABLE planning_abattages IS 'Slots of slaughter, made by people. nb_lots, nb_canards, lots_ids and realise follow from planning_abattages_lots and the lots, by triggers.';
COMMENT ON COLUMN planning_abattages.site_code IS 'Site of the lots of the slot.';
COMMENT ON COLUMN planning_abattages.abattoir IS 'Slaughterhouse.';
COMMENT ON COLUMN planning_abattages.heure_debut IS 'In the zone of the site, like heure_fin.';
COMMENT ON COLUMN planning_abattages.capacite_max IS 'Birds the slot can take.';
COMMENT ON COLUMN planning_abattages.nb_canards IS 'Places reserved, birds; never more than capacite_max.';
COMMENT ON COLUMN planning_abattages.statut IS 'planifie, confirme (the slaughterhouse agreed), realise (every lot is slaughtered, or was imported with its results), annule.';
COMMENT ON COLUMN planning_abattages.raison_annulation IS 'Why it was given up.';

CREATE TABLE planning_abattages_lots (
  lot_id integer PRIMARY KEY REFERENCES lots_gavage (id),
  creneau_id integer NOT NULL REFERENCES planning_abattages (id),
  nb_canards integer NOT NULL CHECK (nb_canards > 0),
  distance_km double precision CHECK (distance_km BETWEEN 0 AND 2000),
  affecte_par text NOT NULL CHECK (length(affecte_par) BETWEEN 1 AND 100),
  affecte_le timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX planning_abattages_lots_slot_idx ON planning_abattages_lots (creneau_id);
COMMENT ON TABLE planning_abattages_lots IS 'Which lot is slaughtered in which slot: one slot a lot.';
COMMENT ON COLUMN planning_abattages_lots.nb_canards IS 'Places reserved: birds of the lot when it was put into the slot.';
COMMENT ON COLUMN planning_abattages_lots.distance_km IS 'Way from the feeder to the slaughterhouse, km; null when nobody told it.';

CREATE TABLE planning_abattages_history (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  creneau_id integer NOT NULL REFERENCES planning_abattages (id),
  changed_at timestamptz NOT NULL DEFAULT now(),
  changed_by text NOT NULL,
  action text NOT NULL,
  raison text NOT NULL,
  before jsonb NOT NULL,
  after jsonb NOT NULL
);
CREATE INDEX planning_abattages_history_slot_idx ON planning_abattages_history (creneau_id, id DESC);
COMMENT ON TABLE planning_abattages_history IS 'Every change of a slot.';
COMMENT ON COLUMN planning_abattages_history.changed_by IS 'Setting egi.principal of the session, else the database role.';
COMMENT ON COLUMN planning_abattages_history.action IS
  'create, assign, distance, remove, confirm, reopen, cancel, or the transition of the lot that changed the slot (setting egi.transition of the session); empty for a change by SQL.';
COMMENT ON COLUMN planning_abattages_history.before IS 'The row before the change, of another distance lots.<code>.distance_km alone; {} for a new slot.';
COMMENT ON COLUMN planning_abattages_history.after IS 'The same after the change.';
