//! Compressors.

use super::{Difference, Program};
use crate::{
    fetch::pins,
    programs::suite::Suite,
    recipe::{Origin, Recipe},
};

pub(super) const GZIP: Program = Program {
    name: "gzip",
    quick: true,
    packages: &[],
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
    before: "",
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
        differences: &[],
    }),
};

pub(super) const BZIP2: Program = Program {
    name: "bzip2",
    quick: true,
    packages: &[],
    recipe: Recipe {
        sources: &[("", Origin::Debian(&pins::BZIP2)), ("data", Origin::Amalgamation)],
        script: r#"
            make CC="$CC" AR=$AR RANLIB=$RANLIB CFLAGS="$LEVEL -w -D_FILE_OFFSET_BITS=64" bzip2 bzip2recover"#,
    },
    executables: &["bzip2", "bzip2recover"],
    grants: "",
    variables: &["BZIP", "BZIP2"],
    files: &[("", "data/shell.c"), ("", "sample*"), ("", "README")],
    before: "",
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
};

pub(super) const ZSTD: Program = Program {
    name: "zstd",
    quick: false,
    packages: &[],
    recipe: Recipe {
        sources: &[("", Origin::Debian(&pins::ZSTD)), ("data", Origin::Amalgamation)],
        script: r#"
            set -- CC="$CC" AR=$AR CFLAGS=$LEVEL HAVE_ZLIB=0 HAVE_LZMA=0 HAVE_LZ4=0
            make -C programs "$@" zstd
            make -C tests "$@" datagen"#,
    },
    executables: &["programs/zstd", "tests/datagen"],
    grants: "--dev",
    variables: &["ZSTD_CLEVEL", "ZSTD_NBTHREADS"],
    files: &[("", "data/shell.c"), ("golden", "tests/golden-decompression/*.zst")],
    before: "",
    runs: r#"
        zstd -q -1 shell.c -o 1.zst
        zstd -q -19 --ultra --long=24 shell.c -o 19.zst
        zstd -q -T4 -5 shell.c -o threads.zst
        zstd -q --rsyncable --fast=4 -c < shell.c | zstd -dc | cmp - shell.c
        zstd -tq 1.zst 19.zst threads.zst
        zstd -l 1.zst 19.zst
        zstd -lv 19.zst
        zstd -q -dc 1.zst 19.zst threads.zst | wc -c
        zstd -q -dc golden/*.zst | cksum
        zstd -q --train shell.c -B4096 -o dictionary --maxdict=16384
        zstd -q -D dictionary shell.c -o with.zst && zstd -q -D dictionary -dc with.zst | cmp - shell.c
        zstd -q --patch-from=1.zst 19.zst -o patch.zst
        zstd -dq shell.c
        zstd -q nothing
        zstd -b1 -i0 -q shell.c > /dev/null
        datagen -g100000 -s7 | cksum
        zstd --help"#,
    differences: &[],
    suite: Some(Suite {
        script: r#"
            tests/cli-tests/run.py --zstd=$BIN/zstd --datagen=$BIN/datagen | grep -E '^(PASS|FAIL): .*\.sh$' | sort -u"#,
        differences: &[Difference {
            what: "compression/levels.sh",
            why: "`--max` wants more memory than the 4 GiB of a sandbox",
        }],
    }),
};
