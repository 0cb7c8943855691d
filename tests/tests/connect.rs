//! `sluicegate connect`: what it prints runs as it is printed, reads what is there, redacted, and
//! writes. The clients that start in seconds; Java, Spring and Rust: `clients_tools`.

use futures_util::future::try_join_all;
use tests::clients::snippet::{Stand, Way};
use tests::run;

#[test]
fn quick_snippets_run_as_they_are_printed() {
    run(900, async {
        let stand = Stand::start().await?;
        let clients = ["kcat", "python", "node", "go", "librdkafka"];
        let each = clients.map(async |client| {
            for way in Way::ALL {
                stand.reads(client, way).await?;
                stand.writes(client, way).await?;
            }
            anyhow::Ok(())
        });
        try_join_all(each).await?;
        // The HTTP doors are one, whichever cluster an endpoint is on.
        for client in ["curl", "python-sse", "node-ws", "browser"] {
            stand.reads(client, Way::Tls).await?;
        }
        Ok(())
    });
}

#[test]
fn the_command_says_what_there_is_and_what_is_missing() {
    run(120, async {
        let stand = Stand::start().await?;
        let told = |arguments: &[&str]| {
            let output = stand.cli(arguments)?;
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            anyhow::Ok((output.status.code(), text, String::from_utf8(output.stderr)?))
        };
        let (code, text, noise) = told(&["connect", "node-read-tls"])?;
        assert_eq!(code, Some(0), "{noise}");
        for line in ["shop.read-tls", "SASL_SSL", "node-1", "  spring", "  curl"] {
            assert!(text.contains(line), "{line}: {text}");
        }
        let (code, text, noise) = told(&["connect", "node-read-tls", "--client", "spring"])?;
        assert_eq!(code, Some(0), "{noise}");
        assert!(text.starts_with("==> pom.xml <==\n<?xml"), "{text}");
        let (code, text, noise) = told(&["connect", "node-read-tls", "--client", "python"])?;
        assert_eq!(code, Some(0), "{noise}");
        assert!(text.starts_with("# Reads shop.read-tls"), "{text}");

        for (arguments, says) in [
            (&["connect", "node-reed-tls"][..], "did you mean `node-read-tls`?"),
            (&["connect", "node-write-tls", "--client", "curl"], "choose another client"),
            (&["connect", "node-read-tls", "--produce"], "only read from"),
            (&["connect", "node-read-tls", "--credential", "other-1"], "`node-1`"),
        ] {
            let (code, text, noise) = told(arguments)?;
            assert_eq!((code, text.as_str()), (Some(1), ""), "{arguments:?}: {noise}");
            assert!(noise.contains(says), "{arguments:?}: {noise}");
        }
        // A file that is there is not replaced.
        let folder = tempfile::TempDir::new()?;
        std::fs::write(folder.path().join("main.py"), "mine")?;
        let path = folder.path().display().to_string();
        let save = ["connect", "node-read-tls", "--client", "python", "--output", &path];
        let (code, _, noise) = told(&save)?;
        assert_eq!(code, Some(1));
        assert!(noise.contains("cannot write"), "{noise}");
        assert_eq!(std::fs::read_to_string(folder.path().join("main.py"))?, "mine");
        Ok(())
    });
}
