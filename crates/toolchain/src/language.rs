//! What an input is, by `-x` or by its suffix.

/// What is to be done with an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// The stock compiler makes assembly of it.
    Compiled,
    /// `.S`: assembly that the stock preprocessor goes over first.
    PreprocessedAssembly,
    /// `.s`.
    Assembly,
    /// For the linker.
    Object,
}

/// The language of an input: `explicit` is what `-x` said.
pub(crate) fn language(path: &str, explicit: Option<&str>) -> Language {
    match explicit {
        Some("assembler") => return Language::Assembly,
        Some("assembler-with-cpp") => return Language::PreprocessedAssembly,
        Some(_) => return Language::Compiled,
        None => {}
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.').map_or("", |(_, suffix)| suffix) {
        "s" => Language::Assembly,
        "S" | "sx" => Language::PreprocessedAssembly,
        "c" | "i" | "cc" | "cp" | "cxx" | "cpp" | "CPP" | "c++" | "C" | "ii" | "m" | "mi" | "mm" | "mii" | "ll"
        | "bc" => Language::Compiled,
        _ => Language::Object,
    }
}

/// Whether an input is C++: `explicit` is what `-x` said.
pub(crate) fn is_cpp(path: &str, explicit: Option<&str>) -> bool {
    match explicit {
        Some(language) => language.contains("c++"),
        None => [".cc", ".cp", ".cxx", ".cpp", ".CPP", ".c++", ".C", ".ii"].iter().any(|suffix| path.ends_with(suffix)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpp_by_suffix_and_by_option() {
        assert!(is_cpp("a.cc", None) && is_cpp("a.C", None) && is_cpp("a.txt", Some("c++")));
        assert!(!is_cpp("a.c", None) && !is_cpp("a.cc", Some("c")) && !is_cpp("cpp", None));
    }

    #[test]
    fn by_suffix_and_by_option() {
        for (path, explicit, expected) in [
            ("a.c", None, Language::Compiled),
            ("dir.s/a.cpp", None, Language::Compiled),
            ("a.C", None, Language::Compiled),
            ("a.s", None, Language::Assembly),
            ("a.S", None, Language::PreprocessedAssembly),
            ("a.o", None, Language::Object),
            ("dir.c/a", None, Language::Object),
            ("liba.a", None, Language::Object),
            ("-", Some("c"), Language::Compiled),
            ("a.c", Some("assembler"), Language::Assembly),
            ("a.txt", Some("assembler-with-cpp"), Language::PreprocessedAssembly),
        ] {
            assert_eq!(language(path, explicit), expected, "{path} {explicit:?}");
        }
    }
}
