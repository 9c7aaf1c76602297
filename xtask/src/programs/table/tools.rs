//! Tools for the command line.

use super::{Difference, ONE_PROCESS, Program};
use crate::{
    fetch::pins,
    programs::suite::Suite,
    recipe::{Origin, Recipe},
};

const PIPES: &str =
    "a standard stream that is written to is shared with the host: nobody seeks in it, nor changes its flags or times";
const SMALL_PROC: &str = "/proc is a small one of the sandbox's own, and there is no /sys";
const LONG_PATHS: &str = "a path from the root is 4096 bytes at most, also where it is walked step by step";
const REMOVED: &str = "the working directory of lfi-run has been removed, so that it cannot be given to the program";
const SET_ID: &str = "files of the host never get set-id bits";
const ADDRESSES: &str = "lfi-run needs more addresses than `ulimit -v` leaves it: a sandbox is 4 GiB of them";
const OWN_MOUNTS: &str = "a sandbox has no list of the machine's mounts";
const BY_TAR: &str = "tar starts a process that decompresses; a sandbox is one process";

pub(super) const BUSYBOX: Program = Program {
    name: "busybox",
    quick: false,
    packages: &[],
    recipe: Recipe {
        sources: &[("", Origin::Debian(&pins::BUSYBOX))],
        script: r#"
            make defconfig
            make CC="$CC" AR=$AR HOSTCC=gcc SKIP_STRIP=y busybox"#,
    },
    executables: &["busybox"],
    grants: "--dev --proc --tmpfs /tmp=64m --dir /etc=/etc --dir /bin=/bin",
    variables: &[],
    files: &[("", "README"), ("", "LICENSE"), ("src", "coreutils/*.c")],
    before: "",
    runs: r#"
        busybox --list
        busybox --help | tail -n +2
        busybox echo -e 'a\tb\x41'
        busybox printf '%5.2f|%-8s|%x\n' 3.14159 left 255
        busybox seq -w 1 3 20 | busybox tac | busybox paste - - -
        busybox factor 18446744073709551557 9007199254740993
        busybox expr 7 '*' 6 + 1
        busybox date -u -d @1000000000 '+%Y-%m-%d %H:%M:%S %j %U'
        busybox cal -y 2024
        busybox basename src/cat.c .c; busybox dirname src/cat.c
        busybox realpath src/../src/./cat.c
        busybox cat -n src/cat.c | busybox head -n 20
        busybox tail -c 200 README
        busybox wc src/*.c
        busybox sort -k2,2nr -t: -u src/ls.c | busybox md5sum
        busybox sort src/cat.c | busybox uniq -c | busybox sort -rn | busybox head -n 5
        busybox cut -d' ' -f1,3 README
        busybox tr a-z A-Z < README
        busybox sed -n -e '/config/,/default/p' -e 's/^int /INT /w ints' src/cat.c
        busybox awk '{ n[length($1) % 7] += NF } END { for (i = 0; i < 7; i++) printf "%d %d %.3f\n", i, n[i], sin(i) }' src/ls.c
        busybox grep -rn -E 'xopen[a-z_]*\(' src
        busybox grep -c -v '^$' README LICENSE
        busybox find src -name 'c*.c' -size +4k | busybox sort
        busybox ls -1 src
        busybox ls -lR nothing src/nothing
        busybox stat -c '%n %s %a %F' README src
        busybox du -a src | busybox wc -l
        busybox md5sum README LICENSE > sums && busybox md5sum -c sums
        busybox sha1sum README && busybox sha256sum README && busybox sha512sum README && busybox sha3sum README
        busybox crc32 README && busybox cksum README && busybox sum README
        busybox base64 README | busybox base64 -d | busybox cmp - README
        busybox uuencode README README | busybox uudecode -o - | busybox cmp - README
        busybox od -A d -t x2z -N 64 README && busybox hexdump -C -n 64 README && busybox xxd -l 64 README
        busybox strings -n 12 README | busybox head
        busybox fold -s -w 40 README && busybox expand README | busybox unexpand -a
        busybox nl README && busybox rev README && busybox tsort README
        busybox diff -u src/true.c src/false.c
        busybox diff -r src src && busybox diff -q README LICENSE
        busybox cp -a src copy && busybox diff -r src copy
        busybox diff -u src/true.c src/false.c > change.diff; (cd copy && busybox patch -p1 < ../change.diff) && busybox cmp copy/true.c src/false.c
        busybox comm -12 src/true.c src/false.c
        busybox split -l 100 src/ls.c part. && busybox cat part.* | busybox cmp - src/ls.c
        busybox mkdir -p -m 750 deep/er/est && busybox touch -d '2001-02-03 04:05:06' deep/file && busybox stat -c '%Y' deep/file
        busybox ln -s ../README deep/link && busybox ln README deep/hard && busybox readlink deep/link && busybox readlink -f deep/link | busybox sed 's/.*programs//'
        busybox chmod -R u+x,go-r deep && busybox ls -ln deep/er | busybox cut -c1-10
        busybox mv deep/hard deep/moved && busybox rm -rf deep/er && busybox rmdir deep
        busybox truncate -s 5k holes && busybox dd if=README of=holes bs=100 seek=20 count=3 conv=notrunc 2> /dev/null && busybox cksum holes
        busybox tar cf src.tar src/*.c && busybox tar tvf src.tar
        busybox mkdir -p out && busybox gzip -c src.tar | busybox gunzip -c | busybox tar xf - -C out && busybox diff -r src out/src
        busybox find src | busybox sort | busybox cpio -o -H newc | busybox cpio -t
        busybox gzip -9c README | busybox gunzip -c | busybox cmp - README
        busybox bzip2 -c README | busybox bunzip2 -c | busybox cmp - README
        busybox xz -dc README
        busybox lzop -c README | busybox lzop -dc | busybox cmp - README
        busybox unzip -l README
        echo '2^200; scale=30; 4*a(1)' | busybox bc -l
        echo '3 4 + p 2 32 ^ p' | busybox dc
        busybox sh -c 'f() { for i in 1 2 3; do echo $((i * i)); done; }; f; case abc in a*) echo yes;; esac;'
        busybox ash -c 'x=5; while [ $x -gt 0 ]; do x=$((x-1)); [ $x = 2 ] && continue; echo $x; done; exit 3'
        busybox test -d src -a ! -e nothing
        busybox env -i
        busybox id -u && busybox whoami && busybox uname -s -m
        busybox dd if=/dev/zero bs=1k count=3 2> /dev/null | busybox sha256sum
        busybox ed -s README < /dev/null; printf '2p\n$p\nq\n' | busybox ed README
        busybox tree src | busybox tail -n 1
        busybox shuf -i 1-1 && busybox usleep 1000 && busybox sleep 0.01
        busybox httpd -e '<a&b>' && busybox httpd -d 'a%20b'
        busybox mkpasswd -m sha512 -S saltsalt secret
        busybox ipcalc -bnm 192.168.7.9/22
        busybox dos2unix < README | busybox unix2dos | busybox md5sum"#,
    differences: &[],
    suite: Some(Suite {
        script: r#"
            cp .config $BIN
            cd testsuite
            # These change the host's mounts, need a network, and are as md5sum.tests with its thousand runs.
            rm -rf mount.tests wget sha*sum.tests
            bindir=$BIN ./runtest"#,
        differences: &[
            Difference { what: "awk \"cmd\" | getline", why: ONE_PROCESS },
            Difference { what: "awk 'gcc build bug'", why: BY_TAR },
            Difference { what: "cpio -p with absolute paths", why: ONE_PROCESS },
            Difference { what: "cpio restores suid/sgid bits", why: SET_ID },
            Difference { what: "du-*", why: "/bin is a link on the host, and a directory in the sandbox" },
            Difference { what: "find -exec*", why: ONE_PROCESS },
            Difference { what: "find -ok", why: ONE_PROCESS },
            Difference {
                what: "hostname-*",
                why: "in a sandbox the host is called lfi, and nobody can be asked for its address",
            },
            Difference { what: "makedevs*", why: ONE_PROCESS },
            Difference { what: "pidof*", why: ONE_PROCESS },
            Difference { what: "start-stop-daemon*", why: ONE_PROCESS },
            Difference { what: "tar*", why: BY_TAR },
            Difference { what: "taskset (get from pid 1)", why: ONE_PROCESS },
            Difference { what: "time -f*", why: ONE_PROCESS },
            Difference {
                what: "uuencode sets standard input mode correctly",
                why: "standard streams look like pipes or files, whatever they are",
            },
            Difference { what: "xargs*", why: ONE_PROCESS },
            Difference { what: "zcat: dont delete*", why: ONE_PROCESS },
        ],
    }),
};

pub(super) const JQ: Program = Program {
    name: "jq",
    quick: false,
    packages: &["autoconf", "automake", "libtool"],
    recipe: Recipe {
        sources: &[("", Origin::Debian(&pins::JQ)), ("modules/oniguruma", Origin::Debian(&pins::ONIGURUMA))],
        script: r#"
            autoreconf -i
            ./configure -q --host=$HOST CFLAGS=$LEVEL --disable-shared --enable-static --disable-docs \
                --with-oniguruma=builtin
            make"#,
    },
    executables: &["jq"],
    // Its output has colours where it is a terminal.
    grants: "--tty",
    variables: &["JQ_COLORS", "NO_COLOR", "PAGER"],
    files: &[("", "tests/*.test"), ("", "docs/manual_schema.yml")],
    before: "",
    runs: r#"
        jq -n '[limit(5; repeat(1))], (1, null, "a\u00e9\ud83d\ude00"), 1e1000, -0, 3.0, 100000000000000000000'
        echo '{"b": [1, {"c": null}], "a": 1.50}' | jq .
        echo '{"b": [1, {"c": null}], "a": 1.50}' | jq -cS 'to_entries, paths, (.. | numbers)'
        echo '{"b": [1, {"c": null}], "a": 1.50}' | jq -C .
        echo '[3, 1, 2]' | jq --tab 'sort, add, (map(. * 2) | @csv, @sh, @base64)'
        echo '[3, 1, 2]' | jq --stream -c .
        echo '"2015-03-05T23:51:47Z"' | jq 'fromdate, (fromdate | todate), (strptime("%Y-%m-%dT%H:%M:%SZ") | mktime)'
        jq -R -s 'split("\n") | length, (map(select(test("^[a-z]+$"))) | length)' jq.test
        jq -Rr 'capture("(?<word>[a-z]{6,})").word' man.test | sort | uniq -c
        jq -n --arg a 1 --argjson b '{"c": 2}' --args '$a, $b, $ARGS' x y
        jq -n --slurpfile f nothing.json '$f'
        jq -n 'error("thrown")'
        jq -n '{'
        echo '{"a": [1, 2' | jq .
        echo null | jq -e .
        jq -n '[range(100000)] | map(sin) | add'
        jq -n 'def f: if . > 0 then . - 1 | f else . end; 100000 | f'
        jq -n 'input' < /dev/null
        jq -n 'now | type, ($ENV | type), input_filename'
        jq --help"#,
    differences: &[],
    suite: Some(Suite {
        // A case of a file of cases is bad when a line of stars follows.
        script: r#"
            ln -sf $BIN/jq jq
            export NO_VALGRIND=1 PAGER=less
            cd tests
            for file in *.test; do
                jq -L modules --run-tests $file | awk -v file=$file '
                    function show() { if (name) print (bad ? "FAIL: " : "PASS: ") file ": " name; bad = 0 }
                    /^Test #/ { show(); name = $0 }
                    /^\*\*\*/ { bad = 1 }
                    END { show() }'
            done
            for script in shtest utf8test; do
                ./$script > $script.log 2>&1 && echo PASS: $script || echo FAIL: $script
            done"#,
        differences: &[],
    }),
};

