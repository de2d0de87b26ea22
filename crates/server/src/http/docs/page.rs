//! The API reference as a page, rendered from the `OpenAPI` document.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

const STYLE: &str = include_str!("style.css");

/// The style sheet's name in a content security policy.
pub(super) fn style_hash() -> String {
    format!("sha256-{}", STANDARD.encode(vouchsafe_keys::fingerprint(STYLE)))
}

/// The page for this document.
pub(super) fn render(document: &Value) -> String {
    let mut page = String::new();
    // Writing into a String cannot fail.
    let _ = write_page(&mut page, document);
    page
}

/// One operation with its method and path.
struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    about: &'a Value,
}

fn write_page(page: &mut String, document: &Value) -> fmt::Result {
    let groups = groups(document);
    let version = Text(document["info"]["version"].as_str().unwrap_or(""));
    let server = Text(document["servers"][0]["url"].as_str().unwrap_or(""));
    write!(
        page,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Vouchsafe API</title><style>{STYLE}</style></head><body>\
         <header><h1>Vouchsafe API <small>{version}</small></h1>\
         <p>Server: <code>{server}</code> · <a href=\"openapi.json\">OpenAPI document</a></p>\
         <p>Requests carry <code>Authorization: Bearer &lt;access token&gt;</code> unless a route needs none. \
         Bodies are JSON. Refusals have the fields <code>reqId</code>, <code>statusCode</code>, \
         <code>message</code> and <code>error</code>.</p></header><nav aria-label=\"Groups\"><ul>"
    )?;
    for tag in groups.keys() {
        write!(page, "<li><a href=\"#{}\">{}</a></li>", anchor(tag), Text(tag))?;
    }
    page.push_str("</ul></nav><main>");
    for (tag, operations) in &groups {
        write!(page, "<section id=\"{}\"><h2>{}</h2>", anchor(tag), Text(tag))?;
        for operation in operations {
            write_operation(page, document, operation)?;
        }
        page.push_str("</section>");
    }
    page.push_str("</main></body></html>\n");
    Ok(())
}

fn groups(document: &Value) -> BTreeMap<&str, Vec<Operation<'_>>> {
    let mut groups: BTreeMap<&str, Vec<Operation<'_>>> = BTreeMap::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, about) in methods.as_object().into_iter().flatten() {
            let tag = about["tags"][0].as_str().unwrap_or("Other");
            groups.entry(tag).or_default().push(Operation { method, path, about });
        }
    }
    groups
}

fn write_operation(page: &mut String, document: &Value, operation: &Operation<'_>) -> fmt::Result {
    let Operation { method, path, about } = operation;
    let text = |field: &str| about[field].as_str().unwrap_or("");
    write!(
        page,
        "<article id=\"{}\"><h3><span class=\"method\">{}</span> <code>{}</code></h3><p>{}. {}</p>",
        Text(text("operationId")),
        Text(&method.to_ascii_uppercase()),
        Text(path),
        Code(text("summary").trim_end_matches('.')),
        Code(text("description"))
    )?;
    let mut rows: Vec<Row<'_>> = about["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| Row {
            name: one["name"].as_str().unwrap_or(""),
            place: one["in"].as_str().unwrap_or(""),
            required: one["required"].as_bool().unwrap_or(false),
            schema: &one["schema"],
        })
        .collect();
    let in_path: Vec<&str> = rows.iter().map(|row| row.name).collect();
    let body = &about["requestBody"]["content"]["application/json"]["schema"];
    let body = fields(document, body, "body");
    rows.extend(body.into_iter().filter(|row| !in_path.contains(&row.name)));
    write_table(page, "Input", &rows)?;
    let answer = &about["responses"]["200"]["content"]["application/json"]["schema"];
    write_table(page, "Answer", &fields(document, answer, ""))?;
    page.push_str("</article>");
    Ok(())
}

/// One field of a table.
struct Row<'a> {
    name: &'a str,
    place: &'a str,
    required: bool,
    schema: &'a Value,
}

fn write_table(page: &mut String, title: &str, rows: &[Row<'_>]) -> fmt::Result {
    if rows.is_empty() {
        return Ok(());
    }
    write!(page, "<details><summary>{title}</summary><table>")?;
    for row in rows {
        let mark = if row.required && !row.place.is_empty() { ", required" } else { "" };
        write!(
            page,
            "<tr><th scope=\"row\"><code>{}</code></th><td>{}{}{}</td><td>{}</td></tr>",
            Text(row.name),
            Text(&kind(row.schema)),
            Place(row.place),
            mark,
            Code(row.schema["description"].as_str().unwrap_or(""))
        )?;
    }
    page.push_str("</table></details>");
    Ok(())
}

/// The fields of an object schema, and of those that it is made of.
fn fields<'a>(document: &'a Value, schema: &'a Value, place: &'a str) -> Vec<Row<'a>> {
    let schema = resolved(document, schema);
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let own = schema["properties"].as_object();
    let mut rows: Vec<Row<'a>> = own
        .into_iter()
        .flatten()
        .map(|(name, schema)| Row { name, place, required: required.contains(&name.as_str()), schema })
        .collect();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        rows.extend(fields(document, part, place));
    }
    rows
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let name = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/components/schemas/"));
    name.map_or(schema, |name| &document["components"]["schemas"][name])
}

/// A short name for what a schema accepts.
fn kind(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return reference.rsplit('/').next().unwrap_or("object").to_owned();
    }
    for several in ["anyOf", "oneOf"] {
        if let Some(kinds) = schema[several].as_array() {
            return joined(kinds.iter().map(kind));
        }
    }
    match &schema["type"] {
        Value::Array(kinds) => joined(kinds.iter().filter_map(Value::as_str).map(|name| named(name, schema))),
        Value::String(name) => named(name, schema),
        _ if schema["const"].is_string() => schema["const"].to_string(),
        _ => "any".to_owned(),
    }
}

fn named(name: &str, schema: &Value) -> String {
    match name {
        "array" => format!("list of {}", kind(&schema["items"])),
        _ => schema["format"]
            .as_str()
            .filter(|format| *format == "uuid" || *format == "date-time")
            .unwrap_or(name)
            .to_owned(),
    }
}

fn joined(kinds: impl Iterator<Item = String>) -> String {
    let mut kinds: Vec<String> = kinds.filter(|kind| kind != "null").collect();
    kinds.dedup();
    kinds.join(" or ")
}

fn anchor(tag: &str) -> String {
    tag.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

/// Where a field goes, if it matters.
struct Place<'a>(&'a str);

impl Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, " in {}", self.0) }
    }
}

/// Text in which nothing is markup.
struct Text<'a>(&'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// Text in which only backticks are markup.
struct Code<'a>(&'a str);

impl Display for Code<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, part) in self.0.split('`').enumerate() {
            if position % 2 == 0 {
                write!(f, "{}", Text(part))?;
            } else {
                write!(f, "<code>{}</code>", Text(part))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::openapi::document;
    use crate::http::routes;

    #[test]
    fn every_route_is_on_the_page() {
        let page = render(&document(routes(), "http://127.0.0.1:8080"));
        for route in routes() {
            let heading =
                format!("<span class=\"method\">{}</span> <code>{}</code>", route.method, Text(route.path));
            assert!(page.contains(&heading), "{route:?}");
        }
        assert!(!page.contains("<script"));
    }

    #[test]
    fn nothing_in_the_document_is_markup() {
        assert_eq!(Text("<a href='x'>&\"").to_string(), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;");
        assert_eq!(Code("needs `<b>` here").to_string(), "needs <code>&lt;b&gt;</code> here");
    }
}
