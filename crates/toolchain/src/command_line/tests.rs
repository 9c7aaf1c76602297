use super::*;
use crate::options::Emit;

fn parse(text: &str) -> CommandLine {
    try_parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn try_parse(text: &str) -> Result<CommandLine> {
    CommandLine::parse(text.split_whitespace().map(str::to_owned), Options::default())
}

fn files(line: &CommandLine) -> Vec<&str> {
    line.files().map(|(path, _)| path).collect()
}

/// Words for the linker and, in their places, files.
fn link(line: &CommandLine) -> String {
    let words: Vec<&str> = line
        .items
        .iter()
        .map(|item| match item {
            Item::File { path, .. } => path.as_str(),
            Item::Linker(word) => word.as_str(),
        })
        .collect();
    words.join(" ")
}

#[test]
fn autoconf_probes() {
    let line = parse("-o conftest -g -O2 conftest.c -lm");
    assert_eq!((line.action.clone(), line.output.as_deref()), (Action::Link, Some("conftest")));
    assert_eq!(link(&line), "conftest.c -lm");
    assert_eq!(line.compile, ["-g", "-O2", "-fPIE"]);

    let line = parse("-c -g -O2 -I. -I./src -DHAVE_CONFIG_H conftest.c");
    assert_eq!(line.action, Action::Object);
    assert_eq!(files(&line), ["conftest.c"]);

    assert_eq!(parse("-E conftest.c").action, Action::Stock);
    assert_eq!(parse("-v").action, Action::Query(Query::Version));
    assert_eq!(parse("--version").action, Action::Query(Query::Version));
    // Probes that a compiler other than ours would answer.
    assert!(matches!(try_parse("-V"), Err(Error::Usage(_))));
    assert!(matches!(try_parse("-qversion"), Err(Error::Usage(_))));
}

#[test]
fn automake_and_libtool() {
    let line = parse(
        "-std=gnu11 -DHAVE_CONFIG_H -I. -I.. -Wall -Wextra -g -O2 -MT foo.lo -MD -MP -MF .deps/foo.Tpo \
         -c foo.c -fPIC -DPIC -o .libs/foo.o",
    );
    assert_eq!(line.action, Action::Object);
    assert_eq!(line.output.as_deref(), Some(".libs/foo.o"));
    assert_eq!(
        line.dependencies,
        Dependencies {
            write: Some("-MD".to_owned()),
            file: Some(".deps/foo.Tpo".to_owned()),
            flags: vec!["-MT".to_owned(), "foo.lo".to_owned(), "-MP".to_owned()],
        }
    );
    assert!(!line.compile.iter().any(|word| word == "-fPIE"), "-fPIC was asked for");
    assert!(line.compile.iter().any(|word| word == "-DPIC"));

    let line = parse("-shared-libgcc -g -O2 -o prog main.o ./.libs/libx.a -L/a/lib -lz -lpthread -pthread");
    assert_eq!(link(&line), "main.o ./.libs/libx.a -L/a/lib -lz -lpthread");
    let error = try_parse("-shared -fPIC -DPIC .libs/foo.o -Wl,-soname -Wl,libfoo.so.1 -o .libs/libfoo.so.1.0.0");
    assert!(error.unwrap_err().to_string().contains("shared objects are not supported yet"));
    assert_eq!(parse("-print-prog-name=ld").action, Action::Query(Query::Program("ld".to_owned())));
    assert_eq!(parse("--print-file-name=libc.a").action, Action::Query(Query::File("libc.a".to_owned())));
    assert_eq!(parse("-print-search-dirs").action, Action::Query(Query::SearchDirs));
}

#[test]
fn cmake() {
    let line = parse(
        "-DNDEBUG -D_FILE_OFFSET_BITS=64 -I/src/include -isystem /opt/include -O3 -DNDEBUG -std=gnu99 -flto=thin \
         -MD -MT CMakeFiles/x.dir/a.c.o -MF CMakeFiles/x.dir/a.c.o.d -o CMakeFiles/x.dir/a.c.o -c /src/a.c",
    );
    assert_eq!(files(&line), ["/src/a.c"]);
    assert!(line.compile.windows(2).any(|pair| pair == ["-isystem", "/opt/include"]));
    assert!(!line.compile.iter().any(|word| word.starts_with("-flto")));
    assert_eq!(line.notes.len(), 1);

    let line = parse(
        "-O3 -DNDEBUG -rdynamic CMakeFiles/p.dir/a.c.o CMakeFiles/p.dir/b.c.o -o p -Wl,-rpath,/x: \
         -Wl,--dependency-file=p.d libx.a -lm",
    );
    assert_eq!(
        link(&line),
        "--export-dynamic CMakeFiles/p.dir/a.c.o CMakeFiles/p.dir/b.c.o -rpath /x: --dependency-file=p.d libx.a -lm"
    );
    assert_eq!(parse("-print-multiarch").action, Action::Query(Query::Multiarch));
    assert_eq!(parse("-dumpmachine").action, Action::Query(Query::Target));
    let stock = |word: &str| Action::Query(Query::Stock(word.to_owned()));
    assert_eq!(parse("-dumpversion").action, stock("-dumpversion"));
    assert_eq!(parse("-print-resource-dir").action, stock("-print-resource-dir"));
}

#[test]
fn kernel_style_and_musl() {
    let line = parse("-Wp,-MMD,scripts/.x.o.d -nostdinc -ffreestanding -Wa,--noexecstack -c -o x.o x.c");
    assert_eq!(line.dependencies.write.as_deref(), Some("-MMD"));
    assert_eq!(line.dependencies.file.as_deref(), Some("scripts/.x.o.d"));
    assert_eq!(line.assemble, ["-Wa,--noexecstack"]);
    assert_eq!(line.compile, ["-nostdinc", "-ffreestanding", "-fPIE"]);
    let line = parse("-Wp,-D_FORTIFY_SOURCE=2 -c x.c");
    assert_eq!(line.compile, ["-Wp,-D_FORTIFY_SOURCE=2", "-fPIE"]);
    assert!(parse("-nostdlib -r -o built-in.o a.o b.o").relocatable);
}

#[test]
fn values_are_not_taken_for_inputs() {
    for text in [
        "-D X -U Y -I d -include h.h -imacros m.h -isystem d -iquote d -idirafter d -c a.c",
        "-Xclang -foo -mllvm -bar --param x=1 -Xpreprocessor -DX -x c -c a.c",
        "-MF d -MT t -MQ q -MD -c a.c",
        "-undef -u sym -e main -z now -L d -l m -T script -Xlinker --x -Xassembler --y a.c",
        "-target x86_64-lfi-linux-musl --sysroot /s -B /b -rpath /r a.c",
        "-o out a.c",
        "-oout a.c",
    ] {
        assert_eq!(files(&parse(text)), ["a.c"], "{text}");
    }
    for text in ["-c a.c -o", "-c a.c -I", "a.c -Xlinker", "-x"] {
        assert!(matches!(try_parse(text), Err(Error::Usage(_))), "{text}");
    }
}

#[test]
fn linker_words_keep_their_order() {
    let line = parse("-Wl,--whole-archive a.a -Wl,--no-whole-archive -Xlinker -z -Xlinker defs -u f -lx -L d b.o -s");
    assert_eq!(link(&line), "--whole-archive a.a --no-whole-archive -z defs -u f -lx -L d b.o --strip-all");
}

#[test]
fn languages() {
    let line = parse("-x c a.txt -x none b.c -x assembler-with-cpp c -");
    let languages: Vec<_> = line.files().collect();
    assert_eq!(
        languages,
        [("a.txt", Some("c")), ("b.c", None), ("c", Some("assembler-with-cpp")), ("-", Some("assembler-with-cpp"))]
    );
    assert_eq!(files(&parse("-c -- -odd.c a.c")), ["-odd.c", "a.c"]);
}

#[test]
fn the_earliest_stop_wins() {
    assert_eq!(parse("-c -S a.c").action, Action::Assembly);
    assert_eq!(parse("-S -c a.c").action, Action::Assembly);
    assert_eq!(parse("-c -E a.c").action, Action::Stock);
    assert_eq!(parse("-c -MM a.c").action, Action::Stock);
    assert_eq!(parse("-c -fsyntax-only a.c").action, Action::Stock);
    assert_eq!(parse("a.c -c --version").action, Action::Query(Query::Version));
    assert_eq!(parse("-c a.h").action, Action::Stock);
    assert_eq!(parse("-x c-header -c a").action, Action::Stock);
}

#[test]
fn what_the_scheme_decides_is_accepted_and_left_out() {
    let line = parse(
        "-static-pie -static -pie -no-pie -fno-pie -fno-PIC -m64 -pipe -fcf-protection=full -fuse-ld=bfd \
         -ftls-model=global-dynamic --target=x86_64_lfi-linux-musl -static-libgcc a.c",
    );
    assert_eq!(line.compile, ["-fPIE"]);
    assert!(line.notes.is_empty());
}

#[test]
fn what_cannot_be_is_refused() {
    for text in [
        "-m32 a.c",
        "-mx32 a.c",
        "-masm=intel a.c",
        "-emit-llvm -c a.c",
        "--target=aarch64-linux-gnu a.c",
        "-target x86_64-linux-gnu a.c",
        "-shared a.o",
    ] {
        assert!(matches!(try_parse(text), Err(Error::Unsupported { .. })), "{text}");
    }
    assert!(matches!(try_parse("-c -o x.o a.c b.c"), Err(Error::Usage(_))));
    assert!(matches!(try_parse("-O2 -lm"), Err(Error::Usage(_))));
    assert!(matches!(try_parse(""), Err(Error::Usage(_))));
}

#[test]
fn own_options() {
    use lfi_abi::{Kind, Returns};
    let line = parse("--lfi-kind=stores --lfi-returns=ret --lfi-sysroot=/s --lfi-emit=stock -c a.c");
    assert_eq!((line.options.kind, line.options.returns), (Kind::Stores, Returns::Ret));
    assert_eq!(line.options.sysroot.as_deref(), Some(std::path::Path::new("/s")));
    assert!(line.options.emit == Emit::Stock);
    assert_eq!(line.compile, ["-fPIE"], "none of them reaches the stock compiler");
    for text in ["--lfi-kind=none a.c", "--lfi-returns a.c", "--lfi-new=x a.c", "--lfi-emit=all a.c"] {
        assert!(matches!(try_parse(text), Err(Error::Usage(_))), "{text}");
    }
    assert_eq!(parse("--sysroot=/t a.c").options.sysroot.as_deref(), Some(std::path::Path::new("/t")));
}

#[test]
fn standard_libraries() {
    let line = parse("-nostdlib a.c");
    assert!(line.no_start_files && line.no_default_libraries);
    let line = parse("-nostartfiles a.c");
    assert!(line.no_start_files && !line.no_default_libraries);
    let line = parse("-nodefaultlibs -nolibc a.c");
    assert!(!line.no_start_files && line.no_default_libraries && line.no_libc);
}
