//! CPython, with its extension modules in the one executable.

use super::{Difference, ONE_PROCESS, Program};
use crate::{
    fetch::pins,
    programs::suite::Suite,
    recipe::{Origin, Recipe},
};

const NO_TERMINALS: &str = "a sandbox has no pseudo-terminals";
const OWNERS: &str = "owners of files are the host's business: as root, it sees that they do not change";

pub(super) const PYTHON: Program = Program {
    name: "python",
    quick: false,
    packages: &["python3.11"],
    recipe: Recipe {
        sources: &[
            ("", Origin::Debian(&pins::PYTHON)),
            ("zlib", Origin::Debian(&pins::ZLIB)),
            ("bzip2", Origin::Debian(&pins::BZIP2)),
            ("sqlite", Origin::Amalgamation),
            ("scripts", Origin::Own("tests/python")),
        ],
        // What its build runs is the machine's Python of the same version. A cross build has to be told what its configure
        // would try, and `Setup.stdlib`, which that writes, makes all modules static but those that test dynamic loading.
        script: r#"
            (cd zlib && CHOST=$HOST CFLAGS=$LEVEL ./configure --static && make libz.a)
            make -C bzip2 CC="$CC" AR=$AR RANLIB=$RANLIB CFLAGS="$LEVEL -w -D_FILE_OFFSET_BITS=64" libbz2.a
            (cd sqlite && $CC $LEVEL -w -DSQLITE_ENABLE_MATH_FUNCTIONS -c sqlite3.c && $AR rc libsqlite3.a sqlite3.o)
            MODULE_BUILDTYPE=static PKG_CONFIG=false ./configure -q --build=$(./config.guess) --host=$HOST \
                --with-build-python=/usr/bin/python3.11 --without-ensurepip --with-computed-gotos \
                ac_cv_file__dev_ptmx=no ac_cv_file__dev_ptc=no ac_cv_buggy_getaddrinfo=no CFLAGS=$LEVEL \
                CPPFLAGS="-I$PWD/zlib -I$PWD/bzip2 -I$PWD/sqlite" LDFLAGS="-L$PWD/zlib -L$PWD/bzip2 -L$PWD/sqlite"
            sed '/^\*shared\*/,$d' Modules/Setup.stdlib > Modules/Setup.local
            make python pybuilddir.txt
            # Laid out as if it were installed.
            mkdir lib Lib/lib-dynload
            cp $(cat pybuilddir.txt)/_sysconfigdata_*.py Lib
            ln -s ../Lib lib/python3.11"#,
    },
    executables: &["python"],
    grants: "--dev --proc --tmpfs /tmp=64m --tmpfs /dev/shm=1m --network loopback --dir /etc=/etc \
             --dir /usr/share/zoneinfo=/usr/share/zoneinfo",
    variables: &["PYTHONHOME", "PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE"],
    files: &[("", "scripts/*.py")],
    // Both builds have the same library: names of its files are in messages.
    before: "export PYTHONHOME=${PWD%/*}/native PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1",
    runs: r#"
        python -V
        python records.py
        python patterns.py
        python arithmetic.py
        python order.py
        python text.py
        python data.py
        python files.py
        python database.py
        python together.py
        python failing.py
        python language.py
        python -h | head -n 3
        python -c 'import sys; print(sys.argv, sys.flags.optimize, sys.platform, sys.byteorder, sorted(sys.builtin_module_names))' a 'b c'
        python -c 'import math, os; print(2 ** 1000 % 997, math.pi, os.getcwd() == os.path.realpath("."), os.environ["TZ"])'
        python -c 'raise ValueError("raised")'
        python -c 'import sys; sys.exit("message")'
        python -c 'import os; os._exit(7)'
        python -c 'import os, signal; os.kill(os.getpid(), signal.SIGTERM)' 2> /dev/null || echo $?
        python -c 'print(input("name? ")[::-1])' < patterns.py
        python -c 'import sys; sys.stdout.buffer.write(bytes(range(256)))' | python -c 'import sys; print(sys.stdin.buffer.read().hex())'
        python -c 'import os; os.fork()'
        echo 'print(sum(range(10**6)))' | python -
        printf 'x = 6\nx * 7\n1 / 0\nimport sys; sys.exit(3)\n' | python -i -q
        python -O -c 'assert False; print(__debug__)'
        python -S -W error -X utf8 -c 'import sys; print(len(sys.path), sys.flags.utf8_mode, sys.stdout.encoding)'
        python -W error -c 'import warnings; warnings.warn("careful")'
        python -X importtime -c pass 2>&1 | grep -c '|'
        python -X dev -c 'open("files.py")'
        python -m json.tool --sort-keys --indent 1 < records.py
        echo '{"b": [1, {"c": null}], "a": 1.50}' | python -m json.tool --sort-keys
        python -m py_compile files.py data.py && ls __pycache__ && cksum __pycache__/*
        python -m py_compile nothing.py
        PYTHONDONTWRITEBYTECODE= python -m compileall -q . ; python __pycache__/order.cpython-311.pyc | cksum
        python -m ast language.py | cksum; python -m dis order.py | sed "s/ at 0x[0-9a-f]*//" | cksum; python -m tokenize text.py | cksum
        python -m zipfile -c all.zip records.py order.py; python -m zipfile -t all.zip; python -m zipfile -l all.zip | wc -l
        python -m tarfile -c all.tar records.py order.py; python -m tarfile -l all.tar
        python -m gzip records.py && gzip -dc records.py.gz | cmp - records.py; rm records.py.gz
        python -m base64 -e order.py | python -m base64 -d | cmp - order.py
        python -m calendar 2024 2; python -m this; python -m textwrap; python -m sysconfig | wc -l
        python -m inspect textwrap:fill | head -n 5; python -m pydoc textwrap.indent; python -m symtable < order.py | cksum
        python -m doctest -v order.py | tail -n 3; python -m unittest -q nothing 2>&1 | tail -n 3
        python -m trace --count --summary -C . database.py | tail -n 4
        python -m cProfile records.py | grep -c json
        python -m http.server --help | head -n 2; python -m nothing 2>&1 | sed "s/.*: //"
        for what in nothing.py . --nothing; do python $what 2>&1 | sed "s/.*: //"; done"#,
    differences: &[Difference { what: "*os.fork()'", why: ONE_PROCESS }],
    suite: Some(Suite {
        // A process for each module, which finds no command but itself: a test that starts one is skipped anyway, by `run.py`.
        // Left out is what would wait for a process, or sets the machine's clock; and test_socket, which asks name servers, and
        // test__xxsubinterpreters, in which CPython uses what it has freed.
        script: r#"
            export PYTHONHOME=$PWD PYTHONHASHSEED=0
            mkdir reports logs
            for name in _locale _opcode abc abstract_numbers argparse array ast asyncgen asynchat asyncore atexit audioop augassign \
                base64 baseexception bdb binascii binop bisect bool buffer bufio builtin bytes bz2 calendar call capi \
                charmapcodec class cmath cmd code code_module codeccallbacks codecencodings_cn codecencodings_hk \
                codecencodings_iso2022 codecencodings_jp codecencodings_kr codecencodings_tw codecs codeop collections \
                colorsys compare compile compileall complex configparser contains context contextlib contextlib_async copy \
                copyreg coroutines cprofile crypt csv dataclasses datetime dbm_dumb decimal decorators defaultdict deque \
                descr descrtut dict dict_version dictcomps dictviews difflib dis doctest dynamic email enum enumerate eof \
                epoll errno except_star exception_group exception_hierarchy exception_variations exceptions extcall \
                faulthandler fcntl file filecmp fileinput fileio fileutils finalization float flufl fnmatch format fractions \
                frame frozen fstring funcattrs functools future gc generators genericalias genericclass genericpath genexps \
                getopt getpass getpath gettext glob global grammar graphlib grp gzip hash hashlib heapq hmac html htmlparser \
                http_cookies httplib httpservers imp import importlib index inspect int int_literal io ioctl ipaddress \
                isinstance iter iterlen itertools json keyword keywordonlyarg largefile linecache list listcomps locale \
                logging long mailbox marshal math memoryio memoryview metaclass mimetypes minidom mmap module multibytecodec \
                named_expressions numeric_tower opcache opcodes openpty operator optparse ordered_dict os pathlib patma \
                peepholer pep646_syntax pickle picklebuffer pickletools pkg pkgutil platform plistlib poll \
                positional_only_arg posix posixpath pow pprint print profile property pty pulldom pwd py_compile pyexpat \
                queue quopri raise random range re reprlib resource richcmp runpy sax sched scope secrets select selectors \
                set setcomps shelve shlex shutil signal site slice socketserver sort source_encoding sqlite3 stat \
                statistics strftime string string_literals stringprep strptime strtod struct structseq subclassinit super \
                support symtable syntax sys sys_setprofile sys_settrace sysconfig tarfile tempfile textwrap thread \
                threadedtempfile threading threading_local threadsignals time timeout tokenize tomllib traceback tracemalloc \
                tuple type_annotations type_cache typechecks types typing ucn unary unicode unicode_file \
                unicode_file_functions unicode_identifiers unicodedata univnewlines unpack unpack_ex unparse urllib urlparse \
                userdict userlist userstring utf8source uu uuid warnings wave weakref weakset with wsgiref xml_etree \
                xml_etree_c xxtestfuzz yield_from zipapp zipfile zipimport zlib zoneinfo; do
                timeout --kill-after=5 300 env PATH=$BIN $BIN/python scripts/suite/run.py \
                    --ignore test_forkinthread --ignore test_monotonic_settime --junit-xml reports/$name.xml test_$name > logs/$name 2>&1
                [ -s reports/$name.xml ] || echo "FAIL: test_$name"
            done
            env -u PYTHONHOME python3 scripts/suite/outcomes.py reports/*.xml"#,
        differences: &[
            Difference { what: "test.test_os.ChownFileTests.test_chown_with_root", why: OWNERS },
            Difference { what: "test.test_posix.PosixTester.test_*chown", why: OWNERS },
            Difference { what: "test.test_tarfile.*.test_extract_directory", why: OWNERS },
            Difference { what: "test.test_tarfile.*.test_extractall", why: OWNERS },
            Difference { what: "test.test_tarfile.*_pathlike_name", why: OWNERS },
            Difference { what: "test.test_openpty.*", why: NO_TERMINALS },
            Difference { what: "test.test_os.FDInheritanceTests.test_openpty", why: NO_TERMINALS },
            Difference { what: "test.test_builtin.PtyTests.*", why: NO_TERMINALS },
            Difference { what: "test.test_pty.*", why: NO_TERMINALS },
            Difference {
                what: "test.test_posix.PosixGroupsTester.*",
                why: "a program keeps the groups that it begins with",
            },
            Difference { what: "test.test_posix.PosixTester.test_pidfd_open", why: ONE_PROCESS },
            Difference { what: "test.test_signal.PidfdSignalTest.*", why: ONE_PROCESS },
            Difference {
                what: "test.test_os.EnvironTests.*",
                why: "goes on to ask the shell, where there is one, and is skipped then",
            },
            Difference {
                what: "test.test_fcntl.TestFcntl.test_fcntl_64_bit",
                why: "directories are watched by inotify, not by signals (F_NOTIFY)",
            },
            Difference {
                what: "test.test_mmap.LargeMmapTests.test_around_4GB",
                why: "a file of 4 GiB does not fit into a sandbox",
            },
            Difference {
                what: "test.test_mmap.MmapTests.test_access_parameter",
                why: "no memory is executable but verified code",
            },
            Difference {
                what: "test.test_os.MakedirTests.test_exist_ok_s_isgid_directory",
                why: "files of the host never get set-id bits",
            },
            Difference {
                what: "test.test_os.ProgramPriorityTests.test_set_get_priority",
                why: "a program cannot change its priority",
            },
            Difference {
                what: "test.test_posix.PosixTester.test_sched_setaffinity",
                why: "a program cannot choose its processors",
            },
        ],
    }),
};
