//! AVX-512: what only EVEX has names for, and the instructions on mask registers. The rest is in `vector.rs`, since the names are the same.

use super::{ALL, Group, Last, Row};

const WRITE: Row = Row::plain(Last::Write);
const READ: Row = Row::plain(Last::Read);

pub(super) const GROUPS: &[Group] = &[
    // Mask registers.
    (WRITE, "k{add,and,andn,mov,not,or,xnor,xor,shiftl,shiftr}{b,w,d,q} kunpck{bw,wd,dq}"),
    (READ.kills(ALL), "k{ortest,test}{b,w,d,q}"),
    (WRITE, "vpmov{b,w,d,q}2m vpmovm2{b,w,d,q} vpbroadcastm{b2q,w2d} vptest{m,nm}{b,w,d,q} vpshufbitqmb"),
    (WRITE, "vpcmp{b,w,d,q,ub,uw,ud,uq} vpcmp{lt,le,neq,nlt,nle}{b,w,d,q} vpcmp{eq,lt,le,neq,nlt,nle}u{b,w,d,q}"),
    (WRITE, "vfpclass{ps,pd}{,x,y,z} vfpclass{ss,sd}"),
    // Floating point.
    (WRITE, "v{getexp,getmant,range,reduce,rndscale,scalef,fixupimm}{ps,pd,ss,sd} v{rcp,rsqrt}14{ps,pd,ss,sd}"),
    (WRITE, "v{compress,expand,blendm}{ps,pd} vperm{i2,t2}{ps,pd} vshuf{f32x4,f64x2,i32x4,i64x2}"),
    (WRITE, "vbroadcast{f32x2,f32x4,f32x8,f64x2,f64x4,i32x2,i32x4,i32x8,i64x2,i64x4}"),
    (WRITE, "v{extract,insert}{f32x4,f32x8,f64x2,f64x4,i32x4,i32x8,i64x2,i64x4}"),
    (WRITE, "vcvt{,t}{ps,pd}2{udq,qq,uqq} vcvt{udq,qq,uqq}2{ps,pd} vcvt{,t}pd2udq{x,y} vcvt{qq,uqq}2ps{x,y}"),
    (WRITE, "vcvt{,t}s{s,d}2usi{,l,q} vcvtusi2s{s,d}{,l,q}"),
    (WRITE, "vcvtne2ps2bf16 vcvtneps2bf16{,x,y} vdpbf16ps"),
    // Integers.
    (WRITE, "vmovdqa{32,64} vmovdqu{8,16,32,64} vp{and,andn,or,xor,ternlog,conflict,lzcnt}{d,q}"),
    (WRITE, "vp{compress,expand,blendm}{b,w,d,q} vpopcnt{b,w,d,q}"),
    (WRITE, "vperm{b,w} vperm{i2,t2}{b,w,d,q} vpabsq vp{min,max}{s,u}q vpmullq vpmadd52{l,h}uq vdbpsadbw valign{d,q}"),
    (WRITE, "vp{rol,ror}{,v}{d,q} vpsraq vpsrav{w,q} vp{sll,srl}vw vpsh{l,r}d{,v}{w,d,q} vpmultishiftqb"),
    (WRITE, "vpmov{,s,us}{wb,db,dw,qb,qw,qd} vpdpbusd{,s} vpdpwssd{,s} {,v}gf2p8{affineqb,affineinvqb,mulb}"),
    (WRITE.may_not_touch(), "vscatter{dps,dpd,qps,qpd} vpscatter{dd,dq,qd,qq}"),
    // Half precision.
    (WRITE, "v{add,sub,mul,div,min,max,sqrt,getexp,getmant,reduce,rndscale,scalef,rcp,rsqrt}{ph,sh} vmov{sh,w}"),
    (WRITE, "vcmp{,eq,lt,le,unord,neq,nlt,nle,ord}{ph,sh} vfpclassph{,x,y,z} vfpclasssh"),
    (READ.kills(ALL), "v{,u}comish"),
    (
        WRITE,
        "vf{madd,msub,nmadd,nmsub}{132,213,231}{ph,sh} vf{maddsub,msubadd}{132,213,231}ph vf{,c}{madd,mul}c{ph,sh}",
    ),
    (WRITE, "vcvt{,t}ph2{dq,udq,qq,uqq,w,uw} vcvt{dq,udq,qq,uqq,w,uw}2ph vcvt{dq,udq}2ph{x,y} vcvt{qq,uqq}2ph{x,y,z}"),
    (WRITE, "vcvtph2pd vcvtph2psx vcvtps2phx{,x,y} vcvtpd2ph{,x,y,z} vcvt{sd,ss}2sh vcvtsh2{sd,ss}"),
    (WRITE, "vcvt{,t}sh2{,u}si{,l,q} vcvt{,u}si2sh{,l,q}"),
];
