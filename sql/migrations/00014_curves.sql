-- Feeding curves: proposals and the supervisors' decisions, day totals entered by hand, answers to proposed corrections.
-- +goose Up

CREATE TABLE courbes_theoriques (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  lot_id integer REFERENCES lots_gavage (id),
  gaveur_id integer REFERENCES gaveurs_euralis (id),
  statut text NOT NULL DEFAULT 'EN_ATTENTE' CHECK (statut IN ('EN_ATTENTE', 'VALIDEE', 'MODIFIEE', 'REJETEE')),
  source text NOT NULL CHECK (source IN ('souche', 'souche_objectif', 'recommandee', 'manuelle')),
  methode text NOT NULL CHECK (length(methode) <= 500),
  duree_gavage_jours integer NOT NULL CHECK (duree_gavage_jours BETWEEN 1 AND 27),
  doses_g double precision[] NOT NULL,
  doses_modifiees_g double precision[],
  poids_g double precision[],
  pysr_equation text CHECK (length(pysr_equation) <= 1000),
  pysr_r2_score double precision CHECK (pysr_r2_score <= 1),
  pysr_complexity integer CHECK (pysr_complexity > 0),
  cree_par text CHECK (length(cree_par) <= 100),
  superviseur_nom text CHECK (length(superviseur_nom) <= 100),
  date_validation timestamptz,
  commentaire_superviseur text CHECK (length(commentaire_superviseur) <= 500),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CHECK (lot_id IS NOT NULL OR gaveur_id IS NOT NULL),
  CHECK (cardinality(doses_g) = 2 * duree_gavage_jours AND 0 <= ALL (doses_g) AND 1000 >= ALL (doses_g)),
  CHECK (cardinality(doses_modifiees_g) = 2 * duree_gavage_jours AND 0 <= ALL (doses_modifiees_g) AND 1000 >= ALL (doses_modifiees_g)),
  CHECK (cardinality(poids_g) = 2 * duree_gavage_jours AND 500 <= ALL (poids_g) AND 12000 >= ALL (poids_g)),
  CHECK ((statut = 'EN_ATTENTE') = (date_validation IS NULL AND superviseur_nom IS NULL)),
  CHECK ((statut = 'MODIFIEE') <= (doses_modifiees_g IS NOT NULL))
);
CREATE UNIQUE INDEX courbes_theoriques_waiting_lot_idx ON courbes_theoriques (lot_id) WHERE statut = 'EN_ATTENTE' AND lot_id IS NOT NULL;
CREATE UNIQUE INDEX courbes_theoriques_waiting_gaveur_idx ON courbes_theoriques (gaveur_id) WHERE statut = 'EN_ATTENTE' AND lot_id IS NULL;
CREATE INDEX courbes_theoriques_lot_idx ON courbes_theoriques (lot_id, id DESC);
CREATE INDEX courbes_theoriques_gaveur_idx ON courbes_theoriques (gaveur_id, id DESC);
COMMENT ON TABLE courbes_theoriques IS
  'Theoretical curves of lots, and of feeders (without lot). At most one of each waits for a decision; lots_gavage.courbe_id is the one in force.';
COMMENT ON COLUMN courbes_theoriques.source IS 'souche (medians of the strain), souche_objectif (scaled to an amount of corn), recommandee, manuelle.';
COMMENT ON COLUMN courbes_theoriques.methode IS 'What the doses come from, in one sentence.';
COMMENT ON COLUMN courbes_theoriques.doses_g IS 'Doses as proposed, g per duck, morning and evening of each day.';
COMMENT ON COLUMN courbes_theoriques.doses_modifiees_g IS 'Doses of the supervisor, which hold instead; null when none were changed.';
COMMENT ON COLUMN courbes_theoriques.poids_g IS 'Mean weight after each meal, g; null when the curve says nothing about weights.';
COMMENT ON COLUMN courbes_theoriques.pysr_equation IS 'Formula as its author told it; never evaluated.';
COMMENT ON COLUMN courbes_theoriques.cree_par IS 'Who proposed it; null for the server.';

CREATE TABLE courbes_theoriques_history (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  courbe_id integer NOT NULL REFERENCES courbes_theoriques (id),
  changed_at timestamptz NOT NULL DEFAULT now(),
  changed_by text NOT NULL,
  statut_avant text,
  statut text NOT NULL,
  commentaire text,
  doses_avant_g double precision[],
  doses_g double precision[] NOT NULL
);
CREATE INDEX courbes_theoriques_history_courbe_idx ON courbes_theoriques_history (courbe_id, id DESC);
COMMENT ON TABLE courbes_theoriques_history IS 'Every proposal, change and decision of a curve; statut_avant and doses_avant_g are null for the first proposal.';
COMMENT ON COLUMN courbes_theoriques_history.changed_by IS 'Setting egi.principal of the session, else the database role.';
COMMENT ON COLUMN courbes_theoriques_history.doses_g IS 'Doses that hold after the change, g per duck.';

ALTER TABLE lots_gavage ADD COLUMN courbe_id integer REFERENCES courbes_theoriques (id);
COMMENT ON COLUMN lots_gavage.courbe_id IS 'Theoretical curve in force; null when none was accepted.';

CREATE TABLE courbe_reelle_jours (
  lot_id integer NOT NULL REFERENCES lots_gavage (id),
  jour integer NOT NULL CHECK (jour BETWEEN 0 AND 27),
  correction integer NOT NULL DEFAULT 0 CHECK (correction >= 0),
  date_gavage date NOT NULL,
  gaveur_id integer,
  dose_reelle_g double precision NOT NULL CHECK (dose_reelle_g BETWEEN 0 AND 2000),
  commentaire_gaveur text CHECK (length(commentaire_gaveur) <= 500),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (lot_id, jour, correction)
);
COMMENT ON TABLE courbe_reelle_jours IS
  'Totals of days entered without their meals; the row with the greatest correction holds, the others are its history. Meals of the day stand before it.';
COMMENT ON COLUMN courbe_reelle_jours.dose_reelle_g IS 'Given that day, g per duck.';

CREATE TABLE corrections_dose (
  gavage_id integer PRIMARY KEY REFERENCES gavage_meals (id),
  lot_id integer NOT NULL REFERENCES lots_gavage (id),
  slot_cible integer NOT NULL CHECK (slot_cible BETWEEN 0 AND 55),
  dose_prevue_g double precision NOT NULL CHECK (dose_prevue_g BETWEEN 0 AND 1000),
  dose_proposee_g double precision NOT NULL CHECK (dose_proposee_g BETWEEN 0 AND 1000),
  raison text NOT NULL CHECK (length(raison) <= 500),
  acceptee boolean NOT NULL,
  dose_finale_g double precision CHECK (dose_finale_g BETWEEN 0 AND 1000),
  repondu_par text NOT NULL CHECK (length(repondu_par) BETWEEN 1 AND 100),
  repondu_le timestamptz NOT NULL DEFAULT now(),
  CHECK (acceptee = (dose_finale_g IS NOT NULL))
);
CREATE INDEX corrections_dose_lot_idx ON corrections_dose (lot_id);
COMMENT ON TABLE corrections_dose IS 'Answers to proposed corrections. Proposals themselves follow from the meals; gavage_id is the meal that deviated.';
COMMENT ON COLUMN corrections_dose.slot_cible IS 'Place of the meal it is for: 2 * jour, + 1 in the evening.';
COMMENT ON COLUMN corrections_dose.dose_prevue_g IS 'Planned for that meal when it was answered, g per duck; the other doses too are g per duck.';
