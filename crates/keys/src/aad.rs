//! What a ciphertext is bound to.

/// The place a sealed value belongs to: opening it under any other place fails, so that a
/// ciphertext moved to another row, column or version is as good as a forged one.
///
/// Each part is written behind its length, so that no two lists of parts look alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Aad(Vec<u8>);

impl Aad {
    /// Binds to these parts, e.g. `Aad::new(&["secret", id, "value", version])`.
    pub fn new(parts: &[&str]) -> Self {
        let mut bytes = Vec::with_capacity(parts.iter().map(|part| 8 + part.len()).sum());
        for part in parts {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Aad;

    #[test]
    fn different_parts_never_look_alike() {
        let lists: [&[&str]; 7] =
            [&[], &[""], &["", ""], &["ab", "c"], &["a", "bc"], &["abc"], &["a", "b", "c"]];
        for (i, left) in lists.iter().enumerate() {
            for (j, right) in lists.iter().enumerate() {
                assert_eq!(Aad::new(left) == Aad::new(right), i == j, "{left:?} {right:?}");
            }
        }
    }
}
