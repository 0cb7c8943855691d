//! Fills a client's templates with the facts of a connection.

use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, UndefinedBehavior, context};

use super::client::Template;
use super::escape::Language;
use super::{Client, Connection, Mode};

/// A complete program or configuration for a client: nothing to fill in but `SLUICEGATE_SECRET`.
#[derive(Clone, Debug)]
pub struct Snippet {
    /// For which client.
    pub client: Client,
    /// What to type once, in the folder of the files; empty: nothing.
    pub install: &'static str,
    /// What starts it, in the folder of the files.
    pub run: &'static str,
    /// Its files.
    pub files: Vec<File>,
}

/// A file of a snippet.
#[derive(Clone, Debug)]
pub struct File {
    /// Its path below the snippet's folder.
    pub name: &'static str,
    /// Its text.
    pub text: String,
}

/// The snippet of a client.
///
/// # Errors
/// Why the client cannot be connected, in words.
pub fn snippet(connection: &Connection, client: Client) -> Result<Snippet, String> {
    if let Some(why) = connection.hindrance(client) {
        return Err(why.to_owned());
    }
    let values = values(connection, client);
    let files = client.templates().iter().map(|template| file(template, &values));
    let files = files
        .collect::<Result<_, _>>()
        .map_err(|error| format!("The snippet cannot be written: {error}."))?;
    Ok(Snippet { client, install: client.install(), run: client.run(), files })
}

fn values(connection: &Connection, client: Client) -> Value {
    let kafka = connection.kafka.as_ref().ok();
    let url = connection.events.as_deref().or(connection.websocket.as_deref()).unwrap_or_default();
    context! {
        subscription => connection.subscription.as_str(),
        application => connection.application.as_str(),
        topic => connection.address.as_str(),
        user => connection.credential.as_str(),
        consume => connection.mode == Mode::Consume,
        install => client.install(),
        run => client.run(),
        bootstrap => kafka.map_or("", |kafka| kafka.bootstrap.as_str()),
        group => kafka.map_or("", |kafka| kafka.group.as_str()),
        security => kafka.map_or("", |kafka| kafka.security()),
        tls => kafka.is_some_and(|kafka| kafka.tls),
        https => url.starts_with("https:"),
        url => url,
    }
}

fn file(template: &Template, values: &Value) -> Result<File, Error> {
    // The engine finds the language by the template's name.
    let text = ENGINE.render_named_str(template.language.name(), template.text, values.clone())?;
    Ok(File { name: template.name, text })
}

static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = Environment::new();
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    // The marks are the usual ones: building cannot fail, and without it templates look odd.
    if let Ok(syntax) = syntax.build() {
        engine.set_syntax(syntax);
    }
    // A misspelt name must not become an empty text.
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|name| {
        Language::named(name)
            .map_or(AutoEscape::None, |known| AutoEscape::Custom(known.name().into()))
    });
    engine.set_formatter(|out, state, value| {
        let text = escaped(state, value)?;
        out.write_str(&text).map_err(Error::from)
    });
    engine
});

/// Fails closed: what cannot be escaped is not written at all.
fn escaped(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    let wrong = |what| Error::new(ErrorKind::BadEscape, what);
    let AutoEscape::Custom(language) = state.auto_escape() else {
        return Err(wrong("a template without a language"));
    };
    let language = Language::named(language).ok_or_else(|| wrong("an unknown language"))?;
    let text = value.as_str().ok_or_else(|| wrong("a value that is no text"))?;
    language.escaped(text).ok_or_else(|| wrong("a value with a line end in it"))
}
