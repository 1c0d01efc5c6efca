-- Accounts of people: who may sign in, open sessions, and the audit of logins and administration.
-- +goose Up

CREATE TABLE accounts (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  username text CHECK (username ~ '^[a-z0-9._-]{2,64}$'),
  email text CHECK (length(email) <= 200 AND email LIKE '%_@_%'),
  nom text CHECK (length(nom) BETWEEN 1 AND 100),
  prenom text CHECK (length(prenom) BETWEEN 1 AND 100),
  role text NOT NULL CHECK (role IN ('gaveur', 'supervisor', 'inspector', 'analyst', 'auditor', 'admin')),
  sites text[] NOT NULL DEFAULT '{}' CHECK (sites <@ ARRAY['LL', 'LS', 'MT']),
  gaveur_id integer UNIQUE REFERENCES gaveurs_euralis (id),
  password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
  request_id text UNIQUE CHECK (length(request_id) BETWEEN 1 AND 100),
  created_at timestamptz NOT NULL,
  created_by integer REFERENCES accounts (id),
  disabled_at timestamptz,
  last_login_at timestamptz,
  CONSTRAINT accounts_have_a_name CHECK (username IS NOT NULL OR email IS NOT NULL),
  CONSTRAINT accounts_gaveur CHECK ((role = 'gaveur') = (gaveur_id IS NOT NULL)),
  CONSTRAINT accounts_sites CHECK (CASE role WHEN 'supervisor' THEN cardinality(sites) >= 1 WHEN 'inspector' THEN true ELSE sites = '{}' END)
);
CREATE UNIQUE INDEX accounts_username_idx ON accounts (username);
CREATE UNIQUE INDEX accounts_email_idx ON accounts (lower(email));
COMMENT ON TABLE accounts IS
  'People who may sign in. Personal data, readable by the owner alone; never logged or broadcast.';
COMMENT ON COLUMN accounts.username IS 'Lower case and without @, so that it never is the email of another account.';
COMMENT ON COLUMN accounts.email IS 'As written; compared without case.';
COMMENT ON COLUMN accounts.sites IS 'Sites of a supervisor or an inspector; a gaveur has that of the feeder.';
COMMENT ON COLUMN accounts.password_hash IS 'Argon2id with its parameters and salt, encoded as by libargon2.';
COMMENT ON COLUMN accounts.request_id IS 'Wish that made the account: repeating it answers the same account.';
COMMENT ON COLUMN accounts.created_by IS 'Account that made it; null for the first admin and for feeders who registered themselves.';
COMMENT ON COLUMN accounts.disabled_at IS 'Since when the account may not sign in; null = it may.';

CREATE TABLE account_sessions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id integer NOT NULL REFERENCES accounts (id),
  created_at timestamptz NOT NULL,
  revoked_at timestamptz CHECK (revoked_at >= created_at),
  revoked_why text CHECK (revoked_why IN ('logout', 'reuse', 'disabled', 'password')),
  CONSTRAINT account_sessions_end CHECK ((revoked_at IS NULL) = (revoked_why IS NULL))
);
CREATE INDEX account_sessions_open_idx ON account_sessions (account_id) WHERE revoked_at IS NULL;
COMMENT ON TABLE account_sessions IS 'What follows from one login: a family of refresh tokens, ended as a whole.';
COMMENT ON COLUMN account_sessions.revoked_why IS 'logout; reuse: an old refresh token came again; disabled, password: an administrator did that to the account.';

CREATE TABLE refresh_tokens (
  token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
  session_id bigint NOT NULL REFERENCES account_sessions (id) ON DELETE CASCADE,
  issued_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL CHECK (expires_at > issued_at),
  used_at timestamptz
);
CREATE INDEX refresh_tokens_session_idx ON refresh_tokens (session_id);
COMMENT ON TABLE refresh_tokens IS 'Refresh tokens, each good for one use.';
COMMENT ON COLUMN refresh_tokens.token_hash IS 'SHA-256 of the token; the token itself is stored nowhere.';

CREATE TABLE identity_audit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  act text NOT NULL CHECK (act IN ('login', 'refresh', 'logout', 'create_account', 'list_accounts', 'disable_account', 'enable_account', 'set_password')),
  outcome text NOT NULL CHECK (outcome IN ('done', 'refused')),
  reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 100),
  actor_id integer REFERENCES accounts (id),
  account_id integer REFERENCES accounts (id),
  name_hash bytea CHECK (octet_length(name_hash) = 32)
);
CREATE INDEX identity_audit_name_idx ON identity_audit (name_hash, at) WHERE act = 'login' AND outcome = 'refused';
CREATE INDEX identity_audit_refused_idx ON identity_audit (at) WHERE act = 'login' AND outcome = 'refused';
COMMENT ON TABLE identity_audit IS 'Logins and administrative acts, done and refused. Holds no name, no address and no secret.';
COMMENT ON COLUMN identity_audit.reason IS 'Machine word of a refusal, e.g. ADMIN_ONLY.';
COMMENT ON COLUMN identity_audit.actor_id IS 'Account that acted; null when nobody was signed in.';
COMMENT ON COLUMN identity_audit.account_id IS 'Account it was done to; null when there is none.';
COMMENT ON COLUMN identity_audit.name_hash IS 'SHA-256 of the name of a login in lower case, by which failed attempts are counted whether the account exists or not.';

REVOKE ALL ON accounts, account_sessions, refresh_tokens, identity_audit FROM PUBLIC;
