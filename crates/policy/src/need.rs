//! What a route needs before it acts.

use crate::Level;

/// One action on one subject at one level. Routes use the constants in [`org`] and [`project`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Need {
    /// Where the permission must be held.
    pub level: Level,
    /// What is acted upon, as the wire names it.
    pub subject: &'static str,
    /// What is done to it, as the wire names it.
    pub action: &'static str,
}

/// Declares needs of one level, and `ALL` with every one of them.
macro_rules! needs {
    ($level:ident: $($name:ident = $action:literal on $subject:literal;)+) => {
        $(
            #[doc = concat!("`", $action, "` on `", $subject, "`.")]
            pub const $name: $crate::Need =
                $crate::Need { level: $crate::Level::$level, subject: $subject, action: $action };
        )+

        /// Every need declared here.
        pub const ALL: &[$crate::Need] = &[$($name),+];
    };
}

pub mod org;
pub mod project;
