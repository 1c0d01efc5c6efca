-- Learned models: registry with exactly one active version of a name.
-- +goose Up

CREATE TABLE sqal_ml_models (
  model_id serial PRIMARY KEY,
  model_name varchar(200) NOT NULL CHECK (model_name IN ('cnn_quality_model', 'defect_detection', 'quality_prediction')),
  model_type varchar(50) NOT NULL CHECK (model_type <> ''),
  version varchar(40) NOT NULL CHECK (version <> ''),
  framework varchar(200) NOT NULL DEFAULT '',
  file_path text NOT NULL,
  model_file_path text GENERATED ALWAYS AS (file_path) STORED,
  sha256 varchar(64) NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  content text NOT NULL CHECK (octet_length(content) BETWEEN 1 AND 307200),
  accuracy numeric(5,4) CHECK (accuracy BETWEEN 0 AND 1),
  precision numeric(5,4) CHECK (precision BETWEEN 0 AND 1),
  recall numeric(5,4) CHECK (recall BETWEEN 0 AND 1),
  f1_score numeric(5,4) CHECK (f1_score BETWEEN 0 AND 1),
  training_date timestamptz NOT NULL,
  trained_at timestamptz GENERATED ALWAYS AS (training_date) STORED,
  is_active boolean NOT NULL DEFAULT false,
  hyperparameters jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(hyperparameters) = 'object'),
  feature_importance jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(feature_importance) = 'object'),
  metrics jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metrics) = 'object'),
  limits text NOT NULL DEFAULT '',
  registered_by varchar(200) NOT NULL CHECK (registered_by <> ''),
  created_at timestamptz NOT NULL DEFAULT now(),
  activated_by varchar(200),
  activated_at timestamptz,
  UNIQUE (model_name, version),
  CHECK (NOT is_active OR (activated_by IS NOT NULL AND activated_at IS NOT NULL))
);
CREATE UNIQUE INDEX sqal_ml_models_one_active_idx ON sqal_ml_models (model_name) WHERE is_active;
COMMENT ON TABLE sqal_ml_models IS 'Versions of the learned models. A version never changes; which one is active does.';
COMMENT ON COLUMN sqal_ml_models.content IS 'The model file: network, reference of the inputs, figures (JSON).';
COMMENT ON COLUMN sqal_ml_models.sha256 IS 'Of content.';
COMMENT ON COLUMN sqal_ml_models.accuracy IS 'Share of right answers on lots never seen in training, 0..1; precision, recall and f1_score: means over the classes.';
COMMENT ON COLUMN sqal_ml_models.metrics IS 'All figures of the model card, those of the rule or the baseline beside them.';

-- The index allows at most one active version of a name; this, at the end of a transaction, at least one.
-- +goose StatementBegin
CREATE FUNCTION sqal_ml_models_need_active() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  name varchar(200) := CASE WHEN TG_OP = 'DELETE' THEN OLD.model_name ELSE NEW.model_name END;
BEGIN
  IF EXISTS (SELECT FROM sqal_ml_models m WHERE m.model_name = name)
     AND NOT EXISTS (SELECT FROM sqal_ml_models m WHERE m.model_name = name AND m.is_active) THEN
    RAISE EXCEPTION 'model % has no active version', name
      USING ERRCODE = 'check_violation', CONSTRAINT = 'sqal_ml_models_one_active', TABLE = 'sqal_ml_models';
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER sqal_ml_models_one_active AFTER INSERT OR UPDATE OR DELETE ON sqal_ml_models
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION sqal_ml_models_need_active();
