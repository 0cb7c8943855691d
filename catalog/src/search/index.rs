//! The index over the texts of endpoints.

use parking_lot::Mutex;
use tantivy::{
    Index as Tantivy, IndexReader, IndexWriter, ReloadPolicy, TantivyDocument, Term,
    collector::TopDocs,
    query::{AllQuery, BooleanQuery, BoostQuery, FuzzyTermQuery, Occur, Query, TermQuery},
    schema::{
        Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions, Value,
    },
    tokenizer::{AsciiFoldingFilter, LowerCaser, RemoveLongFilter, SimpleTokenizer, TextAnalyzer},
};

use super::{
    Hit,
    words::{self, WORD_CHARS_MAX},
};
use crate::{
    model::{Endpoint, Kind, Schema as SchemaOf, Spec},
    named::Differing,
    resources::Resources,
    state::State,
};

/// Why the index does not do it.
pub(super) type IndexError = tantivy::TantivyError;

/// Memory of the writer, in bytes: the least that is allowed.
const WRITER_BYTES: usize = 15_000_000;
/// Endpoints that are found at most.
const FOUND_MAX: usize = 100_000;
/// What words are called that are read as they are here.
const WORDS: &str = "words";
/// Characters from which on one letter, or two, may be wrong.
const FUZZY_FROM: (usize, usize) = (4, 8);
/// How much more the word itself is worth than one that is like it.
const EXACT: f32 = 4.0;

/// Fields by what they are worth.
const FIELDS: [(&str, f32); 8] = [
    ("title", 6.0),
    ("address", 5.0),
    ("labels", 4.0),
    ("owner", 3.0),
    ("fields", 3.0),
    ("description", 2.0),
    ("documentation", 1.0),
    ("schema", 0.5),
];

/// An index in memory.
pub(super) struct Index {
    reader: IndexReader,
    writer: Mutex<(IndexWriter, Resources)>,
    name: Field,
    fields: [Field; FIELDS.len()],
}

impl Index {
    pub(super) fn new() -> Result<Self, IndexError> {
        let mut schema = Schema::builder();
        let name = schema.add_text_field("name", STRING | STORED);
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(WORDS)
            .set_index_option(IndexRecordOption::WithFreqs);
        let text = TextOptions::default().set_indexing_options(indexing);
        let fields = FIELDS.map(|(field, _)| schema.add_text_field(field, text.clone()));
        let index = Tantivy::create_in_ram(schema.build());
        let words = TextAnalyzer::builder(SimpleTokenizer::default())
            .filter(RemoveLongFilter::limit(WORD_CHARS_MAX * 4))
            .filter(LowerCaser)
            .filter(AsciiFoldingFilter)
            .build();
        index.tokenizers().register(WORDS, words);
        let writer = index.writer_with_num_threads(1, WRITER_BYTES)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let writer = Mutex::new((writer, Resources::default()));
        Ok(Self { reader, writer, name, fields })
    }

    /// Takes over what differs from what was indexed last.
    pub(super) fn update(&self, state: &State) -> Result<(), IndexError> {
        let mut held = self.writer.lock();
        let (writer, before) = &mut *held;
        let mut changed = false;
        for Differing { name, before, after } in state.resources.differing(Kind::Endpoint, before) {
            if before.is_some() {
                writer.delete_term(Term::from_field_text(self.name, name));
            }
            if let Some(Spec::Endpoint(endpoint)) = after.map(|after| &after.spec) {
                writer.add_document(self.document(name, endpoint))?;
            }
            changed = true;
        }
        if changed {
            writer.commit()?;
            self.reader.reload()?;
        }
        *before = state.resources.clone();
        Ok(())
    }

    /// Whether it is of a version of the catalog.
    pub(super) fn holds(&self, state: &State) -> bool {
        self.writer.try_lock().is_some_and(|held| {
            // What is gone meanwhile is found no more: see `Search::ask`.
            state.resources.differing(Kind::Endpoint, &held.1).all(|one| one.after.is_none())
        })
    }

