//! What many tests begin with: one topic, published, and one application that may read it.

use std::time::Duration;

use crate::documents::Documents;
use crate::gateway::{Gateway, Options};
use crate::scripted_broker::ScriptedBroker;

/// How long it may take to be ready.
const LIMIT: Duration = Duration::from_secs(30);

/// A broker with the topic `orders`, a gateway that offers it under the plan `gold`, and the
/// application `shop`, which may read it.
pub struct Orders {
    /// The broker; the topic has one partition.
    pub broker: ScriptedBroker,
    /// The gateway.
    pub gateway: Gateway,
    /// The application's secret, of its credential `shop-1`.
    pub secret: String,
}

impl Orders {
    /// Starts everything.
    pub async fn start(options: Options) -> anyhow::Result<Orders> {
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("orders", 1);
        let gateway = Gateway::start_with(options).await?;
        let documents = Documents::new()
            .cluster("main", &broker.address())
            .endpoint("main", "orders")
            .plan("gold", "orders", &[])
            .subscriber("shop", "orders", "gold");
        let applied = gateway.apply(documents.yaml()).await?;
        gateway.ready(LIMIT).await?;
        let secret = applied.secret("shop")?.secret.clone();
        Ok(Orders { broker, gateway, secret })
    }
}
