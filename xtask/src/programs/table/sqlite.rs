//! sqlite's shell, and its test program, which is Tcl with sqlite in it.

use super::Program;
use crate::{
    fetch::pins,
    programs::suite::Suite,
    recipe::{Origin, Recipe},
};

pub(super) const SQLITE: Program = Program {
    name: "sqlite",
    quick: false,
    packages: &[],
    recipe: Recipe {
        sources: &[
            ("", Origin::Debian(&pins::SQLITE)),
            ("tcl", Origin::Debian(&pins::TCL)),
            ("zlib", Origin::Debian(&pins::ZLIB)),
            ("demo", Origin::Own("demo")),
        ],
        // A cross build of Tcl has to be told that the C library's strstr and strtoul work.
        script: r#"
            (cd zlib && CHOST=$HOST CFLAGS=$LEVEL ./configure --static && make libz.a)
            root=$PWD
            (cd tcl/unix &&
                ./configure -q --host=$HOST --disable-shared --disable-threads --disable-load CFLAGS=$LEVEL \
                    CPPFLAGS=-I$root/zlib LDFLAGS=-L$root/zlib tcl_cv_strstr_unbroken=ok tcl_cv_strtoul_unbroken=ok &&
                make libtcl8.6.a)
            ./configure -q --host=$HOST --disable-shared --disable-readline --disable-load-extension \
                --with-tcl=$root/tcl/unix CFLAGS="$LEVEL -I$root/tcl/generic -I$root/tcl/unix -I$root/zlib" \
                LDFLAGS=-L$root/zlib
            make sqlite3 testfixture"#,
    },
    executables: &["sqlite3", "testfixture"],
    grants: "--dev --tmpfs /tmp=64m",
    variables: &["TCL_LIBRARY", "SQLITE_TMPDIR"],
    files: &[("", "demo/script.sql"), ("", "README.md")],
    before: "",
    runs: r#"
        sqlite3 -version
        sqlite3 :memory: '.read script.sql'
        sqlite3 file.db '.read script.sql'
        sqlite3 file.db .dump > dump.sql; sqlite3 copy.db < dump.sql && sqlite3 copy.db 'PRAGMA integrity_check'
        sqlite3 file.db .schema .tables .indexes
        sqlite3 -csv -header :memory: 'SELECT 1 AS a, 2.5 AS b, NULL AS c, x'"'4142'"' AS d, '"'q,\"'"' AS e'
        sqlite3 -json :memory: 'WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n LIMIT 5) SELECT i, i * i, exp(i) FROM n'
        sqlite3 -box :memory: 'SELECT sqlite_source_id() <> 0, typeof(1.0), printf("%.17g", 0.1), json_extract(json_array(1, 2), "$[1]")'
        sqlite3 csv.db '.mode csv' 'CREATE TABLE t(line)' '.import README.md t' 'SELECT count(*), max(length(line)) FROM t'
        sqlite3 wal.db 'PRAGMA journal_mode = wal; CREATE TABLE t(x); INSERT INTO t VALUES(1), (2); SELECT sum(x) FROM t'
        sqlite3 big.db 'CREATE TABLE t AS WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n LIMIT 50000) SELECT i, hex(i * 7919 % 65536) AS h FROM n; CREATE INDEX x ON t(h); SELECT count(DISTINCT h) FROM t WHERE h > 4; VACUUM'
        sqlite3 big.db '.backup saved.db' && sqlite3 saved.db 'SELECT count(*) FROM t' .sha3sum
        sqlite3 -readonly big.db 'DELETE FROM t'
        sqlite3 :memory: 'SELECT * FROM nothing'
        sqlite3 :memory: 'SELEC'
        sqlite3 -bail :memory: '.read nothing.sql'
        echo 'SELECT 1; .quit' | sqlite3 -interactive
        sqlite3 -A --create --file all.sar README.md script.sql && sqlite3 -A -tf all.sar"#,
    differences: &[],
    suite: Some(Suite {
        // A part of its quick tests that need no second test program; and those of the shell, where the test program is the
        // native one in both cases, since it starts the shell.
        script: r#"
            export TCL_LIBRARY=$PWD/tcl/library
            mkdir work
            cd work
            ln -s $BIN/sqlite3
            show='s/^([^ ]+)\.\.\. Ok$/PASS: \1/p; s/^! ([^ ]+) expected:.*/FAIL: \1/p'
            for name in select1 select2 select4 select6 insert insert4 update delete join join2 where where2 index \
                index6 trigger1 trigger2 fkey1 fkey2 alter expr func date json101 window1 with1 view vacuum wal2 \
                pager2 savepoint2 rollback lock io incrblob memdb temptable trans types utf16 \
                fts3aa fts4aa collate1 cast attach analyze autovacuum blob boundary1 check conflict distinct \
                e_createtable e_expr e_select in like limit minmax null printf sort subquery unique upsert1; do
                timeout 300 testfixture ../test/$name.test 2>&1 | sed -nE "$show"
            done
            for number in 1 2 3 4 5 6 7 8 9; do
                timeout 300 $BIN/../bin-native/testfixture ../test/shell$number.test 2>&1 | sed -nE "$show"
            done"#,
        differences: &[],
    }),
};
