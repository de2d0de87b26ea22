//! Compiled patterns that are in use, so that all who hold a role share those of its rules.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

use super::Compiled;
use crate::GlobError;

/// With fewer patterns than this, it is not looked for those that are no longer in use.
const FEW: usize = 1024;

#[derive(Default)]
struct Known {
    patterns: HashMap<String, Weak<Compiled>>,
    /// With so many, those that are no longer in use are looked for.
    clean_at: usize,
}

static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

fn known() -> MutexGuard<'static, Known> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The compiled pattern, if somebody has it, or a new one.
pub(super) fn known_or(
    pattern: &str,
    compile: impl FnOnce() -> Result<Compiled, GlobError>,
) -> Result<Arc<Compiled>, GlobError> {
    if let Some(found) = known().patterns.get(pattern).and_then(Weak::upgrade) {
        return Ok(found);
    }
    // Not under the lock: it may take a millisecond.
    let made = Arc::new(compile()?);
    let mut known = known();
    if known.patterns.len() >= known.clean_at.max(FEW) {
        known.patterns.retain(|_, compiled| compiled.strong_count() > 0);
        known.clean_at = 2 * known.patterns.len();
    }
    known.patterns.insert(pattern.to_owned(), Arc::downgrade(&made));
    Ok(made)
}

#[cfg(test)]
mod tests {
    use crate::Glob;

    #[test]
    fn a_pattern_in_use_is_compiled_once_and_goes_with_its_last_user() {
        let (one, other) = (Glob::new("/shared/**").expect("valid"), Glob::new("/shared/**").expect("valid"));
        assert!(std::sync::Arc::ptr_eq(&one.0, &other.0));
        drop((one, other));
        for number in 0..10_000 {
            Glob::new(&format!("/unused-{number}")).expect("valid");
        }
        assert!(super::known().patterns.len() < 5_000);
    }
}
