//! Scripting languages.

use super::{Difference, Program};
use crate::{
    fetch::pins,
    programs::suite::Suite,
    recipe::{Origin, Recipe},
};

pub(super) const LUA: Program = Program {
    name: "lua",
    quick: false,
    packages: &[],
    recipe: Recipe {
        sources: &[("", Origin::Debian(&pins::LUA)), ("demo", Origin::Own("demo"))],
        script: r#"
            make -C src posix CC="$CC -std=gnu99" AR="$AR rc" RANLIB=$RANLIB"#,
    },
    executables: &["src/lua", "src/luac"],
    // For os.tmpname().
    grants: "--tmpfs /tmp=1m",
    variables: &["LUA_INIT", "LUA_PATH"],
    files: &[("", "demo/script.lua"), ("", "README")],
    before: "",
    runs: r##"
        lua -v
        lua script.lua
        luac -o compiled script.lua && lua compiled
        luac -l -l -p script.lua | grep -c LOADK
        lua -e 'print(1 // 0.0, 7 // -2, 7 % -2, 2^53, math.tointeger(3.0), 1e15, 0x7fffffffffffffff + 1)'
        lua -e 'for w in io.lines("README") do io.write((w:gsub("%a+", string.upper)), "\n") end'
        lua -e 'local f = assert(io.open("out", "w")); f:write(("x"):rep(100000)); f:close(); print(io.open("out"):seek("end"))'
        lua -e 'local f = io.tmpfile(); f:write("abc"); f:seek("set", 1); print(f:read("a"))'
        lua -e 'print(pcall(error, "x")); print(select("#", xpcall(function() local x = nil; x.y = 1 end, debug.traceback)))'
        lua -e 'local co = coroutine.wrap(function(a) while true do a = coroutine.yield(a * 2) end end); print(co(1), co(2), co(3))'
        lua -e 'print(string.format("%q %5.1f %a %g", "a\0b\n", 3.14159, 1.0, 1e300), os.date("!%c", 1e9), #arg)' a b
        lua -e 'print(os.rename("out", "in"), os.remove("in"), os.remove("in"))'
        lua -e 'collectgarbage("generational"); local t = {}; for i = 1, 1e6 do t[i % 1000] = {i} end; print(#t)'
        lua -e 'error("thrown")'
        lua -e 'string.rep("x", 1 << 40)'
        lua -e 'local function f() return f() + 1 end; f()' 2>&1 | head -n 1
        echo 'print(...)' | lua - 1 2
        lua nothing.lua
        lua -e 'os.exit(7)'
        lua -e 'return +'"##,
    differences: &[],
    suite: None,
};

pub(super) const QUICKJS: Program = Program {
    name: "quickjs",
    quick: false,
    packages: &[],
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
    before: "",
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
};

const NATIVE_CODE: &str = "is about machine code that the interpreter makes, which no sandbox runs";

pub(super) const MICROPYTHON: Program = Program {
    name: "micropython",
    quick: true,
    packages: &[],
    recipe: Recipe {
        sources: &[("", Origin::Debian(&pins::MICROPYTHON))],
        // Without the libraries that are not in the archive: libffi, Berkeley DB, Mbed TLS, micropython-lib.
        script: r#"
            make -C mpy-cross CC=gcc
            make -C ports/unix CC="$CC" STRIP= SIZE=true MICROPY_PY_BTREE=0 MICROPY_PY_FFI=0 MICROPY_PY_SSL=0 \
                FROZEN_MANIFEST=../../extmod/asyncio/manifest.py MPY_LIB_DIR=../.."#,
    },
    executables: &["ports/unix/build-standard/micropython"],
    // Its test script waits for a prompt first.
    grants: "--tty",
    variables: &["MICROPYPATH"],
    files: &[("basics", "tests/basics/s*.py")],
    before: "",
    runs: r#"
        micropython -c 'import sys; print(sys.implementation, 2 ** 200, 1.5e300 * 3)'
        micropython -c 'raise ValueError("raised")'
        echo 'print(sum(range(1000)))' | micropython
        for script in basics/*.py; do micropython $script; done"#,
    differences: &[],
    suite: Some(Suite {
        // Not those that type at a terminal and go by when it answers.
        script: r#"
            cd tests
            MICROPY_MICROPYTHON=$BIN/micropython ./run-tests.py -j2 --exclude cmdline/repl_"#,
        differences: &[
            Difference { what: "micropython/native_*", why: NATIVE_CODE },
            Difference { what: "micropython/viper_*", why: NATIVE_CODE },
            Difference { what: "micropython/import_mpy_native*", why: NATIVE_CODE },
            Difference { what: "ports/unix/mod_os.py", why: "os.system: a sandbox is one process" },
            Difference { what: "extmod/asyncio*", why: "measures time, which a busy machine does not keep" },
        ],
    }),
};
