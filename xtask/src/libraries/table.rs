//! The libraries: where they come from, how they are built, what is run.
//!
//! Threads are left out where a library lets one choose.

use crate::{
    fetch::pins,
    recipe::{Origin, Recipe},
};

/// A library.
pub(crate) struct Library {
    pub(crate) name: &'static str,
    pub(crate) recipe: Recipe,
    /// Files to work on: where they are laid out, and which of the build they
    /// are, with `*` for any characters.
    pub(crate) files: &'static [(&'static str, &'static str)],
    /// Command lines. Each executable's run one after the other in a fresh
    /// directory with the files; a `!` marks those that must fail. A `*`
    /// stands for file names.
    pub(crate) runs: &'static str,
}

/// Every library.
pub(crate) const ALL: &[Library] = &[
    Library {
        name: "zlib",
        recipe: Recipe {
            sources: &[("", Origin::Debian(&pins::ZLIB)), ("data", Origin::Amalgamation)],
            script: r#"
                CHOST=$HOST CFLAGS=$LEVEL ./configure --static
                make libz.a example minigzip"#,
        },
        files: &[("", "data/shell.c")],
        runs: "
            example
            minigzip -9 shell.c
            minigzip -c -d shell.c.gz
            minigzip -c -1 -h shell.c.gz",
    },
    Library {
        name: "bzip2",
        recipe: Recipe {
            sources: &[("", Origin::Debian(&pins::BZIP2))],
            script: r#"
                make CC="$CC" AR=$AR RANLIB=$RANLIB CFLAGS="$LEVEL -w -D_FILE_OFFSET_BITS=64" libbz2.a bzip2"#,
        },
        // What its `make test` does.
        files: &[("", "sample*")],
        runs: "
            bzip2 -1 -c sample1.ref
            bzip2 -2 -c sample2.ref
            bzip2 -3 -c sample3.ref
            bzip2 -d -c sample1.bz2
            bzip2 -d -c sample2.bz2
            bzip2 -d -s -c sample3.bz2",
    },
    Library {
        name: "lz4",
        recipe: Recipe {
            sources: &[("", Origin::Debian(&pins::LZ4)), ("data", Origin::Amalgamation)],
            script: r#"
                set -- CC="$CC" AR=$AR CFLAGS=$LEVEL HAVE_MULTITHREAD=0
                make -C programs "$@" lz4
                make -C tests "$@" frametest roundTripTest checkFrame decompress-partial"#,
        },
        files: &[("", "data/shell.c")],
        runs: "
            programs/lz4 -q -1 shell.c 1.lz4
            programs/lz4 -q -12 shell.c 12.lz4
            programs/lz4 -q -d -c 1.lz4
            programs/lz4 -q -d -c 12.lz4
            ! programs/lz4 -q -d -c shell.c
            tests/frametest -i50 -s1
            tests/roundTripTest shell.c
            tests/checkFrame
            tests/decompress-partial",
    },
    Library {
        name: "zstd",
        recipe: Recipe {
            sources: &[("", Origin::Debian(&pins::ZSTD)), ("data", Origin::Amalgamation)],
            script: r#"
                set -- CC="$CC" AR=$AR CFLAGS=$LEVEL HAVE_THREAD=0 HAVE_ZLIB=0 HAVE_LZMA=0 HAVE_LZ4=0 BACKTRACE=0
                make -C programs "$@" zstd
                make -C tests "$@" MULTITHREAD_CPP= MULTITHREAD_LD= decodecorpus"#,
        },
        files: &[
            ("", "data/shell.c"),
            ("golden", "tests/golden-decompression/*.zst"),
            ("bad", "tests/golden-decompression-errors/*.zst"),
        ],
        runs: "
            programs/zstd -q -1 shell.c -o 1.zst
            programs/zstd -q -19 shell.c -o 19.zst
            programs/zstd -q -d -c 1.zst
            programs/zstd -q -d -c 19.zst
            programs/zstd -q -d -c golden/*
            ! programs/zstd -q -d -c bad/*
            tests/decodecorpus -t -n50 -s1",
    },
    Library {
        name: "xz",
        recipe: Recipe {
            sources: &[("", Origin::Debian(&pins::XZ)), ("data", Origin::Amalgamation)],
            script: r#"
                ./configure -q --host=$HOST CFLAGS=$LEVEL --disable-shared --disable-nls --disable-doc
                make -C src/liblzma
                make -C src/xz
                make -C tests check TESTS="#,
        },
        files: &[("", "data/shell.c"), ("files", "tests/files/*")],
        runs: "
            src/xz/xz -T1 -9 -c shell.c
            src/xz/xz -T1 -0 --format=lzma -c shell.c
            src/xz/xz -T1 -d -c files/good*.xz
            src/xz/xz -T1 -d -c files/good*.lzma
            ! src/xz/xz -T1 -t files/bad*
            tests/test_bcj_exact_size
            tests/test_block_header
            tests/test_check
            tests/test_filter_flags
            tests/test_filter_str
            tests/test_index
            tests/test_index_hash
            tests/test_lzip_decoder
            tests/test_microlzma
            tests/test_stream_flags
            tests/test_vli",
    },
    Library {
        name: "sqlite",
        recipe: Recipe {
            sources: &[("", Origin::Amalgamation), ("demo", Origin::Own("demo"))],
            script: r#"
                $CC $LEVEL -DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_ENABLE_MATH_FUNCTIONS \
                    -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_RTREE -w -o sqlite3 sqlite3.c shell.c -lm"#,
        },
        files: &[("", "demo/script.sql")],
        runs: "
            sqlite3 -batch -init script.sql :memory: .quit
            sqlite3 -batch -init script.sql file.db .quit",
    },
    Library {
        name: "lua",
        recipe: Recipe {
            sources: &[("", Origin::Debian(&pins::LUA)), ("demo", Origin::Own("demo"))],
            script: r#"
                make -C src CC="$CC -std=gnu99" AR="$AR rc" RANLIB=$RANLIB CFLAGS="$LEVEL -DLUA_COMPAT_5_3 -DLUA_USE_POSIX" \
                    lua luac"#,
        },
        files: &[("", "demo/script.lua")],
        runs: "
            src/lua script.lua
            src/luac -o compiled script.lua",
    },
    Library {
        name: "quickjs",
        recipe: Recipe {
            sources: &[("", Origin::Debian(&pins::QUICKJS))],
            // Its makefile has the level in the rules; a cross build has its own compiler of scripts.
            script: r#"
                sed -i "s/^CFLAGS_OPT=.*/CFLAGS_OPT=\$(CFLAGS) $LEVEL -g0/" Makefile
                make CC="$CC" CROSS_PREFIX=$HOST- AR=$AR HOST_CC=gcc qjs"#,
        },
        files: &[("", "tests/*.js")],
        runs: "
            qjs test_closure.js
            qjs test_language.js
            qjs --std test_builtin.js
            qjs test_loop.js
            qjs test_bigint.js
            qjs test_cyclic_import.js",
    },
    Library {
        name: "png",
        recipe: Recipe {
            sources: &[("", Origin::Debian(&pins::PNG)), ("zlib", Origin::Debian(&pins::ZLIB))],
            script: r#"
                (cd zlib && CHOST=$HOST CFLAGS=$LEVEL ./configure --static && make libz.a)
                ./configure -q --host=$HOST --disable-shared CFLAGS=$LEVEL CPPFLAGS=-I$PWD/zlib LDFLAGS=-L$PWD/zlib
                make libpng16.la pngtest pngunknown"#,
        },
        files: &[("", "pngtest.png"), ("", "contrib/pngsuite/*.png")],
        runs: "
            pngtest -m pngtest.png
            pngtest -m basn*.png
            pngtest -m ftbb*.png
            pngunknown --strict default=discard pngtest.png",
    },
    Library {
        name: "sodium",
        recipe: Recipe {
            sources: &[("", Origin::Debian(&pins::SODIUM)), ("build", Origin::Own("xtask/src/libraries/sodium"))],
            script: r#"
                make -f build/Makefile"#,
        },
        files: &[("", "test/default/*.exp")],
        // Not those that catch signals.
        runs: "
            test/default/aead_aes256gcm
            test/default/aead_aes256gcm2
            test/default/aead_chacha20poly1305
            test/default/aead_chacha20poly13052
            test/default/aead_xchacha20poly1305
            test/default/auth
            test/default/auth7
            test/default/box
            test/default/box_easy2
            test/default/box_seal
            test/default/chacha20
            test/default/codecs
            test/default/core_ed25519
            test/default/core_ristretto255
            test/default/ed25519_convert
            test/default/generichash
            test/default/generichash3
            test/default/hash
            test/default/hash3
            test/default/kdf
            test/default/keygen
            test/default/kx
            test/default/metamorphic
            test/default/onetimeauth
            test/default/onetimeauth7
            test/default/pwhash_argon2i
            test/default/pwhash_argon2id
            test/default/pwhash_scrypt_ll
            test/default/randombytes
            test/default/scalarmult
            test/default/scalarmult2
            test/default/scalarmult5
            test/default/scalarmult7
            test/default/scalarmult_ed25519
            test/default/scalarmult_ristretto255
            test/default/secretbox
            test/default/secretbox_easy2
            test/default/secretstream
            test/default/shorthash
            test/default/sign
            test/default/siphashx24
            test/default/sodium_core
            test/default/sodium_utils
            test/default/sodium_version
            test/default/stream
            test/default/stream4
            test/default/verify1
            test/default/xchacha20",
    },
    Library {
        name: "mbedtls",
        recipe: Recipe {
            sources: &[("", Origin::Debian(&pins::MBEDTLS))],
            script: r#"
                make -C library CC="$CC" AR=$AR CFLAGS=$LEVEL static
                make -C programs CC="$CC" CFLAGS=$LEVEL test/selftest"#,
        },
        files: &[],
        // The entropy source wants a device that programs are not given.
        runs: "
            programs/test/selftest -x entropy timing",
    },
];
