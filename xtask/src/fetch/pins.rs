//! What is fetched, by version and content.
//!
//! To move a pin: take version, directory and hashes from the suite's source
//! index (`apt-cache showsrc NAME` with a `deb-src` line for the suite).

/// A Debian source package.
pub(crate) struct Source {
    /// Name of the source package.
    pub(crate) name: &'static str,
    /// Debian version of the source package.
    pub(crate) version: &'static str,
    /// The suite it is in, where a successor is looked for when it is gone.
    pub(crate) suite: &'static str,
    /// Directory on the mirror.
    pub(crate) directory: &'static str,
    /// The upstream archive, and Debian's own when `patched`.
    pub(crate) files: &'static [File],
    /// Whether Debian's patches are applied to the upstream sources.
    pub(crate) patched: bool,
    /// Patterns of the archive members to unpack; all when empty.
    pub(crate) members: &'static [&'static str],
}

/// One file of a source package.
pub(crate) struct File {
    pub(crate) name: &'static str,
    pub(crate) sha256: &'static str,
}

/// Every source package.
pub(crate) const ALL: &[&Source] = &[
    &MUSL,
    &LLVM,
    &LUA,
    &SQLITE,
    &ZLIB,
    &BZIP2,
    &LZ4,
    &ZSTD,
    &XZ,
    &QUICKJS,
    &PNG,
    &SODIUM,
    &MBEDTLS,
    &GZIP,
    &BUSYBOX,
    &JQ,
    &ONIGURUMA,
    &COREUTILS,
    &MICROPYTHON,
    &PYTHON,
    &TCL,
    &POSIX,
];

/// The C library. Debian's patches fix heap corruption in `qsort` and a
/// security bug in `iconv`; none of them is ours.
pub(crate) const MUSL: Source = Source {
    name: "musl",
    version: "1.2.5-3.1~deb13u1",
    suite: "trixie",
    directory: "pool/main/m/musl",
    files: &[
        File {
            name: "musl_1.2.5.orig.tar.gz",
            sha256: "a9a118bbe84d8764da0ea0d28b3ab3fae8477fc7e4085d90102b8596fc7c75e4",
        },
        File {
            name: "musl_1.2.5-3.1~deb13u1.debian.tar.xz",
            sha256: "46fdfb271edc2f035d8d4063ff2e299734409693e781e69e4b77e0a9a495072e",
        },
    ],
    patched: true,
    members: &[],
};

/// compiler-rt's builtins and libunwind, of the same version as the compiler.
pub(crate) const LLVM: Source = Source {
    name: "llvm-toolchain-19",
    version: "1:19.1.7-3~deb12u1",
    suite: "bookworm",
    directory: "pool/main/l/llvm-toolchain-19",
    files: &[File {
        name: "llvm-toolchain-19_19.1.7.orig.tar.xz",
        sha256: "ae498f3bc58ae2d9f64ef5f0c035c4240152bf015a5b7738b15c22e93bdc97ce",
    }],
    patched: false,
    members: &["*/compiler-rt/lib/builtins/*", "*/libunwind/src/*", "*/libunwind/include/*"],
};

/// The Lua interpreter.
pub(crate) const LUA: Source = Source {
    name: "lua5.4",
    version: "5.4.7-1",
    suite: "trixie",
    directory: "pool/main/l/lua5.4",
    files: &[File {
        name: "lua5.4_5.4.7.orig.tar.gz",
        sha256: "9fbf5e28ef86c69858f6d3d34eccc32e911c1a28b4120ff3e84aaa70cfbf1e30",
    }],
    patched: false,
    members: &[],
};

/// sqlite, as its full source tree; `fetch::sqlite` makes the amalgamation.
pub(crate) const SQLITE: Source = Source {
    name: "sqlite3",
    version: "3.46.1-7+deb13u2",
    suite: "trixie",
    directory: "pool/main/s/sqlite3",
    files: &[File {
        name: "sqlite3_3.46.1.orig.tar.xz",
        sha256: "d0cdd2ece271b29e7ce18095745d892517ee26d0f270065b3a25c2e9eb11639c",
    }],
    patched: false,
    members: &[],
};

