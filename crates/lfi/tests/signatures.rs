//! Corners of the psABI, in both forms of return. (`crates/signatures` has the
//! broad matrix.)

#[path = "common/sandboxes.rs"]
mod common;

use lfi::{Complex, Error, LongDouble, Sandbox, SandboxPtr, Variadic};

const SOURCE: &str = r#"
    #include <stdarg.h>
    #include <stdbool.h>

    struct pair { long a, b; };
    struct mixed { double d; int i; };
    struct large { long words[3]; };
    struct gap { char c; __int128 w; };
    enum colour { RED, GREEN = 5 };

    /* The pair finds one register, and goes to the stack whole; the last argument gets that register. */
    long whole(long a, long b, long c, long d, long e, struct pair p, long last)
    { return p.a * 100 + p.b * 10 + last; }
    /* Seven floats, so one is left: the mixed one gets it, and an integer register. */
    double fits(double a, double b, double c, double d, double e, double f, double g, struct mixed m, double last)
    { return m.d + m.i + last / 1024; }
    /* 16 bytes aligned, behind 8 bytes of the stack. */
    long wide(long a, long b, long c, long d, long e, long f, long g, __int128 w) { return (w >> 64) + g; }
    long double longer(long double x, long a, float y) { return x + a + y; }

    /* Called with a `struct padded`: what is in the register. */
    long first(long a) { return a; }
    long padding_in_memory(struct large first, struct gap g)
    {
        long sum = 0;
        const unsigned char *gap = (const unsigned char *)&g;
        for (int i = 1; i < 16; i++) sum += gap[i];
        return sum;
    }

    struct large largest(struct large l) { l.words[1] = -l.words[1]; return l; }
    long double third(long double x) { return x / 3; }
    _Complex long double conjugate(_Complex long double z) { return ~z; }
    double imaginary(_Complex double z) { return __imag__ z; }
    enum colour odd(void) { return 77; }
    int truth(void) { return 0x5500 | 2; }
    void nothing(struct large l) {}

    /* Neither in a vector register nor on the x87 stack, as the two together are in memory. */
    union either { long double l; double d; };
    union either either(union either e) { e.l += 1; return e; }
    union number { long i; double d; };
    long bits(union number n) { return n.i; }

    long double through(long double (*f)(int, long double), long double x) { return f(2, x) + 1; }
    _Complex long double complex_through(_Complex long double (*f)(void)) { return f() + 1; }
    double large_through(struct large (*f)(struct large, double), double x)
    { struct large l = f((struct large){ { 1, 2, 3 } }, x); return l.words[0] * 100 + l.words[2]; }
    /* The address of the result is the caller's. */
    typedef struct large *raw(struct large *);
    struct large *unchecked(raw *f, unsigned long at) { return f((struct large *)at); }
    /* Arguments, but no stack that has them. */
    __attribute__((naked)) void no_stack(void *f, unsigned long at) { __asm__("leaq -8(%rsi), %rsp\n jmpq *%rdi"); }

    double sum(int count, ...)
    {
        va_list list;
        double sum = 0;
        va_start(list, count);
        while (count--) {
            struct mixed m = va_arg(list, struct mixed);
            sum += m.d * m.i + va_arg(list, long double);
        }
        va_end(list);
        return sum;
    }
"#;

lfi::c_struct! {
    #[derive(Debug, PartialEq)]
    struct Pair { a: i64, b: i64 }
    struct Mixed { d: f64, i: i32 }
    struct Padded { c: i8, l: i64 }
    #[derive(Debug, PartialEq)]
    struct Large { words: [i64; 3] }
    struct Gap { c: i8, w: i128 }
}
lfi::c_enum! {
    enum Colour: u32 { RED, GREEN = 5 }
}

lfi::c_union! {
    union Either { l: LongDouble, d: f64 }
    union Number { i: i64, d: f64 }
}

fn sandboxes() -> impl Iterator<Item = Sandbox> {
    common::sandboxes(SOURCE, &["-O1"])
}

#[test]
fn what_does_not_fit_goes_to_the_stack_whole() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        let whole = s.func::<(i64, i64, i64, i64, i64, Pair, i64), i64>("whole").unwrap();
        assert_eq!(whole.call(s, (0, 0, 0, 0, 0, Pair { a: 1, b: 2 }, 3)).unwrap(), 123);
        let fits = s.func::<(f64, f64, f64, f64, f64, f64, f64, Mixed, f64), f64>("fits").unwrap();
        let mixed = Mixed { d: 0.5, i: 40 };
        assert_eq!(fits.call(s, (0., 0., 0., 0., 0., 0., 0., mixed, 1024.)).unwrap(), 41.5);
    }
}

#[test]
fn the_stack_is_aligned_for_wide_arguments() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        let wide = s.func::<(i64, i64, i64, i64, i64, i64, i64, i128), i64>("wide").unwrap();
        assert_eq!(wide.call(s, (0, 0, 0, 0, 0, 0, 7, -5 << 64)).unwrap(), 2);
        let longer = s.func::<(LongDouble, i64, f32), LongDouble>("longer").unwrap();
        assert_eq!(longer.call(s, (1.25.into(), 2, 0.5)).unwrap(), LongDouble::from(3.75));
    }
}

#[test]
fn class_18_padding_is_zero() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        // Whatever was on the host's stack.
        let first = s.func::<(Padded,), i64>("first").unwrap();
        assert_eq!(first.call(s, (noisy(),)).unwrap(), 0xff);
        let memory = s.func::<(Large, Gap), i64>("padding_in_memory").unwrap();
        let gap = Gap { c: -1, w: 0 };
        assert_eq!(memory.call(s, (Large { words: [-1; 3] }, gap)).unwrap(), 0);
    }
}

