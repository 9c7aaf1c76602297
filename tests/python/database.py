# The sqlite3 module: a database in a file, functions and collations in Python, transactions.
import sqlite3

connection = sqlite3.connect("made.db")
connection.row_factory = sqlite3.Row
connection.execute("CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT UNIQUE, price REAL, picture BLOB)")
with connection:
    connection.executemany("INSERT INTO item(name, price, picture) VALUES(?, ?, ?)", ((f"item {i}", i * 1.5, bytes([i % 256]) * 3) for i in range(500)))
connection.create_function("mirrored", 1, lambda text: text[::-1], deterministic=True)
connection.create_collation("last", lambda a, b: (a[-1] > b[-1]) - (a[-1] < b[-1]))


class Product:
    def __init__(self):
        self.value = 1

    def step(self, value):
        self.value = self.value * int(value) % 1000003

    def finalize(self):
        return self.value


connection.create_aggregate("product", 1, Product)
for row in connection.execute("SELECT *, mirrored(name) AS other FROM item WHERE price > :least ORDER BY name COLLATE last, id LIMIT 3", {"least": 700}):
    print(dict(row))
print(tuple(connection.execute("SELECT count(*), sum(price), product(id), max(picture) FROM item").fetchone()))
try:
    with connection:
        connection.execute("DELETE FROM item")
        connection.execute("INSERT INTO item(id) VALUES(1), (1)")
except sqlite3.IntegrityError as error:
    print(error, connection.execute("SELECT count(*) FROM item").fetchone()[0], connection.in_transaction)
for bad in ("SELEC", "SELECT * FROM nothing", "SELECT mirrored(1)"):
    try:
        connection.execute(bad).fetchall()
    except sqlite3.Error as error:
        print(type(error).__name__, error)
copy = sqlite3.connect(":memory:")
connection.backup(copy)
print(len(list(copy.iterdump())), copy.execute("PRAGMA integrity_check").fetchone())
with connection.blobopen("item", "picture", 7) as blob:
    blob.write(b"new")
print(connection.execute("SELECT picture FROM item WHERE id = 7").fetchone()[0], connection.total_changes)
connection.close()
