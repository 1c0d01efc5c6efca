-- Dated prices of the cooperative.
-- +goose Up

CREATE TABLE finance_prix (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  type_prix text NOT NULL CHECK (type_prix IN ('foie', 'mais', 'gavage', 'transport_canard', 'transport_km', 'canard_pag')),
  grade varchar(10) CHECK (grade IN ('A+', 'A', 'B', 'C', 'REJECT')),
  prix double precision NOT NULL CHECK (prix BETWEEN 0 AND 10000),
  valide_du date NOT NULL,
  saisi_par text NOT NULL CHECK (length(saisi_par) BETWEEN 1 AND 100),
  raison text NOT NULL CHECK (length(raison) BETWEEN 1 AND 500),
  saisi_le timestamptz NOT NULL DEFAULT now(),
  request_id text UNIQUE CHECK (length(request_id) BETWEEN 1 AND 100),
  CHECK (grade IS NULL OR type_prix = 'foie')
);
CREATE INDEX finance_prix_kind_idx ON finance_prix (type_prix, grade, valide_du);
COMMENT ON TABLE finance_prix IS
  'Prices, each from a day on until a later row of its kind and grade; of two rows for a day the one with the greater id holds. Rows are never changed.';
COMMENT ON COLUMN finance_prix.type_prix IS
  'foie and mais EUR/kg, gavage EUR a duck and 10 days, transport_canard EUR a duck, transport_km EUR/km, canard_pag EUR a bird ready for gavage.';
COMMENT ON COLUMN finance_prix.grade IS 'Grade of the liver the price is for; null = all.';
COMMENT ON COLUMN finance_prix.prix IS 'EUR in the unit of the kind.';
COMMENT ON COLUMN finance_prix.valide_du IS 'First day it holds: lots whose gavage ended then or later.';
COMMENT ON COLUMN finance_prix.request_id IS 'Wish that entered the price: repeating it answers the same row.';
