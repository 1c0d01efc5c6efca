-- egi_matrix(packed): 8x8 matrix of sqal_samples as real[8][8]. Encodings: see sqal_samples.distance_cells.
CREATE OR REPLACE FUNCTION egi_matrix(packed bytea) RETURNS real[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  encoding integer;
  cells real[] := array_fill(NULL::real, ARRAY[8, 8]);
  raw bigint;
  exponent integer;
  fraction integer;
  value double precision;
  at integer;
BEGIN
  IF octet_length(packed) = 0 THEN
    RAISE data_exception USING MESSAGE = 'packed matrix is empty';
  END IF;
  encoding := get_byte(packed, 0);
  IF encoding NOT BETWEEN 1 AND 5
     OR octet_length(packed) <> (CASE encoding WHEN 1 THEN 65 WHEN 5 THEN 257 ELSE 129 END) THEN
    RAISE data_exception USING
      MESSAGE = format('packed matrix has encoding %s and %s bytes', encoding, octet_length(packed)),
      HINT = 'Encodings are 1 (65 bytes), 2, 3, 4 (129 bytes) and 5 (257 bytes).';
  END IF;
  FOR i IN 0..63 LOOP
    IF encoding = 1 THEN
      value := get_byte(packed, 1 + i);
    ELSIF encoding < 5 THEN
      raw := get_byte(packed, 1 + 2 * i) * 256 + get_byte(packed, 2 + 2 * i);
      value := CASE encoding WHEN 2 THEN raw::double precision WHEN 3 THEN raw / 4.0 ELSE raw / 10.0 END;
    ELSE
      at := 1 + 4 * i;
      raw := ((get_byte(packed, at) * 256::bigint + get_byte(packed, at + 1)) * 256 + get_byte(packed, at + 2)) * 256
             + get_byte(packed, at + 3);
      exponent := (raw >> 23 & 255)::integer;
      fraction := (raw & 8388607)::integer;
      value := CASE
        WHEN exponent = 255 AND fraction = 0 THEN 'Infinity'::double precision
        WHEN exponent = 255 THEN 'NaN'::double precision
        WHEN exponent = 0 THEN fraction * 2.0::double precision ^ (-149)
        ELSE (8388608 + fraction) * 2.0::double precision ^ (exponent - 150)
      END * CASE WHEN raw >> 31 = 1 THEN -1 ELSE 1 END;
    END IF;
    cells[i / 8 + 1][i % 8 + 1] := value::real;
  END LOOP;
  RETURN cells;
END
$$;
COMMENT ON FUNCTION egi_matrix(bytea) IS
  '8x8 matrix from its packed form: byte 0 = encoding (1 uint8, 2 uint16, 3 uint16 / 4, 4 uint16 / 10, 5 float32), then 64 big-endian values row by row.';

CREATE OR REPLACE FUNCTION egi_channels(counts double precision[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT jsonb_build_object(
    'F1_415nm', counts[1], 'F2_445nm', counts[2], 'F3_480nm', counts[3], 'F4_515nm', counts[4], 'F5_555nm', counts[5],
    'F6_590nm', counts[6], 'F7_630nm', counts[7], 'F8_680nm', counts[8], 'Clear', counts[9], 'NIR', counts[10])
$$;
COMMENT ON FUNCTION egi_channels(double precision[]) IS 'The ten counts of an AS7341 by channel name.';
