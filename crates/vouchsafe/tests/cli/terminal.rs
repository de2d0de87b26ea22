//! A person at a terminal: a command in a pseudo-terminal, whose questions are answered as they appear.

use std::io::{Read, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A command in a terminal of its own.
pub(crate) struct Terminal {
    child: Child,
    screen: ChildStdout,
    /// Everything that appeared.
    seen: String,
    /// How much of that was answered.
    answered: usize,
}

impl Terminal {
    /// Starts a command in a terminal, with the environment and folder that it has.
    pub(crate) fn start(command: &Command) -> Self {
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let line: Vec<String> = words.map(|word| quoted(word.to_str().expect("text"))).collect();
        // `script` of util-linux runs the line in a pseudo-terminal that it also makes the controlling one. A command that
        // asks something unexpected would wait for ever.
        let mut script = Command::new("timeout");
        script.args([
            "--foreground",
            "60",
            "script",
            "--quiet",
            "--return",
            "--echo",
            "never",
            "--command",
            &line.join(" "),
            "/dev/null",
        ]);
        script.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        script.current_dir(command.get_current_dir().expect("folder"));
        let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("script");
        let screen = child.stdout.take().expect("stdout");
        Self { child, screen, seen: String::new(), answered: 0 }
    }

    /// Waits for a question, and types an answer.
    pub(crate) fn answer(&mut self, question: &str, answer: &str) -> &mut Self {
        self.see(question);
        writeln!(self.child.stdin.as_mut().expect("stdin"), "{answer}").expect("types");
        self
    }

    /// Waits until this appears.
    pub(crate) fn see(&mut self, question: &str) -> &mut Self {
        let mut buffer = [0; 4096];
        let end = loop {
            if let Some(at) = self.seen[self.answered..].find(question) {
                break self.answered + at + question.len();
            }
            let count = self.screen.read(&mut buffer).expect("reads");
            assert!(count > 0, "ended without asking `{question}`: {}", self.seen);
            self.seen.push_str(&String::from_utf8_lossy(&buffer[..count]));
        };
        self.answered = end;
        self
    }

    /// Waits for the end; answers with the exit code and everything that appeared.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let mut rest = Vec::new();
        self.screen.read_to_end(&mut rest).expect("reads");
        self.seen.push_str(&String::from_utf8_lossy(&rest));
        let status = self.child.wait().expect("ends");
        (status.code(), std::mem::take(&mut self.seen))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A word for the shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
