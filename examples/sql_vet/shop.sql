-- A small music shop to try statements on. Load it as a superuser, then what `sql_vet --provision` prints.
CREATE SCHEMA app;
CREATE SCHEMA ext;
SET search_path = app;
CREATE TABLE genre (genre_id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE artist (artist_id int PRIMARY KEY, name text NOT NULL, country char(2));
CREATE TABLE album (album_id int PRIMARY KEY, title text NOT NULL, artist_id int REFERENCES artist, released date);
CREATE TABLE track (
  track_id int PRIMARY KEY, title text NOT NULL, album_id int REFERENCES album, genre_id int REFERENCES genre,
  ms int NOT NULL, price numeric(8,2) NOT NULL, tags text[] NOT NULL DEFAULT '{}', meta jsonb NOT NULL DEFAULT '{}',
  fts tsvector GENERATED ALWAYS AS (to_tsvector('english', title)) STORED);
CREATE TABLE playlist (playlist_id int PRIMARY KEY, name text, owner_id int);
CREATE TABLE playlist_track (playlist_id int REFERENCES playlist, track_id int REFERENCES track, pos int);
CREATE TABLE employee (
  employee_id int PRIMARY KEY, full_name text, title text, manager_id int, hired date, city text,
  salary numeric(10,2), ssn text);
CREATE TABLE customer (
  customer_id int PRIMARY KEY, first_name text, last_name text, company text, city text, country text, email text,
  phone text, support_rep_id int, created_at timestamptz,
  password_hash text, api_token text, card_number text);
CREATE TABLE invoice (
  invoice_id int PRIMARY KEY, customer_id int REFERENCES customer, invoiced_at timestamptz, country text,
  total numeric(10,2), status text);
CREATE TABLE invoice_line (
  line_id int PRIMARY KEY, invoice_id int REFERENCES invoice, track_id int REFERENCES track,
  unit_price numeric(8,2), qty int);
CREATE TABLE ticket (
  ticket_id int PRIMARY KEY, customer_id int, opened_at timestamptz, subject text, body text, priority int);
CREATE TABLE event_log (event_id bigint PRIMARY KEY, at timestamptz, kind text, payload jsonb);
CREATE TABLE tenant_note (note_id int PRIMARY KEY, tenant text NOT NULL, note text NOT NULL);
ALTER TABLE tenant_note ENABLE ROW LEVEL SECURITY;
CREATE POLICY by_tenant ON tenant_note USING (tenant = current_setting('app.tenant', true));
CREATE TABLE api_key (key_id int PRIMARY KEY, owner text, secret text);
CREATE FUNCTION track_minutes(ms int) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT round(ms / 60000.0, 2)';
CREATE FUNCTION ext.similarity(text, text) RETURNS real LANGUAGE sql IMMUTABLE AS 'SELECT ($1 = $2)::int::real';
CREATE VIEW v_track AS
  SELECT track_id, t.title, a.title AS album, r.name AS artist, g.name AS genre, ms, price
  FROM track t JOIN album a USING (album_id) JOIN artist r USING (artist_id) JOIN genre g USING (genre_id);
CREATE VIEW v_sales_month AS
  SELECT date_trunc('month', invoiced_at) AS month, country, count(*) AS n, sum(total) AS revenue
  FROM invoice WHERE status = 'paid' GROUP BY 1, 2;

INSERT INTO genre VALUES (1, 'Jazz'), (2, 'Rock');
INSERT INTO artist SELECT i, 'Artist ' || i, 'NO' FROM generate_series(1, 5) i;
INSERT INTO album SELECT i, 'Album ' || i, 1 + i % 5, date '2001-01-01' + i FROM generate_series(1, 10) i;
INSERT INTO track (track_id, title, album_id, genre_id, ms, price, tags, meta)
  SELECT i, 'Song of the night ' || i, 1 + i % 10, 1 + i % 2, 100000 + i * 777, 0.99, ARRAY['live', 'slow'],
         jsonb_build_object('bpm', 60 + i) FROM generate_series(1, 2000) i;
INSERT INTO employee SELECT i, 'Employee ' || i, 'Agent', 1, date '2015-01-01' + i, 'Oslo', 50000 + i, 'canary-ssn-' || i
  FROM generate_series(1, 5) i;
INSERT INTO customer SELECT i, 'First' || i, 'Last' || i, NULL, 'Oslo', 'Norway', 'c' || i || '@shop.example', NULL, 1,
  timestamptz '2020-01-01Z', 'canary-hash-' || i, 'canary-token-' || i, 'canary-card-' || i FROM generate_series(1, 20) i;
INSERT INTO invoice SELECT i, 1 + i % 20, timestamptz '2024-01-01Z' + i * interval '1 day', 'Norway', i, 'paid'
  FROM generate_series(1, 100) i;
INSERT INTO invoice_line SELECT i, 1 + i % 100, 1 + i % 2000, 0.99, 1 FROM generate_series(1, 300) i;
INSERT INTO tenant_note SELECT i, (ARRAY['acme', 'globex'])[1 + i % 2], 'note ' || i FROM generate_series(1, 10) i;
INSERT INTO api_key VALUES (1, 'shop', 'canary-key-1');
ANALYZE;
