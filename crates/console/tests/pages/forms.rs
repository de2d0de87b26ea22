//! Forms of a page, read as a browser reads them.

/// The fields of the form whose button says this, with what a browser would send of them.
pub(crate) fn form(page: &str, button: &str) -> Vec<(String, String)> {
    let form = page.split("<form").skip(1).map(|rest| rest.split("</form>").next().unwrap());
    let wanted = format!(">{button}</button>");
    let form = form.into_iter().find(|form| form.contains(&wanted));
    let form = form.unwrap_or_else(|| panic!("no form with the button {button:?}: {page}"));
    let mut fields = Vec::new();
    for tag in form.split('<').skip(1) {
        let name = attribute(tag, "name");
        if tag.starts_with("input") && (attribute(tag, "type") != "checkbox" || tag.contains(" checked")) {
            fields.push((name, attribute(tag, "value")));
        } else if tag.starts_with("select") {
            fields.push((name, String::new()));
        } else if tag.starts_with("option") && tag.contains(" selected") {
            fields.last_mut().unwrap().1 = attribute(tag, "value");
        } else if tag.starts_with("textarea") {
            // The first line end of a text area does not belong to its text.
            let text = tag.split_once('>').unwrap().1;
            fields.push((name, plain(text.strip_prefix('\n').unwrap_or(text))));
        }
    }
    fields.retain(|(name, _)| !name.is_empty() && name != "form_token");
    fields
}

/// What stands in a field.
pub(crate) fn value<'f>(form: &'f [(String, String)], name: &str) -> &'f str {
    form.iter().find(|(one, _)| one == name).map_or("", |(_, value)| value)
}

/// The same form with these fields filled in.
pub(crate) fn filled(form: Vec<(String, String)>, fields: &[(&str, &str)]) -> Vec<(String, String)> {
    let is_kept = |name: &str| !fields.iter().any(|(one, _)| *one == name);
    let kept = form.into_iter().filter(|(name, _)| is_kept(name));
    let typed = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    kept.chain(typed).collect()
}

/// The same, as a browser takes it.
pub(crate) fn pairs(form: &[(String, String)]) -> Vec<(&str, &str)> {
    form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn attribute(tag: &str, name: &str) -> String {
    let found = tag.split_once(&format!(" {name}=\"")).map(|(_, rest)| rest.split('"').next().unwrap());
    plain(found.unwrap_or_default())
}

fn plain(text: &str) -> String {
    let marks = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    marks.iter().fold(text.to_owned(), |text, (escaped, mark)| text.replace(escaped, mark))
}
