//! Types that C and Rust share.

use std::fmt::Write;

/// A small generator of numbers (splitmix64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// How values of a type without parts are written.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Sort {
    Integer { bits: u32 },
    Wide,
    Bool,
    Float,
    Half,
    LongDouble,
    Pointer,
    Enum,
}

/// A type without parts: its names in C and Rust.
#[derive(Clone, Copy)]
pub(crate) struct Scalar {
    pub(crate) c: &'static str,
    pub(crate) rust: &'static str,
    pub(crate) sort: Sort,
    /// Variadic functions get it as it is.
    pub(crate) promoted: bool,
}

const fn scalar(c: &'static str, rust: &'static str, sort: Sort, promoted: bool) -> Scalar {
    Scalar { c, rust, sort, promoted }
}

const SCALARS: [Scalar; 17] = [
    scalar("signed char", "i8", Sort::Integer { bits: 7 }, false),
    scalar("unsigned char", "u8", Sort::Integer { bits: 8 }, false),
    scalar("short", "i16", Sort::Integer { bits: 15 }, false),
    scalar("unsigned short", "u16", Sort::Integer { bits: 16 }, false),
    scalar("int", "i32", Sort::Integer { bits: 31 }, true),
    scalar("unsigned", "u32", Sort::Integer { bits: 32 }, true),
    scalar("long", "i64", Sort::Integer { bits: 63 }, true),
    scalar("unsigned long", "u64", Sort::Integer { bits: 64 }, true),
    scalar("__int128", "i128", Sort::Wide, true),
    scalar("unsigned __int128", "u128", Sort::Wide, true),
    scalar("_Bool", "bool", Sort::Bool, false),
    scalar("float", "f32", Sort::Float, false),
    scalar("double", "f64", Sort::Float, true),
    scalar("long double", "LongDouble", Sort::LongDouble, true),
    scalar("unsigned char *", "SandboxPtr<u8>", Sort::Pointer, true),
    scalar("enum colour", "Colour", Sort::Enum, false),
    scalar("_Float16", "Float16", Sort::Half, false),
];

const FLOAT: usize = 11;
const DOUBLE: usize = 12;
const LONG_DOUBLE: usize = 13;

/// A type by its place in a table.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Type {
    Scalar(usize),
    Complex(usize),
    Structure(usize),
}

struct Field {
    of: Type,
    /// Elements of an array.
    count: Option<usize>,
}

struct Structure {
    fields: Vec<Field>,
    packed: bool,
    /// It is a union, and this its field that has a value.
    active: Option<usize>,
}

impl Structure {
    /// What it is called: by its word in C, or by the macro that declares it.
    fn word(&self) -> &'static str {
        if self.active.is_some() { "union" } else { "struct" }
    }

    /// The fields that have values, and their numbers.
    fn live_fields(&self) -> impl Iterator<Item = (usize, &Field)> {
        self.fields.iter().enumerate().filter(|(number, _)| self.active.is_none_or(|active| active == *number))
    }
}

/// All that there are.
pub(crate) struct Types {
    structures: Vec<Structure>,
}

/// A part of a value that has no parts: where it is, in both languages.
pub(crate) struct Leaf {
    pub(crate) c: String,
    pub(crate) rust: String,
    pub(crate) scalar: Scalar,
}

impl Types {
    pub(crate) fn new(random: &mut Random, structures: usize) -> Self {
        let mut types = Self { structures: Vec::new() };
        while types.structures.len() < structures {
            let union = random.one_in(5);
            let packed = !union && random.one_in(10);
            // Most fit in two registers, and some do not.
            let most = if random.one_in(4) { 6 } else { 3 };
            let count = 1 + random.below(most);
            let mut fields: Vec<Field> = (0..count)
                .map(|_| Field { of: types.any(random), count: random.one_in(4).then(|| 1 + random.below(4)) })
                .collect();
            // Rust has no packed structures of aligned types.
            fields.retain(|field| !(packed && types.is_aligned(field.of)));
            if !fields.is_empty() {
                let active = union.then(|| random.below(fields.len()));
                types.structures.push(Structure { fields, packed, active });
            }
        }
        types
    }

    /// Whether Rust's type is declared with an alignment, or has such parts.
    fn is_aligned(&self, of: Type) -> bool {
        match of {
            Type::Scalar(index) | Type::Complex(index) => index == LONG_DOUBLE,
            Type::Structure(index) => self.structures[index].fields.iter().any(|field| self.is_aligned(field.of)),
        }
    }

    /// Any type but arrays.
    pub(crate) fn any(&self, random: &mut Random) -> Type {
        match random.below(10) {
            0..3 if !self.structures.is_empty() => Type::Structure(random.below(self.structures.len())),
            3 if random.one_in(2) => Type::Complex([FLOAT, DOUBLE, LONG_DOUBLE][random.below(3)]),
            _ => Type::Scalar(random.below(SCALARS.len())),
        }
    }

    pub(crate) fn is_promoted(&self, of: Type) -> bool {
        !matches!(of, Type::Scalar(index) if !SCALARS[index].promoted)
    }

    /// Whether it is an integer of 128 bits, and not a part of a structure.
    pub(crate) fn is_wide(&self, of: Type) -> bool {
        matches!(of, Type::Scalar(index) if SCALARS[index].sort == Sort::Wide)
    }

    pub(crate) fn in_c(&self, of: Type) -> String {
        match of {
            Type::Scalar(index) => SCALARS[index].c.to_owned(),
            Type::Complex(index) => format!("_Complex {}", SCALARS[index].c),
            Type::Structure(index) => format!("{} s{index}", self.structures[index].word()),
        }
    }

