# sqlite3's shell: transactions, write-ahead log, two processes on one file, a crash in the middle, dump and restore.
set -e
cd "$(mktemp -d)"
sqlite3 a.db <<'END'
pragma journal_mode=delete;
create table orders (id integer primary key, customer text, amount int, at text);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 30000) insert into orders select i, 'c' || (i * 7919 % 501), i * 31 % 977, date('2024-01-01', (i % 365) || ' days') from n;
create index by_customer on orders (customer, amount);
select count(*), sum(amount), count(distinct customer) from orders;
select customer, sum(amount) s from orders group by customer order by s desc, customer limit 5;
explain query plan select * from orders where customer = 'c7';
select strftime('%m', at) m, avg(amount) from orders group by m order by m;
select customer, amount, rank() over (partition by customer order by amount desc) r from orders where customer in ('c1', 'c2') order by 1, 3, 2 limit 6;
create virtual table notes using fts5(body); insert into notes select 'order of ' || customer || ' in ' || at from orders limit 2000; select count(*) from notes where notes match 'c7919 OR "2024 02"';
select json_extract('{"a": [1, {"b": 2}]}', '$.a[1].b'), hex(zeroblob(3)), printf('%08.3f', 3.14159);
END
sqlite3 a.db '.dump' >dump.sql; sqlite3 b.db <dump.sql; sqlite3 b.db '.dump' | cmp - dump.sql && echo restored
sqlite3 a.db 'vacuum; pragma integrity_check; pragma page_count' '.backup c.db'; cmp <(sqlite3 a.db .dump) <(sqlite3 c.db .dump) && echo 'backed up'
sqlite3 a.db 'pragma journal_mode=wal'; for p in 1 2 3 4; do for i in $(seq 1 15); do echo "insert into orders (customer, amount) values ('p$p', $i);"; done | sqlite3 -cmd '.timeout 60000' a.db & done; wait
sqlite3 a.db "select customer, count(*), sum(amount) from orders where customer like 'p_' group by 1 order by 1"
sqlite3 a.db 'pragma journal_mode=delete' >/dev/null
mkfifo go; { echo 'begin immediate; update orders set amount = 0; delete from orders where id % 2; select changes();'; cat go; } | sqlite3 a.db >progress & pid=$!
until [ -s progress ]; do sleep 0.02; done; sqlite3 a.db 'insert into orders default values' 2>&1 | grep -o 'database is locked'; kill -9 $pid; echo >go; wait $pid || echo "killed: $?"
sqlite3 a.db 'pragma integrity_check; select count(*), sum(amount) > 0 from orders'
sqlite3 -csv -header a.db "select id, customer from orders where id < 4" | tee t.csv; sqlite3 -json :memory: '.import --csv t.csv t' 'select * from t'; sqlite3 a.db 'select nothing' 2>&1 | head -n 1; sqlite3 -readonly a.db 'delete from orders' 2>&1 | grep -o 'readonly database'
