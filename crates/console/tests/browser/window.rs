//! A window of Chromium in which somebody is signed in.

use std::path::PathBuf;
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use vouchsafe_testkit::{PASSWORD, TestServer};

fn variable(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is missing: run `cargo xtask test`, or `cargo xtask browser`"))
}

/// What is looked at on each page.
const SCREENS: [(&str, u32, u32); 3] = [("phone", 390, 844), ("laptop", 1280, 800), ("wide", 1920, 1080)];

/// A window of Chromium.
pub(crate) struct Window {
    driver: Client,
    /// The driver's own commands, which no standard knows, are asked for below this address.
    session: String,
    http: reqwest::Client,
    pub(crate) url: String,
}

impl Window {
    /// Opens a window at a server.
    pub(crate) async fn open(server: &TestServer) -> Self {
        // Everything runs as root in a container; pages are ours.
        let arguments = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"];
        let capabilities = json!({
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let Value::Object(capabilities) = capabilities else { unreachable!("an object") };
        let address = variable("VOUCHSAFE_TEST_WEBDRIVER");
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let driver = builder.capabilities(capabilities).connect(&address).await.unwrap();
        let id = driver.session_id().await.unwrap().expect("a session");
        let session = format!("{address}/session/{id}");
        #[allow(clippy::disallowed_methods, reason = "a test's own client")]
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let window = Self { driver, session, http, url: server.url.clone() };
        window.resize(1280, 800).await;
        window
    }

    /// A window in which a new person with this organization role is signed in.
    pub(crate) async fn of(server: &TestServer, email: &str, role: &str) -> Self {
        let first = json!({ "email": "first@example.com", "password": PASSWORD, "organization": "first" });
        server.anonymous().post("/api/v1/admin/bootstrap", first).await;
        server.user(email, role).await;
        let window = Self::open(server).await;
        window.go("/login").await;
        window.fill("email", email).await;
        window.fill("password", PASSWORD).await;
        window.press("Sign in").await;
        window.sees_soon("Sign out").await;
        window
    }

    /// Closes the window.
    pub(crate) async fn close(self) {
        self.driver.close().await.unwrap();
    }

    /// Goes to a page.
    pub(crate) async fn go(&self, path: &str) {
        self.driver.goto(&format!("{}{path}", self.url)).await.unwrap();
    }

    /// Path and query of the page.
    pub(crate) async fn path(&self) -> String {
        let url = self.driver.current_url().await.unwrap();
        url.as_str().strip_prefix(&self.url).unwrap_or(url.as_str()).to_owned()
    }

    /// The visible text of the page; empty while another page is being loaded.
    pub(crate) async fn text(&self) -> String {
        let Ok(body) = self.driver.find(Locator::Css("body")).await else { return String::new() };
        body.text().await.unwrap_or_default()
    }

    /// Fails the test unless the page shows this text.
    #[track_caller]
    pub(crate) fn sees<'w>(&'w self, text: &'w str) -> impl Future<Output = ()> + 'w {
        let caller = std::panic::Location::caller();
        async move {
            let shown = self.text().await;
            assert!(shown.contains(text), "{caller}: {} does not show {text:?}:\n{shown}", self.path().await);
        }
    }

    /// Waits up to ten seconds until the page shows this text.
    pub(crate) async fn sees_soon(&self, text: &str) {
        soon(async || self.text().await.contains(text).then_some(())).await;
        self.sees(text).await;
    }

    /// Types into a field, replacing what is there.
    pub(crate) async fn fill(&self, name: &str, text: &str) {
        let field = self.find(&format!("[name={}]:not([type=hidden])", quoted(name))).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Chooses from a list by the value.
    pub(crate) async fn choose(&self, name: &str, value: &str) {
        let option = format!("select[name={}] option[value={}]", quoted(name), quoted(value));
        self.find(&option).await.click().await.unwrap();
    }

    /// Ticks a box that has this value, or takes the tick away.
    pub(crate) async fn tick(&self, name: &str, value: &str) {
        self.find(&format!("input[name={}][value={}]", quoted(name), quoted(value)))
            .await
            .click()
            .await
            .unwrap();
    }

    /// Presses the label that begins so, and with it its box.
    pub(crate) async fn press_label(&self, name: &str) {
        let path = format!("//label[starts-with(normalize-space(.), {})]", xpath(name));
        self.driver.find(Locator::XPath(&path)).await.unwrap().click().await.unwrap();
    }

    /// Presses the first visible button or link that is called so, once there is one.
    pub(crate) async fn press(&self, name: &str) {
        let path =
            format!("//*[self::button or self::a or self::summary][normalize-space(.)={}]", xpath(name));
        let visible = async || {
            for element in self.driver.find_all(Locator::XPath(&path)).await.unwrap() {
                // An element that is no longer there is not displayed.
                if element.is_displayed().await.unwrap_or(false) {
                    return Some(element);
                }
            }
            None
        };
        match soon(visible).await {
            Some(element) => element.click().await.unwrap(),
            None => {
                panic!("{} has no button or link {name:?}:\n{}", self.path().await, self.text().await)
            }
        }
    }

    /// Types into what has the focus.
    pub(crate) async fn keys(&self, keys: &str) {
        self.driver.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// An element, once there is one: a page that was sent for may still be on its way.
    async fn find(&self, css: &str) -> Element {
        match soon(async || self.driver.find(Locator::Css(css)).await.ok()).await {
            Some(element) => element,
            None => panic!("{} has no {css}:\n{}", self.path().await, self.text().await),
        }
    }

    /// What a script answers.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.driver.execute(script, Vec::new()).await.unwrap()
    }

    /// What a script hands to the function `done`.
    pub(crate) async fn run_until_done(&self, script: &str) -> Value {
        let script = format!("const done = arguments[arguments.length - 1]; {script}");
        self.driver.execute_async(&script, Vec::new()).await.unwrap()
    }

    /// A command of this driver alone; answers its value.
    async fn command(&self, name: &str, input: &Value) -> Value {
        let request = self.http.post(format!("{}/{name}", self.session)).json(input);
        let mut answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer["value"].take()
    }

    pub(crate) async fn resize(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        let command = json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": size });
        self.command("goog/cdp/execute", &command).await;
    }

    /// Everything that is wrong with the page: messages on the console, anything inline or foreign, our own text turned
    /// around by a name that stands before it, too wide for a phone, and what the checker of accessibility finds in light and dark.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let mut found = self.messages().await;
        found.extend(texts(&self.run(INLINE_OR_FOREIGN).await));
        found.extend(texts(&self.run(TURNED).await));
        self.resize(390, 844).await;
        found.extend(texts(&self.run(TOO_WIDE).await));
        self.resize(1280, 800).await;
        let axe = std::fs::read_to_string(variable("VOUCHSAFE_TEST_AXE")).unwrap();
        self.driver.execute(&axe, Vec::new()).await.unwrap();
        for theme in ["light", "dark"] {
            self.run(&format!("document.documentElement.dataset.theme = '{theme}'")).await;
            let violations = texts(&self.run_until_done(ACCESSIBILITY).await);
            found.extend(violations.into_iter().map(|text| format!("{theme}: {text}")));
        }
        let path = self.path().await;
        found.into_iter().map(|text| format!("{path}: {text}")).collect()
    }

    /// What the page said on the console since it was asked last.
    pub(crate) async fn messages(&self) -> Vec<String> {
        let log = self.command("se/log", &json!({ "type": "browser" })).await;
        let entries = log.as_array().unwrap_or_else(|| panic!("expected a list: {log}")).iter();
        let serious = entries.filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING");
        serious.map(|entry| entry["message"].as_str().unwrap().to_owned()).collect()
    }

    /// Pictures of the page at all sizes, light and dark, below `target/screenshots`.
    pub(crate) async fn picture(&self, name: &str) {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        for (size, width, height) in SCREENS {
            self.resize(width, height).await;
            for theme in ["light", "dark"] {
                self.run(&format!("document.documentElement.dataset.theme = '{theme}'")).await;
                let picture = self.driver.screenshot().await.unwrap();
                std::fs::write(folder.join(format!("{name}-{size}-{theme}.png")), picture).unwrap();
            }
        }
        self.resize(1280, 800).await;
    }
}

/// What is there within ten seconds.
async fn soon<T>(look: impl AsyncFn() -> Option<T>) -> Option<T> {
    for _ in 0..100 {
        if let Some(found) = look().await {
            return Some(found);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    None
}

fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().unwrap_or_else(|| panic!("expected a list: {value}"));
    items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect()
}

/// A string of CSS.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A string of `XPath`, which knows no escapes.
fn xpath(text: &str) -> String {
    if text.contains('"') { format!("'{text}'") } else { format!("\"{text}\"") }
}

const INLINE_OR_FOREIGN: &str = r"
    const found = [];
    for (const one of document.querySelectorAll('script:not([src]), style, [style]')) found.push('inline: ' + one.outerHTML.slice(0, 200));
    for (const one of document.querySelectorAll('*'))
        for (const name of one.getAttributeNames()) if (name.startsWith('on')) found.push('inline: ' + name);
    for (const one of document.querySelectorAll('script, link, img, iframe, object, form')) {
        const address = one.src || one.href || one.action;
        if (address && new URL(address, location).origin !== location.origin) found.push('foreign: ' + address);
    }
    for (const entry of performance.getEntriesByType('resource'))
        if (new URL(entry.name).origin !== location.origin) found.push('foreign: ' + entry.name);
    return found;
";

const TURNED: &str = r"
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode());) {
        const text = node.data, at = text.search(/[A-Za-z]{2}/);
        if (at < 0 || /[\u202a-\u202e\u2066-\u2069]/.test(text) || node.parentElement.closest('bdi, option, textarea, script')) continue;
        const [one, two] = [at, at + 1].map((from) => {
            const range = document.createRange();
            range.setStart(node, from);
            range.setEnd(node, from + 1);
            return range.getBoundingClientRect();
        });
        if (one.width && one.top === two.top && two.left < one.left) found.push('turned around: ' + text.slice(0, 80));
    }
    return found;
";

const TOO_WIDE: &str = r"
    const width = document.documentElement.scrollWidth;
    return width > window.innerWidth ? ['is ' + width + ' pixels wide on a phone'] : [];
";

const ACCESSIBILITY: &str = r"
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] }).then((result) => done(
        result.violations.filter((one) => ['serious', 'critical'].includes(one.impact)).map((one) =>
            one.id + ': ' + one.help + ': ' + one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')),
    ), (error) => done(['the checker failed: ' + error]));
";
