//! Where in a template something fails: the engine does not say, so each step is told to note its line before it is done.

use gotmpl::parse::{ActionNode, BranchNode, CommandNode, Expr, ListNode, Node, Number, PipeNode, Pos};
use gotmpl::{Template, TemplateError, Value};

/// The function that notes a line; no template can name it.
pub(super) const NOTE: &str = "note the line";

/// The same template, which notes where it is.
pub(super) fn marked(mut template: Template) -> Template {
    let names: Vec<String> = template.templates().into_iter().map(str::to_owned).collect();
    for name in names {
        if let Some(tree) = template.lookup(&name) {
            let tree = list(tree);
            template = template.add_parse_tree(&name, tree);
        }
    }
    template
}

/// Executes a marked template.
pub(super) fn execute(
    template: &Template,
    text: &mut impl std::fmt::Write,
    dot: &Value,
) -> Result<(), TemplateError> {
    // An empty template is not among the named ones.
    match template.lookup(template.name()) {
        Some(_) => template.execute_template_fmt(text, template.name(), dot),
        None => template.execute_fmt(text, dot),
    }
}

fn list(list: &ListNode) -> ListNode {
    let mut nodes = Vec::with_capacity(list.nodes.len() * 2);
    for node in &list.nodes {
        if let Some(pos) = fallible(node) {
            nodes.push(note(pos));
        }
        nodes.push(inside(node));
    }
    ListNode { pos: list.pos, nodes }
}

/// Where a step is that may fail.
fn fallible(node: &Node) -> Option<Pos> {
    match node {
        Node::Action(action) => Some(action.pos),
        Node::If(branch) | Node::Range(branch) | Node::With(branch) => Some(branch.pos),
        Node::Template(template) => Some(template.pos),
        Node::List(_) | Node::Text(_) | Node::Define(_) | Node::Break(_) | Node::Continue(_) => None,
    }
}

/// The same step, with the steps in it marked.
fn inside(node: &Node) -> Node {
    match node {
        Node::List(nodes) => Node::List(list(nodes)),
        Node::If(branch) => Node::If(branched(branch)),
        Node::Range(branch) => Node::Range(branched(branch)),
        Node::With(branch) => Node::With(branched(branch)),
        other => other.clone(),
    }
}

fn branched(branch: &BranchNode) -> BranchNode {
    BranchNode {
        pos: branch.pos,
        pipe: branch.pipe.clone(),
        body: list(&branch.body),
        else_body: branch.else_body.as_ref().map(list),
    }
}

/// A step that prints nothing.
fn note(pos: Pos) -> Node {
    let line = Number::Int(i64::try_from(pos.line).unwrap_or(i64::MAX));
    let command =
        CommandNode { pos, args: vec![Expr::Identifier(pos, NOTE.into()), Expr::Number(pos, line)] };
    let pipe = PipeNode { pos, decl: Vec::new(), commands: vec![command], is_assign: false };
    Node::Action(ActionNode { pos, pipe })
}
