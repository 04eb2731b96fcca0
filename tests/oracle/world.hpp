// The two databases of the oracle: equal in all that is declared, different in all that is not.
#pragma once

#include <checkrein/sql/read_only.hpp>

#include <string>
#include <string_view>

namespace oracle {

namespace sql = checkrein::sql;

/// Hidden columns have the names that a statement makes by itself: of types, functions, and what those call their
/// columns.
using world = sql::read_only<
    sql::table<"item", "id", "label", "price", "made", "tags", "meta", "words">,
    sql::hidden<"item", "name", "date", "age", "key", "value", "weights", "lexeme", "secret", "s", "text", "int4",
                "count", "unnest", "upper", "column1", "ordinality", "coalesce", "jsonb_each", "minutes", "rows_of",
                "only_out", "row", "case", "path", "seq", "greatest", "max">,
    sql::table<"part", "id", "item_id", "label", "name", "amount">,
    sql::table<"shop.person", "id", "label", "boss", "born">, sql::hidden<"shop.person">,
    sql::hidden<"shop.person", "pin", "secret">, sql::table<"shop.tag", "id", "text", "value">,
    sql::table<"v_item", "id", "label", "parts">, sql::function<"minutes">, sql::function<"rows_of">,
    sql::function<"only_out">, sql::statements<sql::select, sql::values, sql::explain>, sql::shared_rows<>>;

/// What no answer may contain.
inline constexpr std::string_view canary = "CANARY";

/// @param other  the second database: other values of the same lengths in what is hidden
inline std::string schema(bool other) {
  std::string text = R"sql(
CREATE SCHEMA shop;
CREATE SCHEMA vault;
CREATE FUNCTION public.hide(n int, what text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT 'CANARY' || left(md5($MIX$ || what || n), 10) $$;
CREATE FUNCTION public.hide(n int) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT 1000 + ('x' || left(md5($MIX$ || n), 3))::bit(12)::int $$;

CREATE TABLE public.item (id int PRIMARY KEY, label text, price numeric(8,2), made date, tags text[], meta jsonb,
  words tsvector, "name" text, "date" date, age int, key text, value text, weights int, lexeme text, secret text,
  s text, "text" text, int4 int, count int, "unnest" text, upper text, column1 text, "ordinality" int,
  "coalesce" text, jsonb_each text, minutes text, rows_of text, only_out text, "row" text, "case" text, "path" text,
  seq text, "greatest" text, max text);
INSERT INTO public.item SELECT n, 'item ' || n % 4, n * 1.5, date '2024-01-01' + n, ARRAY['t' || n % 2, 'u'],
  jsonb_build_object('a', n, 'b', 'x' || n), to_tsvector('english', 'blue train ' || n), h, date '2000-01-01' + m, m, h,
  h, m, h, h, h, h, m, m, h, h, h, m, h, h, h, h, h, h, h, h, h, h, h
  FROM generate_series(1, 6) n, LATERAL (SELECT public.hide(n, 'item') AS h, public.hide(n) AS m) x;

CREATE TABLE public.part (id int PRIMARY KEY, item_id int, label text, "name" text, amount int);
INSERT INTO public.part SELECT n, 1 + n % 5, 'part ' || n % 3, 'p' || n, n * 10 FROM generate_series(1, 5) n;

CREATE TABLE shop.person (pin text, id int PRIMARY KEY, label text, boss int, secret text, born date, nobody text);
INSERT INTO shop.person SELECT public.hide(n, 'pin'), n, 'person ' || n % 2, n / 2, public.hide(n, 'person'),
  date '1990-01-01' + n, public.hide(n, 'nobody') FROM generate_series(1, 4) n;

CREATE TABLE shop.tag (id int, "text" text, value text);
INSERT INTO shop.tag SELECT n, 'text ' || n, 'value ' || n FROM generate_series(1, 3) n;

CREATE VIEW public.v_item AS SELECT i.id, i.label, (SELECT count(*) FROM public.part p WHERE p.item_id = i.id) AS parts
  FROM public.item i;

-- What is not declared.
CREATE TABLE public.account (id int, secret text, label text);
INSERT INTO public.account SELECT n, public.hide(n, 'account'), public.hide(n, 'label') FROM generate_series(1, 3) n;
CREATE TABLE shop.item (id int, label text, secret text);
INSERT INTO shop.item SELECT n, public.hide(n, 'shadow'), public.hide(n, 'shadow') FROM generate_series(1, 3) n;
CREATE TABLE vault.tag (id int, "text" text, value text);
INSERT INTO vault.tag SELECT n, public.hide(n, 'vault'), public.hide(n, 'vault') FROM generate_series(1, 3) n;
CREATE VIEW public.v_secret AS SELECT id, secret AS label FROM public.item;
CREATE TABLE public.counter (n bigint);
INSERT INTO public.counter VALUES (0);
CREATE SEQUENCE public.numbers;

-- What is declared beside tables.
CREATE FUNCTION public.minutes(n int) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT round(n / 60.0, 2) $$;
CREATE FUNCTION public.rows_of(n int) RETURNS TABLE (id int, word text) LANGUAGE sql STABLE AS
  $$ SELECT i, 'row ' || i FROM generate_series(1, least(n, 3)) i $$;
CREATE FUNCTION public.only_out(n int, OUT answer int) LANGUAGE sql IMMUTABLE AS $$ SELECT n + 1 $$;

-- Traps: each writes, or gives away what is hidden.
CREATE FUNCTION public.bump() RETURNS bigint LANGUAGE sql VOLATILE SECURITY DEFINER AS
  $$ UPDATE public.counter SET n = n + 1 RETURNING n $$;
CREATE VIEW public.v_bump AS SELECT id, public.bump() AS n FROM public.part;
CREATE FUNCTION public.pin_of(n int) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER AS
  $$ SELECT pin FROM shop.person WHERE id = n $$;
CREATE FUNCTION public.secretly(i public.item) RETURNS text LANGUAGE sql STABLE AS $$ SELECT i.secret $$;
CREATE FUNCTION public.tell(r anyelement) RETURNS text LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS
  $$ BEGIN PERFORM public.bump(); RETURN public.pin_of(1); END $$;
CREATE FUNCTION shop.lower(t text) RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT public.bump()::text $$;
CREATE FUNCTION public.same(a text, b text) RETURNS boolean LANGUAGE sql VOLATILE AS $$ SELECT public.bump() > 0 $$;
CREATE OPERATOR public.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = public.same);
CREATE TYPE public.boom AS (v text);
CREATE FUNCTION public.to_boom(t text) RETURNS public.boom LANGUAGE plpgsql VOLATILE AS
  $$ BEGIN PERFORM public.bump(); RETURN ROW (t)::public.boom; END $$;
CREATE CAST (text AS public.boom) WITH FUNCTION public.to_boom(text);
CREATE FUNCTION public.step(s bigint, v int) RETURNS bigint LANGUAGE sql VOLATILE AS $$ SELECT public.bump() $$;
CREATE AGGREGATE public.total(int) (SFUNC = public.step, STYPE = bigint, INITCOND = '0');
SELECT lo_from_bytea(0, 'CANARY'::bytea);
ANALYZE;
)sql";
  const std::string mix = other ? "'b'" : "'a'";
  for (std::size_t at = text.find("$MIX$"); at != text.npos; at = text.find("$MIX$", at)) text.replace(at, 5, mix);
  return text;
}

}  // namespace oracle