    /// Endpoints in which all words are found, the best first.
    pub(super) fn find(&self, question: &str) -> Result<Vec<Hit>, IndexError> {
        let words = words::of_question(question);
        let last = words.len().saturating_sub(1);
        let all: Vec<(Occur, Box<dyn Query>)> = words
            .iter()
            .enumerate()
            .map(|(at, word)| (Occur::Must, self.word(word, at == last)))
            .collect();
        let query: Box<dyn Query> =
            if all.is_empty() { Box::new(AllQuery) } else { Box::new(BooleanQuery::new(all)) };
        let searcher = self.reader.searcher();
        let found = searcher.search(&query, &TopDocs::with_limit(FOUND_MAX).order_by_score())?;
        let mut hits = Vec::with_capacity(found.len());
        for (score, address) in found {
            let document: TantivyDocument = searcher.doc(address)?;
            let name = document.get_first(self.name).and_then(|name| name.as_str());
            hits.extend(name.map(|name| Hit { name: name.to_owned(), score }));
        }
        Ok(hits)
    }

    /// A word in any field: itself, what is like it, and, where somebody may still be typing, what
    /// begins with it.
    fn word(&self, word: &str, may_go_on: bool) -> Box<dyn Query> {
        let folded = fold(word);
        let length = folded.chars().count();
        let wrong = u8::from(length >= FUZZY_FROM.0) + u8::from(length >= FUZZY_FROM.1);
        let mut any: Vec<(Occur, Box<dyn Query>)> = Vec::with_capacity(2 * FIELDS.len());
        for (field, (_, worth)) in self.fields.iter().zip(FIELDS) {
            let term = Term::from_field_text(*field, &folded);
            let exact = TermQuery::new(term.clone(), IndexRecordOption::WithFreqs);
            let boosted: Box<dyn Query> = Box::new(BoostQuery::new(Box::new(exact), worth * EXACT));
            any.push((Occur::Should, boosted));
            let like: Option<FuzzyTermQuery> = match (wrong, may_go_on) {
                (wrong, true) => Some(FuzzyTermQuery::new_prefix(term, wrong.min(1), true)),
                (0, false) => None,
                (wrong, false) => Some(FuzzyTermQuery::new(term, wrong, true)),
            };
            if let Some(like) = like {
                any.push((Occur::Should, Box::new(BoostQuery::new(Box::new(like), worth / EXACT))));
            }
            if may_go_on && wrong > 1 {
                let term = Term::from_field_text(*field, &folded);
                let like = FuzzyTermQuery::new(term, wrong, true);
                any.push((Occur::Should, Box::new(BoostQuery::new(Box::new(like), worth / EXACT))));
            }
        }
        Box::new(BooleanQuery::new(any))
    }

    fn document(&self, name: &str, endpoint: &Endpoint) -> TantivyDocument {
        let schemas = [&endpoint.schema, &endpoint.key_schema, &endpoint.headers_schema];
        let (mut of_fields, mut of_schemas) = (String::new(), String::new());
        for SchemaOf { definition, .. } in schemas.into_iter().flatten() {
            let (names, texts) = words::of_schema(&definition.parse());
            of_fields.push_str(&names);
            of_schemas.push_str(&texts);
        }
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let contact = endpoint.contact.as_ref();
        let contact =
            contact.map(|contact| format!("{} {}", text(&contact.name), text(&contact.email)));
        let texts = [
            format!("{name} {}", text(&endpoint.title)),
            format!("{} {}", endpoint.address(), endpoint.topic),
            format!("{} {}", endpoint.tags.join(" "), text(&endpoint.domain)),
            format!("{} {}", text(&endpoint.owner), contact.unwrap_or_default()),
            of_fields,
            endpoint.description.clone(),
            endpoint.documentation.clone(),
            of_schemas,
        ];
        let mut document = TantivyDocument::new();
        document.add_text(self.name, name);
        for (field, text) in self.fields.iter().zip(texts) {
            document.add_text(*field, words::spread(&text));
        }
        document
    }
}

/// A word as the index has it.
fn fold(word: &str) -> String {
    let mut analyzer = TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .build();
    let mut stream = analyzer.token_stream(word);
    match stream.advance() {
        true => stream.token().text.clone(),
        false => word.to_owned(),
    }
}
