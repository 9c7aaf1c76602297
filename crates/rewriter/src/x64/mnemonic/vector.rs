//! MMX, SSE to SSE4.2, AES, PCLMULQDQ, SHA, AVX, AVX2, FMA, F16C.

use super::{ALL, Group, Last, Row};

/// Vector registers are of no interest to the rules: only memory operands and
/// general registers are, and those are sources or written whole.
const WRITE: Row = Row::plain(Last::Write);
const READ: Row = Row::plain(Last::Read);

pub(super) const GROUPS: &[Group] = &[
    // Floating point.
    (WRITE, "{,v}{add,sub,mul,div,min,max,sqrt}{ps,pd,ss,sd} {,v}{rcp,rsqrt}{ps,ss}"),
    (WRITE, "{,v}{and,andn,or,xor,shuf,unpckl,unpckh,addsub,hadd,hsub,dp}{ps,pd}"),
    (WRITE, "{,v}cmp{,eq,lt,le,unord,neq,nlt,nle,ord}{ps,pd,ss,sd}"),
    (WRITE, "vcmp{eq_uq,nge,ngt,false,neq_oq,ge,gt,true,eq_os,lt_oq,le_oq,unord_s}{ps,pd,ss,sd}"),
    (WRITE, "vcmp{neq_us,nlt_uq,nle_uq,ord_s,eq_us,nge_uq,ngt_uq,false_os,neq_os}{ps,pd,ss,sd}"),
    (WRITE, "vcmp{ge_oq,gt_oq,true_us}{ps,pd,ss,sd}"),
    (WRITE, "{,v}mov{a,u,nt,msk,l,h}{ps,pd} {,v}mov{hl,lh}ps {,v}mov{ss,sd}"),
    (WRITE, "{,v}mov{ddup,shdup,sldup} {,v}blend{,v}{ps,pd} {,v}{extract,insert}ps {,v}round{ps,pd,ss,sd}"),
    (READ.kills(ALL), "{,v}{,u}comis{s,d} vtest{ps,pd}"),
    (WRITE, "{,v}cvtsi2s{s,d}{,l,q} {,v}cvt{,t}s{s,d}2si{,l,q} {,v}cvt{,t}{ps2dq,pd2dq}"),
    (WRITE, "{,v}cvt{ss2sd,sd2ss,ps2pd,pd2ps,dq2ps,dq2pd} vcvt{pd2ps,pd2dq,tpd2dq}{x,y}"),
    (WRITE, "cvt{pi2ps,pi2pd,ps2pi,pd2pi,tps2pi,tpd2pi} vcvtph2ps vcvtps2ph"),
    (WRITE, "vf{madd,msub,nmadd,nmsub}{132,213,231}{ps,pd,ss,sd} vf{maddsub,msubadd}{132,213,231}{ps,pd}"),
    (READ, "{,v}ldmxcsr"),
    (WRITE, "{,v}stmxcsr"),
    // Integers.
    (WRITE, "movd vmov{d,q} {,v}mov{dqa,dqu,ntdq,ntdqa} {,v}lddqu movntq movq2dq movdq2q"),
    (WRITE, "{,v}p{add,sub}{b,w,d,q,sb,sw,usb,usw} {,v}pmul{lw,hw,huw,udq,dq,ld,hrsw} {,v}pmadd{wd,ubsw}"),
    (WRITE, "{,v}p{and,andn,or,xor} {,v}pcmp{eq,gt}{b,w,d,q} {,v}p{min,max}{s,u}{b,w,d} {,v}pavg{b,w}"),
    (WRITE, "{,v}p{sll,srl}{w,d,q,dq} {,v}psra{w,d} {,v}psadbw {,v}pmovmskb {,v}palignr {,v}mpsadbw"),
    (WRITE, "{,v}pack{ss,us}{wb,dw} {,v}punpck{l,h}{bw,wd,dq} {,v}punpck{l,h}qdq {,v}pshuf{b,d,hw,lw} pshufw"),
    (WRITE, "{,v}p{extr,insr}{b,w,d,q} {,v}pabs{b,w,d} {,v}psign{b,w,d} {,v}ph{add,sub}{w,d,sw}"),
    (WRITE, "{,v}pblend{w,vb} {,v}phminposuw {,v}pmov{s,z}x{bw,bd,bq,wd,wq,dq}"),
    (READ.kills(ALL), "{,v}ptest {,v}pcmp{e,i}str{i,m}"),
    (WRITE, "{,v}aes{enc,enclast,dec,declast,imc,keygenassist} {,v}pclmulqdq {,v}pclmul{l,h}q{l,h}qdq"),
    (WRITE, "sha1{rnds4,nexte,msg1,msg2} sha256{rnds2,msg1,msg2}"),
    // 256 bits only.
    (WRITE, "vbroadcast{ss,sd,f128,i128} v{extract,insert}{f128,i128} vpblendd vpbroadcast{b,w,d,q}"),
    (WRITE, "vperm{ilps,ilpd,2f128,2i128,d,pd,ps,q} vp{sll,srl}v{d,q} vpsravd"),
    (WRITE.may_not_touch(), "vmaskmov{ps,pd} vpmaskmov{d,q}"),
    (WRITE.may_not_touch(), "vgather{dps,dpd,qps,qpd} vpgather{dd,dq,qd,qq}"),
    (READ, "vzero{all,upper} emms"),
];