/// zlib.
pub(crate) const ZLIB: Source = Source {
    name: "zlib",
    version: "1:1.3.dfsg+really1.3.1-1",
    suite: "trixie",
    directory: "pool/main/z/zlib",
    files: &[File {
        name: "zlib_1.3.dfsg+really1.3.1.orig.tar.gz",
        sha256: "60dd315c07f616887caa029408308a018ace66e3d142726a97db164b3b8f69fb",
    }],
    patched: false,
    members: &[],
};

/// bzip2.
pub(crate) const BZIP2: Source = Source {
    name: "bzip2",
    version: "1.0.8-6",
    suite: "trixie",
    directory: "pool/main/b/bzip2",
    files: &[File {
        name: "bzip2_1.0.8.orig.tar.gz",
        sha256: "ab5a03176ee106d3f0fa90e381da478ddae405918153cca248e682cd0c4a2269",
    }],
    patched: false,
    members: &[],
};

/// lz4.
pub(crate) const LZ4: Source = Source {
    name: "lz4",
    version: "1.10.0-4",
    suite: "trixie",
    directory: "pool/main/l/lz4",
    files: &[File {
        name: "lz4_1.10.0.orig.tar.gz",
        sha256: "537512904744b35e232912055ccf8ec66d768639ff3abe5788d90d792ec5f48b",
    }],
    patched: false,
    members: &[],
};

/// zstd.
pub(crate) const ZSTD: Source = Source {
    name: "libzstd",
    version: "1.5.7+dfsg-1",
    suite: "trixie",
    directory: "pool/main/libz/libzstd",
    files: &[File {
        name: "libzstd_1.5.7+dfsg.orig.tar.xz",
        sha256: "0c092ef267edce57ba7f3f2645c861f72eaf5e76273c6c3632869423464b90a5",
    }],
    patched: false,
    members: &[],
};

/// xz, the tools and liblzma.
pub(crate) const XZ: Source = Source {
    name: "xz-utils",
    version: "5.8.1-1+deb13u1",
    suite: "trixie",
    directory: "pool/main/x/xz-utils",
    files: &[File {
        name: "xz-utils_5.8.1.orig.tar.xz",
        sha256: "0b54f79df85912504de0b14aec7971e3f964491af1812d83447005807513cd9e",
    }],
    patched: false,
    members: &[],
};

/// QuickJS.
pub(crate) const QUICKJS: Source = Source {
    name: "quickjs",
    version: "2025.04.26-1",
    suite: "trixie",
    directory: "pool/main/q/quickjs",
    files: &[File {
        name: "quickjs_2025.04.26.orig.tar.xz",
        sha256: "ec81da5b3249ed648dbc7df4a1654988910e66a118d9b71cb63534216efcfbbe",
    }],
    patched: false,
    members: &[],
};

/// libpng.
pub(crate) const PNG: Source = Source {
    name: "libpng1.6",
    version: "1.6.48-1+deb13u5",
    suite: "trixie",
    directory: "pool/main/libp/libpng1.6",
    files: &[File {
        name: "libpng1.6_1.6.48.orig.tar.gz",
        sha256: "b17e99026055727e8cba99160c3a9a7f9af788e9f786daeadded5a42243f1dd0",
    }],
    patched: false,
    members: &[],
};

/// libsodium.
pub(crate) const SODIUM: Source = Source {
    name: "libsodium",
    version: "1.0.18-1+deb13u1",
    suite: "trixie",
    directory: "pool/main/libs/libsodium",
    files: &[File {
        name: "libsodium_1.0.18.orig.tar.gz",
        sha256: "d59323c6b712a1519a5daf710b68f5e7fde57040845ffec53850911f10a5d4f4",
    }],
    patched: false,
    members: &[],
};

/// Mbed TLS.
pub(crate) const MBEDTLS: Source = Source {
    name: "mbedtls",
    version: "3.6.6-0.1~deb13u1",
    suite: "trixie",
    directory: "pool/main/m/mbedtls",
    files: &[File {
        name: "mbedtls_3.6.6.orig.tar.bz2",
        sha256: "8fb65fae8dcae5840f793c0a334860a411f884cc537ea290ce1c52bb64ca007a",
    }],
    patched: false,
    members: &[],
};

/// gzip.
pub(crate) const GZIP: Source = Source {
    name: "gzip",
    version: "1.13-1+deb13u1",
    suite: "trixie",
    directory: "pool/main/g/gzip",
    files: &[File {
        name: "gzip_1.13.orig.tar.xz",
        sha256: "7454eb6935db17c6655576c2e1b0fabefd38b4d0936e0f87f48cd062ce91a057",
    }],
    patched: false,
    members: &[],
};

