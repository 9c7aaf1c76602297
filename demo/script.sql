-- Exercises sqlite: bulk insert, indices, joins, aggregates, window functions,
-- recursion, text and blob handling, transactions, integrity check.
PRAGMA journal_mode = MEMORY;
CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, price REAL, kind INTEGER);
CREATE TABLE sale(id INTEGER PRIMARY KEY, item INTEGER REFERENCES item(id), n INTEGER, day INTEGER);
BEGIN;
WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 20000)
INSERT INTO item SELECT i, 'item ' || (i * 7919 % 20011), (i * 31 % 9973) / 100.0, i % 17 FROM c;
WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 100000)
INSERT INTO sale SELECT i, 1 + i * 2654435761 % 20000, i % 9 + 1, i % 365 FROM c;
COMMIT;
CREATE INDEX sale_item ON sale(item);
CREATE INDEX item_name ON item(name);
SELECT count(*), sum(n), avg(day) FROM sale;
SELECT kind, count(*), round(sum(price * n), 2) FROM sale JOIN item ON item.id = sale.item GROUP BY kind ORDER BY kind;
SELECT name, price FROM item WHERE name LIKE 'item 19%' ORDER BY price DESC, name LIMIT 10;
SELECT day, total, rank() OVER (ORDER BY total DESC) FROM (SELECT day, sum(n) AS total FROM sale GROUP BY day) ORDER BY total DESC, day LIMIT 5;
WITH RECURSIVE q(x, y) AS (SELECT 0, 1 UNION ALL SELECT y, x + y FROM q LIMIT 60) SELECT max(x) FROM q;
UPDATE item SET price = price * 1.1 WHERE kind % 2 = 0;
DELETE FROM sale WHERE day % 10 = 3;
SELECT round(sum(price), 2), count(*) FROM item;
SELECT count(*), group_concat(DISTINCT n) FROM (SELECT n FROM sale ORDER BY n);
SELECT hex(substr(zeroblob(8) || 'abc', 6, 6)), upper('sandbox'), length('naïve'), printf('%08.3f|%-6s|', 3.14159, 'x');
SELECT date(86400 * 365, 'unixepoch'), strftime('%Y-%m-%d %H:%M', 1234567890, 'unixepoch');
PRAGMA integrity_check;