/// A structure whose padding is likely to hold something.
#[inline(never)]
fn noisy() -> Padded {
    let noise = std::hint::black_box([0xffu8; 256]);
    Padded { c: noise[3] as i8, l: std::hint::black_box(7) }
}

#[test]
fn results_in_memory() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        let largest = s.func::<(Large,), Large>("largest").unwrap();
        for _ in 0..10_000 {
            assert_eq!(largest.call(s, (Large { words: [1, 2, 3] },)).unwrap(), Large { words: [1, -2, 3] });
        }
    }
}

#[test]
fn long_doubles_come_back_again_and_again() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        let third = s.func::<(LongDouble,), LongDouble>("third").unwrap();
        let conjugate = s.func::<(Complex<LongDouble>,), Complex<LongDouble>>("conjugate").unwrap();
        let imaginary = s.func::<(Complex<f64>,), f64>("imaginary").unwrap();
        // More often than there are registers.
        for _ in 0..20 {
            let result = third.call(s, (1.0.into(),)).unwrap();
            assert_eq!(result.to_bits(), (16383 - 2, 0xaaaa_aaaa_aaaa_aaab));
            let z = conjugate.call(s, (Complex { re: 1.5.into(), im: 2.5.into() },)).unwrap();
            assert_eq!((z.re.to_f64(), z.im.to_f64()), (1.5, -2.5));
            assert_eq!(imaginary.call(s, (Complex { re: 1.0, im: 2.0 },)).unwrap(), 2.0);
        }
    }
}

#[test]
fn unions() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        let either = s.func::<(Either,), Either>("either").unwrap();
        let result = either.call(s, (Either::new(Either::l, 1.5.into()),)).unwrap();
        assert_eq!(result.get(Either::l), LongDouble::from(2.5));
        let bits = s.func::<(Number,), i64>("bits").unwrap();
        assert_eq!(bits.call(s, (Number::new(Number::d, 1.0),)).unwrap(), 1.0f64.to_bits() as i64);
    }
}

#[test]
fn a_result_that_is_not_there_is_zero() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        let nothing = s.func::<(Large,), Complex<LongDouble>>("nothing").unwrap();
        let z = nothing.call(s, (Large { words: [0; 3] },)).unwrap();
        assert_eq!((z.re.to_bits(), z.im.to_bits()), ((0, 0), (0, 0)));
    }
}

#[test]
fn every_bit_pattern_is_a_value() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        assert_eq!(s.func::<(), Colour>("odd").unwrap().call(s, ()).unwrap(), Colour(77));
        assert_eq!(Colour::GREEN.0 - Colour::RED.0, 5);
        assert!(s.func::<(), bool>("truth").unwrap().call(s, ()).unwrap());
    }
}

#[test]
fn variadic_structures() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        type More = Variadic<(Mixed, LongDouble, Mixed, LongDouble, Mixed, LongDouble)>;
        let sum = s.func::<(i32, More), f64>("sum").unwrap();
        let mixed = |i| Mixed { d: 0.5, i };
        let more = (mixed(1), 100.0.into(), mixed(2), 200.0.into(), mixed(3), 300.0.into());
        assert_eq!(sum.call(s, (3, Variadic(more))).unwrap(), 603.0);
    }
}

#[test]
fn callbacks_return_all_that_functions_do() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        let f = s
            .callback(|_: &mut Sandbox, (n, x): (i32, LongDouble)| LongDouble::from(x.to_f64() * f64::from(n)))
            .unwrap();
        let through = s.func::<(SandboxPtr<()>, LongDouble), LongDouble>("through").unwrap();
        let z = s
            .callback(|_: &mut Sandbox, ()| Complex { re: LongDouble::from(2.0), im: LongDouble::from(-1.0) })
            .unwrap();
        let complex = s.func::<(SandboxPtr<()>,), Complex<LongDouble>>("complex_through").unwrap();
        let l =
            s.callback(|_: &mut Sandbox, (l, x): (Large, f64)| Large { words: l.words.map(|w| w * x as i64) }).unwrap();
        let large = s.func::<(SandboxPtr<()>, f64), f64>("large_through").unwrap();
        for _ in 0..20 {
            assert_eq!(through.call(s, (f.pointer(), 1.5.into())).unwrap(), LongDouble::from(4.0));
            let z = complex.call(s, (z.pointer(),)).unwrap();
            assert_eq!((z.re.to_f64(), z.im.to_f64()), (3.0, -1.0));
            assert_eq!(large.call(s, (l.pointer(), 7.0)).unwrap(), 721.0);
        }
    }
}

#[test]
fn places_for_results_and_arguments_are_the_librarys_word() {
    for at in [0, 8, 0x10000, 0xffff_fff8, u64::MAX, 1 << 40] {
        for mut sandbox in sandboxes() {
            let s = &mut sandbox;
            let f = s.callback(|_: &mut Sandbox, ()| Large { words: [-1; 3] }).unwrap();
            let unchecked = s.func::<(SandboxPtr<()>, u64), u64>("unchecked").unwrap();
            assert!(matches!(unchecked.call(s, (f.pointer(), at)), Err(Error::Fault(_))), "{at:#x}");
        }
        for mut sandbox in sandboxes() {
            let s = &mut sandbox;
            let f = s.callback(|_: &mut Sandbox, (l, x): (Large, LongDouble)| x.to_f64() + l.words[0] as f64).unwrap();
            let no_stack = s.func::<(SandboxPtr<()>, u64), ()>("no_stack").unwrap();
            assert!(matches!(no_stack.call(s, (f.pointer(), at)), Err(Error::Fault(_))), "{at:#x}");
        }
    }
}
