//! Configuration files with sections, as the tools of clouds write them.

use std::collections::BTreeMap;

/// The values of a section; `None` if there is no such section. Names are lower case. Lines that continue a value, which
/// only settings have that no login needs, are left out.
pub(super) fn section(text: &str, wanted: &str) -> Option<BTreeMap<String, String>> {
    let mut values = None;
    let mut is_inside = false;
    for line in text.lines() {
        let is_continued = line.starts_with([' ', '\t']);
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) || is_continued {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(name, _)| name)
        {
            is_inside = name.trim() == wanted;
            if is_inside {
                values.get_or_insert_with(BTreeMap::new);
            }
        } else if let (true, Some((name, value))) = (is_inside, line.split_once('='))
            && let Some(values) = &mut values
        {
            values.insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_told_apart() {
        let text = "# note\n[default]\nA = 1\ns3 =\n  b = 2\n[profile x]\na=3 = 4\n; c=5\n";
        let of = |name| section(text, name).map(|values| values.into_iter().collect::<Vec<_>>());
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(of("default"), Some(vec![pair("a", "1"), pair("s3", "")]));
        assert_eq!(of("profile x"), Some(vec![pair("a", "3 = 4")]));
        assert_eq!(of("none"), None);
    }
}
