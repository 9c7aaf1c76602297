//! The allow-list: every instruction that may stand outside a unit, one row
//! each. What has no row is refused.
//!
//! A row is `mnemonic  map  opcodes  operands  flags`. The notation is that of the
//! opcode map in the manuals (Intel SDM volume 2, appendix A):
//!
//! - Map: `1`, `0f`, `0f38`, `0f3a`, `5`, `6`, `8`, `9`, with a mandatory prefix before it (`66.0f`); `v.` for VEX, `e.` for EVEX,
//!   `x.` for XOP.
//! - Opcodes in hexadecimal: a list of values and ranges. `/` and digits: only these values of
//!   ModRM.reg (`/*`: all; such a row may hold the memory or the register form alone).
//! - Operands: `r:`, `w:`, `rw:` says how a general register or memory is accessed, `a:` that only the address is
//!   formed. A bare operand touches neither general registers nor memory.
//!   - `E` general register or memory by ModRM.rm, `M` memory only, `R` general register only
//!   - `G` general register by ModRM.reg, `B` by VEX.vvvv, `Z` by the opcode's low three bits
//!   - `V`, `H` vector register by ModRM.reg, vvvv; `W` vector register or memory by ModRM.rm, `U` register only
//!   - `K`, `C`, `L` mask register by ModRM.reg, VEX.vvvv, ModRM.rm (the three have no size)
//!   - `P`, `Q`, `N` as `V`, `W`, `U` for MMX registers; `T` register form of another kind (x87 stack, none)
//!   - `S` memory operand of a gather or scatter (VSIB); `X`, `Y` memory at `%rsi`, `%rdi`
//!   - `I` immediate, `J` relative branch target
//!   - sizes: `b` `w` `d` `q` 1 to 8 bytes, `v` 2, 4 or 8 by prefix, `y` 4 or 8 by prefix, `z` 2 or 4 by prefix,
//!     `x` the vector length (16, 32 or 64), `h` `r` `i` a half, quarter, eighth of it, `t` up to 16, `e` up to 32,
//!     `c` 64, `s` up to 128. A size may be larger than what is accessed,
//!     never smaller. `v` and `z` allow the operand-size prefix, `v` and `y` REX.W.
//! - Flags: `lock` the lock prefix is allowed on the memory form; `o` the operand-size prefix is allowed; `w` W may be 0
//!   or 1, `w1` only 1 (else only 0); `l0`, `l1`, `l2` only these vector lengths; `rm=` only these ModRM.rm; `norex` no REX prefix;
//!   `maybe` the access need not happen, so it proves nothing about the address.
//!   EVEX: `k` there may be a mask register, `kz` also to set to zero; `bc` the memory operand may be broadcast, `er` rounding may be
//!   given, `sae` exceptions may be suppressed.
//!   `nop`, `lea`, `stack` (pushes or pops), `string`, `branch`, `jump`, `call`, `leave`: handled by name.
//!   `x87`, `mmx`, `control`, `whole`, `mxcsr`, `direction` and, implied by operands, `avx` and `avx512`: classes of the summary.

/// The rows, in the notation above.
pub(super) const ROWS: &str = "
# Base instructions, one-byte opcodes
arith       1    00,08,10,18,20,28,30   rw:Eb r:Gb lock
arith       1    01,09,11,19,21,29,31   rw:Ev r:Gv lock
arith       1    02,0a,12,1a,22,2a,32   rw:Gb r:Eb
arith       1    03,0b,13,1b,23,2b,33   rw:Gv r:Ev
arith       1    04,0c,14,1c,24,2c,34   Ib
arith       1    05,0d,15,1d,25,2d,35   Iz w
cmp         1    38                     r:Eb r:Gb
cmp         1    39                     r:Ev r:Gv
cmp         1    3a                     r:Gb r:Eb
cmp         1    3b                     r:Gv r:Ev
cmp         1    3c                     Ib
cmp         1    3d                     Iz w
push        1    50-57                  r:Zq stack
pop         1    58-5f                  w:Zq stack
movsxd      1    63                     w:Gy r:Ed
push        1    68                     Id stack
imul        1    69                     w:Gv r:Ev Iz
push        1    6a                     Ib stack
imul        1    6b                     w:Gv r:Ev Ib
jcc         1    70-7f                  Jb branch
arith       1    80/0123456             rw:Eb Ib lock
arith       1    81/0123456             rw:Ev Iz lock
arith       1    83/0123456             rw:Ev Ib lock
cmp         1    80/7                   r:Eb Ib
cmp         1    81/7                   r:Ev Iz
cmp         1    83/7                   r:Ev Ib
test        1    84                     r:Eb r:Gb
test        1    85                     r:Ev r:Gv
xchg        1    86                     rw:Eb rw:Gb lock
xchg        1    87                     rw:Ev rw:Gv lock
mov         1    88                     w:Eb r:Gb
mov         1    89                     w:Ev r:Gv
mov         1    8a                     w:Gb r:Eb
mov         1    8b                     w:Gv r:Ev
lea         1    8d                     w:Gv a:Mv lea
# The address of `pop` is formed after %rsp has moved: 8 bytes more reach.
pop         1    8f/0                   w:Mt stack
nop         1    90                     rw:Zv nop
pause       f3.1 90                     norex
xchg        1    91-97                  rw:Zv
cwde        1    98,99                  o w
fwait       1    9b
pushf       1    9c                     stack
sahf        1    9e,9f
movs        1    a4                     r:Xb w:Yb string
movs        1    a5                     r:Xv w:Yv string
cmps        1    a6                     r:Xb r:Yb string
cmps        1    a7                     r:Xv r:Yv string
test        1    a8                     Ib
test        1    a9                     Iz w
stos        1    aa                     w:Yb string
stos        1    ab                     w:Yv string
lods        1    ac                     r:Xb string
lods        1    ad                     r:Xv string
scas        1    ae                     r:Yb string
scas        1    af                     r:Yv string
movs        f3.1 a4                     r:Xb w:Yb string
movs        f3.1 a5                     r:Xv w:Yv string
cmps        f3.1 a6                     r:Xb r:Yb string
cmps        f3.1 a7                     r:Xv r:Yv string
cmps        f2.1 a6                     r:Xb r:Yb string
cmps        f2.1 a7                     r:Xv r:Yv string
stos        f3.1 aa                     w:Yb string
stos        f3.1 ab                     w:Yv string
lods        f3.1 ac                     r:Xb string
lods        f3.1 ad                     r:Xv string
scas        f3.1 ae                     r:Yb string
scas        f3.1 af                     r:Yv string
scas        f2.1 ae                     r:Yb string
scas        f2.1 af                     r:Yv string
mov         1    b0-b7                  w:Zb Ib
mov         1    b8-bf                  w:Zv Iv
# A shift by zero need not touch its operand. /6 is an undocumented alias.
shift       1    c0/0123457             rw:Eb Ib maybe
shift       1    c1/0123457             rw:Ev Ib maybe
shift       1    d0/0123457             rw:Eb maybe
shift       1    d1/0123457             rw:Ev maybe
shift       1    d2/0123457             rw:Eb maybe
shift       1    d3/0123457             rw:Ev maybe
mov         1    c6/0                   w:Eb Ib
mov         1    c7/0                   w:Ev Iz
leave       1    c9                     leave
int3        1    cc
loop        1    e0-e3                  Jb branch
call        1    e8                     Jd call
jmp         1    e9                     Jd jump
jmp         1    eb                     Jb jump
hlt         1    f4
cmc         1    f5,f8,f9,fc
std         1    fd                     direction
test        1    f6/0                   r:Eb Ib
test        1    f7/0                   r:Ev Iz
not         1    f6/23                  rw:Eb lock
not         1    f7/23                  rw:Ev lock
mul         1    f6/4567                r:Eb
mul         1    f7/4567                r:Ev
inc         1    fe/01                  rw:Eb lock
inc         1    ff/01                  rw:Ev lock
push        1    ff/6                   r:Mq stack