/// busybox.
pub(crate) const BUSYBOX: Source = Source {
    name: "busybox",
    version: "1:1.37.0-6",
    suite: "trixie",
    directory: "pool/main/b/busybox",
    files: &[File {
        name: "busybox_1.37.0.orig.tar.bz2",
        sha256: "3311dff32e746499f4df0d5df04d7eb396382d7e108bb9250e7b519b837043a4",
    }],
    patched: false,
    members: &[],
};

/// jq.
pub(crate) const JQ: Source = Source {
    name: "jq",
    version: "1.7.1-6+deb13u3",
    suite: "trixie",
    directory: "pool/main/j/jq",
    files: &[File {
        name: "jq_1.7.1.orig.tar.gz",
        sha256: "fc75b1824aba7a954ef0886371d951c3bf4b6e0a921d1aefc553f309702d6ed1",
    }],
    patched: false,
    members: &[],
};

/// Oniguruma, jq's library of regular expressions.
pub(crate) const ONIGURUMA: Source = Source {
    name: "libonig",
    version: "6.9.9-1",
    suite: "trixie",
    directory: "pool/main/libo/libonig",
    files: &[File {
        name: "libonig_6.9.9.orig.tar.gz",
        sha256: "001aa1202e78448f4c0bf1a48c76e556876b36f16d92ce3207eccfd61d99f2a0",
    }],
    patched: false,
    members: &[],
};

/// GNU coreutils.
pub(crate) const COREUTILS: Source = Source {
    name: "coreutils",
    version: "9.7-3",
    suite: "trixie",
    directory: "pool/main/c/coreutils",
    files: &[File {
        name: "coreutils_9.7.orig.tar.xz",
        sha256: "e8bb26ad0293f9b5a1fc43fb42ba970e312c66ce92c1b0b16713d7500db251bf",
    }],
    patched: false,
    members: &[],
};

/// MicroPython.
pub(crate) const MICROPYTHON: Source = Source {
    name: "micropython",
    version: "1.25.0+ds-1",
    suite: "trixie",
    directory: "pool/main/m/micropython",
    files: &[File {
        name: "micropython_1.25.0+ds.orig.tar.xz",
        sha256: "7b25be99a502f070b2de81dafc08da7051d992325d6e67daa9045a918fffdbea",
    }],
    patched: false,
    members: &[],
};

/// CPython, of the version that runs on the machine, since its build runs it.
pub(crate) const PYTHON: Source = Source {
    name: "python3.11",
    version: "3.11.2-6+deb12u8",
    suite: "bookworm",
    directory: "pool/main/p/python3.11",
    files: &[File {
        name: "python3.11_3.11.2.orig.tar.gz",
        sha256: "2411c74bda5bbcfcddaf4531f66d1adc73f247f529aee981b029513aefdbf849",
    }],
    patched: false,
    members: &[],
};

/// Tcl, in which sqlite's tests are written.
pub(crate) const TCL: Source = Source {
    name: "tcl8.6",
    version: "8.6.16+dfsg-1",
    suite: "trixie",
    directory: "pool/main/t/tcl8.6",
    files: &[File {
        name: "tcl8.6_8.6.16+dfsg.orig.tar.gz",
        sha256: "c3b6a803ea2e55cafa8b4b52546a6b3bb3722927dcf4bebe3a6549fd353702ea",
    }],
    patched: false,
    members: &[],
};

/// The Open POSIX Test Suite. Debian's patches add headers that tests forgot.
pub(crate) const POSIX: Source = Source {
    name: "posixtestsuite",
    version: "1.5.2-8",
    suite: "trixie",
    directory: "pool/main/p/posixtestsuite",
    files: &[
        File {
            name: "posixtestsuite_1.5.2.orig.tar.gz",
            sha256: "15a2185672127cba851d35ec9d538ff6148defdbb75f99c7e9c50aeba0f94757",
        },
        File {
            name: "posixtestsuite_1.5.2-8.debian.tar.xz",
            sha256: "56bcecc2e99f57b88ed493bd0d5e48f0731c85651b6fc41a60922c9e184864b3",
        },
    ],
    patched: true,
    members: &[],
};