pub(super) const COREUTILS: Program = Program {
    name: "coreutils",
    quick: false,
    packages: &[],
    recipe: Recipe {
        sources: &[("", Origin::Debian(&pins::COREUTILS))],
        // Left out is what runs other programs: a sandbox is one process.
        script: r#"
            FORCE_UNSAFE_CONFIGURE=1 ./configure -q --host=$HOST CFLAGS=$LEVEL --disable-nls --without-libgmp \
                --without-selinux --disable-libcap \
                --enable-no-install-program=chroot,env,kill,nice,nohup,runcon,stdbuf,timeout,uptime
            make
            make install-exec DESTDIR=$PWD/installed bindir=/bin"#,
    },
    // The last one tells its tests about the C library.
    executables: &["installed/bin/*", "src/getlimits"],
    // Some of its tests look for a second file system.
    grants: "--dir /=/ --dev --proc --dir /dev/shm=/dev/shm:rw",
    variables: &[
        "BLOCK_SIZE",
        "BLOCKSIZE",
        "COLORTERM",
        "COLUMNS",
        "DF_BLOCK_SIZE",
        "DU_BLOCK_SIZE",
        "LC_MESSAGES",
        "LS_BLOCK_SIZE",
        "LS_COLORS",
        "OMP_NUM_THREADS",
        "OMP_THREAD_LIMIT",
        "PWD",
        "QUOTING_STYLE",
        "SHELL",
        "SIMPLE_BACKUP_SUFFIX",
        "TABSIZE",
        "TIME_STYLE",
        "USER",
        "VERSION_CONTROL",
        "_POSIX2_VERSION",
    ],
    files: &[("", "README"), ("", "COPYING"), ("src", "src/c*.c")],
    before: "",
    runs: r#"
        cat -A README | head -n 5
        cp README own && cat own >> own; cat README own >> own; cat < own >> own; cat own own > own; wc -c own && rm own
        ls -1 src; ls -m src | md5sum; ls -la nothing
        wc README COPYING src/*.c
        sort -s -k1,1 -t'(' README | uniq -c | sort -rn | head -n 4
        sort -R --random-source=COPYING README | sort | cksum
        sort --parallel=4 -S 64k src/*.c | cksum
        shuf --random-source=COPYING README | cksum
        head -c 1k COPYING | tail -n 3 | tac
        cut -d: -f2- README | paste -sd, | fold -w 72 -s | tail -n 2
        tr -cs A-Za-z '\n' < COPYING | tr A-Z a-z | sort | uniq -c | sort -k1nr,2 | head
        seq -f %05.1f 1 0.5 3; seq 9999999999999999999999 10000000000000000000001
        printf '%s %d %e %q\n' a 0x1f 12345.678 "it's"
        expr 123456789012345678901234567890 '*' 987654321098765432109876543210
        factor 18446744073709551617 1000000000000000000000000000000
        numfmt --to=iec 1234567 && numfmt --from=si --format=%.3f 1.5M
        date -u -d '2004-02-29 16:21:42 +1 year' '+%F %T %G-W%V-%u'; date -d nonsense
        md5sum README COPYING | tee sums | md5sum -c -
        sha1sum README; sha224sum README; sha384sum README; sha512sum README; b2sum README; cksum -a sm3 README
        cksum -a sysv README; cksum -a bsd README; cksum README; sum README
        base32 README | base32 -d | cmp - README; basenc --z85 < README | head -n 2; base64 -w 0 README | cksum
        od -A x -t fDu1z -N 48 COPYING
        join -1 2 -2 2 -o 0,1.1 sums sums
        comm -3 README COPYING | cksum
        csplit -sz COPYING '/^ *[0-9]*\. /' '{*}' && ls xx* | wc -l && cat xx* | cmp - COPYING
        split -n r/3 README && wc -l xa?
        fmt -w 60 README | pr -2 -h title -l 40 -D date | cksum
        nl -b p'^[A-Z]' README | expand -t 4 | unexpand -a | cksum
        ptx -G README | head -n 20
        tsort COPYING
        mkdir -p -m 711 a/b/c && install -D -m 640 README a/b/d/readme && ls -lR a | cut -c1-10
        cp -a a copy && cp -r --parents src/cat.c a && cp -u --backup=numbered README a/b/d/readme && ls a/b/d
        ln -s ../README a/link && ln -sr src/cat.c a/b/rel && readlink a/link a/b/rel && realpath --relative-to=a a/link
        mv -v copy moved && rm -rv moved | sort && rmdir a/b/c
        touch -d @1000000000 stamp && stat -c '%n %Y %a %s %F' stamp && date -u -r stamp
        chmod u=rw,go= stamp && chmod -v a+x stamp && test -x stamp && [ ! -w nothing ]
        truncate -s 1M sparse && dd if=README of=sparse bs=7 seek=1000 conv=notrunc,sync status=noxfer && cksum sparse
        du --apparent-size -ab src | cksum; df --output=target . > /dev/null
        shred -n 1 -z --random-source=COPYING sparse && cksum sparse
        mkfifo pipe && stat -c %F pipe; mknod node p && rm node; mktemp -u XXXX | wc -c; mktemp --tmpdir=a -d tXXX > /dev/null && rmdir a/t*
        basename -s .c src/cat.c; dirname a/b/; pathchk -p 'a:b'; pwd -P | wc -l
        echo -e 'a\tb'; yes no | head -n 2; true; false
        nproc --all > /dev/null; id -u; whoami; tty; logname > /dev/null 2>&1; hostid > /dev/null
        dircolors -p | head -n 3; uname -s; sleep 0.01; sync README
        dd if=/dev/zero bs=64k count=16 status=none | wc -c
        cat nothing; cp README; rm nothing; ls --nonsense; sort -k0 README; head -n x README"#,
    differences: &[],
    suite: Some(Suite {
        // Its scripts find the commands in `src`. Those for root are left out: they mount file systems of the machine.
        script: r#"
            cp $BIN/* src
            cp $BIN/install src/ginstall
            # What goes wrong must not fill the disk.
            ulimit -f 4000000
            make -j4 -k check-TESTS PROGRAMS= all_root_tests= VERBOSE= \
                abs_top_builddir=$PWD abs_top_srcdir=$PWD abs_srcdir=$PWD \
                SH_LOG_COMPILER='timeout --kill-after=5 300 /bin/sh' TESTSUITE_PERL='timeout --kill-after=5 300 perl'"#,
        differences: &[
            Difference { what: "tests/factor/factor-parallel.sh", why: ONE_PROCESS },
            Difference { what: "tests/install/strip-program.sh", why: ONE_PROCESS },
            Difference { what: "tests/sort/sort-compress*", why: ONE_PROCESS },
            Difference { what: "tests/split/filter.sh", why: ONE_PROCESS },
            Difference { what: "tests/tail/inotify-dir-recreate.sh", why: ONE_PROCESS },
            Difference { what: "tests/tail/overlay-headers.sh", why: ONE_PROCESS },
            Difference { what: "tests/tail/pid.sh", why: ONE_PROCESS },
            Difference { what: "tests/dd/bytes.sh", why: PIPES },
            Difference { what: "tests/dd/skip-seek-past-file.sh", why: PIPES },
            Difference { what: "tests/dd/sparse.sh", why: PIPES },
            Difference { what: "tests/touch/no-dereference.sh", why: PIPES },
            Difference { what: "tests/head/head-c.sh", why: SMALL_PROC },
            Difference { what: "tests/ls/selinux-segfault.sh", why: SMALL_PROC },
            Difference { what: "tests/od/od-j.sh", why: SMALL_PROC },
            Difference { what: "tests/od/od.pl", why: SMALL_PROC },
            Difference { what: "tests/split/b-chunk.sh", why: SMALL_PROC },
            Difference { what: "tests/tac/tac-2-nonseekable.sh", why: SMALL_PROC },
            Difference { what: "tests/tail/tail-c.sh", why: SMALL_PROC },
            Difference { what: "tests/tail/tail-sysfs.sh", why: SMALL_PROC },
            Difference { what: "tests/wc/wc-proc.sh", why: SMALL_PROC },
            Difference { what: "tests/du/long-from-unreadable.sh", why: LONG_PATHS },
            Difference { what: "tests/pwd/pwd-long.sh", why: LONG_PATHS },
            Difference { what: "tests/ls/removed-directory.sh", why: REMOVED },
            Difference { what: "tests/readlink/can-*", why: REMOVED },
            Difference { what: "tests/chmod/setgid.sh", why: SET_ID },
            Difference { what: "tests/ls/ls-misc.pl", why: SET_ID },
            Difference { what: "tests/dd/no-allocate.sh", why: ADDRESSES },
            Difference { what: "tests/printf/printf-surprise.sh", why: ADDRESSES },
            Difference { what: "tests/df/df-symlink.sh", why: OWN_MOUNTS },
            Difference { what: "tests/ls/readdir-mountpoint-inode.sh", why: OWN_MOUNTS },
            Difference { what: "tests/misc/printenv.sh", why: "a program gets the variables that it is given" },
            Difference { what: "tests/ls/stat-free-symlinks.sh", why: "strace sees the calls of lfi-run" },
            Difference {
                what: "tests/sort/sort-merge-fdlimit.sh",
                why: "with so few descriptors the shell cannot run the script that starts lfi-run",
            },
            Difference { what: "tests/tac/tac.pl", why: "in these sandboxes /tmp is read-only" },
            Difference {
                what: "tests/tail/follow-stdin.sh",
                why: "lfi-run opens /dev/null for a standard stream that is closed, as every program in Rust",
            },
        ],
    }),
};
