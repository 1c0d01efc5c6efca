-- Prices are added, never changed.
CREATE OR REPLACE FUNCTION egi_prices_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE check_violation USING
    MESSAGE = format('price %s is never changed', OLD.id), HINT = 'Insert a row with the day from which another price holds.';
END
$$;
COMMENT ON FUNCTION egi_prices_refuse_change() IS 'Refuses to change or delete rows of finance_prix.';
CREATE OR REPLACE TRIGGER finance_prix_refuse_change BEFORE UPDATE OR DELETE ON finance_prix
  FOR EACH ROW EXECUTE FUNCTION egi_prices_refuse_change();
