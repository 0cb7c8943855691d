//! A WebSocket of an endpoint, with a client of a library.

use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{WebSocketStream, client_async};

/// Opens one at `address` with a secret; `query` is what follows the question mark.
pub async fn open(
    address: &str,
    (endpoint, query): (&str, &str),
    secret: &str,
) -> anyhow::Result<WebSocketStream<TcpStream>> {
    let url = format!("ws://{address}/v1/endpoints/{endpoint}/events?{query}");
    let mut request = url.into_client_request()?;
    let bearer = HeaderValue::from_str(&format!("Bearer {secret}"))?;
    request.headers_mut().insert("authorization", bearer);
    let connection = TcpStream::connect(address).await?;
    Ok(client_async(request, connection).await?.0)
}