    pub(crate) fn in_rust(&self, of: Type) -> String {
        match of {
            Type::Scalar(index) => SCALARS[index].rust.to_owned(),
            Type::Complex(index) => format!("Complex<{}>", SCALARS[index].rust),
            Type::Structure(index) => format!("S{index}"),
        }
    }

    /// The declarations of all structures, in both languages.
    pub(crate) fn declarations(&self) -> (String, String) {
        let mut c = "enum colour { RED = -7, GREEN = 70000, BLUE };\nint wrong, checked;\n".to_owned();
        let mut rust = "lfi::c_enum! { enum Colour: i32 { RED = -7, GREEN = 70000, BLUE } }\n".to_owned();
        for (index, structure) in self.structures.iter().enumerate() {
            let (in_c, in_rust) =
                if structure.packed { ("__attribute__((packed)) ", "#[repr(packed)] ") } else { ("", "") };
            let word = structure.word();
            write!(c, "{word} {in_c}s{index} {{").unwrap_or_default();
            write!(rust, "lfi::c_{word}! {{ {in_rust}{word} S{index} {{").unwrap_or_default();
            for (number, field) in structure.fields.iter().enumerate() {
                let (type_c, type_rust) = (self.in_c(field.of), self.in_rust(field.of));
                match field.count {
                    None => {
                        c += &format!(" {type_c} f{number};");
                        rust += &format!(" f{number}: {type_rust},");
                    }
                    Some(count) => {
                        c += &format!(" {type_c} f{number}[{count}];");
                        rust += &format!(" f{number}: [{type_rust}; {count}],");
                    }
                }
            }
            c += " };\n";
            rust += " } }\n";
        }
        (c, rust)
    }

    /// The parts of a value without parts, in the order of the type.
    pub(crate) fn leaves(&self, of: Type, c: &str, rust: &str) -> Vec<Leaf> {
        let leaf = |c: String, rust: String, index: usize| Leaf { c, rust, scalar: SCALARS[index] };
        match of {
            Type::Scalar(index) => vec![leaf(c.to_owned(), rust.to_owned(), index)],
            Type::Complex(index) => [("__real__", "re"), ("__imag__", "im")]
                .map(|(part_c, part)| leaf(format!("{part_c} {c}"), format!("{rust}.{part}"), index))
                .into(),
            Type::Structure(index) => {
                let structure = &self.structures[index];
                let elements = structure.live_fields().flat_map(|(number, field)| match field.count {
                    None => vec![(field.of, number, String::new())],
                    Some(count) => (0..count).map(|at| (field.of, number, format!("[{at}]"))).collect(),
                });
                let leaves = |(of, number, element)| {
                    let field = match structure.active {
                        None => format!("f{number}"),
                        Some(_) => format!("get(S{index}::f{number})"),
                    };
                    self.leaves(of, &format!("{c}.f{number}{element}"), &format!("{rust}.{field}{element}"))
                };
                elements.flat_map(leaves).collect()
            }
        }
    }

    /// A value as an expression of Rust, its parts as given.
    pub(crate) fn value(&self, of: Type, parts: &mut impl Iterator<Item = String>) -> String {
        match of {
            Type::Scalar(_) => parts.next().unwrap_or_default(),
            Type::Complex(_) => {
                let (re, im) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
                format!("Complex {{ re: {re}, im: {im} }}")
            }
            Type::Structure(index) => {
                let structure = &self.structures[index];
                let mut text = format!("S{index} {{");
                for (number, field) in structure.live_fields() {
                    let value = match field.count {
                        None => self.value(field.of, parts),
                        Some(count) => {
                            let elements: Vec<_> = (0..count).map(|_| self.value(field.of, parts)).collect();
                            format!("[{}]", elements.join(", "))
                        }
                    };
                    if structure.active.is_some() {
                        return format!("S{index}::new(S{index}::f{number}, {value})");
                    }
                    text += &format!(" f{number}: {value},");
                }
                text + " }"
            }
        }
    }
}

/// A value without parts: as an expression of C, and of Rust.
pub(crate) fn literal(random: &mut Random, scalar: Scalar) -> (String, String) {
    let (n, rust) = (random.next(), scalar.rust);
    match scalar.sort {
        Sort::Integer { bits } => {
            let n = n >> (64 - bits);
            let minus = if rust.starts_with('i') && random.one_in(2) { "-" } else { "" };
            (format!("({})({minus}{n}UL)", scalar.c), format!("{minus}{n}"))
        }
        Sort::Wide => {
            let low = random.next();
            (
                format!("({})(((unsigned __int128){n}UL << 64) | {low}UL)", scalar.c),
                format!("((({n}u128 << 64) | {low}) as {rust})"),
            )
        }
        Sort::Bool => ((n & 1).to_string(), (n & 1 == 1).to_string()),
        Sort::Float => {
            // Few enough bits for `float`.
            let n = (n >> 42) as i64 - (1 << 21);
            (format!("({n} / ({}) 8)", scalar.c), format!("({n} as {rust} / 8.0)"))
        }
        Sort::Half => {
            let eighths = (n & 0x7ff) as i32 - 1024;
            (format!("((_Float16)({eighths} / 8.0f))"), format!("Float16::from({eighths} as f32 / 8.0)"))
        }
        Sort::LongDouble => {
            (format!("(long double){}L", n as i64 >> 1), format!("LongDouble::from({}i64)", n as i64 >> 1))
        }
        Sort::Pointer => (format!("(unsigned char *){n}UL"), format!("SandboxPtr::new({n})")),
        Sort::Enum => {
            let (c, rust) =
                [("RED", "Colour::RED"), ("GREEN", "Colour::GREEN"), ("BLUE", "Colour::BLUE")][(n % 3) as usize];
            (c.to_owned(), rust.to_owned())
        }
    }
}
