{% if consume %}
//! Reads {{ topic }} as the application {{ application }}, every partition from its beginning:
//! rskafka has no consumer groups. Where you need them: the crate rdkafka, with the settings that
//! `sluicegate connect {{ subscription }} --client librdkafka` shows.
{% else %}
//! Writes the lines of standard input to {{ topic }} as the application {{ application }}.
{% endif %}
//!
//!   {{ install }}
//!   export SLUICEGATE_SECRET=…   (the secret of the credential {{ user }})
{% if tls %}
//!   export SSL_CERT_FILE=ca.pem   (where a private authority signs)
{% endif %}
//!   {{ run }}

{% if consume %}
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::SelectAll;
use rskafka::client::consumer::{StartOffset, StreamConsumerBuilder};
use rskafka::client::partition::UnknownTopicHandling;
{% else %}
{% if tls %}
use std::sync::Arc;

{% endif %}
use rskafka::client::partition::{Compression, UnknownTopicHandling};
{% endif %}
use rskafka::client::{Client, ClientBuilder, Credentials, SaslConfig};
{% if not consume %}
use rskafka::record::Record;
{% endif %}

async fn connect() -> Result<Client, Box<dyn std::error::Error>> {
    let secret = std::env::var("SLUICEGATE_SECRET")?;
    let login = Credentials::new("{{ user }}".to_owned(), secret);
{% if tls %}
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
{% endif %}
    let client = ClientBuilder::new(vec!["{{ bootstrap }}".to_owned()])
{% if tls %}
        .tls_config(Arc::new(tls))
{% endif %}
        .sasl_config(SaslConfig::ScramSha256(login));
    Ok(client.build().await?)
}

{% if consume %}
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = connect().await?;
    let topics = client.list_topics().await?;
    let topic = topics.into_iter().find(|topic| topic.name == "{{ topic }}");
    let topic = topic.ok_or("{{ topic }} is not there")?;
    let mut records = SelectAll::new();
    for partition in topic.partitions {
        let reader =
            client.partition_client("{{ topic }}", partition, UnknownTopicHandling::Error).await?;
        let stream =
            StreamConsumerBuilder::new(Arc::new(reader), StartOffset::Earliest).build();
        records.push(stream.map(move |got| (partition, got)));
    }
    while let Some((partition, got)) = records.next().await {
        let (got, _high_watermark) = got?;
        let value = got.record.value.unwrap_or_default();
        println!("{partition}/{} {}", got.offset, String::from_utf8_lossy(&value));
    }
    Ok(())
}
{% else %}
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = connect().await?;
    let partition = client.partition_client("{{ topic }}", 0, UnknownTopicHandling::Error).await?;
    for line in std::io::stdin().lines() {
        let record = Record {
            key: None,
            value: Some(line?.into_bytes()),
            headers: Default::default(),
            timestamp: chrono::Utc::now(),
        };
        let offsets = partition.produce(vec![record], Compression::NoCompression).await?;
        println!("written at 0/{}", offsets.first().ok_or("no offset")?);
    }
    Ok(())
}
{% endif %}
