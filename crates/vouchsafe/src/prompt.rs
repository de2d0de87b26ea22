//! Questions to the person at the terminal.

use std::io::{BufRead, IsTerminal, Read};

use crate::failure::{Failure, Outcome};
use crate::printer::{Printer, printable};

/// Longest answer, in bytes.
const LONGEST: u64 = 4096;

/// Whether there is a person who can be asked.
pub(crate) fn is_possible() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks for a line; an empty one is the default, if there is one, or else is asked for again.
pub(crate) fn line(printer: &Printer, question: &str, default: Option<&str>) -> Outcome<String> {
    let question = match default {
        None | Some("") => format!("{question}:"),
        Some(text) => format!("{question} [{text}]:"),
    };
    loop {
        printer.question(&question);
        let mut answer = String::new();
        if std::io::stdin().lock().take(LONGEST).read_line(&mut answer)? == 0 {
            return Err(Failure::message("the input ended before the question was answered"));
        }
        match (answer.trim(), default) {
            ("", Some(default)) => return Ok(default.to_owned()),
            ("", None) => {}
            (answer, _) => return Ok(answer.to_owned()),
        }
    }
}

/// Asks for a password, which is not shown.
pub(crate) fn password(question: &str) -> Outcome<String> {
    Ok(rpassword::prompt_password(format!("{question} "))?)
}

/// Lets the person choose one of several things by its number; answers with its index.
pub(crate) fn choice(printer: &Printer, heading: &str, things: &[String]) -> Outcome<usize> {
    printer.dialogue(heading);
    for (number, thing) in (1..).zip(things) {
        printer.dialogue(format!("  {number:>3}  {}", printable(thing)));
    }
    loop {
        let answer = line(printer, &format!("Number (1 to {})", things.len()), None)?;
        match answer.parse::<usize>() {
            Ok(number) if (1..=things.len()).contains(&number) => return Ok(number - 1),
            _ => printer.dialogue("That is no number of the list."),
        }
    }
}

/// Says what is about to happen, and whether the person types this word; anything else means no. If nobody can be asked,
/// this flag is demanded.
pub(crate) fn confirmed(printer: &Printer, what: &str, word: &str, flag: &str) -> Outcome<bool> {
    if !is_possible() {
        let why = format!("{what}, and stdin is no terminal on which to ask");
        return Err(Failure::usage(why).hint(format!("add {flag} to go on without a question")));
    }
    printer.dialogue(format!("{what}."));
    Ok(line(printer, &format!("Type `{word}` to go on"), Some(""))? == word)
}
