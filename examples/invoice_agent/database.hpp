// The sample database: three customers, their invoices, and things that nobody should see.
#pragma once

#include <string_view>

inline constexpr std::string_view sample_data = R"sql(
CREATE TABLE customer (id int PRIMARY KEY, name text NOT NULL, card_number text NOT NULL);
CREATE TABLE product (id int PRIMARY KEY, name text NOT NULL, price numeric(8,2) NOT NULL, purchase_price numeric(8,2) NOT NULL);
CREATE TABLE invoice (
  id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customer, product_id int NOT NULL REFERENCES product,
  issued date NOT NULL, due date NOT NULL, total numeric(8,2) NOT NULL, status text NOT NULL, internal_note text);
INSERT INTO customer VALUES (1, 'Ada', '4111-0001'), (2, 'Bo', '4111-0002'), (3, 'Cy', '4111-0003');
INSERT INTO product VALUES (1, 'Road bike', 1290.00, 640.00), (2, 'Helmet', 79.90, 21.00), (3, 'Lamp', 34.50, 9.00);
INSERT INTO invoice VALUES
  (101, 1, 1, '2026-01-05', '2026-02-04', 1290.00, 'open', 'will haggle'),
  (102, 1, 3, '2026-01-19', '2026-02-18', 34.50, 'paid', NULL),
  (201, 2, 2, '2026-01-08', '2026-02-07', 79.90, 'open', 'second reminder'),
  (202, 2, 1, '2025-11-30', '2025-12-30', 1290.00, 'overdue', 'to be collected'),
  (301, 3, 3, '2026-01-21', '2026-02-20', 34.50, 'paid', NULL);
)sql";