# x87
farith      1    d8/*                   r:Md x87 maybe
farith      1    d8/*                   T x87
fld         1    d9/0                   r:Md x87 maybe
fst         1    d9/23                  w:Md x87 maybe
fldenv      1    d9/4                   r:Me x87 control whole maybe
fldcw       1    d9/5                   r:Mw x87 control maybe
fnstenv     1    d9/6                   w:Me x87 control whole maybe
fnstcw      1    d9/7                   w:Mw x87 maybe
fld         1    d9/01                  T x87
fnop        1    d9/2                   T x87 rm=0
fchs        1    d9/4                   T x87 rm=0145
fld1        1    d9/5                   T x87 rm=0123456
f2xm1       1    d9/67                  T x87
fiarith     1    da/*                   r:Md x87 maybe
fcmov       1    da/0123                T x87
fucompp     1    da/5                   T x87 rm=1
fild        1    db/0                   r:Md x87 maybe
fist        1    db/123                 w:Md x87 maybe
fld         1    db/5                   r:Mt x87 maybe
fstp        1    db/7                   w:Mt x87 maybe
fcmov       1    db/0123                T x87
fnclex      1    db/4                   T x87 control rm=23
fcomi       1    db/56                  T x87
farith      1    dc/*                   r:Mq x87 maybe
farith      1    dc/014567              T x87
fld         1    dd/0                   r:Mq x87 maybe
fst         1    dd/123                 w:Mq x87 maybe
frstor      1    dd/4                   r:Ms x87 control whole maybe
fnsave      1    dd/6                   w:Ms x87 control whole maybe
fnstsw      1    dd/7                   w:Mw x87 control maybe
fst         1    dd/02345               T x87
fiarith     1    de/*                   r:Mw x87 maybe
farithp     1    de/014567              T x87
fcompp      1    de/3                   T x87 rm=1
fild        1    df/0                   r:Mw x87 maybe
fist        1    df/123                 w:Mw x87 maybe
fbld        1    df/4                   r:Mt x87 maybe
fild        1    df/5                   r:Mq x87 maybe
fbstp       1    df/6                   w:Mt x87 maybe
fistp       1    df/7                   w:Mq x87 maybe
fnstsw      1    df/4                   T x87 control rm=0
fcomip      1    df/56                  T x87

# Base instructions, two-byte opcodes
xgetbv      0f   01/2                   T rm=0 norex
ud2         0f   0b
prefetchw   0f   0d/01                  r:Mc maybe
prefetch    0f   18/0123                r:Mc maybe
endbr64     f3.0f 1e/7                  T rm=2 norex
nop         0f   1f/0                   a:Ev nop
rdtsc       0f   31
cmov        0f   40-4f                  rw:Gv r:Ev maybe
jcc         0f   80-8f                  Jd branch
setcc       0f   90-9f                  w:Eb
cpuid       0f   a2
bt          0f   a3                     r:Rv r:Gv
bts         0f   ab,b3,bb               rw:Rv r:Gv
bt          0f   ba/4                   r:Ev Ib
bts         0f   ba/567                 rw:Ev Ib lock
shld        0f   a4,ac                  rw:Ev r:Gv Ib maybe
shld        0f   a5,ad                  rw:Ev r:Gv maybe
fence       0f   ae/567                 T rm=0 norex
ldmxcsr     0f   ae/2                   r:Md mxcsr
stmxcsr     0f   ae/3                   w:Md mxcsr
imul        0f   af                     rw:Gv r:Ev
cmpxchg     0f   b0                     rw:Eb r:Gb lock
cmpxchg     0f   b1                     rw:Ev r:Gv lock
movzx       0f   b6,be                  w:Gv r:Eb
movzx       0f   b7,bf                  w:Gv r:Ew
popcnt      f3.0f b8,bc,bd              w:Gv r:Ev
bsf         0f   bc,bd                  rw:Gv r:Ev
xadd        0f   c0                     rw:Eb rw:Gb lock
xadd        0f   c1                     rw:Ev rw:Gv lock
movnti      0f   c3                     w:My r:Gy
cmpxchg8b   0f   c7/1                   rw:Mt lock w
rdrand      0f   c7/67                  w:Rv
bswap       0f   c8-cf                  rw:Zy
movbe       0f38 f0                     w:Gv r:Mv
movbe       0f38 f1                     w:Mv r:Gv
crc32       f2.0f38 f0                  rw:Gy r:Eb
crc32       f2.0f38 f1                  rw:Gy r:Ev
adcx        66.0f38 f6                  rw:Gy r:Ey
adox        f3.0f38 f6                  rw:Gy r:Ey

# MMX, and SSE instructions with MMX registers
cvtpi2ps    0f   2a                     Vx r:Qq mmx
cvtpi2pd    66.0f 2a                    Vx r:Qq mmx
cvtps2pi    0f   2c,2d                  Pq r:Wq mmx
cvtpd2pi    66.0f 2c,2d                 Pq r:Wt mmx
punpckl     0f   60-6b                  Pq r:Qq mmx
movd        0f   6e                     Pq r:Ey mmx
movq        0f   6f                     Pq r:Qq mmx
pshufw      0f   70                     Pq r:Qq Ib mmx
pshift      0f   71/246                 Nq Ib mmx
pshift      0f   72/246                 Nq Ib mmx
pshift      0f   73/26                  Nq Ib mmx
pcmpeq      0f   74-76                  Pq r:Qq mmx
emms        0f   77                     mmx
movd        0f   7e                     w:Ey Pq mmx
movq        0f   7f                     w:Qq Pq mmx
pinsrw      0f   c4                     Pq r:Ed Ib w mmx
pextrw      0f   c5                     w:Gd Nq Ib w mmx
parith      0f   d1-d5,d8-df            Pq r:Qq mmx
movq2dq     f3.0f d6                    Vx Nq mmx
movdq2q     f2.0f d6                    Pq Ux mmx
pmovmskb    0f   d7                     w:Gd Nq w mmx
parith      0f   e0-e5,e8-ef            Pq r:Qq mmx
movntq      0f   e7                     w:Mq Pq mmx
parith      0f   f1-f6,f8-fe            Pq r:Qq mmx
ssse3       0f38 00-0b,1c-1e            Pq r:Qq mmx
palignr     0f3a 0f                     Pq r:Qq Ib mmx

# SSE to SSE4.2, AES, PCLMUL, SHA, GFNI
movups      0f   10,28                  Vx r:Wx
movups      0f   11,29                  w:Wx Vx
movupd      66.0f 10,28                 Vx r:Wx
movupd      66.0f 11,29                 w:Wx Vx
movss       f3.0f 10                    Vx r:Wd
movss       f3.0f 11                    w:Wd Vx
movsd       f2.0f 10                    Vx r:Wq
movsd       f2.0f 11                    w:Wq Vx
movlps      0f   12,16                  Vx r:Wq
movlps      0f   13,17                  w:Mq Vx
movlpd      66.0f 12,16                 Vx r:Mq
movlpd      66.0f 13,17                 w:Mq Vx
movsldup    f3.0f 12,16                 Vx r:Wx
movddup     f2.0f 12                    Vx r:Wq
unpckl      0f   14,15                  Vx r:Wx
unpckl      66.0f 14,15                 Vx r:Wx
cvtsi2ss    f3.0f 2a                    Vx r:Ey
cvtsi2sd    f2.0f 2a                    Vx r:Ey
movntps     0f   2b                     w:Mx Vx
movntpd     66.0f 2b                    w:Mx Vx
cvtss2si    f3.0f 2c,2d                 w:Gy r:Wd
cvtsd2si    f2.0f 2c,2d                 w:Gy r:Wq
ucomiss     0f   2e,2f                  Vx r:Wd
ucomisd     66.0f 2e,2f                 Vx r:Wq
movmskps    0f   50                     w:Gd Ux w
movmskpd    66.0f 50                    w:Gd Ux w
arithps     0f   51-5f                  Vx r:Wx
arithpd     66.0f 51,54-5f              Vx r:Wx
arithss     f3.0f 51-53,58-5a,5c-5f     Vx r:Wd
cvttps2dq   f3.0f 5b                    Vx r:Wx
arithsd     f2.0f 51,58-5a,5c-5f        Vx r:Wq
punpckl     66.0f 60-6d                 Vx r:Wx
movd        66.0f 6e                    Vx r:Ey
movdqa      66.0f 6f                    Vx r:Wx
movdqu      f3.0f 6f                    Vx r:Wx
pshufd      66.0f 70                    Vx r:Wx Ib
pshufhw     f3.0f 70                    Vx r:Wx Ib
pshuflw     f2.0f 70                    Vx r:Wx Ib
pshift      66.0f 71/246                Ux Ib
pshift      66.0f 72/246                Ux Ib
pshift      66.0f 73/2367               Ux Ib
pcmpeq      66.0f 74-76                 Vx r:Wx
hadd        66.0f 7c,7d                 Vx r:Wx
hadd        f2.0f 7c,7d                 Vx r:Wx
movd        66.0f 7e                    w:Ey Vx
movq        f3.0f 7e                    Vx r:Wq
movdqa      66.0f 7f                    w:Wx Vx
movdqu      f3.0f 7f                    w:Wx Vx
cmpps       0f   c2,c6                  Vx r:Wx Ib
cmppd       66.0f c2,c6                 Vx r:Wx Ib
cmpss       f3.0f c2                    Vx r:Wd Ib
cmpsd       f2.0f c2                    Vx r:Wq Ib
pinsrw      66.0f c4                    Vx r:Ed Ib w
pextrw      66.0f c5                    w:Gd Ux Ib w
addsub      66.0f d0                    Vx r:Wx
addsub      f2.0f d0                    Vx r:Wx
parith      66.0f d1-d5,d8-df           Vx r:Wx
movq        66.0f d6                    w:Wq Vx
pmovmskb    66.0f d7                    w:Gd Ux w
parith      66.0f e0-e6,e8-ef           Vx r:Wx
cvtdq2pd    f3.0f e6                    Vx r:Wq
cvtpd2dq    f2.0f e6                    Vx r:Wx
movntdq     66.0f e7                    w:Mx Vx
lddqu       f2.0f f0                    Vx r:Mx
parith      66.0f f1-f6,f8-fe           Vx r:Wx
ssse3       66.0f38 00-0b,1c-1e         Vx r:Wx
blendv      66.0f38 10,14,15,17         Vx r:Wx
pmovsx      66.0f38 20-25,30-35         Vx r:Wq
pmuldq      66.0f38 28,29,2b,37-41      Vx r:Wx
movntdqa    66.0f38 2a                  Vx r:Mx
sha         0f38 c8-cd                  Vx r:Wx
aes         66.0f38 db-df               Vx r:Wx
round       66.0f3a 08,09,0c-0f         Vx r:Wx Ib
roundss     66.0f3a 0a                  Vx r:Wd Ib
roundsd     66.0f3a 0b                  Vx r:Wq Ib
pextrb      66.0f3a 14,15,17            w:Ed Vx Ib w
pextrd      66.0f3a 16                  w:Ey Vx Ib
pinsrb      66.0f3a 20                  Vx r:Ed Ib w
insertps    66.0f3a 21                  Vx r:Wd Ib
pinsrd      66.0f3a 22                  Vx r:Ey Ib
dpps        66.0f3a 40-42,44            Vx r:Wx Ib
pcmpestr    66.0f3a 60,61               Vx r:Wx Ib w
pcmpistr    66.0f3a 62,63               Vx r:Wx Ib
sha1rnds4   0f3a cc                     Vx r:Wx Ib
aeskeygen   66.0f3a df                  Vx r:Wx Ib
gf2p8mul    66.0f38 cf                  Vx r:Wx
gf2p8affine 66.0f3a ce,cf               Vx r:Wx Ib

# AVX, AVX2, F16C, VNNI, VAES, VPCLMULQDQ, GFNI
movups      v.0f 10,28                  Vx r:Wx
movups      v.0f 11,29                  w:Wx Vx
movupd      v.66.0f 10,28               Vx r:Wx
movupd      v.66.0f 11,29               w:Wx Vx
movss       v.f3.0f 10/*                Vx r:Md l0
movss       v.f3.0f 10/*                Vx Hx Ux l0
movss       v.f3.0f 11/*                w:Md Vx l0
movss       v.f3.0f 11/*                Ux Hx Vx l0
movsd       v.f2.0f 10/*                Vx r:Mq l0
movsd       v.f2.0f 10/*                Vx Hx Ux l0
movsd       v.f2.0f 11/*                w:Mq Vx l0
movsd       v.f2.0f 11/*                Ux Hx Vx l0
movlps      v.0f 12,16                  Vx Hx r:Wq l0
movlps      v.0f 13,17                  w:Mq Vx l0
movlpd      v.66.0f 12,16               Vx Hx r:Mq l0
movlpd      v.66.0f 13,17               w:Mq Vx l0
movsldup    v.f3.0f 12,16               Vx r:Wx
movddup     v.f2.0f 12                  Vx r:Wx
unpckl      v.0f 14,15                  Vx Hx r:Wx
unpckl      v.66.0f 14,15               Vx Hx r:Wx
cvtsi2ss    v.f3.0f 2a                  Vx Hx r:Ey l0
cvtsi2sd    v.f2.0f 2a                  Vx Hx r:Ey l0
movntps     v.0f 2b                     w:Mx Vx
movntpd     v.66.0f 2b                  w:Mx Vx
cvtss2si    v.f3.0f 2c,2d               w:Gy r:Wd l0
cvtsd2si    v.f2.0f 2c,2d               w:Gy r:Wq l0
ucomiss     v.0f 2e,2f                  Vx r:Wd l0
ucomisd     v.66.0f 2e,2f               Vx r:Wq l0
movmskps    v.0f 50                     w:Gd Ux w
movmskpd    v.66.0f 50                  w:Gd Ux w
sqrtps      v.0f 51-53,5a,5b            Vx r:Wx
sqrtpd      v.66.0f 51,5a,5b            Vx r:Wx
cvttps2dq   v.f3.0f 5b                  Vx r:Wx
arithps     v.0f 54-59,5c-5f            Vx Hx r:Wx
arithpd     v.66.0f 54-59,5c-5f         Vx Hx r:Wx
arithss     v.f3.0f 51-53,58-5a,5c-5f   Vx Hx r:Wd l0
arithsd     v.f2.0f 51,58-5a,5c-5f      Vx Hx r:Wq l0
punpckl     v.66.0f 60-6d               Vx Hx r:Wx
movd        v.66.0f 6e                  Vx r:Ey l0
movdqa      v.66.0f 6f                  Vx r:Wx
movdqu      v.f3.0f 6f                  Vx r:Wx
pshufd      v.66.0f 70                  Vx r:Wx Ib
pshufhw     v.f3.0f 70                  Vx r:Wx Ib
pshuflw     v.f2.0f 70                  Vx r:Wx Ib
pshift      v.66.0f 71/246              Hx Ux Ib
pshift      v.66.0f 72/246              Hx Ux Ib
pshift      v.66.0f 73/2367             Hx Ux Ib
pcmpeq      v.66.0f 74-76               Vx Hx r:Wx
zeroupper   v.0f 77                     avx
hadd        v.66.0f 7c,7d               Vx Hx r:Wx
hadd        v.f2.0f 7c,7d               Vx Hx r:Wx
movd        v.66.0f 7e                  w:Ey Vx l0
movq        v.f3.0f 7e                  Vx r:Wq l0
movdqa      v.66.0f 7f                  w:Wx Vx
movdqu      v.f3.0f 7f                  w:Wx Vx
ldmxcsr     v.0f ae/2                   r:Md mxcsr l0
stmxcsr     v.0f ae/3                   w:Md mxcsr l0
cmpps       v.0f c2,c6                  Vx Hx r:Wx Ib
cmppd       v.66.0f c2,c6               Vx Hx r:Wx Ib
cmpss       v.f3.0f c2                  Vx Hx r:Wd Ib l0
cmpsd       v.f2.0f c2                  Vx Hx r:Wq Ib l0
pinsrw      v.66.0f c4                  Vx Hx r:Ed Ib w l0
pextrw      v.66.0f c5                  w:Gd Ux Ib w l0
addsub      v.66.0f d0                  Vx Hx r:Wx
addsub      v.f2.0f d0                  Vx Hx r:Wx
parith      v.66.0f d1-d5,d8-df         Vx Hx r:Wx
movq        v.66.0f d6                  w:Wq Vx l0
pmovmskb    v.66.0f d7                  w:Gd Ux w
parith      v.66.0f e0-e5,e8-ef         Vx Hx r:Wx
cvttpd2dq   v.66.0f e6                  Vx r:Wx
cvtdq2pd    v.f3.0f e6                  Vx r:Wx
cvtpd2dq    v.f2.0f e6                  Vx r:Wx
movntdq     v.66.0f e7                  w:Mx Vx
lddqu       v.f2.0f f0                  Vx r:Mx
parith      v.66.0f f1-f6,f8-fe         Vx Hx r:Wx
ssse3       v.66.0f38 00-0d             Vx Hx r:Wx
test        v.66.0f38 0e,0f,17          Vx r:Wx
cvtph2ps    v.66.0f38 13                Vx r:Wx
permps      v.66.0f38 16,36             Vx Hx r:Wx l1
broadcast   v.66.0f38 18                Vx r:Wd
broadcast   v.66.0f38 19                Vx r:Wq l1
broadcast   v.66.0f38 1a,5a             Vx r:Mt l1
pabs        v.66.0f38 1c-1e             Vx r:Wx
pmovsx      v.66.0f38 20-25,30-35       Vx r:Wx
pmuldq      v.66.0f38 28,29,2b,37-40    Vx Hx r:Wx
movntdqa    v.66.0f38 2a                Vx r:Mx
maskmov     v.66.0f38 2c,2d             Vx Hx r:Mx maybe
maskmov     v.66.0f38 2e,2f             w:Mx Hx Vx maybe
phminposuw  v.66.0f38 41                Vx r:Wx l0
shiftv      v.66.0f38 45,47             Vx Hx r:Wx w
shiftv      v.66.0f38 46                Vx Hx r:Wx
broadcast   v.66.0f38 58,59,78,79       Vx r:Wq
maskmov     v.66.0f38 8c                Vx Hx r:Mx w maybe
maskmov     v.66.0f38 8e                w:Mx Hx Vx w maybe
gather      v.66.0f38 90-93             Vx r:Sx Hx w maybe
permq       v.66.0f3a 00,01             Vx r:Wx Ib w1 l1
pblendd     v.66.0f3a 02                Vx Hx r:Wx Ib
permil      v.66.0f3a 04,05             Vx r:Wx Ib
perm2f128   v.66.0f3a 06,46             Vx Hx r:Wx Ib l1
round       v.66.0f3a 08,09             Vx r:Wx Ib
roundss     v.66.0f3a 0a                Vx Hx r:Wd Ib l0
roundsd     v.66.0f3a 0b                Vx Hx r:Wq Ib l0
blend       v.66.0f3a 0c-0f             Vx Hx r:Wx Ib
pextrb      v.66.0f3a 14,15,17          w:Ed Vx Ib w l0
pextrd      v.66.0f3a 16                w:Ey Vx Ib l0
insert128   v.66.0f3a 18,38             Vx Hx r:Wt Ib l1
extract128  v.66.0f3a 19,39             w:Wt Vx Ib l1
cvtps2ph    v.66.0f3a 1d                w:Wt Vx Ib
pinsrb      v.66.0f3a 20                Vx Hx r:Ed Ib w l0
insertps    v.66.0f3a 21                Vx Hx r:Wd Ib l0
pinsrd      v.66.0f3a 22                Vx Hx r:Ey Ib l0
dpps        v.66.0f3a 40,42             Vx Hx r:Wx Ib
dppd        v.66.0f3a 41                Vx Hx r:Wx Ib l0
pclmulqdq   v.66.0f3a 44                Vx Hx r:Wx Ib
blendv      v.66.0f3a 4a-4c             Vx Hx r:Wx Ib
pcmpestr    v.66.0f3a 60,61             Vx r:Wx Ib w l0
pcmpistr    v.66.0f3a 62,63             Vx r:Wx Ib l0
aesimc      v.66.0f38 db                Vx r:Wx l0
aes         v.66.0f38 dc-df             Vx Hx r:Wx
gf2p8mul    v.66.0f38 cf                Vx Hx r:Wx
gf2p8affine v.66.0f3a ce,cf             Vx Hx r:Wx Ib w1
dpbusd      v.66.0f38 50-53             Vx Hx r:Wx
aeskeygen   v.66.0f3a df                Vx r:Wx Ib l0

# Mask registers
kmov        v.0f 90/*                   K r:Mq w l0
kmov        v.0f 90/*                   K L w l0
kmov        v.66.0f 90/*                K r:Md w l0
kmov        v.66.0f 90/*                K L w l0
kmov        v.0f 91                     w:Mq K w l0
kmov        v.66.0f 91                  w:Md K w l0
kmov        v.0f 92                     K r:Rd l0
kmov        v.66.0f 92                  K r:Rd l0
kmov        v.f2.0f 92                  K r:Ry l0
kmov        v.0f 93                     w:Gd L l0
kmov        v.66.0f 93                  w:Gd L l0
kmov        v.f2.0f 93                  w:Gy L l0
kand        v.0f 41,42,45-47,4a,4b      K C L w l1
kand        v.66.0f 41,42,45-47,4a      K C L w l1
kunpck      v.66.0f 4b                  K C L l1
knot        v.0f 44,98,99               K L w l0
knot        v.66.0f 44,98,99            K L w l0
kshift      v.66.0f3a 30-33             K L Ib w l0

# FMA
fma         v.66.0f38 96-98,9a,9c,9e    Vx Hx r:Wx w
fma         v.66.0f38 a6-a8,aa,ac,ae    Vx Hx r:Wx w
fma         v.66.0f38 b6-b8,ba,bc,be    Vx Hx r:Wx w
fmas        v.66.0f38 99,9b,9d,9f       Vx Hx r:Wq w l0
fmas        v.66.0f38 a9,ab,ad,af       Vx Hx r:Wq w l0
fmas        v.66.0f38 b9,bb,bd,bf       Vx Hx r:Wq w l0

# FMA4, XOP: only some older processors of AMD have them, but libraries carry code for those
fma4        v.66.0f3a 5c-5f,68,69,6c,6d Vx Hx r:Wx Ib w
fma4        v.66.0f3a 78,79,7c,7d       Vx Hx r:Wx Ib w
fma4s       v.66.0f3a 6a,6b,6e,6f       Vx Hx r:Wq Ib w l0
fma4s       v.66.0f3a 7a,7b,7e,7f       Vx Hx r:Wq Ib w l0
permil2     v.66.0f3a 48,49             Vx Hx r:Wx Ib w
pmacs       x.8 85-87,8e,8f,95-97,9e,9f Vx Hx r:Wx Ib l0
pmadcs      x.8 a6,b6                   Vx Hx r:Wx Ib l0
pcmov       x.8 a2                      Vx Hx r:Wx Ib w
pperm       x.8 a3                      Vx Hx r:Wx Ib w l0
prot        x.8 c0-c3                   Vx r:Wx Ib l0
pcom        x.8 cc-cf,ec-ef             Vx Hx r:Wx Ib l0
frcz        x.9 80,81                   Vx r:Wx
frczs       x.9 82,83                   Vx r:Wq l0
protv       x.9 90-9b                   Vx Hx r:Wx w l0
phadd       x.9 c1-c3,c6,c7,cb          Vx r:Wx l0
phaddu      x.9 d1-d3,d6,d7,db,e1-e3    Vx r:Wx l0

# BMI1, BMI2
andn        v.0f38 f2                   w:Gy r:By r:Ey l0
bls         v.0f38 f3/123               w:By r:Ey l0
bzhi        v.0f38 f5                   w:Gy r:Ey r:By l0
pext        v.f3.0f38 f5                w:Gy r:By r:Ey l0
pdep        v.f2.0f38 f5                w:Gy r:By r:Ey l0
mulx        v.f2.0f38 f6                w:Gy w:By r:Ey l0
bextr       v.0f38 f7                   w:Gy r:Ey r:By l0
shlx        v.66.0f38 f7                w:Gy r:Ey r:By l0 maybe
sarx        v.f3.0f38 f7                w:Gy r:Ey r:By l0 maybe
shrx        v.f2.0f38 f7                w:Gy r:Ey r:By l0 maybe
rorx        v.f2.0f3a f0                w:Gy r:Ey Ib l0 maybe

# AVX-512 (F, BW, CD, DQ, VL, VBMI, VBMI2, VNNI, BITALG, IFMA, VPOPCNTDQ, BF16), and VAES, VPCLMULQDQ, GFNI with EVEX
movss       e.f3.0f 10/*                Vx r:Md l0 kz
movss       e.f3.0f 10/*                Vx Hx Ux l0 kz
movss       e.f3.0f 11/*                w:Md Vx l0 k
movss       e.f3.0f 11/*                Ux Hx Vx l0 kz
movsd       e.f2.0f 10/*                Vx r:Mq w1 l0 kz
movsd       e.f2.0f 10/*                Vx Hx Ux w1 l0 kz
movsd       e.f2.0f 11/*                w:Mq Vx w1 l0 k
movsd       e.f2.0f 11/*                Ux Hx Vx w1 l0 kz
movlps      e.0f 12,16                  Vx Hx r:Wq l0
pshift      e.66.0f 71/246              Hx r:Wx Ib kz
pshift      e.66.0f 72/01               Hx r:Wx Ib w kz bc
pshift      e.66.0f 72/26               Hx r:Wx Ib kz bc
psra        e.66.0f 72/4                Hx r:Wx Ib w kz bc
pshift      e.66.0f 73/26               Hx r:Wx Ib w1 kz bc
psrldq      e.66.0f 73/37               Hx r:Wx Ib
movups      e.0f 10,28                  Vx r:Wx kz
movupd      e.66.0f 10,28               Vx r:Wx w1 kz
movups      e.0f 11,29                  w:Wx Vx kz
movupd      e.66.0f 11,29               w:Wx Vx w1 kz
movlpd      e.66.0f 12,16               Vx Hx r:Mq w1 l0
movddup     e.f2.0f 12                  Vx r:Wx w1 kz
movsldup    e.f3.0f 12,16               Vx r:Wx kz
movlps      e.0f 13,17                  w:Mq Vx l0
movlpd      e.66.0f 13,17               w:Mq Vx w1 l0
unpcklps    e.0f 14,15,54-57            Vx Hx r:Wx kz bc
unpcklpd    e.66.0f 14,15,54-57,6c,6d,d4,f4,fb Vx Hx r:Wx w1 kz bc
cvtsi2sd    e.f2.0f 2a,7b               Vx Hx r:Ey l0 er
cvtsi2ss    e.f3.0f 2a,7b               Vx Hx r:Ey l0 er
movntps     e.0f 2b                     w:Mx Vx
movntpd     e.66.0f 2b                  w:Mx Vx w1
cvttsd2si   e.f2.0f 2c,78               w:Gy r:Wq l0 sae
cvttss2si   e.f3.0f 2c,78               w:Gy r:Wd l0 sae
cvtsd2si    e.f2.0f 2d,79               w:Gy r:Wq l0 er
cvtss2si    e.f3.0f 2d,79               w:Gy r:Wd l0 er
ucomiss     e.0f 2e,2f                  Vx r:Wd l0 sae
ucomisd     e.66.0f 2e,2f               Vx r:Wq w1 l0 sae
sqrtps      e.0f 51                     Vx r:Wx kz bc er
sqrtpd      e.66.0f 51,5a,79,7b         Vx r:Wx w1 kz bc er
sqrtsd      e.f2.0f 51,58-5a,5c,5e      Vx Hx r:Wq w1 l0 kz er
sqrtss      e.f3.0f 51,58,59,5c,5e      Vx Hx r:Wd l0 kz er
addps       e.0f 58,59,5c,5e            Vx Hx r:Wx kz bc er
addpd       e.66.0f 58,59,5c,5e         Vx Hx r:Wx w1 kz bc er
cvtps2pd    e.0f 5a                     Vx r:Wh kz bc sae
cvtss2sd    e.f3.0f 5a,5d,5f            Vx Hx r:Wd l0 kz sae
cvtdq2ps    e.0f 5b,79                  Vx r:Wx w kz bc er
cvtps2dq    e.66.0f 5b                  Vx r:Wx kz bc er
cvttps2dq   e.f3.0f 5b                  Vx r:Wx kz bc sae
minps       e.0f 5d,5f                  Vx Hx r:Wx kz bc sae
minpd       e.66.0f 5d,5f               Vx Hx r:Wx w1 kz bc sae
minsd       e.f2.0f 5d,5f               Vx Hx r:Wq w1 l0 kz sae
punpcklbw   e.66.0f 60,61,63,67-69,d5,d8-da,dc-de,e0 Vx Hx r:Wx kz
punpcklbw   e.66.0f e3-e5,e8-ea,ec-ee,f5,f8,f9,fc,fd Vx Hx r:Wx kz
punpckldq   e.66.0f 62,6a,6b,fa,fe      Vx Hx r:Wx kz bc
pcmp        e.66.0f 64,65,74,75         K Hx r:Wx k
pcmp        e.66.0f 66,76               K Hx r:Wx k bc
movd        e.66.0f 6e                  Vx r:Ey l0
movdqa32    e.66.0f 6f                  Vx r:Wx w kz
movdqu8     e.f2.0f 6f                  Vx r:Wx w kz
movdqu32    e.f3.0f 6f                  Vx r:Wx w kz
pshufd      e.66.0f 70                  Vx r:Wx Ib kz bc
pshuflw     e.f2.0f 70                  Vx r:Wx Ib kz
pshufhw     e.f3.0f 70                  Vx r:Wx Ib kz
cvttps2udq  e.0f 78                     Vx r:Wx w kz bc sae
cvttps2uqq  e.66.0f 78,7a               Vx r:Wh kz bc sae
cvttps2uqq  e.66.0f 78,7a,e6            Vx r:Wx w1 kz bc sae
cvtps2uqq   e.66.0f 79,7b               Vx r:Wh kz bc er
cvtudq2ps   e.f2.0f 7a                  Vx r:Wx w kz bc er
cvtudq2pd   e.f3.0f 7a,e6               Vx r:Wh kz bc er
cvtudq2pd   e.f3.0f 7a,e6               Vx r:Wx w1 kz bc er
movd        e.66.0f 7e                  w:Ey Vx l0
movq        e.f3.0f 7e                  Vx r:Wq w1 l0
movdqa32    e.66.0f 7f                  w:Wx Vx w kz
movdqu8     e.f2.0f 7f                  w:Wx Vx w kz
movdqu32    e.f3.0f 7f                  w:Wx Vx w kz
cmpps       e.0f c2                     K Hx r:Wx Ib k bc sae
cmppd       e.66.0f c2                  K Hx r:Wx Ib w1 k bc sae
cmpsd       e.f2.0f c2                  K Hx r:Wq Ib w1 l0 k sae
cmpss       e.f3.0f c2                  K Hx r:Wd Ib l0 k sae
pinsrw      e.66.0f c4                  Vx Hx r:Ew Ib w l0
pextrw      e.66.0f c5                  w:Gy Ux Ib l0
shufps      e.0f c6                     Vx Hx r:Wx Ib kz bc
shufpd      e.66.0f c6                  Vx Hx r:Wx Ib w1 kz bc
psrlw       e.66.0f d1,d2,e1,f1,f2      Vx Hx r:Wt kz
psrlq       e.66.0f d3,f3               Vx Hx r:Wt w1 kz
movq        e.66.0f d6                  w:Wq Vx w1 l0
pandd       e.66.0f db,df,eb,ef         Vx Hx r:Wx w kz bc
psrad       e.66.0f e2                  Vx Hx r:Wt w kz
cvtpd2dq    e.f2.0f e6                  Vx r:Wx w1 kz bc er
movntdq     e.66.0f e7                  w:Mx Vx
psadbw      e.66.0f f6                  Vx Hx r:Wx
pshufb      e.66.0f38 00,04,0b,38,3a,3c,3e,cf Vx Hx r:Wx kz
permilps    e.66.0f38 0c,2b,50-53       Vx Hx r:Wx kz bc
permilpd    e.66.0f38 0d,28,83,b4,b5    Vx Hx r:Wx w1 kz bc
psrlvw      e.66.0f38 10-12,70,72       Vx Hx r:Wx w1 kz
pmovuswb    e.f3.0f38 10,13,15,20,23,25,30,33,35 w:Wh Vx kz
pmovusdb    e.f3.0f38 11,14,21,24,31,34 w:Wr Vx kz
pmovusqb    e.f3.0f38 12,22,32          w:Wi Vx kz
cvtph2ps    e.66.0f38 13                Vx r:Wh kz sae
prorvd      e.66.0f38 14,15,39,3b,3d,3f,40,45-47,64,65 Vx Hx r:Wx w kz bc
prorvd      e.66.0f38 71,73,76,77,7e,7f Vx Hx r:Wx w kz bc
permps      e.66.0f38 16,36             Vx Hx r:Wx w l1 l2 kz bc
broadcast   e.66.0f38 18,58             Vx r:Wd kz
broadcast   e.66.0f38 19                Vx r:Wq w l1 l2 kz
broadcast   e.66.0f38 1a,5a             Vx r:Mt w l1 l2 kz
broadcast   e.66.0f38 1b,5b             Vx r:Me w l2 kz
pabsb       e.66.0f38 1c,1d             Vx r:Wx kz
pabsd       e.66.0f38 1e                Vx r:Wx kz bc
pabsq       e.66.0f38 1f                Vx r:Wx w1 kz bc
pmovsxbw    e.66.0f38 20,23,25,30,33,35 Vx r:Wh kz
pmovsxbd    e.66.0f38 21,24,31,34       Vx r:Wr kz
pmovsxbq    e.66.0f38 22,32             Vx r:Wi kz
ptestmb     e.66.0f38 26                K Hx r:Wx w k
ptestnmb    e.f3.0f38 26                K Hx r:Wx w k
ptestmd     e.66.0f38 27                K Hx r:Wx w k bc
ptestnmd    e.f3.0f38 27                K Hx r:Wx w k bc
pmovm2b     e.f3.0f38 28,38             Vx L w
pcmpeqq     e.66.0f38 29,37             K Hx r:Wx w1 k bc
pmovb2m     e.f3.0f38 29,39             K Ux w
movntdqa    e.66.0f38 2a                Vx r:Mx
pbroadcast  e.f3.0f38 2a                Vx L w1
scalefps    e.66.0f38 2c,96-98,9a,9c,9e,a6-a8,aa,ac,ae Vx Hx r:Wx w kz bc er
scalefps    e.66.0f38 b6-b8,ba,bc,be    Vx Hx r:Wx w kz bc er
scalefss    e.66.0f38 2d,99,9b,9d,9f,a9,ab,ad,af,b9,bb Vx Hx r:Wq w l0 kz er
scalefss    e.66.0f38 bd,bf             Vx Hx r:Wq w l0 kz er
pbroadcast  e.f3.0f38 3a                Vx L
getexpps    e.66.0f38 42                Vx r:Wx w kz bc sae
getexpss    e.66.0f38 43                Vx Hx r:Wq w l0 kz sae
plzcntd     e.66.0f38 44,4c,4e,55,c4    Vx r:Wx w kz bc
rcp14ss     e.66.0f38 4d,4f             Vx Hx r:Wq w l0 kz
dpbf16ps    e.f3.0f38 52                Vx Hx r:Wx kz bc
popcntb     e.66.0f38 54,62,88,89       Vx r:Wx w kz
broadcast   e.66.0f38 59                Vx r:Wq w kz
pcompressb  e.66.0f38 63,8a,8b          w:Wx Vx w kz
pblendmb    e.66.0f38 66,75,7d,8d       Vx Hx r:Wx w kz
cvtps2bf16  e.f2.0f38 72                Vx Hx r:Wx kz bc
cvtps2bf16  e.f3.0f38 72                Vx r:Wx kz bc
pbroadcastb e.66.0f38 78                Vx r:Wb kz
pbroadcastw e.66.0f38 79                Vx r:Ww kz
pbroadcastb e.66.0f38 7a,7b             Vx r:Rd kz
pbroadcastd e.66.0f38 7c                Vx r:Ry kz
pshufbit    e.66.0f38 8f                K Hx r:Wx k
pgatherdd   e.66.0f38 90-93             Vx r:Sx w k maybe
pscatterdd  e.66.0f38 a0-a3             w:Sx Vx w k maybe
aesenc      e.66.0f38 dc-df             Vx Hx r:Wx
permq       e.66.0f3a 00,01             Vx r:Wx Ib w1 l1 l2 kz bc
alignd      e.66.0f3a 03,25,71,73       Vx Hx r:Wx Ib w kz bc
permilps    e.66.0f3a 04                Vx r:Wx Ib kz bc
permilpd    e.66.0f3a 05                Vx r:Wx Ib w1 kz bc
rndscaleps  e.66.0f3a 08                Vx r:Wx Ib kz bc sae
rndscalepd  e.66.0f3a 09                Vx r:Wx Ib w1 kz bc sae
rndscaless  e.66.0f3a 0a                Vx Hx r:Wd Ib l0 kz sae
rndscalesd  e.66.0f3a 0b                Vx Hx r:Wq Ib w1 l0 kz sae
palignr     e.66.0f3a 0f,42             Vx Hx r:Wx Ib kz
pextrb      e.66.0f3a 14                w:Ed Vx Ib w l0
pextrw      e.66.0f3a 15                w:Ew Vx Ib w l0
pextrd      e.66.0f3a 16                w:Ey Vx Ib l0
extractps   e.66.0f3a 17                w:Ed Vx Ib w l0
insert      e.66.0f3a 18,38             Vx Hx r:Wt Ib w l1 l2 kz
extract     e.66.0f3a 19,39             w:Wt Vx Ib w l1 l2 kz
insert      e.66.0f3a 1a,3a             Vx Hx r:We Ib w l2 kz
extract     e.66.0f3a 1b,3b             w:We Vx Ib w l2 kz
cvtps2ph    e.66.0f3a 1d                w:Wh Vx Ib kz sae
pcmpud      e.66.0f3a 1e,1f             K Hx r:Wx Ib w k bc
pinsrb      e.66.0f3a 20                Vx Hx r:Eb Ib w l0
insertps    e.66.0f3a 21                Vx Hx r:Wd Ib l0
pinsrd      e.66.0f3a 22                Vx Hx r:Ey Ib l0
shuff32x4   e.66.0f3a 23,43             Vx Hx r:Wx Ib w l1 l2 kz bc
getmantps   e.66.0f3a 26,56             Vx r:Wx Ib w kz bc sae
getmantss   e.66.0f3a 27,51,55,57       Vx Hx r:Wq Ib w l0 kz sae
pcmpub      e.66.0f3a 3e,3f             K Hx r:Wx Ib w k
pclmulqdq   e.66.0f3a 44                Vx Hx r:Wx Ib
rangeps     e.66.0f3a 50,54             Vx Hx r:Wx Ib w kz bc sae
fpclassps   e.66.0f3a 66                K r:Wx Ib w k bc
fpclassss   e.66.0f3a 67                K r:Wq Ib w l0 k
pshldw      e.66.0f3a 70,72             Vx Hx r:Wx Ib w1 kz
gf2p8affine e.66.0f3a ce,cf             Vx Hx r:Wx Ib w1 kz bc

# AVX-512 FP16
movsh       e.f3.5 10/*                 Vx r:Mw l0 kz
movsh       e.f3.5 10/*                 Vx Hx Ux l0 kz
movsh       e.f3.5 11/*                 w:Mw Vx l0 k
movsh       e.f3.5 11/*                 Ux Hx Vx l0 kz
rndscaleph  e.0f3a 08,26,56             Vx r:Wx Ib kz bc sae
rndscalesh  e.0f3a 0a,27,57             Vx Hx r:Ww Ib l0 kz sae
fpclassph   e.0f3a 66                   K r:Wx Ib k bc
fpclasssh   e.0f3a 67                   K r:Ww Ib l0 k
cmpph       e.0f3a c2                   K Hx r:Wx Ib k bc sae
cmpsh       e.f3.0f3a c2                K Hx r:Ww Ib l0 k sae
cvtss2sh    e.5 1d                      Vx Hx r:Wd l0 kz er
cvtps2phx   e.66.5 1d,7d                Vx r:Wx kz bc er
cvtsi2sh    e.f3.5 2a,7b                Vx Hx r:Ey l0 er
cvttsh2si   e.f3.5 2c,78                w:Gy r:Ww l0 sae
cvtsh2si    e.f3.5 2d,79                w:Gy r:Ww l0 er
ucomish     e.5 2e,2f                   Vx r:Ww l0 sae
sqrtph      e.5 51,7d                   Vx r:Wx kz bc er
sqrtsh      e.f3.5 51,58,59,5c,5e       Vx Hx r:Ww l0 kz er
addph       e.5 58,59,5c,5e             Vx Hx r:Wx kz bc er
cvtph2pd    e.5 5a                      Vx r:Wr kz bc sae
cvtpd2ph    e.66.5 5a                   Vx r:Wx w1 kz bc er
cvtsd2sh    e.f2.5 5a                   Vx Hx r:Wq w1 l0 kz er
cvtsh2sd    e.f3.5 5a,5d,5f             Vx Hx r:Ww l0 kz sae
cvtdq2ph    e.5 5b                      Vx r:Wx w kz bc er
cvtph2dq    e.66.5 5b                   Vx r:Wh kz bc er
cvttph2dq   e.f3.5 5b                   Vx r:Wh kz bc sae
minph       e.5 5d,5f                   Vx Hx r:Wx kz bc sae
movw        e.66.5 6e                   Vx r:Ew w l0
cvttph2udq  e.5 78                      Vx r:Wh kz bc sae
cvttph2uqq  e.66.5 78,7a                Vx r:Wr kz bc sae
cvtph2udq   e.5 79                      Vx r:Wh kz bc er
cvtph2uqq   e.66.5 79,7b                Vx r:Wr kz bc er
cvtudq2ph   e.f2.5 7a                   Vx r:Wx w kz bc er
cvttph2uw   e.5 7c                      Vx r:Wx kz bc sae
cvttph2w    e.66.5 7c                   Vx r:Wx kz bc sae
cvtuw2ph    e.f2.5 7d                   Vx r:Wx kz bc er
cvtw2ph     e.f3.5 7d                   Vx r:Wx kz bc er
movw        e.66.5 7e                   w:Ew Vx w l0
cvtsh2ss    e.6 13                      Vx Hx r:Ww l0 kz sae
cvtph2psx   e.66.6 13                   Vx r:Wh kz bc sae
scalefph    e.66.6 2c,96-98,9a,9c,9e,a6-a8,aa,ac,ae Vx Hx r:Wx kz bc er
scalefph    e.66.6 b6-b8,ba,bc,be       Vx Hx r:Wx kz bc er
scalefsh    e.66.6 2d,99,9b,9d,9f,a9,ab,ad,af,b9,bb Vx Hx r:Ww l0 kz er
scalefsh    e.66.6 bd,bf                Vx Hx r:Ww l0 kz er
getexpph    e.66.6 42                   Vx r:Wx kz bc sae
getexpsh    e.66.6 43                   Vx Hx r:Ww l0 kz sae
rcpph       e.66.6 4c,4e                Vx r:Wx kz bc
rcpsh       e.66.6 4d,4f                Vx Hx r:Ww l0 kz
";
