//! The `OpenAPI` 3.1 document, made from the route table.

use http::Method;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::route::{Access, Route};

/// The document for these routes.
pub fn document(routes: &[Route], site_url: &str) -> Value {
    let mut generator = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator();
    let mut paths = Map::new();
    for route in routes {
        let operation = operation(route, &mut generator);
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.as_str().to_ascii_lowercase()] = operation;
    }
    let schemas = generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Vouchsafe",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Machine identity: log in with what your platform gives you, act with a short-lived token.",
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": site_url }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" } },
        },
    })
}

/// The schema of what a route takes, with nothing in it that refers to elsewhere. `path` is that of the table.
pub fn input_of(method: &Method, path: &str) -> Option<Value> {
    let route = super::routes().iter().find(|route| route.method == method && route.path == path)?;
    let inlined = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    Some((route.input)(&mut inlined.into_generator()).to_value())
}

fn operation(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let input = (route.input)(generator).to_value();
    let output = (route.output)(generator).to_value();
    let mut operation = json!({
        "operationId": operation_id(route),
        "tags": [route.tag],
        "summary": route.summary,
        "description": needs(route.access),
        "parameters": parameters(route, generator, &input),
        "responses": {
            "200": { "description": "Done", "content": { "application/json": { "schema": output } } },
            "default": { "description": "Refused: reqId, statusCode, message, error" },
        },
    });
    if route.access != Access::Open {
        operation["security"] = json!([{ "bearer": [] }]);
    }
    if route.method != Method::GET {
        operation["requestBody"] = json!({ "content": { "application/json": { "schema": input } } });
    }
    operation
}

/// `post_api_v1_identities`: unique, and stable as long as the route is.
fn operation_id(route: &Route) -> String {
    let path: String = route.path.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let words: Vec<&str> = path.split('_').filter(|word| !word.is_empty()).collect();
    format!("{}_{}", route.method.as_str().to_ascii_lowercase(), words.join("_"))
}

/// What a route asks of the caller, in a sentence.
pub fn needs(access: Access) -> String {
    match access {
        Access::Open => "Needs no token.".to_owned(),
        Access::Person => "Needs a user's token.".to_owned(),
        Access::Member => "Needs any token with an organization.".to_owned(),
        Access::ProjectMember => "Needs membership in the project.".to_owned(),
        Access::Org(need) => format!("Needs `{}` on `{}` in the organization.", need.action, need.subject),
        Access::Project(need) => format!("Needs `{}` on `{}` in the project.", need.action, need.subject),
        Access::Either { org, project } => format!(
            "Needs `{}` on `{}` in the organization, or `{}` on `{}` in the project that the request is about.",
            org.action, org.subject, project.action, project.subject
        ),
        Access::Identity { org, project } => format!(
            "Needs `{}` on `{}` in the organization, or `{}` on `{}` in the project that manages the identity.",
            org.action, org.subject, project.action, project.subject
        ),
    }
}

/// Path parameters, and for GET the other fields as query parameters.
fn parameters(route: &Route, generator: &SchemaGenerator, input: &Value) -> Value {
    let fields = fields(generator, input);
    let in_path: Vec<&str> =
        route.path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
    let mut parameters: Vec<Value> = in_path
        .iter()
        .map(|name| {
            let schema = fields.get(*name).cloned().unwrap_or_else(|| json!({ "type": "string" }));
            json!({ "name": name, "in": "path", "required": true, "schema": schema })
        })
        .collect();
    if route.method == Method::GET {
        let query = fields.iter().filter(|(name, _)| !in_path.contains(&name.as_str()));
        parameters
            .extend(query.map(|(name, schema)| json!({ "name": name, "in": "query", "schema": schema })));
    }
    Value::from(parameters)
}

fn fields(generator: &SchemaGenerator, input: &Value) -> Map<String, Value> {
    let name = input.get("$ref").and_then(Value::as_str).and_then(|reference| reference.rsplit('/').next());
    let schema = name.and_then(|name| generator.definitions().get(name)).unwrap_or(input);
    schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default()
}
