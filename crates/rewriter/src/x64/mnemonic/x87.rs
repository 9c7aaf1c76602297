//! The x87 set.

use super::{CF, Class, Group, Last, PF, Row, ZF};

const READ: Row = Row::plain(Last::Read).may_not_touch();
const WRITE: Row = Row::plain(Last::Write).may_not_touch();
const COMPARE: u8 = CF | PF | ZF;

pub(super) const GROUPS: &[Group] = &[
    (READ, "fld{,s,l,t} fild{s,l,ll,q} fbld fldcw fldenv frstor"),
    (READ, "f{add,sub,subr,mul,div,divr}{,s,l,p} fi{add,sub,subr,mul,div,divr}{s,l}"),
    (READ, "f{com,comp}{,s,l} fi{com,comp}{s,l} fcompp fucom{,p,pp}"),
    (READ.kills(COMPARE), "fcom{i,ip,pi} fucom{i,ip,pi}"),
    (READ.reads(CF), "fcmov{b,nb}"),
    (READ.reads(ZF), "fcmov{e,ne}"),
    (READ.reads(CF | ZF), "fcmov{be,nbe}"),
    (READ.reads(PF), "fcmov{u,nu}"),
    (WRITE, "fst{,s,l} fstp{,s,l,t} fist{s,l} fistp{s,l,ll,q} fisttp{s,l,ll,q} fbstp"),
    (WRITE, "fn{stcw,stsw,stenv,save}"),
    (Row::new(Class::Wait, Last::Write).may_not_touch(), "f{stcw,stsw,stenv,save,init,clex}"),
    (READ, "fchs fabs ftst fxam fld1 fldl2t fldl2e fldpi fldlg2 fldln2 fldz f2xm1 fyl2x fptan fpatan fxtract"),
    (READ, "fprem fprem1 fdecstp fincstp fyl2xp1 fsqrt fsincos frndint fscale fsin fcos fxch ffree fnop"),
    (READ, "fwait wait fninit fnclex"),
];
