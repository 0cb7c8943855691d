//! People: what their roles let them do, with their own things and with others', and what they get
//! to see. One table decides ([`VERDICTS`]); what is not in it is not allowed.

mod changes;
mod meant;
mod password;
mod provided;
mod rights;
mod role;
mod sign_in;
mod verdicts;
mod view;
mod whose;

pub(crate) use changes::Asked;
pub(crate) use meant::Meant;
pub(crate) use password::read as read_password;
pub use password::{PASSWORD_CHARS_MIN, WeakPassword};
pub use provided::Provided;
pub use rights::{Person, Rights};
pub use role::{Operation, Role, Scope};
pub use sign_in::{SESSION_LASTS, Session, SignInError, SignedIn};
pub use verdicts::{Row, VERDICTS, Verdict};
pub use view::View;
