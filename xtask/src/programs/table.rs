//! The programs: how they are built, what they are given, what is run.

use super::suite::Suite;
use crate::{
    fetch::pins,
    recipe::{Origin, Recipe, fits},
};

/// A program, or several from one package.
pub(super) struct Program {
    pub(super) name: &'static str,
    /// Whether `cargo xtask test` has time for it (without its test suite).
    pub(super) quick: bool,
    pub(super) recipe: Recipe,
    /// The executables of the build, each of which is a command, with `*` for
    /// any characters.
    pub(super) executables: &'static [&'static str],
    /// What it needs besides its files, as options of `lfi-run`.
    pub(super) grants: &'static str,
    /// Variables that it gets when they are set.
    pub(super) variables: &'static [&'static str],
    /// Files to work on: where they are laid out, and which of the build they are.
    pub(super) files: &'static [(&'static str, &'static str)],
    /// Lines for a shell of the host, run one after the other in one directory.
    pub(super) runs: &'static str,
    /// Lines that do something else in the sandbox.
    pub(super) differences: &'static [Difference],
    pub(super) suite: Option<Suite>,
}

/// What is known to go differently in a sandbox.
pub(super) struct Difference {
    /// A line or the name of a case, with at most one `*`.
    pub(super) what: &'static str,
    pub(super) why: &'static str,
}

/// The reason why something goes differently, if one is known.
pub(super) fn reason(differences: &'static [Difference], name: &str) -> Option<&'static str> {
    differences.iter().find(|difference| fits(difference.what, name)).map(|difference| difference.why)
}

/// Every program.
pub(super) const ALL: &[Program] = &[
    Program {
        name: "gzip",
        quick: true,
        recipe: Recipe {
            sources: &[("", Origin::Debian(&pins::GZIP)), ("data", Origin::Amalgamation)],
            script: r#"
                ./configure -q --host=$HOST CFLAGS=$LEVEL
                make"#,
        },
        executables: &["gzip"],
        grants: "",
        variables: &["GZIP"],
        files: &[("", "data/shell.c"), ("", "README"), ("", "tests/hufts-segv.gz")],
        runs: r#"
            gzip -9 -k shell.c
            gzip -lv shell.c.gz
            gzip -dc shell.c.gz | cmp - shell.c
            gzip -1 < shell.c > 1.gz
            gzip -t 1.gz shell.c.gz
            cat 1.gz shell.c.gz | gzip -dc | wc -c
            gzip -rv README
            gzip -d README.gz
            gzip -n -S .z README && gzip -d -S .z README.z
            gzip -d hufts-segv.gz
            gzip -dc shell.c
            gzip nothing
            gzip --version
            gzip --help"#,
        differences: &[],
        suite: Some(Suite {
            // Its scripts take the programs from the root of the build.
            script: r#"
                ln -sf $BIN/gzip gzip
                make check | sed "/^====/,\$d""#,
            differences: &[Difference {
                what: "pipe-output",
                why: "that the host ignores SIGPIPE is not handed down: a sandbox begins with all signals at their defaults",
            }],
        }),
    },
    Program {
        name: "quickjs",
        quick: false,
        recipe: Recipe {
            sources: &[("", Origin::Debian(&pins::QUICKJS))],
            // A cross build has its own compiler of scripts.
            script: r#"
                make CC="$CC" CROSS_PREFIX=$HOST- AR=$AR HOST_CC=gcc qjs qjsc run-test262"#,
        },
        executables: &["qjs", "qjsc"],
        // For tmpfile(). Of test_std.js what starts processes is left out.
        grants: "--tmpfs /tmp=1m",
        variables: &[],
        files: &[("", "tests/*.js"), ("examples", "examples/*.js")],
        runs: r#"
            qjs test_closure.js
            qjs test_language.js
            qjs --std test_builtin.js
            qjs test_loop.js
            qjs test_bigint.js
            qjs test_cyclic_import.js
            sed -E '/^test_(popen|os_exec)\(\);/d; s/!os\.exec\(.*\);/false;/' test_std.js > test_alone.js
            qjs test_alone.js
            qjs test_worker.js
            qjs examples/hello.js
            qjs examples/pi_bigint.js 200
            qjs -e 'print([3,1,2].sort().map(x => x ** 20n).join())'
            qjs -e 'print([..."a\u0301é"].length, Math.sin(1e9), (0.1).toFixed(20), JSON.stringify({a: [1, null]}))'
            qjs -e 'throw new Error("thrown")'
            qjs -d -e 1 | grep -c '^[a-z]'
            qjsc -e -o hello.c examples/hello.js
            qjsc -c -m -o module.c test_cyclic_import.js
            qjs nothing.js"#,
        differences: &[],
        suite: None,
    },
    Program {
        name: "bzip2",
        quick: true,
        recipe: Recipe {
            sources: &[("", Origin::Debian(&pins::BZIP2)), ("data", Origin::Amalgamation)],
            script: r#"
                make CC="$CC" AR=$AR RANLIB=$RANLIB CFLAGS="$LEVEL -w -D_FILE_OFFSET_BITS=64" bzip2 bzip2recover"#,
        },
        executables: &["bzip2", "bzip2recover"],
        grants: "",
        variables: &["BZIP", "BZIP2"],
        files: &[("", "data/shell.c"), ("", "sample*"), ("", "README")],
        // What its `make test` does, and more.
        runs: r#"
            bzip2 -1 < sample1.ref | cmp - sample1.bz2
            bzip2 -2 < sample2.ref | cmp - sample2.bz2
            bzip2 -3 < sample3.ref | cmp - sample3.bz2
            bzip2 -d < sample1.bz2 | cmp - sample1.ref
            bzip2 -d < sample2.bz2 | cmp - sample2.ref
            bzip2 -ds < sample3.bz2 | cmp - sample3.ref
            bzip2 -kv shell.c
            bzip2 -tvv shell.c.bz2
            bzip2 shell.c
            bzip2 -f shell.c
            bzip2 -d shell.c.bz2
            bzip2recover sample2.bz2
            bzip2 -dc rec*sample2.bz2 | wc -c
            head -c 9000 sample1.bz2 > cut.bz2; bzip2 -tv cut.bz2
            bzip2 -dc shell.c
            bzip2 -d nothing.bz2
            bzip2 --help"#,
        differences: &[],
        suite: None,
    },
];
